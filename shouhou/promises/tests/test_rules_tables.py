"""Every row of spec/periods.md, and each counted preset promise on a case of its own."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from shouhou.promises.rules.calendar import Calendar, Window
from shouhou.promises.rules.clock import Promise, cover, due
from shouhou.promises.rules.period import BadPeriod, Period

ZONE = ZoneInfo("Asia/Shanghai")
CHINA = Calendar.china()
OFFICE = Window.parse("09:00-18:00", "working")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def due_of(start: str, within: str, window: Window | None = None, *, roll: bool | None = None, follow_on: bool = False):
    found = due(Promise(Period.parse(within), CHINA, window, roll), at(start), follow_on=follow_on)
    assert found.at is not None
    assert found.at.tzinfo is UTC
    return found.at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M"), found.provisional


@pytest.mark.parametrize(
    ("start", "within", "window", "roll", "expected"),
    [
        ("2026-09-30 17:50", "4 h", None, None, "2026-09-30 21:50"),
        ("2026-09-30 17:50", "4 h", OFFICE, None, "2026-10-08 12:50"),
        ("2026-09-30 17:50", "2 wd", None, None, "2026-10-10 00:00"),
        ("2026-09-30 17:50", "2 wd", OFFICE, None, "2026-10-09 18:00"),
        ("2026-10-09 10:00", "2 wd", None, None, "2026-10-13 00:00"),
        ("2026-10-02 09:00", "3 d", None, True, "2026-10-09 00:00"),
        ("2026-10-02 09:00", "3 d", None, False, "2026-10-06 00:00"),
        ("2026-01-31 12:00", "1 mo", None, True, "2026-03-01 00:00"),
        ("2026-02-13 23:30", "8 h", Window.parse("08:00-24:00"), None, "2026-02-14 15:30"),
        ("2026-02-13 23:30", "8 h", None, None, "2026-02-14 07:30"),
        ("2026-11-30 09:00", "3 mo", None, False, "2027-03-01 00:00"),
        ("2026-10-09 19:00", "same day", OFFICE, None, "2026-10-10 18:00"),
    ],
)
def test_worked_examples_of_the_law_page(start, within, window, roll, expected):
    assert due_of(start, within, window, roll=roll) == (expected, False)


def test_a_due_time_in_a_year_without_a_notice_is_provisional():
    assert due_of("2026-11-30 09:00", "3 mo") == ("2027-03-02 00:00", True)


@pytest.mark.clause("I10")
def test_a_follow_on_promise_counts_from_the_day_whose_end_was_missed():
    assert due_of("2026-10-13 00:00", "2 d", follow_on=True) == ("2026-10-15 00:00", False)
    assert due_of("2026-10-13 00:00", "2 d") == ("2026-10-16 00:00", False)  # an ordinary start would win a day


def test_a_follow_on_of_a_missed_window_close_counts_from_that_day():
    assert due_of("2026-10-12 18:00", "2 d", OFFICE, follow_on=True) == ("2026-10-14 18:00", False)
    night = Window.parse("22:00-06:00")
    assert due_of("2026-10-13 06:00", "1 d", night, follow_on=True) == ("2026-10-14 06:00", False)


@pytest.mark.parametrize(
    ("day", "rule", "within", "first", "last"),
    [
        ("2025-02-28", "day_after", "12 mo", "2025-03-01", "2026-02-28"),
        ("2023-02-28", "day_after", "12 mo", "2023-03-01", "2024-02-29"),
        ("2024-02-28", "day_after", "12 mo", "2024-02-29", "2025-02-28"),
        ("2024-02-29", "day_after", "12 mo", "2024-03-01", "2025-02-28"),
        ("2025-10-01", "day_after", "12 mo", "2025-10-02", "2026-10-01"),
        ("2024-02-29", "from_day", "1 y", "2024-02-29", "2025-02-28"),
        ("2025-01-31", "from_day", "1 mo", "2025-01-31", "2025-02-28"),
        ("2025-10-01", "second_day_after", "12 mo", "2025-10-03", "2026-10-02"),
    ],
)
def test_cover_runs_from_its_first_to_its_last_day_and_never_rolls(day, rule, within, first, last):
    found = cover(date.fromisoformat(day), Period.parse(within), rule)
    assert found == (date.fromisoformat(first), date.fromisoformat(last))


def test_cover_is_written_in_months_or_years_under_a_known_rule():
    with pytest.raises(BadPeriod, match="write it in months or years"):
        cover(date(2025, 1, 1), Period.parse("30 d"), "from_day")
    with pytest.raises(ValueError, match="'day_after', 'second_day_after' or 'from_day'"):
        cover(date(2025, 1, 1), Period.parse("1 y"), "tomorrow")


@pytest.mark.clause("I8", "H9", "C2", "C3", "C4", "C7", "D5", "D6", "M3", "A3.5", "A3.18", "H3")
@pytest.mark.parametrize(
    ("within", "expected"),
    [
        ("5 min", "2026-10-01 23:55"),
        ("1 h", "2026-10-02 00:50"),
        ("2 h", "2026-10-02 01:50"),
        ("4 h", "2026-10-02 03:50"),
        ("8 h", "2026-10-02 07:50"),
        ("12 h", "2026-10-02 11:50"),
        ("24 h", "2026-10-02 23:50"),
    ],
)
def test_hour_promises_run_day_and_night_through_a_national_holiday(within, expected):
    assert due_of("2026-10-01 23:50", within) == (expected, False)


@pytest.mark.clause("I9", "H4", "G4")
@pytest.mark.parametrize(
    ("within", "expected"), [("2 wd", "2026-02-25 00:00"), ("3 wd", "2026-02-26 00:00"), ("5 wd", "2026-02-28 00:00")]
)
def test_working_day_promises_skip_spring_festival(within, expected):
    assert due_of("2026-02-13 10:00", within) == (expected, False)


@pytest.mark.clause("I9")
def test_a_make_up_saturday_is_a_working_day():
    assert due_of("2026-02-12 10:00", "2 wd") == ("2026-02-15 00:00", False)  # Fri 13, Sat 14 (worked)


@pytest.mark.clause("G2", "I11", "I12", "A3.16")
@pytest.mark.parametrize(
    ("start", "within", "expected"),
    [
        ("2026-09-29 10:00", "2 d", "2026-10-09 00:00"),  # 1 Oct is a holiday: first day after is 8 Oct
        ("2026-09-17 10:00", "2 w", "2026-10-09 00:00"),
        ("2026-09-03 10:00", "1 mo", "2026-10-09 00:00"),
        ("2026-09-17 10:00", "3 d", "2026-09-21 00:00"),  # 20 Sep is a worked Sunday: it stays
        ("2026-09-16 10:00", "3 d", "2026-09-21 00:00"),  # Sat 19 moves to the worked Sunday
    ],
)
def test_a_last_day_on_a_day_of_rest_moves_to_the_first_day_that_is_none(start, within, expected):
    assert due_of(start, within) == (expected, False)


@pytest.mark.clause("D4")
def test_a_quarter_of_an_hour_asked_for_at_night_runs_from_the_opening():
    window = Window.parse("08:00-24:00")
    assert due_of("2026-10-01 03:00", "15 min", window) == ("2026-10-01 08:15", False)
    assert due_of("2026-10-01 23:50", "15 min", window) == ("2026-10-02 08:05", False)
    assert due_of("2026-10-01 23:45", "15 min", window) == ("2026-10-02 00:00", False)


@pytest.mark.clause("M2")
@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("2026-10-09 08:00", "2026-10-09 18:00"),
        ("2026-10-09 18:00", "2026-10-09 18:00"),  # not after the close
        ("2026-10-09 18:01", "2026-10-10 18:00"),
        ("2026-10-03 12:00", "2026-10-08 18:00"),
    ],
)
def test_same_day_ends_when_the_window_closes_or_counts_as_the_next_opening(start, expected):
    assert due_of(start, "same day", OFFICE) == (expected, False)


def test_same_day_without_a_window_ends_at_midnight_even_on_a_holiday():
    assert due_of("2026-10-03 12:00", "same day") == ("2026-10-04 00:00", False)


def test_a_night_shift_still_open_is_the_same_day():
    night = Window.parse("22:00-06:00")
    assert due_of("2026-10-09 02:00", "same day", night) == ("2026-10-09 06:00", False)
    assert due_of("2026-10-09 07:00", "same day", night) == ("2026-10-10 06:00", False)


def test_months_and_years_end_on_the_corresponding_day_or_the_last_of_the_month():
    assert due_of("2026-01-31 12:00", "1 mo", roll=False) == ("2026-03-01 00:00", False)
    assert due_of("2023-02-28 12:00", "1 y", roll=False) == ("2024-02-29 00:00", False)
    assert due_of("2024-02-29 12:00", "1 y", roll=False) == ("2025-03-01 00:00", False)
    assert due_of("2024-02-29 12:00", "4 y", roll=False)[0] == "2028-03-01 00:00"


def test_a_window_that_does_not_open_on_the_last_day_leaves_the_end_at_midnight():
    assert due_of("2026-10-02 09:00", "3 d", OFFICE, roll=False) == ("2026-10-06 00:00", False)
    assert due_of("2026-10-02 09:00", "3 d", OFFICE) == ("2026-10-08 18:00", False)


def test_the_last_second_of_a_day_starts_on_that_day():
    assert due_of("2026-10-12 23:59", "1 wd") == ("2026-10-14 00:00", False)
    assert due_of("2026-10-13 00:00", "1 wd") == ("2026-10-15 00:00", False)
