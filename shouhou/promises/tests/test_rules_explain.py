"""An explanation says which time counts and why, in words for people, so that a due time can be re-added by hand."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from shouhou.promises.rules.calendar import Calendar, Window
from shouhou.promises.rules.clock import Pause, Promise, due
from shouhou.promises.rules.explain import Segment, explain, words
from shouhou.promises.rules.period import Period
from shouhou.promises.rules.wording import WORDS

ZONE = ZoneInfo("Asia/Shanghai")
CHINA = Calendar.china()
OFFICE = Window.parse("09:00-12:00,13:00-18:00", "working")


def at(text):
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=ZONE)


def strip(start, within, window=None, *, pauses=(), until=None, roll=None, follow_on=False, calendar=CHINA):
    """Each segment as one line, in the zone."""
    promise = Promise(Period.parse(within), calendar, window, roll)
    found = explain(promise, at(start), pauses, until and at(until), follow_on=follow_on)

    def local(instant):
        return f"{instant.astimezone(ZONE):%m-%d %H:%M}"

    return [f"{local(s.start)} {local(s.end)} {'-+'[s.counted]} {s.why} {s.name}".strip() for s in found]


def test_hours_day_and_night_are_one_stretch():
    assert strip("09-30 17:50", "4 h") == ["09-30 17:50 09-30 21:50 + elapsed"]


def test_hours_in_a_window_name_the_closed_time_the_lunch_and_the_holiday():
    assert strip("09-30 17:50", "4 h", OFFICE) == [
        "09-30 17:50 09-30 18:00 + open",
        "09-30 18:00 10-01 00:00 - closed",
        "10-01 00:00 10-08 00:00 - holiday 国庆节",
        "10-08 00:00 10-08 09:00 - closed",
        "10-08 09:00 10-08 12:00 + open",
        "10-08 12:00 10-08 13:00 - closed",
        "10-08 13:00 10-08 13:50 + open",
    ]


def test_make_up_days_are_named_and_weekends_too():
    assert strip("10-09 17:00", "10 h", OFFICE) == [
        "10-09 17:00 10-09 18:00 + open",
        "10-09 18:00 10-10 09:00 - closed",
        "10-10 09:00 10-10 12:00 + open_makeup",
        "10-10 12:00 10-10 13:00 - closed",
        "10-10 13:00 10-10 18:00 + open_makeup",
        "10-10 18:00 10-11 00:00 - closed",
        "10-11 00:00 10-12 00:00 - weekend",
        "10-12 00:00 10-12 09:00 - closed",
        "10-12 09:00 10-12 10:00 + open",
    ]
    assert strip("10-09 10:00", "2 wd") == [
        "10-09 10:00 10-10 00:00 - start_day",
        "10-10 00:00 10-11 00:00 + makeup_day",
        "10-11 00:00 10-12 00:00 - weekend",
        "10-12 00:00 10-13 00:00 + work_day",
    ]


def test_days_show_the_uncounted_start_and_what_the_last_day_rolled_over():
    assert strip("10-02 09:00", "3 d") == [
        "10-02 09:00 10-03 00:00 - start_day",
        "10-03 00:00 10-06 00:00 + day",
        "10-06 00:00 10-08 00:00 - rolled 国庆节",
        "10-08 00:00 10-09 00:00 - rolled_to",
    ]
    assert strip("10-02 09:00", "3 d", roll=False)[-1] == "10-03 00:00 10-06 00:00 + day"


def test_a_window_cuts_the_last_day():
    assert strip("10-12 10:00", "1 wd", OFFICE)[-1] == "10-13 00:00 10-13 18:00 + work_day"


def test_a_follow_on_has_no_starting_day_to_skip():
    assert strip("10-13 00:00", "2 d", follow_on=True) == ["10-13 00:00 10-15 00:00 + day"]


def test_months_name_the_corresponding_day_or_the_end_of_the_month():
    assert strip("09-10 10:00", "2 mo")[1] == "09-11 00:00 11-11 00:00 + months 2026-11-10"
    assert strip("01-31 12:00", "1 mo")[1] == "02-01 00:00 03-01 00:00 + month_end 2026-02-28"


def test_a_provisional_due_time_names_the_year():
    assert strip("11-30 09:00", "3 mo")[-2:] == [
        "03-01 00:00 03-02 00:00 - rolled_to",
        "03-02 00:00 03-02 00:00 - unpublished 2027",
    ]


def test_pauses_are_cut_out_with_their_reasons():
    pauses = [Pause(at("10-12 10:30"), at("10-12 11:30"), "customer")]
    assert strip("10-12 10:00", "2 h", pauses=pauses) == [
        "10-12 10:00 10-12 10:30 + elapsed",
        "10-12 10:30 10-12 11:30 - paused customer",
        "10-12 11:30 10-12 13:00 + elapsed",
    ]
    days = [Pause(at("10-13 10:00"), at("10-14 10:00"), "postponed")]
    assert strip("10-12 10:00", "2 wd", pauses=days) == [
        "10-12 10:00 10-13 00:00 - start_day",
        "10-13 00:00 10-14 00:00 - paused postponed",
        "10-14 00:00 10-16 00:00 + work_day",
    ]


def test_an_open_pause_ends_the_account_where_it_is_drawn_to():
    pauses = [Pause(at("10-12 11:00"), None, "customer")]
    assert strip("10-12 10:00", "4 h", pauses=pauses)[-1] == "10-12 11:00 10-12 11:00 - open_pause customer"
    assert (
        strip("10-12 10:00", "4 h", pauses=pauses, until="10-12 15:00")[-1]
        == "10-12 11:00 10-12 15:00 - open_pause customer"
    )
    assert strip("10-12 10:00", "3 wd", pauses=pauses) == [
        "10-12 10:00 10-12 11:00 - start_day",
        "10-12 11:00 10-12 11:00 - open_pause customer",
    ]


def test_an_account_can_end_earlier():
    assert strip("10-12 10:00", "4 h", until="10-12 11:00") == ["10-12 10:00 10-12 11:00 + elapsed"]


def test_same_day_waits_for_the_next_opening():
    assert strip("10-03 12:00", "same day", OFFICE) == [
        "10-03 12:00 10-08 09:00 - next_opening",
        "10-08 09:00 10-08 18:00 + same_day",
    ]
    assert strip("10-08 12:00", "same day", OFFICE) == ["10-08 12:00 10-08 18:00 + same_day"]


def test_rings_are_one_stretch_and_an_external_verdict_none():
    assert strip("10-12 10:00", "3 rings")[0].endswith("+ ringing")
    assert strip("10-12 10:00", "external") == []


def test_counted_days_are_as_many_as_the_period_has():
    for within in ("7 d", "10 wd", "2 w"):
        promise = Promise(Period.parse(within), CHINA)
        for day in range(1, 29):
            start = at(f"09-{day:02} 10:00")
            days = sum(((s.end - s.start) // timedelta(days=1) for s in explain(promise, start) if s.counted), 0)
            assert days == promise.within.amount * (7 if within == "2 w" else 1)
            assert explain(promise, start)[-1].end == due(promise, start).at


@pytest.mark.parametrize("lang", ["zh-hans", "en"])
def test_every_code_has_words_in_both_languages(lang):
    for why in WORDS["en"]:
        assert words(Segment(at("10-01 00:00"), at("10-02 00:00"), False, why), lang) == WORDS[lang][why]


def test_names_and_reasons_are_said_in_the_language_of_the_reader():
    holiday = Segment(at("10-01 00:00"), at("10-08 00:00"), False, "holiday", "国庆节")
    paused = Segment(at("10-01 00:00"), at("10-08 00:00"), False, "paused", "customer")
    assert words(holiday) == "不计（法定休假日）：国庆节"
    assert words(holiday, "en") == "not counted (public holiday): National Day"
    assert words(paused, "zh-hans") == "不计（暂停计时）：等待客户"
    assert words(paused, "en") == "not counted (paused): waiting for the customer"
