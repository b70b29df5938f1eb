"""When a promise is due (民法典 第二百条至第二百零四条), how much of it is used, and when to warn.

Every function takes aware datetimes of any zone and gives instants in UTC; days are those of the calendar's zone.
A naive datetime raises ValueError, a time before the year 3 or more than 400 years ahead TooFar (a ValueError).
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from shouhou.promises.rules.calendar import ONE, TooFar
from shouhou.promises.rules.days import counts, cover, day_end, days_are_certain, days_of, first_day
from shouhou.promises.rules.period import EXTERNAL, RINGS, WORKING_DAY, BadPeriod
from shouhou.promises.rules.promise import Due, Pause, Promise, pause_at, united, utc
from shouhou.promises.rules.timeline import NOTHING, Timeline

__all__ = [
    "Due", "Pause", "Promise", "before", "counted", "cover", "due", "due_many", "united", "warn_instants", "warn_steps",
]  # fmt: skip

RING_ON, RING_OFF = 1.0, 4.0  # seconds, the cadence of a Chinese line


def due(promise: Promise, start: datetime, pauses: Sequence[Pause] = (), *, follow_on: bool = False) -> Due:
    """The instant until which the promise can be kept; it is kept at that very instant (Art. 1259).

    `follow_on`: `start` is the missed due time of another promise, and days count from the day that it ended.
    Raises BadPeriod for `external`, which is never counted, TooFar, and ValueError for a naive time.
    """
    unit = promise.within.unit
    if unit in ("h", "min"):
        line = promise.line
        if line is not None and not pauses and start.tzinfo is not None:
            at = start if start.tzinfo is UTC else utc(start)
            end = line.due(at, promise.need)
            sure = line.sure
            if sure is None or (end <= sure[1] and sure[0] <= at):
                return Due(end)
            return Due(end, not line.is_certain(at, end))
        return _elapsed_due(promise, utc(start), united(pauses))
    start, stops = utc(start), united(pauses)
    try:
        if unit == RINGS:
            return Due(start + timedelta(seconds=promise.within.amount * (RING_ON + RING_OFF)))
        if unit == EXTERNAL:
            raise BadPeriod("'external' is a verdict of another system: it is never counted")
        days = days_of(promise, start, stops, follow_on=follow_on)
        if days is None:
            return Due(None, paused=True)
        return Due(day_end(promise, days.end), not days_are_certain(promise, days))
    except OverflowError:
        raise TooFar("the due time lies too far away: write a shorter period") from None


def due_many(promise: Promise, starts: Iterable[datetime]) -> list[datetime]:
    """Due instants of many starts, without pauses; a million a second for hours in a window. Raises as `due` does."""
    if promise.within.is_elapsed and promise.line is not None:
        return promise.line.due_many(starts, promise.need)
    if promise.within.is_elapsed:
        need = promise.need
        return [utc(start) + need for start in starts]
    return [end for start in starts if (end := due(promise, start).at) is not None]


def counted(
    promise: Promise, start: datetime, until: datetime, pauses: Sequence[Pause] = (), *, follow_on: bool = False
) -> timedelta:
    """What is used of the promise: open, unpaused time for hours and minutes, `timedelta(days=…)` of whole counted days
    of its own unit for days, working days, weeks, months and years, time without pauses for the rest.
    """
    start, until, stops = utc(start), utc(until), united(pauses)
    if promise.within.unit not in (WORKING_DAY, "d", "w", "mo", "y"):
        return used(promise.line, start, until, stops)
    local, day, whole = promise.calendar.local, first_day(promise, start, follow_on=follow_on), 0
    while day < local(until):
        day += ONE
        end = day_end(promise, day)
        whole += counts(promise, day) and end <= until and pause_at(stops, end) is None
    return timedelta(days=whole)


def used(line: Timeline | None, start: datetime, until: datetime, stops: Sequence[Pause]) -> timedelta:
    """Open time between two UTC instants without united pauses."""
    whole, at = NOTHING, start
    for pause in stops:
        if pause.start >= until:
            break
        if pause.start > at:
            whole += line.open_between(at, pause.start) if line else pause.start - at
        if pause.end is None or pause.end >= until:
            return whole
        at = max(at, pause.end)
    return whole + (line.open_between(at, until) if line else max(until - at, NOTHING))


def advance(line: Timeline | None, at: datetime, need: timedelta, stops: Sequence[Pause]) -> datetime | None:
    """The earliest UTC instant by which `need` of open, unpaused time has passed; None if an open pause hides it."""
    if need <= NOTHING:
        return at
    for pause in stops:
        if pause.end is not None and pause.end <= at:
            continue
        if pause.start > at:
            run = line.open_between(at, pause.start) if line else pause.start - at
            if run >= need:
                break
            need -= run
        if pause.end is None:
            return None
        at = max(at, pause.end)
    try:
        return line.due(at, need) if line else at + need
    except OverflowError:
        raise TooFar("the due time lies too far away: write a shorter period") from None


def before(line: Timeline, at: datetime, need: timedelta) -> datetime:
    """The latest UTC instant from which `need` (> 0) of open time still passes until `at`. Raises TooFar."""
    at, back, moment = utc(at), need, timedelta(microseconds=1)
    while (surplus := line.open_between(at - back, at) - need) < NOTHING:
        back = 2 * back + ONE
        if back > 800 * ONE:
            raise TooFar("the window does not open often enough before this time")
    # A moment further, so that the opening counts and not the closing before it.
    return line.due(at - back, surplus + moment) - moment


def _elapsed_due(promise: Promise, start: datetime, stops: Sequence[Pause]) -> Due:
    """Minutes and hours: from the very moment (Art. 201), standing still in pauses."""
    end = advance(promise.line, start, promise.need, stops)
    if end is None:
        return Due(None, paused=True)
    return Due(end, promise.line is not None and not promise.line.is_certain(start, end))


_WRITTEN = re.compile(r"(\d{1,6})(?:\.(\d{1,6}))? ?(%|min|h|d)( before)?", re.ASCII)
_UNITS = {"min": timedelta(minutes=1), "h": timedelta(hours=1), "d": ONE}


class Step(NamedTuple):
    """A warning step: a share (parts of whole), or a span after the start or before the due time.

    Hours and minutes are counted time, so that no warning comes while nobody works; days are calendar days.
    """

    parts: int = 0
    whole: int = 0
    span: timedelta = NOTHING
    before: bool = False
    is_days: bool = False

    @classmethod
    def parse(cls, text: str) -> "Step":
        """Read "50 %", "30 min before", "30 min", "1 d before". Raises ValueError with the remedy."""
        read = _WRITTEN.fullmatch(" ".join(text.split())) if isinstance(text, str) else None
        if not read or (read[3] == "%" and read[4]):
            raise ValueError(f"{text!r} is no warning step: write '50 %', '30 min before' or '30 min'")
        amount, scale = int(read[1] + (read[2] or "")), 10 ** len(read[2] or "")
        if read[3] == "%":
            return cls(amount, 100 * scale)
        return cls(span=_UNITS[read[3]] * amount / scale, before=bool(read[4]), is_days=read[3] == "d")


def warn_steps(
    promise: Promise, start: datetime, pauses: Sequence[Pause], warn: Sequence[str], *, follow_on: bool = False
) -> list[tuple[str, datetime]]:
    """Each step with its instant in UTC, earliest first.

    Steps before the start, after the due time, or hidden by an open pause are left out. Raises ValueError for a step
    that cannot be read, and as `due` does.
    """
    steps = [(text, Step.parse(text)) for text in warn]
    if not steps or promise.within.unit == EXTERNAL:
        return []
    start, stops = utc(start), united(pauses)
    end = due(promise, start, stops, follow_on=follow_on).at
    total = promise.need if promise.within.is_elapsed else used(promise.track, start, end, stops) if end else None
    found = []
    for text, step in steps:
        at = _instant(promise, start, stops, step, end, total)
        if at is not None and start <= at and (end is None or at <= end):
            found.append((text, at))
    return sorted(found, key=lambda pair: pair[1])


def _instant(
    promise: Promise, start: datetime, stops: list[Pause], step: Step, end: datetime | None, total: timedelta | None
) -> datetime | None:
    """When a step comes; None while it is unknown or where it has no place."""
    if step.is_days:
        return start + step.span if not step.before else end - step.span if end else None
    if step.whole or step.before:
        if total is None:
            return None
        spent = total * step.parts / step.whole if step.whole else total - step.span
        if spent < NOTHING:
            return None
    else:
        spent = step.span
    return advance(promise.track, start, spent, stops)


def warn_instants(promise: Promise, start: datetime, pauses: Sequence[Pause], warn: Sequence[str]) -> list[datetime]:
    """The instants of `warn_steps`, earliest first."""
    return [at for _step, at in warn_steps(promise, start, pauses, warn)]
