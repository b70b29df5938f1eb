"""Days of rest against the State Council's notices, published years, and how windows and periods are written."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from shouhou.promises.rules.calendar import SHANGHAI, BadWindow, Calendar, TooFar, Window
from shouhou.promises.rules.period import BadPeriod, Period

CHINA = Calendar.china()
NOTICES = Path(__file__).parents[4] / "shared" / "data" / "holidays"


def days_of(year):
    return (date(year, 1, 1) + timedelta(i) for i in range((date(year + 1, 1, 1) - date(year, 1, 1)).days))


@pytest.mark.parametrize("year", [2023, 2024, 2025, 2026])
def test_days_of_rest_are_those_of_the_notice(year):
    path = NOTICES / f"{year}.json"
    if not path.exists():
        pytest.skip(f"{path} is absent: the notices are compared only where ../shared/data is")
    told = {date.fromisoformat(day["date"]): day["isOffDay"] for day in json.loads(path.read_text("utf-8"))["days"]}
    for day in days_of(year):
        assert CHINA.is_working(day) is (not told[day] if day in told else day.weekday() < 5), day


def test_the_days_that_the_law_page_names_are_known():
    rest = (
        [date(2026, 10, d) for d in range(1, 8)]
        + [date(2026, 2, d) for d in range(15, 24)]
        + [date(2026, 5, d) for d in range(1, 6)]
    )
    worked = [date(2026, 9, 20), date(2026, 10, 10), date(2026, 2, 14), date(2026, 2, 28), date(2026, 5, 9)]
    assert [CHINA.is_rest(day) for day in rest] == [True] * 21
    assert [CHINA.is_make_up(day) for day in worked] == [True] * 5


def test_a_holiday_is_named_throughout_its_run_bridge_days_and_weekends_included():
    assert {CHINA.name_of(date(2026, 10, d)) for d in range(1, 8)} == {"国庆节"}
    assert {CHINA.name_of(date(2026, 2, d)) for d in range(15, 24)} == {"春节"}
    assert CHINA.name_of(date(2026, 10, 17)) == ""


def test_an_unpublished_year_has_the_thirteen_days_of_the_law_and_no_more():
    year = max(CHINA.published) + 1
    assert not CHINA.is_published(year)
    assert [day for day in CHINA.worked if day.year == year] == []
    if year == 2027:
        weekdays = [d for d in days_of(2027) if d.weekday() < 5 and CHINA.is_rest(d)]
        expected = ["01-01", "02-05", "02-08", "04-05", "06-09", "09-15", "10-01"]
        assert [f"{d:%m-%d}" for d in weekdays] == expected


def test_a_plain_calendar_waits_for_no_notice():
    assert Calendar.plain().is_published(2099)
    assert Calendar.plain().is_rest(date(2026, 10, 10))


def test_stored_days_give_the_same_calendar_back():
    copy = Calendar.from_days(
        CHINA.zone, sorted(CHINA.weekend), CHINA.rest, sorted(CHINA.worked), sorted(CHINA.published)
    )
    assert copy == CHINA
    assert hash(copy) == hash(CHINA)
    plain = Calendar.plain()
    assert Calendar.from_days(zone=SHANGHAI, weekend=plain.weekend, rest={}, worked=(), published=[]) == plain


def test_a_weekend_can_be_any_days():
    gulf = Calendar.from_days("Asia/Dubai", {4, 5}, {}, (), ())
    assert [gulf.is_rest(date(2026, 10, d)) for d in (8, 9, 10, 11)] == [False, True, True, False]


def test_a_zone_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="is no time zone"):
        Calendar.plain("Asia/Shangri-La")


def test_working_days_are_counted_across_years_and_never_for_ever():
    assert CHINA.worked_after(date(2025, 12, 31), 1) == date(2026, 1, 4)  # a worked Sunday
    assert CHINA.worked_after(date(2025, 9, 30), 250) == next(
        d
        for i, d in enumerate(filter(CHINA.is_working, (date(2025, 10, 1) + timedelta(n) for n in range(600))), 1)
        if i == 250
    )
    idle = Calendar.from_days(SHANGHAI, range(7), {}, (), ())
    with pytest.raises(TooFar):
        idle.worked_after(date(2026, 1, 1), 1)


def test_a_skipped_wall_time_is_reached_when_the_gap_ends_and_a_double_one_the_first_time():
    york = Calendar.plain("America/New_York")
    assert york.at(date(2026, 3, 8), 150) == datetime(2026, 3, 8, 7, 0, tzinfo=UTC)  # 02:30 is skipped: 03:00 EDT
    assert york.at(date(2026, 11, 1), 90) == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)  # 01:30 EDT, not EST
    assert york.at(date(2026, 3, 7), 1440 + 240) == datetime(2026, 3, 8, 8, 0, tzinfo=UTC)
    beirut = Calendar.plain("Asia/Beirut")  # clocks change at midnight: 24:00 is the first instant of the next day
    assert beirut.at(date(2026, 3, 28), 1440) == datetime(2026, 3, 28, 22, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "intervals", "written"),
    [
        ("09:00-18:00", ((540, 1080),), "09:00-18:00"),
        ("13:00-18:00, 9:00-12:00", ((540, 720), (780, 1080)), "09:00-12:00,13:00-18:00"),
        ("22:00-06:00", ((1320, 1800),), "22:00-06:00"),
        ("00:00-24:00", ((0, 1440),), "00:00-24:00"),
        ("08:00-12:00,12:00-20:00", ((480, 1200),), "08:00-20:00"),
        ("18:00-00:00", ((1080, 1440),), "18:00-24:00"),
    ],
)
def test_windows_are_read_and_written(text, intervals, written):
    window = Window.parse(text)
    assert (window.intervals, str(window)) == (intervals, written)
    assert Window.parse(str(window)) == window


@pytest.mark.parametrize(
    "text", ["", "9-18", "09:00", "09:00-09:00", "25:00-26:00", "09:60-10:00", "24:00-25:00", "a", None, 5]
)
def test_what_is_no_window_is_refused_with_the_remedy(text):
    with pytest.raises(BadWindow, match=r"write|hours"):
        Window.parse(text)


def test_a_window_opens_daily_or_on_working_days_and_nothing_else():
    with pytest.raises(BadWindow, match=r"write 'daily' or"):
        Window.parse("09:00-18:00", "sundays")


@pytest.mark.parametrize(
    "text", ["15 min", "24 h", "3 d", "2 w", "2 wd", "1 mo", "3 y", "same day", "3 rings", "external"]
)
def test_periods_are_written_back_as_they_were_read(text):
    assert str(Period.parse(text)) == text
    assert Period.parse(str(Period.parse(text.upper()))) == Period.parse(text)


def test_loosely_written_periods_are_read():
    assert Period.parse(" 4h ") == Period(4, "h")
    assert Period.parse("1 ring") == Period(1, "rings")
    assert Period.parse("same_day") == Period(0, "same_day")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "h",
        "0 h",
        "-1 d",
        "1.5 h",
        "9999999999 h",
        "1e3 h",
        "٣ d",
        "NaN d",
        "Infinity h",
        "3 days",
        None,
        4,
        "2 h" * 90,
    ],
)
def test_what_is_no_period_is_refused_with_the_remedy(text):
    with pytest.raises(BadPeriod, match="write"):
        Period.parse(text)


def test_a_period_that_cannot_be_meant_cannot_be_made():
    for amount, unit in [(0, "h"), (-3, "d"), (1, "fortnight"), (2, "same_day"), (True, "h"), (101, "y")]:
        with pytest.raises(BadPeriod):
            Period(amount, unit)
