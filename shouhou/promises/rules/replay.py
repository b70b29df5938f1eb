"""What would have been kept: the events of many past cases folded by other terms, without what only a live clock needs.

`judge` answers as the ordinary `fold` does (state, due time, fulfilment), but counts neither what is used nor when to
warn, and sorts, corrects and pairs pauses once per case where that means the same for all terms.
`one_by_one` is the ordinary way; the two must be equal for every case.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from shouhou.promises.rules import fold as ordinary
from shouhou.promises.rules.clock import due
from shouhou.promises.rules.facts import (
    ABANDONED,
    ASKED,
    ATTEMPTED,
    MERGED,
    NEW_CYCLE,
    PAUSED,
    REJECTED,
    REPLIES,
    RESOLVED,
    RESUMED,
    VOIDED,
    Fact,
    corrected,
    pauses_of,
    without_voided,
)
from shouhou.promises.rules.fold import Reading, Terms, fold, undecided
from shouhou.promises.rules.period import EXTERNAL, RINGS
from shouhou.promises.rules.promise import Pause, utc

KEPT, MISSED, OPEN, OFF = "kept", "missed", "open", "off"
ANSWERS = {"met": KEPT, "broken": MISSED, "cancelled": OFF}  # everything else is open
ALWAYS = {NEW_CYCLE, MERGED, ASKED, PAUSED, RESUMED, RESOLVED, ATTEMPTED, ABANDONED} | REPLIES | REJECTED | VOIDED


class Verdict(NamedTuple):
    """How one promise of one case stood at the moment of the replay. Times are UTC.

    `answer`: kept, missed, open, or off (called off while it could be kept). `late`: from the due instant to the
    fulfilment; None unless fulfilled too late.
    """

    case: int
    code: str
    start: int
    started_at: datetime
    answer: str
    due_at: datetime | None
    late: timedelta | None


@dataclass(slots=True)
class Sum:
    """The verdicts of one promise counted; hours are the local hours in which the clocks started."""

    code: str
    kept: int = 0
    missed: int = 0
    open: int = 0
    off: int = 0
    decided_by_hour: list[int] = field(default_factory=lambda: [0] * 24)
    missed_by_hour: list[int] = field(default_factory=lambda: [0] * 24)

    @property
    def decided(self) -> int:
        """Those kept or missed."""
        return self.kept + self.missed

    @property
    def share(self) -> float | None:
        """Kept of those decided, 0 to 1; None where nothing is decided."""
        return self.kept / self.decided if self.decided else None


@dataclass(frozen=True, slots=True)
class Replay:
    """All verdicts, the number of cases read, and the sums in the order of the terms."""

    cases: int
    verdicts: list[Verdict]
    sums: list[Sum]


def kinds_of(terms: Iterable[Terms]) -> frozenset[str]:
    """The kinds of facts that any of the terms reads; no other can change a verdict."""
    found = set(ALWAYS)
    for told in terms:
        found |= {*told.starts, *told.stop, *told.cancel}
    return frozenset(found)


def sums_of(terms: Sequence[Terms], verdicts: Iterable[Verdict], zone: str) -> list[Sum]:
    """Count verdicts by promise and by the local hour (of an IANA zone) of the start."""
    found, tz = {told.code: Sum(told.code) for told in terms}, ZoneInfo(zone)
    for verdict in verdicts:
        row, answer = found[verdict.code], verdict.answer
        setattr(row, answer, getattr(row, answer) + 1)
        if answer in (KEPT, MISSED):
            hour = verdict.started_at.astimezone(tz).hour
            row.decided_by_hour[hour] += 1
            row.missed_by_hour[hour] += answer == MISSED
    return list(found.values())


class Bench:
    """Terms laid out for many cases: what applies to which sort of case is asked once per sort."""

    def __init__(self, terms: Iterable[Terms], now: datetime) -> None:
        """`now` (aware): the moment at which every case is judged. Raises ValueError for a naive one."""
        self.terms = sorted(terms, key=lambda told: told.follow_on)
        self.now = utc(now)
        self.asked = sorted({name for told in self.terms for name in told.when})
        self._sorts: dict[tuple[Any, ...], list[tuple[Terms, bool]]] = {}

    def judge(self, case: int, what: Mapping[str, Any], facts: Sequence[Fact]) -> list[Verdict]:
        """The verdicts of one case, in the order of its promises; facts in any order."""
        log = _Log(facts, self.now)
        found: list[Verdict] = []
        for terms, waits in self._applying(what):
            for reading in _readings(terms, waits, log, self.now):
                found.append(_verdict(case, terms, reading))
                if reading.state == "broken" and terms.otherwise and reading.due_at:
                    log.add(_missed(terms, reading, self.now))
        return found

    def _applying(self, what: Mapping[str, Any]) -> list[tuple[Terms, bool]]:
        """The terms that bind this sort of case, each with whether a person must still decide."""
        sort = tuple(
            (name in what, tuple(value) if isinstance(value := what.get(name), list | tuple) else value)
            for name in self.asked
        )
        try:
            known = self._sorts.get(sort)
        except TypeError:  # a set among the values
            return self._asked(what)
        if known is None:
            known = self._sorts[sort] = self._asked(what)
        return known

    def _asked(self, what: Mapping[str, Any]) -> list[tuple[Terms, bool]]:
        pairs = [(told, undecided(told, what)) for told in self.terms]
        return [(told, waits) for told, waits in pairs if waits or ordinary.applies(told, what)]


def one_by_one(case: int, what: Mapping[str, Any], facts: Sequence[Fact], terms: Iterable[Terms],
               now: datetime) -> list[Verdict]:  # fmt: skip
    """The verdicts of one case by the ordinary fold of each promise."""
    told, found = list(facts), []
    for each in sorted(terms, key=lambda t: t.follow_on):
        for reading in fold(each, what, list(told), now):
            found.append(_verdict(case, each, reading))
            if reading.state == "broken" and each.otherwise and reading.due_at:
                told.append(_missed(each, reading, now))
    return found


class _Log:
    """The facts of one case up to a moment, sorted once."""

    def __init__(self, facts: Sequence[Fact], now: datetime) -> None:
        self.now, self.facts = now, list(facts)
        self._lay(corrected(facts))
        self._pauses: dict[tuple[str, ...], list[Pause]] = {}

    def _lay(self, facts: Sequence[Fact]) -> None:
        self.line = sorted(facts, key=lambda f: (f.occurred_at, f.key, f.id))
        self.kinds = {fact.kind for fact in self.line}
        times = [fact.occurred_at for fact in self.line]
        self.ties = any(a == b for a, b in pairwise(times))
        self.all_past = not times or times[-1] <= self.now
        self.rejected = not self.kinds.isdisjoint(REJECTED)
        self.paused = ASKED in self.kinds or PAUSED in self.kinds

    def add(self, fact: Fact) -> None:
        """One more fact, which other promises may start from."""
        self.facts.append(fact)  # corrected anew with all others, as the ordinary fold does
        self._lay(corrected(self.facts))
        self._pauses.clear()

    def of(self, terms: Terms) -> tuple[list[Fact], list[Fact], list[Fact]]:
        """What happened, what of it stands after rejections, and what has yet to happen, as the terms order it."""
        line = ordinary.ordered(terms, self.line) if self.ties else self.line
        past = line if self.all_past else [fact for fact in line if fact.occurred_at <= self.now]
        return past, without_voided(past) if self.rejected else past, line[len(past) :]

    def pauses(self, terms: Terms, past: Sequence[Fact]) -> list[Pause]:
        """The pauses that the terms know; shared among terms while no two facts have one instant."""
        if not self.paused or not terms.pause:
            return []
        if self.ties:
            return pauses_of(terms.pause, past)
        if terms.pause not in self._pauses:
            self._pauses[terms.pause] = pauses_of(terms.pause, past)
        return self._pauses[terms.pause]


def _readings(terms: Terms, waits: bool, log: _Log, now: datetime) -> list[Reading]:
    """As `fold` reads, without used and left time, warnings and the next look."""
    if log.kinds.isdisjoint(terms.starts):
        return []
    past, told, future = log.of(terms)
    starts = ordinary._starts(terms, told + future)
    if terms.promise.within.unit == EXTERNAL:
        return [ordinary._external(terms, start, told) for start in starts]
    pauses = log.pauses(terms, past)
    found = []
    for i, start in enumerate(starts):
        if start.occurred_at > now:
            found.append(Reading(start.id, start.occurred_at, "waiting"))
            continue
        following = starts[i + 1] if terms.repeat == "cycle" and i + 1 < len(starts) else None
        own = ordinary._from(told, start, following if following in told else None)
        rings = terms.promise.within.unit == RINGS
        reading = ordinary._rings(terms, start, own, now) if rings else _read(terms, start, own, pauses, now)
        found.append(ordinary._waiting(reading, now) if waits else reading)
    return found


def _read(terms: Terms, start: Fact, own: Sequence[Fact], every: Sequence[Pause], now: datetime) -> Reading:
    """One clock: state, due instant and fulfilment only."""
    began = start.occurred_at
    stop, cancel = ordinary._end(terms, own)
    ended = stop or cancel
    pauses = ordinary._within(every, began, ended.occurred_at if ended else None) if every else []
    end = due(terms.promise, began, pauses, follow_on=terms.follow_on and start.kind.endswith(".broken"))
    until = ended.occurred_at if ended else now
    attempt = ordinary._attempt(terms, own, end.at, until) if terms.attempts else None
    state, _standing = ordinary._state(end.at, stop, cancel, attempt, pauses, now)
    kept = attempt if attempt and state == "met" and (stop is None or not ordinary._in_time(stop, end.at)) else None
    fulfilled = kept or stop
    over = fulfilled or ended
    return Reading(
        start.id, began, state, end.at, stopped_at=fulfilled.occurred_at if fulfilled else None,
        margin=end.at - fulfilled.occurred_at if end.at and fulfilled else None,
        ended_at=over.occurred_at if over and state not in ("running", "paused") else None,
    )  # fmt: skip


def _verdict(case: int, terms: Terms, reading: Reading) -> Verdict:
    missed = reading.state == "broken" and reading.margin is not None
    return Verdict(
        case, terms.code, reading.start_fact_id, reading.started_at, ANSWERS.get(reading.state, OPEN), reading.due_at,
        -reading.margin if missed and reading.margin is not None else None,
    )  # fmt: skip


def _missed(terms: Terms, reading: Reading, now: datetime) -> Fact:
    """The fact that a follow-on promise starts with: this one's due time passed."""
    start = reading.start_fact_id
    return Fact(f"{terms.code}.broken", reading.due_at or now, now, f"~{start}", start)
