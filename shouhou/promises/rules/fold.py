"""A clock is a fold over events: pure, without a database and without reading the time.

`fold` puts corrections in force, sorts the facts, and reads from them every clock that the terms start. It folds all
facts each time, so that advancing event by event equals replaying, whatever the order of arrival.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from shouhou.promises.rules.clock import counted, due, warn_steps
from shouhou.promises.rules.facts import (
    ABANDONED,
    ATTEMPTED,
    MERGED,
    NEW_CYCLE,
    Fact,
    corrected,
    ends_pause,
    pauses_of,
    starts_pause,
    without_voided,
)
from shouhou.promises.rules.period import EXTERNAL, RINGS, SAME_DAY
from shouhou.promises.rules.promise import Pause, Promise, pause_at, united, utc
from shouhou.promises.rules.timeline import NOTHING

__all__ = ["Fact", "Reading", "Terms", "applies", "fold", "undecided"]
TRIES_OWED = 2  # 已联系未接通: after an attempt inside the limit, two more tries are owed


@dataclass(frozen=True, slots=True)
class Terms:
    """One commitment as the engine needs it. `start` may name alternatives: "i9.broken|plan.declared".

    `repeat`: the "first" starting fact only, "each" of them, or each "cycle" (reopening a closed case begins another).
    `follow_on`: a start ending in ".broken" is the missed due time of another commitment, and days count from the day
    that it ended; any other start of a chain is an ordinary one.
    """

    code: str
    start: str
    stop: tuple[str, ...]
    cancel: tuple[str, ...]
    promise: Promise
    when: Mapping[str, Any] = field(default_factory=dict)
    pause: tuple[str, ...] = ()
    attempts: bool = False
    warn: tuple[str, ...] = ()
    repeat: str = "first"
    otherwise: str | None = None
    follow_on: bool = False

    @property
    def starts(self) -> frozenset[str]:
        """The facts that start it."""
        return frozenset(part.strip() for part in self.start.split("|"))


@dataclass(frozen=True, slots=True)
class Reading:
    """A clock as it stands at one moment. Times are UTC.

    `state`: waiting, running, paused, met, broken or cancelled. `stopped_at` is when the promise was fulfilled (late if
    broken); `ended_at` is when nothing was owed any more: fulfilled or called off. `left` is counted time, None when
    the due time is not known; `margin` is the time from fulfilment to the due instant, negative when late.
    `attempted`: met only by a try to reach the person (已联系未接通), so that `tries_owed` more are due. `next_at`:
    when the clock must be read again; the due instant itself stays in it while it can still be kept. `lapsed`: the
    promise was broken while it applied; nobody owes it any more.
    """

    start_fact_id: int
    started_at: datetime
    state: str
    due_at: datetime | None = None
    stopped_at: datetime | None = None
    stopped_by: int | None = None
    used: timedelta | None = None
    left: timedelta | None = None
    margin: timedelta | None = None
    pauses: tuple[Pause, ...] = ()
    provisional: bool = False
    paused_reason: str | None = None
    attempted: bool = False
    warnings: tuple[tuple[str, datetime], ...] = ()
    next_at: datetime | None = None
    verdict_external: bool | None = None
    tries_owed: int = 0
    ended_at: datetime | None = None
    lapsed: bool = False


def applies(terms: Terms, case: Mapping[str, Any]) -> bool:
    """Whether the case is what the commitment asks for: each named property has the wanted value or one of a list.

    A property that the case does not have equals None and False; one with several values matches by any of them.
    """
    for name, wanted in terms.when.items():
        value = case.get(name)
        values = set(value) if isinstance(value, list | tuple | set | frozenset) else {value}
        if None in values:
            values.add(False)
        if not values & set(wanted if isinstance(wanted, list | tuple | set | frozenset) else (wanted,)):
            return False
    return True


def undecided(terms: Terms, case: Mapping[str, Any]) -> bool:
    """Whether a person must still decide if the commitment applies: a property that it asks for is named, but None."""
    left_open = {name for name in terms.when if name in case and case[name] is None}
    if not left_open or applies(terms, case):
        return False
    decided = {name: wanted for name, wanted in terms.when.items() if name not in left_open}
    return applies(replace(terms, when=decided), case)


def fold(terms: Terms, case: Mapping[str, Any], facts: Sequence[Fact], now: datetime) -> tuple[Reading, ...]:
    """Every clock that the facts start under these terms, as it stands at `now` (aware), the earliest start first.

    The order of `facts` means nothing. What has not happened yet at `now` is left aside, save starts, which wait.
    While a person must still decide whether the commitment applies, its clocks wait: they warn, and are never broken.
    """
    waits = undecided(terms, case)
    if not waits and not applies(terms, case):
        return ()
    now = utc(now)
    line = ordered(terms, corrected(facts))
    past = [fact for fact in line if fact.occurred_at <= now]
    future = line[len(past) :]
    coming = future[0].occurred_at if future else None
    told = without_voided(past)
    starts = _starts(terms, told + future)
    if terms.promise.within.unit == EXTERNAL:
        return tuple(_external(terms, start, told) for start in starts)
    pauses = pauses_of(terms.pause, past)
    readings = []
    for i, start in enumerate(starts):
        if start.occurred_at > now:
            readings.append(Reading(start.id, start.occurred_at, "waiting", next_at=start.occurred_at))
            continue
        following = starts[i + 1] if terms.repeat == "cycle" and i + 1 < len(starts) else None
        own = _from(told, start, following if following in told else None)
        if terms.promise.within.unit == RINGS:
            reading = _rings(terms, start, own, now)
        else:
            reading = _read(terms, start, own, pauses, now)
        if coming is not None and reading.state in ("running", "paused"):
            reading = replace(reading, next_at=min(coming, reading.next_at or coming))
        readings.append(_waiting(reading, now) if waits else reading)
    return tuple(readings)


def _waiting(reading: Reading, now: datetime) -> Reading:
    """How a clock stands of which nobody has decided yet that it is owed. What is over without a decision was not."""
    if reading.state in ("met", "cancelled"):
        return reading
    if reading.ended_at is not None:
        return replace(reading, state="cancelled")
    coming = [at for _, at in reading.warnings if at > now]
    if reading.due_at is not None and reading.due_at > now:
        coming.append(reading.due_at)
    return replace(reading, state="waiting", next_at=min(coming, default=None))


def ordered(terms: Terms, facts: Iterable[Fact]) -> list[Fact]:
    """By occurred_at; at one instant start, resume, stop, pause, cancel, the rest; then by the key of the origin."""
    starting = terms.starts | ({NEW_CYCLE} if terms.repeat == "cycle" else frozenset())

    def place(fact: Fact) -> int:
        if fact.kind in starting:
            return 0
        if ends_pause(fact):
            return 1
        if starts_pause(fact):
            return 3
        return 2 if fact.kind in terms.stop else 4 if fact.kind in terms.cancel else 5

    return sorted(facts, key=lambda fact: (fact.occurred_at, place(fact), fact.key, fact.id))


def _starts(terms: Terms, line: Sequence[Fact]) -> list[Fact]:
    """The facts that start a clock, as `repeat` says."""
    kinds = terms.starts
    found = [fact for fact in line if fact.kind in kinds]
    if terms.repeat == "each":
        return found
    if terms.repeat == "cycle" and found:
        first = line.index(found[0])
        return found[:1] + [fact for fact in line[first + 1 :] if fact.kind == NEW_CYCLE]
    return found[:1]


def _from(line: Sequence[Fact], start: Fact, following: Fact | None) -> list[Fact]:
    """The facts after the start, up to the start of the next cycle, which calls off what is left of this one."""
    after = list(line[line.index(start) + 1 :])
    return after if following is None else after[: after.index(following) + 1]


def _external(terms: Terms, start: Fact, line: Sequence[Fact]) -> Reading:
    """A verdict taken from another system: shown as such, never computed."""
    told = [f for f in line if (f.kind in terms.stop or f.id == start.id) and isinstance(f.data.get("made"), bool)]
    if not told:
        return Reading(start.id, start.occurred_at, "running")
    verdict = told[-1]
    made = bool(verdict.data["made"])
    return Reading(
        start.id, start.occurred_at, "met" if made else "broken", stopped_at=verdict.occurred_at,
        stopped_by=verdict.id, verdict_external=made, ended_at=verdict.occurred_at,
    )  # fmt: skip


def _end(terms: Terms, own: Sequence[Fact]) -> tuple[Fact | None, Fact | None]:
    """What stopped the clock or what called it off, whichever came first. A pause is neither."""
    for fact in own:
        if fact.kind in terms.stop and not starts_pause(fact):
            return fact, None
        if fact.kind in terms.cancel or fact.kind == MERGED or (terms.repeat == "cycle" and fact.kind == NEW_CYCLE):
            return None, fact
    return None, None


def _read(terms: Terms, start: Fact, own: Sequence[Fact], every: Sequence[Pause], now: datetime) -> Reading:
    """One clock, from its starting fact to its end or to `now`."""
    promise, began = terms.promise, start.occurred_at
    stop, cancel = _end(terms, own)
    ended = stop or cancel
    until = ended.occurred_at if ended else now
    pauses = _within(every, began, ended.occurred_at if ended else None)
    chained = terms.follow_on and start.kind.endswith(".broken")
    end = due(promise, began, pauses, follow_on=chained)
    attempt = _attempt(terms, own, end.at, until) if terms.attempts else None
    state, standing = _state(end.at, stop, cancel, attempt, pauses, now)
    kept = attempt if attempt and state == "met" and (stop is None or not _in_time(stop, end.at)) else None
    fulfilled = kept or stop
    is_open = state in ("running", "paused")
    warnings = warn_steps(promise, began, pauses, terms.warn, follow_on=chained)
    spent = counted(promise, began, until, pauses, follow_on=chained)
    return Reading(
        start_fact_id=start.id, started_at=began, state=state, due_at=end.at,
        stopped_at=fulfilled.occurred_at if fulfilled else None, stopped_by=fulfilled.id if fulfilled else None,
        used=spent, left=_left(promise, began, until, end.at, spent, pauses, chained),
        margin=end.at - fulfilled.occurred_at if end.at and fulfilled else None, pauses=tuple(pauses),
        provisional=end.provisional, paused_reason=standing.reason if standing and state == "paused" else None,
        attempted=kept is not None, warnings=tuple(warnings),
        next_at=_next(now, end.at, warnings, standing) if is_open else None,
        tries_owed=_tries_owed(terms, own, kept, ended) if kept else 0,
        ended_at=None if is_open else fulfilled.occurred_at if fulfilled else ended.occurred_at if ended else None,
    )  # fmt: skip


def _within(pauses: Iterable[Pause], began: datetime, ended: datetime | None) -> list[Pause]:
    """The pauses that this clock stood still for; an open one is over when the thing is done or called off."""
    found = []
    for pause in united(pauses):
        if (pause.end is not None and pause.end <= began) or (ended is not None and pause.start >= ended):
            continue
        end = pause.end if ended is None else min(pause.end or ended, ended)
        found.append(Pause(max(pause.start, began), end, pause.reason))
    return found


def _in_time(fact: Fact, due_at: datetime | None) -> bool:
    """Whether it keeps the promise: at the due instant itself it still does (Art. 1259)."""
    return due_at is None or fact.occurred_at <= due_at


def _state(
    due_at: datetime | None,
    stop: Fact | None,
    cancel: Fact | None,
    attempt: Fact | None,
    pauses: Sequence[Pause],
    now: datetime,
) -> tuple[str, Pause | None]:
    """The state, and the pause in which the clock stands.

    What was broken before it was called off stays broken, so that nobody can cancel a breach away; only a merged
    case's clocks are cancelled whatever they were, since the surviving case counts on.
    """
    standing = pause_at(pauses, now)
    if (stop and _in_time(stop, due_at)) or attempt:
        return "met", None
    if stop:
        return "broken", None
    if cancel:
        return "cancelled" if cancel.kind == MERGED or _in_time(cancel, due_at) else "broken", None
    if due_at is not None and now > due_at:
        return "broken", None
    return "paused" if standing else "running", standing


def _attempt(terms: Terms, own: Sequence[Fact], due_at: datetime | None, until: datetime) -> Fact | None:
    """The first recorded try to reach the person, with a message left, inside the limit (已联系未接通)."""
    for fact in own:
        if _tries(terms, fact) and fact.data.get("message") is not False and fact.occurred_at <= until:
            return fact if _in_time(fact, due_at) else None
    return None


def _tries(terms: Terms, fact: Fact) -> bool:
    """A try by somebody whose own call would keep this promise: data "for" names the facts that it tried for."""
    wanted = fact.data.get("for")
    return fact.kind == ATTEMPTED and (wanted is None or bool(set(terms.stop) & set(wanted)))


def _tries_owed(terms: Terms, own: Sequence[Fact], first: Fact, ended: Fact | None) -> int:
    """How many of the two further tries are still owed; none once the person was reached or the case called off."""
    later = sum(_tries(terms, fact) and fact is not first for fact in own)
    return 0 if ended else max(0, TRIES_OWED - later)


def _left(
    promise: Promise,
    began: datetime,
    until: datetime,
    due_at: datetime | None,
    spent: timedelta,
    pauses: Sequence[Pause],
    chained: bool,
) -> timedelta | None:
    """Counted time left, never negative; for minutes and hours it is known even while paused."""
    if promise.within.is_elapsed:
        return max(promise.need - spent, NOTHING)
    if due_at is None:
        return None
    if promise.within.unit == SAME_DAY:
        return max(due_at - until, NOTHING)
    return max(counted(promise, began, due_at, pauses, follow_on=chained) - spent, NOTHING)


def _next(
    now: datetime, due_at: datetime | None, warnings: Sequence[tuple[str, datetime]], standing: Pause | None
) -> datetime | None:
    """When to look again: the next warning, the due instant (until it has passed), the known end of a pause."""
    instants = [at for _step, at in warnings if at > now]
    instants += [at for at in (due_at, standing.end if standing else None) if at is not None and at >= now]
    return min(instants, default=None)


def _rings(terms: Terms, start: Fact, own: Sequence[Fact], now: datetime) -> Reading:
    """Kept when the ring count is at most n; without a count, when answered no later than the start of ring n + 1.

    The line's cadence stands in the starting fact: data "cadence" [seconds of ring, seconds of pause]. A caller who
    gives up while queueing was not served; one who gives up while it still could be answered in time calls it off.
    """
    stop, cancel = _end(terms, own)
    count = stop.data.get("rings") if stop else None
    due_at = due(terms.promise, start.occurred_at).at
    cadence = start.data.get("cadence")
    if cadence:
        due_at = start.occurred_at + terms.promise.within.amount * timedelta(seconds=float(sum(cadence)))
    if stop:
        state = (
            "met"
            if (int(count) <= terms.promise.within.amount if count is not None else _in_time(stop, due_at))
            else "broken"
        )
    elif cancel:
        queueing = cancel.kind == ABANDONED and cancel.data.get("queueing")
        state = "broken" if queueing or not _in_time(cancel, due_at) else "cancelled"
    else:
        state = "running" if due_at is None or now <= due_at else "broken"
    ended = stop or cancel
    spent = (ended.occurred_at if ended else now) - start.occurred_at
    return Reading(
        start.id, start.occurred_at, state, due_at, stopped_at=stop.occurred_at if stop else None,
        stopped_by=stop.id if stop else None, used=spent, margin=due_at - stop.occurred_at if due_at and stop else None,
        next_at=due_at if state == "running" else None, ended_at=ended.occurred_at if ended else None,
    )  # fmt: skip
