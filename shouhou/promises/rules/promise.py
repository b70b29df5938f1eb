"""What is promised and what stands still: the values that the engine counts with."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from shouhou.promises.rules.calendar import WHOLE_DAY_WORKING, Calendar, TooFar, Window
from shouhou.promises.rules.period import WORKING_DAY, Period
from shouhou.promises.rules.timeline import NOTHING, Timeline, timeline


@dataclass(frozen=True, slots=True)
class Promise:
    """A period, and how it is counted. `roll` None is the law's rule: days, weeks, months and years roll (Art. 203).

    Hours and minutes run day and night unless a window is named (Art. 201).
    """

    within: Period
    calendar: Calendar
    window: Window | None = None
    roll: bool | None = None
    need: timedelta = field(init=False, repr=False, compare=False)
    line: Timeline | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Look up once what every due time needs."""
        object.__setattr__(self, "need", self.within.length if self.within.is_elapsed else NOTHING)
        object.__setattr__(self, "line", timeline(self.calendar, self.window) if self.window else None)

    @property
    def rolls(self) -> bool:
        """Whether a last day on a day of rest moves to the first following day that is none (Art. 203)."""
        return self.within.is_calendar and self.roll is not False

    @property
    def track(self) -> Timeline | None:
        """The time in which shares and leads are measured; None is time itself."""
        if self.within.unit == WORKING_DAY and self.window is None:
            return timeline(self.calendar, WHOLE_DAY_WORKING)
        return self.line


def opening(text: str | None, days: str, within: Period) -> Window | None:
    """The window that words name. Hours on working days without one run through those days, from 0 to 24 o'clock.

    Raises BadWindow for words that are none.
    """
    if text:
        return Window.parse(text, days)
    return WHOLE_DAY_WORKING if days == "working" and within.is_elapsed else None


@dataclass(frozen=True, slots=True)
class Pause:
    """A stretch [start, end) that does not count; an `end` of None is not known yet."""

    start: datetime
    end: datetime | None
    reason: str = ""


class Due(NamedTuple):
    """The last instant that keeps the promise (Art. 1259), in UTC; None while an open pause leaves it unknown.

    `provisional`: it depends on a year whose holidays are not published yet.
    """

    at: datetime | None
    provisional: bool = False
    paused: bool = False


def utc(at: datetime) -> datetime:
    """The same instant in UTC. Raises ValueError for a naive datetime."""
    if at.tzinfo is None:
        raise ValueError("a time needs its zone: give an aware datetime")
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise TooFar("the time lies too far away: write one between the years 3 and 9797") from None


def united(pauses: Iterable[Pause]) -> list[Pause]:
    """The same paused time in UTC, in order and without overlaps; empty pauses dropped, only the last can be open.

    Where pauses overlap, the time goes to the one that began first; of one reason they become one.
    """
    joined: list[Pause] = []
    parts = [Pause(utc(p.start), p.end and utc(p.end), p.reason) for p in pauses]
    for pause in sorted(parts, key=lambda p: (p.start, p.end is None, p.end or p.start, p.reason)):
        last = joined[-1] if joined else None
        if last is not None and last.end is None:
            break
        start = max(pause.start, last.end) if last is not None and last.end is not None else pause.start
        if pause.end is not None and pause.end <= start:
            continue
        if last is not None and last.end == start and last.reason == pause.reason:
            joined[-1] = Pause(last.start, pause.end, last.reason)
        else:
            joined.append(Pause(start, pause.end, pause.reason))
    return joined


def pause_at(stops: Sequence[Pause], instant: datetime) -> Pause | None:
    """The pause in which an instant lies; its end lies outside."""
    return next((p for p in stops if p.start <= instant and (p.end is None or instant < p.end)), None)
