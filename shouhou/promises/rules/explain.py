"""The explanation of a due time: each stretch counted or not, and why, so that it can be re-added by hand.

For minutes and hours the counted stretches add up to the period; for days, each counted day is one of them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from shouhou.promises.rules.calendar import ONE
from shouhou.promises.rules.clock import due
from shouhou.promises.rules.days import MOMENT, Days, counts, day_end, days_of, first_day
from shouhou.promises.rules.period import EXTERNAL, RINGS, SAME_DAY, WORKING_DAY
from shouhou.promises.rules.promise import Pause, Promise, pause_at, united, utc
from shouhou.promises.rules.wording import words

__all__ = ["Segment", "explain", "words"]


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch [start, end) in UTC; `why` is a code (wording.py), `name` a holiday's name, a pause's reason or a year.

    The last segments may have no length: `open_pause` (the end is not known) and `unpublished` (a mark, no time).
    """

    start: datetime
    end: datetime
    counted: bool
    why: str
    name: str = ""


def explain(
    promise: Promise,
    start: datetime,
    pauses: Sequence[Pause] = (),
    until: datetime | None = None,
    *,
    follow_on: bool = False,
) -> list[Segment]:
    """Stretches from `start` to the due instant, in order and without gaps; nothing for `external`.

    `until` ends the account earlier; under an open pause it is where the drawn pause ends. Raises as `due` does.
    """
    if promise.within.unit == EXTERNAL:
        return []
    start, stops, until = utc(start), united(pauses), until and utc(until)
    found, provisional = due(promise, start, stops, follow_on=follow_on)[:2]
    end = found
    if end is None:  # the last pause is open and begins before the promise can end
        end = max(start, stops[-1].start)
    if promise.within.unit == RINGS:
        segments = [Segment(start, end, True, "ringing")]
    elif promise.within.is_elapsed:
        segments = list(_paused(_running(promise, start, end), stops))
    else:
        segments = list(_day_by_day(promise, start, stops, end, is_open=found is None, follow_on=follow_on))
    segments = _cut(_joined(segments), until)
    if found is None and (until is None or until >= end):
        segments.append(Segment(end, until or end, False, "open_pause", stops[-1].reason))
    if provisional:
        last = segments[-1].end if segments else end
        segments.append(Segment(last, last, False, "unpublished", _unpublished(promise, start, end)))
    return segments


def _unpublished(promise: Promise, start: datetime, end: datetime) -> str:
    """The year that makes it provisional: the first unpublished one that it touches."""
    years = range(promise.calendar.local(start).year, promise.calendar.local(end - MOMENT).year + 1)
    return str(next((year for year in years if not promise.calendar.is_published(year)), years[-1]))


def _running(promise: Promise, start: datetime, end: datetime) -> Iterator[Segment]:
    """Minutes and hours: the window's openings, and between them why it is closed."""
    window, calendar = promise.window, promise.calendar
    if window is None:
        yield Segment(start, end, True, "elapsed")
        return
    at, day = start, calendar.local(start) - ONE  # yesterday's night shift may still be open
    while at < end:
        if window.opens_on(day, calendar):
            for minute, closing in window.intervals:
                opens, closes = max(at, calendar.at(day, minute)), min(end, calendar.at(day, closing))
                if opens < closes:
                    yield from _closed(promise, at, opens)
                    makes_up = window.days == "working" and calendar.is_make_up(day)
                    yield Segment(opens, closes, True, "open_makeup" if makes_up else "open")
                    at = closes
        day += ONE
        if calendar.at(day, 0) > end:
            break
    yield from _closed(promise, at, end)


def _closed(promise: Promise, start: datetime, end: datetime) -> Iterator[Segment]:
    """A closed stretch, cut at the midnights where days of rest begin and end, so that each holiday is named."""
    calendar = promise.calendar
    working = promise.window is not None and promise.window.days == "working"
    while start < end:
        day = calendar.local(start)
        finish = min(end, calendar.at(day, 1440))
        if working and calendar.is_rest(day):
            yield Segment(start, finish, False, *_rest(promise, day))
        else:
            yield Segment(start, finish, False, "closed")
        start = finish


def _rest(promise: Promise, day: date) -> tuple[str, str]:
    name = promise.calendar.name_of(day)
    return ("holiday", name) if name else ("weekend", "")


def _paused(segments: Iterator[Segment], stops: Sequence[Pause]) -> Iterator[Segment]:
    """The same stretches with the pauses cut out."""
    for segment in segments:
        at = segment.start
        for pause in stops:
            begins = max(at, pause.start)
            ends = segment.end if pause.end is None else min(segment.end, pause.end)
            if begins < ends:
                if at < begins:
                    yield replace(segment, start=at, end=begins)
                yield Segment(begins, ends, False, "paused", pause.reason)
                at = ends
        if at < segment.end:
            yield replace(segment, start=at)


def _day_by_day(
    promise: Promise, start: datetime, stops: Sequence[Pause], end: datetime, *, is_open: bool, follow_on: bool
) -> Iterator[Segment]:
    """Days: the starting day, each day until the last one, then what it rolled over."""
    calendar = promise.calendar
    first = first_day(promise, start, follow_on=follow_on)
    days = days_of(promise, start, stops, follow_on=follow_on)
    if days is None:
        days = Days(first, max(first, calendar.local(end)), calendar.local(end))
    if promise.within.unit == SAME_DAY:
        yield from _same_day(promise, start, days, end, is_open=is_open)
        return
    at = start
    if start < calendar.at(first, 1440):
        at = calendar.at(first, 1440)
        yield Segment(start, min(at, end), False, "start_day")
    day = first
    while day < days.last and at < end:
        day += ONE
        finish = end if day == days.last == days.end else min(end, calendar.at(day, 1440))
        if at < finish:
            yield _day(promise, at, finish, day, days, stops, is_open=is_open and finish == end)
        at = max(at, finish)
    while day < days.end and at < end:
        day += ONE
        finish = end if day == days.end else calendar.at(day, 1440)
        yield _rolled(promise, at, finish, day, days, stops)
        at = finish


def _day(
    promise: Promise, at: datetime, finish: datetime, day: date, days: Days, stops: Sequence[Pause], *, is_open: bool
) -> Segment:
    """One day after the starting day."""
    if not counts(promise, day):
        return Segment(at, finish, False, *_rest(promise, day))
    pause = pause_at(stops, day_end(promise, day))
    if pause is not None:
        return Segment(at, finish, False, "before_pause" if is_open else "paused", pause.reason)
    if promise.within.unit == WORKING_DAY:
        return Segment(at, finish, True, "makeup_day" if promise.calendar.is_make_up(day) else "work_day")
    if promise.within.is_months:
        clipped = not stops and days.last.day < days.first.day
        return Segment(at, finish, True, "month_end" if clipped else "months", days.last.isoformat())
    return Segment(at, finish, True, "day")


def _rolled(promise: Promise, at: datetime, finish: datetime, day: date, days: Days, stops: Sequence[Pause]) -> Segment:
    """A day past the last one: where it ends at last, a day of rest, or a working day whose end a pause holds."""
    if day == days.end:
        return Segment(at, finish, False, "rolled_to")
    pause = None if promise.calendar.is_rest(day) else pause_at(stops, day_end(promise, day))
    if pause is not None:
        return Segment(at, finish, False, "paused", pause.reason)
    return Segment(at, finish, False, "rolled", promise.calendar.name_of(day))


def _same_day(promise: Promise, start: datetime, days: Days, end: datetime, *, is_open: bool) -> Iterator[Segment]:
    """The starting day, or what lies before the next opening."""
    window, calendar = promise.window, promise.calendar
    opens = calendar.at(days.last, window.opening if window else 0)
    if is_open:
        opens = end
    if start < opens and calendar.local(start) < days.last:
        yield Segment(start, min(opens, end), False, "next_opening")
        start = min(opens, end)
    if start < end:
        yield Segment(start, end, True, "same_day")


def _joined(segments: Sequence[Segment]) -> list[Segment]:
    """Neighbours with one reason become one stretch; empty ones go."""
    joined: list[Segment] = []
    for segment in segments:
        if segment.start >= segment.end:
            continue
        last = joined[-1] if joined else None
        if last and (last.counted, last.why, last.name) == (segment.counted, segment.why, segment.name):
            joined[-1] = replace(last, end=segment.end)
        else:
            joined.append(segment)
    return joined


def _cut(segments: list[Segment], until: datetime | None) -> list[Segment]:
    if until is None:
        return segments
    return [replace(s, end=min(s.end, until)) for s in segments if s.start < until]
