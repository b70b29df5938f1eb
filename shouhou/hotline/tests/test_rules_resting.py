"""Which rules of working time a shift breaks."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from shouhou.hotline.rules.resting import Duty, Limits, Person, offences

CHINA = ZoneInfo("Asia/Shanghai")
LIMITS = Limits(CHINA)
LI = Person(1)


def shift(day: str, hours: str, *, zone=CHINA, rest: int = 0) -> Duty:
    """shift("2026-11-23", "22-6") runs across midnight."""
    first, last = (int(text) for text in hours.split("-"))
    begin = datetime.fromisoformat(day).replace(tzinfo=zone)
    end = begin + timedelta(days=last <= first)
    return Duty(1, 1, begin.replace(hour=first), end.replace(hour=last), rest)


def codes(*duties, person=LI, limits=LIMITS):
    return [(o.code, o.duty.starts.astimezone(limits.zone).strftime("%d %H")) for o in offences(person, duties, limits)]


def test_an_ordinary_week_breaks_nothing():
    assert codes(*(shift(f"2026-11-2{n}", "9-17") for n in range(3, 8))) == []


def test_one_cannot_be_in_two_places():
    assert codes(shift("2026-11-23", "8-16"), shift("2026-11-23", "15-23")) == [("overlap", "23 15")]
    long, inside, later = shift("2026-11-23", "8-20"), shift("2026-11-23", "9-10"), shift("2026-11-23", "18-22")
    assert codes(long, inside, later) == [("overlap", "23 09"), ("overlap", "23 18")]


def test_eleven_hours_of_rest_suffice_and_a_minute_less_does_not():
    assert codes(shift("2026-11-23", "14-21"), shift("2026-11-24", "8-16")) == []
    tired = Duty(1, 1, datetime(2026, 11, 24, 7, 59, tzinfo=CHINA), datetime(2026, 11, 24, 16, tzinfo=CHINA))
    found = offences(LI, [shift("2026-11-23", "14-21"), tired], LIMITS)
    assert [(o.code, round(o.numbers["hours"], 2)) for o in found] == [("rest", 10.98)]


def test_after_a_night_the_early_shift_is_too_soon():
    assert codes(shift("2026-11-23", "22-6"), shift("2026-11-24", "8-16")) == [("rest", "24 08")]


def test_the_seventh_day_in_a_row_is_one_too_many():
    days = [shift(f"2026-11-{n}", "9-13") for n in range(21, 28)]
    assert codes(*days[:6]) == []
    assert codes(*days) == [("days_running", "27 09")]
    assert codes(*days[:3], *days[4:]) == []


def test_forty_four_hours_are_allowed_and_breaks_do_not_count():
    full = [shift(f"2026-11-{n}", "8-16") for n in range(23, 28)] + [shift("2026-11-28", "8-12")]
    assert codes(*full) == []
    assert codes(*full[:5], shift("2026-11-28", "8-13")) == [("week_hours", "28 08")]
    assert codes(*full[:5], shift("2026-11-28", "8-13", rest=60)) == []


def test_a_week_ends_with_sunday_and_a_night_counts_on_the_day_it_begins():
    week = [shift(f"2026-11-{n}", "8-16") for n in range(23, 28)]
    assert codes(*week, shift("2026-11-29", "22-6")) == [("week_hours", "29 22")]
    assert codes(*week, shift("2026-11-30", "0-8")) == []


def test_who_is_on_leave_or_not_qualified_does_not_sit_there():
    leave = (datetime(2026, 11, 23, 16, tzinfo=CHINA), datetime(2026, 11, 24, 16, tzinfo=CHINA))
    away = Person(1, away=(leave,))
    assert codes(shift("2026-11-23", "8-16"), person=away) == []  # the leave begins as the shift ends
    assert codes(shift("2026-11-23", "8-17"), person=away) == [("away", "23 08")]
    found = offences(Person(1, lacking=("technical",)), [shift("2026-11-23", "8-16")], LIMITS)
    assert [(o.code, o.lacking) for o in found] == [("unqualified", ("technical",))]


@pytest.mark.parametrize(("day", "hours"), [("2026-03-28", 22.0), ("2026-10-24", 24.0)])
def test_rest_is_time_that_passes_also_when_the_clock_is_changed(day, hours):
    # Berlin goes forward on 29 March and back on 25 October 2026: 12:00 to 11:00 is an hour less, or more.
    zone = ZoneInfo("Europe/Berlin")
    next_day = (datetime.fromisoformat(day) + timedelta(days=1)).date().isoformat()
    found = offences(
        LI, [shift(day, "8-12", zone=zone), shift(next_day, "11-13", zone=zone)], Limits(zone, rest=timedelta(days=2))
    )
    assert [round(o.numbers["hours"], 2) for o in found] == [hours]
