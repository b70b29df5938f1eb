"""Promises in days, working days, weeks, months and years, and cover periods (民法典 第二百条至第二百零四条)."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from shouhou.promises.rules.calendar import ONE, TooFar
from shouhou.promises.rules.period import SAME_DAY, WEEK, WORKING_DAY, BadPeriod, Period
from shouhou.promises.rules.promise import Pause, Promise, pause_at

MOMENT = timedelta(microseconds=1)


class Days(NamedTuple):
    """How a promise in days was counted: the uncounted first day, the last counted one, and where it rolled to."""

    first: date
    last: date
    end: date


def day_end(promise: Promise, day: date) -> datetime:
    """Where the promise ends if this is its last day: when the window closes, else at 24:00 (Art. 203).

    A night shift belongs to the day on which it opens, so that it may end on the next.
    """
    window, calendar = promise.window, promise.calendar
    if window is not None and window.opens_on(day, calendar):
        return calendar.at(day, window.closing)
    return calendar.at(day, 1440)


def counts(promise: Promise, day: date) -> bool:
    """Whether a day is one of the promise's own unit: any day, or worked days for working days."""
    return promise.within.unit != WORKING_DAY or promise.calendar.is_working(day)


def days_of(promise: Promise, start: datetime, stops: Sequence[Pause], *, follow_on: bool = False) -> Days | None:
    """The days that a promise takes which is not counted in minutes or hours; None if an open pause hides them."""
    if promise.within.unit == SAME_DAY:
        return _same_day(promise, start, stops)
    first = first_day(promise, start, follow_on=follow_on)
    last = _last_day(promise, first, stops)
    if last is None:
        return None
    end = last
    while promise.rolls and (promise.calendar.is_rest(end) or pause_at(stops, day_end(promise, end))):
        if _is_hidden(promise, end, stops):
            return None
        end += ONE
    return Days(first, last, end)


def first_day(promise: Promise, start: datetime, *, follow_on: bool = False) -> date:
    """The day that is not counted (Art. 201): the starting day, or for a follow-on the day whose end was missed."""
    day = promise.calendar.local(start)
    if not follow_on:
        return day
    before = promise.calendar.local(start - MOMENT)
    shift = promise.window is not None and promise.window.closing > 1440
    return day - ONE if before < day or (shift and start == day_end(promise, day - ONE)) else day


def months_after(day: date, months: int) -> date:
    """The corresponding day of the final month; where there is none, that month's last day (Art. 202)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    try:
        following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
        return date(year, month + 1, min(day.day, (following - ONE).day))
    except (ValueError, OverflowError):
        raise TooFar("the last day lies too far away: write a shorter period") from None


def last_of(within: Period, day: date) -> date:
    """The last day of a period in days, weeks, months or years that starts on a day which is not counted."""
    if within.is_months:
        return months_after(day, within.months)
    return day + within.amount * (7 if within.unit == WEEK else 1) * ONE


def _last_day(promise: Promise, day: date, stops: Sequence[Pause]) -> date | None:
    """The last counted day before it rolls; days whose end lies inside a pause are not counted."""
    working = promise.within.unit == WORKING_DAY
    if not stops:
        return promise.calendar.worked_after(day, promise.within.amount) if working else last_of(promise.within, day)
    left = promise.within.amount if working else (last_of(promise.within, day) - day).days
    while left:
        if _is_hidden(promise, day + ONE, stops):
            return None
        day += ONE
        if working and promise.calendar.is_rest(day):
            ended = max((p.end for p in stops if p.end is not None), default=None)
            if stops[-1].end is not None and ended is not None and promise.calendar.at(day, 0) > ended:
                return promise.calendar.worked_after(day, left)
            continue
        left -= pause_at(stops, day_end(promise, day)) is None
    return day


def _is_hidden(promise: Promise, day: date, stops: Sequence[Pause]) -> bool:
    """Whether an open pause has swallowed this day's end and thereby every later one's."""
    return bool(stops) and stops[-1].end is None and day_end(promise, day) >= stops[-1].start


def _same_day(promise: Promise, start: datetime, stops: Sequence[Pause]) -> Days | None:
    """The starting day; after the close, or where the window does not open, the next day on which it opens."""
    window, calendar = promise.window, promise.calendar
    first = day = calendar.local(start)
    if window is not None and window.closing > 1440:
        day -= ONE  # a night shift that opened yesterday may still be open
    for _ in range(40_000):
        end = day_end(promise, day)
        opens = window is None or window.opens_on(day, calendar)
        if opens and start <= end and pause_at(stops, end) is None:
            return Days(first, day, day)
        if _is_hidden(promise, day, stops):
            return None
        day += ONE
    raise TooFar("the due time never comes: the window does not open again")


def days_are_certain(promise: Promise, days: Days) -> bool:
    """Whether every year on whose holidays the due time depends is published."""
    working_window = promise.window is not None and promise.window.days == "working"
    if promise.within.unit == WORKING_DAY or (working_window and promise.within.unit == SAME_DAY):
        return promise.calendar.is_certain(days.first, days.end)
    return not (promise.rolls or working_window) or promise.calendar.is_certain(days.last, days.end)


def cover(day: date, within: Period, rule: str) -> tuple[date, date]:
    """First and last day of a cover period (warranty, agreement, free maintenance), which never rolls.

    `day_after` (自签署后第二日起): from the day after the signature; the last day is the later of the signing day's
    corresponding day (Art. 202) and the day before the first day's, where that exists: the reading that favours the
    customer. `second_day_after` begins one day later still. `from_day` (自验收合格之日起): from the day itself until
    its corresponding day. Raises BadPeriod unless in months or years, ValueError for another rule.
    """
    if not within.is_months:
        raise BadPeriod(f"a cover of {within} cannot be counted: write it in months or years, '12 mo' or '3 y'")
    if rule == "from_day":
        return day, months_after(day, within.months)
    if rule not in ("day_after", "second_day_after"):
        raise ValueError(f"{rule!r} is no rule: cover starts 'day_after', 'second_day_after' or 'from_day'")
    first = day + (2 * ONE if rule == "second_day_after" else ONE)
    last, corresponding = months_after(first - ONE, within.months), months_after(first, within.months)
    return first, max(last, corresponding - ONE) if corresponding.day == first.day else last
