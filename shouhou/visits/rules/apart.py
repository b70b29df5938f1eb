"""Dispatch in a process of its own: a fault in native code stops nobody here, and its memory does not stay.

What is asked and what is answered cross as JSON; travel crosses as a matrix of the places that occur.
"""

import json
import os
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from shouhou.shared.apart import NoAnswer, answer_of
from shouhou.visits.rules.asked import Engineer, Job, Offence, Plan, Reason, Route, Stop, Unplanned, Weights
from shouhou.visits.rules.planning import PATIENCE, REPLAN, propose
from shouhou.visits.rules.travel import Matrix, Place, Travel

STARTING = 0.6  # of the time limit may be spent searching: the rest is for starting and for finding the reasons


def in_a_process(
    engineers: Sequence[Engineer], jobs: Sequence[Job], travel: Travel, *, previous: Plan | None = None,
    timeout: float, seconds: float | None = None, seed: int = 1, effort: int | None = None,
    weights: Weights | None = None,
) -> Plan:  # fmt: skip
    """`propose` in a process of its own, for at most `timeout` seconds.

    Raises NoAnswer for a process that fails or takes too long, ValueError and LookupError for what cannot be asked.
    """
    if seconds is None:
        seconds = PATIENCE if previous is None else REPLAN
    asked = as_json(
        engineers, jobs, travel, previous=previous, seconds=min(seconds, timeout * STARTING), seed=seed, effort=effort,
        weights=weights,
    )  # fmt: skip
    told = answer_of("shouhou.visits.rules.apart", asked, timeout=timeout)
    try:
        return read_json(told)
    except (ValueError, LookupError, TypeError) as trouble:
        raise NoAnswer(str(trouble)) from trouble


def as_json(
    engineers: Sequence[Engineer], jobs: Sequence[Job], travel: Travel, *, previous: Plan | None, seconds: float,
    seed: int, effort: int | None = None, weights: Weights | None = None,
) -> str:  # fmt: skip
    """What `propose` is asked, as JSON. Raises what `travel` raises for a place that it does not know."""
    at: dict[Place, int] = {}
    homes = [at.setdefault(e.home, len(at)) for e in engineers]
    spots = [at.setdefault(j.place, len(at)) for j in jobs]
    places = list(at)
    ways = [[0.0 if a == b else travel(a, b).total_seconds() for b in places] for a in places]
    w = weights or Weights()
    return json.dumps({
        "ways": ways,
        "engineers": [_engineer_out(e, home) for e, home in zip(engineers, homes, strict=True)],
        "jobs": [_job_out(j, spot) for j, spot in zip(jobs, spots, strict=True)],
        "previous": None if previous is None else [_stop_out(stop) for stop in previous.stops],
        "weights": [w.familiar, w.moved, w.shifted, w.day, w.fair],
        "seconds": seconds, "seed": seed, "effort": effort,
    })  # fmt: skip


def read_json(text: str) -> Plan:
    """The answer of `main`. Raises ValueError, LookupError or TypeError for anything else."""
    found = json.loads(text)
    return Plan(
        tuple(Route(pk, tuple(map(_stop_in, stops)), _at(back)) for pk, stops, back in found["routes"]),
        tuple(
            Unplanned(job, tuple(Reason(*r) for r in reasons), {int(pk): code for pk, code in each.items()})
            for job, reasons, each in found["unplanned"]
        ),
        tuple(Offence(*row) for row in found["conflicts"]),
        timedelta(seconds=found["travel"]),
        timedelta(seconds=found["late"]),
    )


def main() -> None:
    """Read a question (`as_json`) from standard input, write its answer (for `read_json`) to standard output."""
    if hasattr(os, "nice"):
        os.nice(10)  # who waits for a page goes first
    asked = json.load(sys.stdin)
    previous = asked["previous"]
    plan = propose(
        [_engineer_in(row) for row in asked["engineers"]],
        [_job_in(row) for row in asked["jobs"]],
        Matrix(asked["ways"]),
        previous=None if previous is None else Plan.before(_stop_in(row) for row in previous),
        seconds=asked["seconds"], seed=asked["seed"], effort=asked["effort"], weights=Weights(*asked["weights"]),
    )  # fmt: skip
    answer = {
        "routes": [[r.engineer, [_stop_out(s) for s in r.stops], r.returns.isoformat()] for r in plan.routes],
        "unplanned": [[u.job, _reasons_out(u.reasons), dict(u.engineers)] for u in plan.unplanned],
        "conflicts": [[o.code, o.job, o.engineer, o.other, dict(o.numbers)] for o in plan.conflicts],
        "travel": plan.travel.total_seconds(), "late": plan.late.total_seconds(),
    }  # fmt: skip
    json.dump(answer, sys.stdout)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _maybe(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _spans_out(spans: Any) -> list[list[str]]:
    return [[a.isoformat(), b.isoformat()] for a, b in spans]


def _spans_in(rows: list[list[str]]) -> Any:
    return tuple((_at(a), _at(b)) for a, b in rows)


def _engineer_out(e: Engineer, home: int) -> list[Any]:
    longest = None if e.longest is None else e.longest.total_seconds()
    return [e.pk, home, _spans_out(e.spans), sorted(e.skills), longest, e.room, e.carried.total_seconds()]


def _engineer_in(row: list[Any]) -> Engineer:
    pk, home, spans, skills, longest, room, carried = row
    bound = None if longest is None else timedelta(seconds=longest)
    return Engineer(pk, home, _spans_in(spans), frozenset(skills), bound, room, timedelta(seconds=carried))


def _job_out(j: Job, spot: int) -> list[Any]:
    pinned = None if j.pinned is None else [j.pinned[0], j.pinned[1].isoformat()]
    return [j.pk, spot, j.work.total_seconds(), _spans_out(j.windows), sorted(j.skills), _maybe(j.due), j.risk,
            sorted(j.near), sorted(j.refused), pinned, j.load]  # fmt: skip


def _job_in(row: list[Any]) -> Job:
    pk, spot, work, windows, skills, due, risk, near, refused, pinned, load = row
    return Job(
        pk, spot, timedelta(seconds=work), _spans_in(windows), frozenset(skills), None if due is None else _at(due),
        risk, frozenset(near), frozenset(refused), None if pinned is None else (pinned[0], _at(pinned[1])), load,
    )  # fmt: skip


def _reasons_out(reasons: Sequence[Reason]) -> list[list[Any]]:
    return [[r.code, dict(r.numbers)] for r in reasons]


def _stop_out(s: Stop) -> list[Any]:
    return [s.job, s.engineer, s.begins.isoformat(), s.ends.isoformat(), _maybe(s.departs), _maybe(s.arrives),
            _reasons_out(s.reasons)]  # fmt: skip


def _stop_in(row: list[Any]) -> Stop:
    job, engineer, begins, ends, departs, arrives, reasons = row
    return Stop(
        job, engineer, _at(begins), _at(ends), None if departs is None else _at(departs),
        None if arrives is None else _at(arrives), tuple(Reason(*r) for r in reasons),
    )  # fmt: skip


if __name__ == "__main__":
    main()
