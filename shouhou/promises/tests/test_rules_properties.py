"""What must hold for any case: equality with a count minute by minute, inverses, and pauses that add up.

The counters in here are written from spec/periods.md alone and share no code with the engine but its values.
HYPOTHESIS_PROFILE=thorough runs a hundred times as many cases.
"""

import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from shouhou.promises.rules.calendar import Calendar, Window
from shouhou.promises.rules.clock import Pause, Promise, counted, due, due_many, warn_steps
from shouhou.promises.rules.explain import explain
from shouhou.promises.rules.period import Period

ONE, MINUTE, MOMENT = timedelta(days=1), timedelta(minutes=1), timedelta(microseconds=1)
MANY = 100 if os.environ.get("HYPOTHESIS_PROFILE") == "thorough" else 1
SLOW = settings(deadline=None, max_examples=80 * MANY)
QUICK = settings(deadline=None, max_examples=200 * MANY)
ZONES = ["Asia/Shanghai", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata"]
# Around both changes of the clocks in either hemisphere, 国庆 and 春节.
SEASONS = [(2026, 9, 25), (2026, 10, 20), (2026, 3, 1), (2026, 3, 25), (2026, 2, 8), (2026, 4, 1), (2025, 12, 20)]


@st.composite
def calendars(draw):
    if draw(st.booleans()):
        return Calendar.china(draw(st.sampled_from(ZONES)))
    days = st.dates(date(2025, 12, 1), date(2026, 12, 31))
    weekend = draw(st.sampled_from([{5, 6}, {6}, {4, 5}, set()]))
    rest = dict.fromkeys(draw(st.sets(days, max_size=20)), "holiday")
    return Calendar.from_days(draw(st.sampled_from(ZONES)), weekend, rest, draw(st.sets(days, max_size=8)), ())


@st.composite
def windows(draw):
    """One to three intervals on whole hours, in any order, some of them across midnight."""
    edges = sorted(draw(st.sets(st.integers(0, 23), min_size=2, max_size=6)))
    edges = edges[: len(edges) // 2 * 2]
    parts = list(zip(edges[::2], edges[1::2], strict=True))
    if draw(st.booleans()):
        parts[-1] = (parts[-1][0], draw(st.integers(0, parts[0][0])) if len(parts) == 1 or parts[0][0] else 0)
        assume(parts[-1][0] != parts[-1][1])
    text = ",".join(f"{a:02}:00-{b:02}:00" for a, b in draw(st.permutations(parts)))
    return Window.parse(text, draw(st.sampled_from(["daily", "working"])))


@st.composite
def instants(draw):
    year, month, day = draw(st.sampled_from(SEASONS))
    return datetime(year, month, day, tzinfo=UTC) + MINUTE * draw(st.integers(0, 14 * 1440))


@st.composite
def pauses(draw, start, *, most=3, closed=True):
    found = []
    for _ in range(draw(st.integers(0, most))):
        begins = start + MINUTE * draw(st.integers(-1440, 8 * 1440))
        found.append(Pause(begins, begins + MINUTE * draw(st.integers(0, 3 * 1440)), draw(st.sampled_from("abc"))))
    if not closed and draw(st.booleans()):
        found.append(Pause(start + MINUTE * draw(st.integers(-60, 5 * 1440)), None, "open"))
    return found


def is_open(promise, minute):
    """Whether a clock on the wall shows service time at this minute."""
    if promise.window is None:
        return True
    local = minute.astimezone(promise.calendar.tz).replace(tzinfo=None)
    for back in (0, 1):
        day = local.date() - ONE * back
        passed = (local - datetime(day.year, day.month, day.day)) // MINUTE  # noqa: DTZ001
        if promise.window.days == "working" and not works(promise.calendar, day):
            continue
        if any(opens <= passed < closes for opens, closes in promise.window.intervals):
            return True
    return False


def works(calendar, day):
    return day in calendar.worked or not (day in calendar.rest or day.weekday() in calendar.weekend)


def stands(stops, minute):
    return any(p.start <= minute and (p.end is None or minute < p.end) for p in stops)


def minute_by_minute(promise, start, stops):
    """Hours and minutes: one minute after the other until enough were open and not paused; None after 60 days."""
    left, at = promise.within.length // MINUTE, start
    while left:
        if at - start > 60 * ONE:
            return None
        left -= is_open(promise, at) and not stands(stops, at)
        at += MINUTE
    return at


def end_of(promise, day):
    """The last minute of service of a day, or its midnight, looked for minute by minute of the wall clock."""
    window, tz = promise.window, promise.calendar.tz
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001
    minutes = 1440
    if window is not None and (window.days == "daily" or works(promise.calendar, day)):
        minutes = max(closes for _opens, closes in window.intervals)
    return (midnight + MINUTE * minutes).replace(tzinfo=tz).astimezone(UTC)


def day_by_day(promise, start, stops):
    """Days, working days, weeks: as the page says, one day after the other; None after 120 days."""
    day = start.astimezone(promise.calendar.tz).date()
    working, first = promise.within.unit == "wd", day
    left = promise.within.amount * (7 if promise.within.unit == "w" else 1)
    while left:
        day += ONE
        if day - first > 120 * ONE:
            return None
        if (not working or works(promise.calendar, day)) and not stands(stops, end_of(promise, day)):
            left -= 1
    rolls = not working and promise.roll is not False
    while rolls and (not works(promise.calendar, day) or stands(stops, end_of(promise, day))):
        day += ONE
        if day - first > 120 * ONE:
            return None
    return end_of(promise, day)


@SLOW
@given(st.data())
def test_hours_equal_a_count_minute_by_minute(data):
    minutes = data.draw(st.integers(1, 1800))
    window = data.draw(st.one_of(st.none(), windows(), windows()))
    promise = Promise(Period(minutes, "min"), data.draw(calendars()), window)
    start = data.draw(instants())
    stops = data.draw(pauses(start, closed=False))
    found = due(promise, start, stops)
    assert found.at == minute_by_minute(promise, start, stops)
    assert found.paused is (found.at is None)


@QUICK
@given(st.data())
def test_days_equal_a_count_day_by_day(data):
    unit = data.draw(st.sampled_from(["d", "wd", "w"]))
    within = Period(data.draw(st.integers(1, 4 if unit == "w" else 20)), unit)
    promise = Promise(
        within,
        data.draw(calendars()),
        data.draw(st.one_of(st.none(), windows())),
        data.draw(st.sampled_from([None, False])),
    )
    start = data.draw(instants())
    stops = data.draw(pauses(start, closed=False))
    found = due(promise, start, stops)
    assert found.at == day_by_day(promise, start, stops)


@QUICK
@given(st.data())
def test_what_is_used_at_the_due_instant_is_the_whole_period(data):
    promise = Promise(
        Period(data.draw(st.integers(1, 6000)), "min"),
        data.draw(calendars()),
        data.draw(st.one_of(st.none(), windows())),
    )
    start = data.draw(instants()) + MOMENT * data.draw(st.integers(0, 10**9))
    stops = data.draw(pauses(start))
    found = due(promise, start, stops)
    assert counted(promise, start, found.at, stops) == promise.within.length
    assert (
        counted(promise, start, found.at - MOMENT, stops) == promise.within.length - MOMENT
    )  # never inside closed time


@QUICK
@given(st.data())
def test_counted_stretches_of_an_explanation_add_up_to_the_period_without_a_gap(data):
    promise = Promise(
        Period(data.draw(st.integers(1, 6000)), "min"),
        data.draw(calendars()),
        data.draw(st.one_of(st.none(), windows())),
    )
    start = data.draw(instants())
    stops = data.draw(pauses(start))
    segments = [s for s in explain(promise, start, stops) if s.why != "unpublished"]
    assert sum((s.end - s.start for s in segments if s.counted), timedelta()) == promise.within.length
    assert (segments[0].start, segments[-1].end) == (start, due(promise, start, stops).at)
    assert all(a.end == b.start for a, b in pairwise(segments))


@QUICK
@given(st.data())
def test_explained_days_reach_the_due_instant_without_a_gap(data):
    unit = data.draw(st.sampled_from(["d", "wd", "w", "mo", "same_day"]))
    within = Period(0 if unit == "same_day" else data.draw(st.integers(1, 3)), unit)
    promise = Promise(within, data.draw(calendars()), data.draw(st.one_of(st.none(), windows())))
    start = data.draw(instants())
    stops = data.draw(pauses(start))
    segments = [s for s in explain(promise, start, stops) if s.why != "unpublished"]
    end = due(promise, start, stops).at
    assert not segments or (segments[0].start, segments[-1].end) == (start, end)
    assert all(a.end == b.start for a, b in pairwise(segments))


@QUICK
@given(st.data())
def test_splitting_merging_and_empty_pauses_change_nothing(data):
    unit = data.draw(st.sampled_from(["min", "d", "wd", "mo", "same_day"]))
    within = Period(0 if unit == "same_day" else data.draw(st.integers(1, 3000 if unit == "min" else 5)), unit)
    promise = Promise(within, data.draw(calendars()), data.draw(st.one_of(st.none(), windows())))
    start = data.draw(instants())
    stops = data.draw(pauses(start, closed=False))
    pieces = [Pause(start + MINUTE * 7, start + MINUTE * 7, "empty")]
    for pause in stops:
        cut = pause.start + MINUTE * data.draw(st.integers(0, 600))
        if pause.end is not None:
            cut = min(cut, pause.end)
        pieces += [Pause(cut, pause.end, "late"), Pause(pause.start, cut, "early"), Pause(pause.start, cut, "again")]
    assert due(promise, start, data.draw(st.permutations(pieces))) == due(promise, start, stops)


@QUICK
@given(st.data())
def test_another_holiday_or_a_later_start_never_brings_a_deadline_forward(data):
    unit = data.draw(st.sampled_from(["min", "d", "wd", "w", "mo", "y", "same_day"]))
    within = Period(0 if unit == "same_day" else data.draw(st.integers(1, 4000 if unit == "min" else 3)), unit)
    calendar = data.draw(calendars())
    promise = Promise(within, calendar, data.draw(st.one_of(st.none(), windows())))
    start = data.draw(instants())
    day = calendar.local(start) + ONE * data.draw(st.integers(0, 40))
    more = Calendar.from_days(
        calendar.zone, calendar.weekend, {**calendar.rest, day: "new"}, calendar.worked - {day}, calendar.published
    )
    first = due(promise, start).at
    assert due(replace(promise, calendar=more), start).at >= first
    assert due(promise, start + MINUTE * data.draw(st.integers(0, 3000))).at >= first


@QUICK
@given(st.data())
def test_a_batch_gives_what_one_at_a_time_gives(data):
    unit = data.draw(st.sampled_from(["min", "wd", "mo"]))
    promise = Promise(
        Period(data.draw(st.integers(1, 500)), unit), data.draw(calendars()), data.draw(st.one_of(st.none(), windows()))
    )
    starts = data.draw(st.lists(instants(), max_size=8))
    starts += [start.astimezone(promise.calendar.tz) for start in starts]
    assert due_many(promise, starts) == [due(promise, start).at for start in starts]


@QUICK
@given(st.data())
def test_warnings_come_between_start_and_due_instant_and_only_in_open_time(data):
    promise = Promise(
        Period(data.draw(st.integers(2, 3000)), "min"),
        data.draw(calendars()),
        data.draw(st.one_of(st.none(), windows())),
    )
    start = data.draw(instants())
    stops = data.draw(pauses(start))
    end = due(promise, start, stops).at
    steps = warn_steps(promise, start, stops, ("50 %", "80 %", "30 min before", "15 min"))
    for step, at in steps:
        assert start < at <= end or (step == "30 min before" and start <= at <= end)
        used = counted(promise, start, at, stops)
        expected = {
            "50 %": promise.need / 2,
            "80 %": promise.need * 8 / 10,
            "15 min": MINUTE * 15,
            "30 min before": promise.need - 30 * MINUTE,
        }
        assert used == expected[step]
    assert [at for _, at in steps] == sorted(at for _, at in steps)
