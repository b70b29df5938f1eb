"""A fair roster for the empty seats; what cannot be met comes back with why.

Seats are wishes and the rules of `resting` are walls, so that a week is never simply impossible. The solver runs in a
process of its own (`in_a_process`): its memory does not stay with the web server, and a fault there stops nobody here.
"""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from shouhou.hotline.rules.resting import Duty, Limits, Offence, Person
from shouhou.hotline.rules.solving import solve
from shouhou.hotline.rules.wanted import Burden, Problem, Slot, hindrance
from shouhou.shared.apart import NoAnswer, answer_of

__all__ = [
    "Burden", "NoAnswer", "Proposal", "Slot", "Unmet", "as_json", "in_a_process", "main", "propose", "read_json",
]  # fmt: skip

EFFORT = 4.0  # deterministic seconds of the solver
PATIENCE = 8.0  # seconds of the clock, should the machine be too busy for the effort


@dataclass(frozen=True, slots=True)
class Unmet:
    """Seats that stay empty, and for each person who does not sit there the rule that keeps them from it."""

    slot: Slot
    missing: int
    reasons: Mapping[int, Offence]


@dataclass(frozen=True, slots=True)
class Proposal:
    """New duties, what stays empty, and whether it is proven that nothing better exists.

    `needed` and `available` are minutes: of the empty seats, and what these people may work in them at all, by their
    hours of a week, leave and qualifications. Where the second is smaller, no roster fills the seats.
    """

    duties: tuple[Duty, ...]
    unmet: tuple[Unmet, ...]
    best: bool
    needed: int
    available: int


def propose(
    people: Sequence[Person], slots: Sequence[Slot], fixed: Sequence[Duty], limits: Limits,
    burden: Mapping[int, Burden] | None = None, seconds: float = PATIENCE, seed: int = 1, *, effort: float = EFFORT,
) -> Proposal:  # fmt: skip
    """Fill the empty seats: as many as the rules allow, then fairly over the weeks, then steadily in one kind.

    `fixed` are shifts that do not move, in the slots or on other days; `burden` is what each carried before the weeks
    of the slots. The same question with the same seed has the same answer, unless `seconds` of the clock end before the
    solver's own measure, `effort`. Raises ValueError for a person or a slot that is there twice, and naive times.
    """
    problem = Problem(people, slots, fixed, limits, burden or {})
    seats, best = solve(problem, effort=effort, seconds=seconds, seed=seed)
    duties = [problem.slots[s].duty(problem.people[p].pk) for p, s in seats]
    unmet = []
    for slot in problem.slots:
        missing = problem.empty(slot) - sum(_sits(duty, slot) for duty in duties)
        if missing <= 0:
            continue
        reasons: dict[int, Offence] = {}
        for person in problem.people:
            own = [duty for duty in (*fixed, *duties) if duty.person == person.pk]
            if any(_sits(duty, slot) for duty in own):
                continue
            why = hindrance(person, own, slot, limits)
            if why is not None:
                reasons[person.pk] = why
            elif missing:  # the solver ran out of time before it saw this
                duties.append(slot.duty(person.pk))
                missing, best = missing - 1, False
        if missing:
            unmet.append(Unmet(slot, missing, reasons))
    ordered = sorted(duties, key=lambda duty: (duty.starts, duty.kind, duty.person))
    return Proposal(tuple(ordered), tuple(unmet), best, problem.needed_minutes, problem.available_minutes)


def _sits(duty: Duty, slot: Slot) -> bool:
    return duty.kind == slot.kind and duty.starts == slot.starts


# --- in a process of its own ------------------------------------------------------------------------


def in_a_process(
    people: Sequence[Person], slots: Sequence[Slot], fixed: Sequence[Duty], limits: Limits,
    burden: Mapping[int, Burden] | None = None, *, timeout: float, seed: int = 1,
) -> Proposal:  # fmt: skip
    """`propose` in a process of its own, for at most `timeout` seconds, of which some are for starting it.

    Raises NoAnswer for a process that fails or takes too long, ValueError for what cannot be asked.
    """
    asked = as_json(people, slots, fixed, limits, burden, seconds=min(2 * PATIENCE, timeout * 0.6), seed=seed)
    told = answer_of("shouhou.hotline.rules.proposing", asked, timeout=timeout)
    try:
        return read_json(told)
    except (ValueError, LookupError, TypeError) as trouble:
        raise NoAnswer(str(trouble)) from trouble


def as_json(
    people: Sequence[Person], slots: Sequence[Slot], fixed: Sequence[Duty], limits: Limits,
    burden: Mapping[int, Burden] | None = None, seconds: float = PATIENCE, seed: int = 1, *, effort: float = EFFORT,
) -> str:  # fmt: skip
    """What `propose` is asked, as JSON. Raises ValueError for a zone without a name."""
    zone = getattr(limits.zone, "key", None)
    if not zone:
        raise ValueError(f"{limits.zone} is no named zone")
    return json.dumps({
        "people": [
            [
                p.pk, p.lacking, [[a.isoformat(), b.isoformat()] for a, b in p.away],
                None if p.most is None else p.most.total_seconds(),
            ]
            for p in people
        ],
        "slots": [_slot_out(slot) for slot in slots],
        "fixed": [_duty_out(duty) for duty in fixed],
        "limits": [zone, limits.rest.total_seconds(), limits.days_running, limits.week.total_seconds()],
        "burden": {pk: [b.minutes, b.nights, b.rest_days] for pk, b in (burden or {}).items()},
        "seconds": seconds, "seed": seed, "effort": effort,
    })  # fmt: skip


def read_json(text: str) -> Proposal:
    """The answer of `main`. Raises ValueError, LookupError or TypeError for anything else."""
    found = json.loads(text)
    unmet = tuple(
        Unmet(_slot_in(slot), missing, {int(pk): _offence_in(offence) for pk, offence in reasons.items()})
        for slot, missing, reasons in found["unmet"]
    )
    duties = tuple(_duty_in(duty) for duty in found["duties"])
    return Proposal(duties, unmet, found["best"], found["needed"], found["available"])


def main() -> None:
    """Read a question (`as_json`) from standard input, write its answer (for `read_json`) to standard output."""
    if hasattr(os, "nice"):
        os.nice(10)  # who waits for a page goes first
    asked = json.load(sys.stdin)
    zone, rest, days, week = asked["limits"]
    found = propose(
        [_person_in(person) for person in asked["people"]],
        [_slot_in(slot) for slot in asked["slots"]],
        [_duty_in(duty) for duty in asked["fixed"]],
        Limits(ZoneInfo(zone), timedelta(seconds=rest), days, timedelta(seconds=week)),
        {int(pk): Burden(*carried) for pk, carried in asked["burden"].items()},
        seconds=asked["seconds"], seed=asked["seed"], effort=asked["effort"],
    )  # fmt: skip
    answer = {
        "duties": [_duty_out(duty) for duty in found.duties],
        "unmet": [
            [_slot_out(u.slot), u.missing, {pk: _offence_out(o) for pk, o in u.reasons.items()}] for u in found.unmet
        ],
        "best": found.best, "needed": found.needed, "available": found.available,
    }  # fmt: skip
    json.dump(answer, sys.stdout)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _person_in(row: list[Any]) -> Person:
    pk, lacking, away, most = row
    leave = tuple((_at(start), _at(end)) for start, end in away)
    return Person(pk, tuple(lacking), leave, None if most is None else timedelta(seconds=most))


def _slot_out(s: Slot) -> list[Any]:
    return [s.kind, s.starts.isoformat(), s.ends.isoformat(), s.needed, s.break_minutes, s.night, s.rest_day]


def _slot_in(row: list[Any]) -> Slot:
    return Slot(row[0], _at(row[1]), _at(row[2]), *row[3:])


def _duty_out(d: Duty) -> list[Any]:
    return [d.person, d.kind, d.starts.isoformat(), d.ends.isoformat(), d.break_minutes, d.pk]


def _duty_in(row: list[Any]) -> Duty:
    return Duty(row[0], row[1], _at(row[2]), _at(row[3]), row[4], row[5])


def _offence_out(o: Offence) -> list[Any]:
    return [o.code, _duty_out(o.duty), _duty_out(o.other) if o.other else None, o.lacking, dict(o.numbers)]


def _offence_in(row: list[Any]) -> Offence:
    return Offence(row[0], _duty_in(row[1]), _duty_in(row[2]) if row[2] else None, tuple(row[3]), row[4])


if __name__ == "__main__":
    main()
