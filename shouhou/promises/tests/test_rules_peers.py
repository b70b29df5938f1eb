"""Other people's bugs, each as a test by its name (design/promises.md), as far as counting and folding go."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from shouhou.promises.rules.calendar import Calendar, Window
from shouhou.promises.rules.clock import Pause, Promise, due, warn_steps
from shouhou.promises.rules.fold import Fact, Terms, fold
from shouhou.promises.rules.period import Period

ZONE = ZoneInfo("Asia/Shanghai")
CHINA = Calendar.china()
HOUR = timedelta(hours=1)
OFFICE = Window.parse("09:00-18:00", "working")
CANCEL = ("request.cancelled", "request.merged", "request.closed")


def at(text):
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=ZONE)


def fact(kind, when, id=1, *, recorded=None, corrects=None, **data):
    return Fact(kind, at(when), at(recorded or when), f"{id:06}", id, data, corrects)


def terms(within, window=None, *, stop=("fault.repaired",), pause=("customer", "force_majeure", "postponed"), **more):
    promise = Promise(Period.parse(within), more.pop("calendar", CHINA), window)
    return Terms("t", "fault.reported", stop, CANCEL, promise, pause=pause, **more)


def read(told, facts, now, case=None):
    return fold(told, case or {}, facts, at(now))


REPORT = fact("fault.reported", "10-12 10:00", 1)


def test_frappe_helpdesk_a_pause_is_no_first_response_and_a_paused_case_has_not_failed():
    asked = fact("customer.asked", "10-12 10:30", 2)
    responding = terms("1 h", stop=("request.responded", "customer.asked", "clock.paused"), pause=())
    (response,) = read(responding, [REPORT, asked], "10-12 10:45")
    assert (response.state, response.stopped_by) == ("running", None)
    (repair,) = read(terms("1 h"), [REPORT, asked], "10-20 10:00")
    assert repair.state == "paused"


def test_zammad_5177_response_and_repair_clocks_do_not_overrule_each_other():
    facts = [REPORT, fact("request.responded", "10-12 10:10", 2)]
    (response,) = read(terms("15 min", stop=("request.responded",)), facts, "10-12 12:00")
    (repair,) = read(terms("4 h"), facts, "10-12 12:00")
    assert (response.state, repair.state, repair.due_at) == ("met", "running", at("10-12 14:00"))


def test_zammad_5624_a_clock_does_not_survive_a_move_to_where_it_does_not_apply():
    told = terms("4 h", when={"severity": "critical"})
    assert len(read(told, [REPORT], "10-12 11:00", {"severity": "critical"})) == 1
    assert read(told, [REPORT], "10-12 11:00", {"severity": "minor"}) == ()


def test_zammad_3551_answering_and_parking_in_one_save_keeps_the_first_response():
    facts = [REPORT, fact("customer.asked", "10-12 10:10", 2), fact("request.responded", "10-12 10:10", 3)]
    (response,) = read(terms("15 min", stop=("request.responded",)), facts, "10-12 12:00")
    assert (response.state, response.used) == ("met", timedelta(minutes=10))


def test_zammad_904_a_merged_case_does_not_stay_escalated():
    merged = fact("request.merged", "10-12 16:00", 2)
    (reading,) = read(terms("4 h"), [REPORT, merged], "10-12 17:00")
    assert (reading.state, reading.next_at) == ("cancelled", None)


def test_zammad_390_a_holiday_added_later_changes_no_calendar_that_is_in_use():
    days = {date(2026, 10, 13): "strike"}
    frozen = Calendar.from_days("Asia/Shanghai", {5, 6}, days, (), ())
    promise = Promise(Period.parse("1 wd"), frozen)
    before = due(promise, at("10-12 10:00"))
    days[date(2026, 10, 14)] = "added silently"
    assert due(promise, at("10-12 10:00")) == before
    assert due(Promise(Period.parse("1 wd"), frozen, OFFICE), at("10-12 10:00")).at == at("10-14 18:00")


@pytest.mark.parametrize("within", ["4 h", "8 h"])
def test_glpi_6902_a_pause_survives_a_change_of_the_service_level(within):
    facts = [REPORT, fact("customer.asked", "10-12 11:00", 2), fact("customer.answered", "10-12 13:00", 3)]
    (reading,) = read(terms(within), facts, "10-12 13:30")
    assert reading.due_at == at("10-12 12:00") + int(within[0]) * HOUR
    (reading,) = read(terms(within), facts[:2], "10-12 13:30")
    assert reading.state == "paused"


def test_glpi_24481_nothing_breaks_while_it_is_paused_with_a_reason():
    told = terms("4 h")
    facts = [REPORT, fact("clock.paused", "10-12 13:59", 2, reason="force_majeure")]
    (paused,) = read(told, facts, "11-30 10:00")
    assert (paused.state, paused.left, paused.due_at) == ("paused", timedelta(minutes=1), None)
    (resumed,) = read(told, [*facts, fact("clock.resumed", "11-30 10:00", 3, reason="force_majeure")], "11-30 10:00")
    assert (resumed.state, resumed.due_at) == ("running", at("11-30 10:01"))


def test_glpi_10594_a_pause_over_the_weekend_credits_only_days_of_the_promise():
    plain, weekend = Calendar.plain(), [Pause(at("10-16 19:00"), at("10-19 08:00"), "customer")]
    start = at("10-15 10:00")  # Thursday
    with_window = Promise(Period.parse("2 wd"), plain, OFFICE)
    assert due(with_window, start, weekend).at == at("10-19 18:00")  # Fri closed at 18:00, before the pause
    without = Promise(Period.parse("2 wd"), plain)
    assert due(without, start, weekend).at == at("10-21 00:00")  # Friday's 24:00 was paused: one day, not three
    days = Promise(Period.parse("5 d"), plain, roll=False)
    assert due(days, start, weekend).at == at("10-24 00:00")  # Fri, Sat, Sun


def test_glpi_22678_warnings_come_in_open_hours_and_not_at_midnight():
    promise = Promise(Period.parse("9 h"), CHINA, OFFICE)
    steps = dict(warn_steps(promise, at("09-30 17:00"), (), ("50 %", "2 h before", "30 min")))
    assert steps == {"30 min": at("09-30 17:30"), "50 %": at("10-08 12:30"), "2 h before": at("10-08 15:00")}
    days = Promise(Period.parse("2 wd"), CHINA)
    assert dict(warn_steps(days, at("09-30 12:00"), (), ("30 min before", "50 %"))) == {
        "30 min before": at("10-09 23:30"),
        "50 %": at("10-08 18:00"),  # half of 12 h on 30 September and two whole days
    }


def test_glpi_5319_a_missed_step_is_still_told():
    (reading,) = read(terms("4 h", warn=("50 %", "80 %")), [REPORT], "10-12 13:30")
    assert [step for step, when in reading.warnings if when <= at("10-12 13:30")] == ["50 %", "80 %"]


def test_frappe_helpdesk_2212_chatwoot_14009_a_lunch_break_is_possible():
    window = Window.parse("09:00-12:00,13:00-18:00", "working")
    assert due(Promise(Period.parse("2 h"), CHINA, window), at("10-12 11:00")).at == at("10-12 14:00")
    assert due(Promise(Period.parse("1 h"), CHINA, window), at("10-12 11:00")).at == at("10-12 12:00")
    assert due(Promise(Period.parse("1 h"), CHINA, window), at("10-12 12:30")).at == at("10-12 14:00")


def test_glpi_467_make_up_working_weekends_are_possible():
    assert due(Promise(Period.parse("8 h"), CHINA, OFFICE), at("10-09 14:00")).at == at("10-10 13:00")


def test_dynamics_a_hold_that_ends_outside_working_hours_ends():
    promise = Promise(Period.parse("2 h"), CHINA, OFFICE)
    hold = [Pause(at("10-12 17:00"), at("10-12 22:00"), "customer")]
    assert due(promise, at("10-12 16:00"), hold).at == at("10-13 10:00")
    facts = [
        fact("fault.reported", "10-12 16:00", 1),
        fact("customer.asked", "10-12 17:00", 2),
        fact("customer.answered", "10-12 22:00", 3),
    ]
    (reading,) = read(terms("2 h", OFFICE), facts, "10-12 23:00")
    assert (reading.state, reading.used, reading.due_at) == ("running", HOUR, at("10-13 10:00"))


def test_servicenow_one_day_is_one_day_on_an_eight_hour_schedule():
    eight = Window.parse("09:00-17:00", "working")
    assert due(Promise(Period.parse("1 d"), CHINA, eight), at("10-12 10:00")).at == at("10-13 17:00")
    assert due(Promise(Period.parse("1 wd"), CHINA, eight), at("10-12 10:00")).at == at("10-13 17:00")


def test_servicenow_a_visit_closed_off_line_is_kept_when_it_arrives_without_anybodys_repair():
    told = terms("4 h")
    assert read(told, [REPORT], "10-12 16:00")[0].state == "broken"
    late = fact("fault.repaired", "10-12 13:58", 2, recorded="10-12 18:30")
    (reading,) = read(told, [REPORT, late], "10-12 18:30")
    assert (reading.state, reading.margin) == ("met", timedelta(minutes=2))


def test_django_helpdesk_a_holiday_never_shortens_a_promise():
    start = at("10-12 10:00")
    for within in ("1 wd", "3 d", "1 w", "20 h"):
        window = OFFICE if within == "20 h" else None
        longer = Calendar.from_days(
            "Asia/Shanghai", CHINA.weekend, {**CHINA.rest, date(2026, 10, 13): "new"}, CHINA.worked, CHINA.published
        )
        assert (
            due(Promise(Period.parse(within), longer, window), start).at
            >= due(Promise(Period.parse(within), CHINA, window), start).at
        )


def test_itop_a_used_up_threshold_is_reached_again_after_the_goal_is_raised():
    for within, half in (("4 h", "10-12 12:00"), ("8 h", "10-12 14:00")):
        (reading,) = read(terms(within, warn=("50 %",)), [REPORT], "10-12 12:30")
        assert reading.warnings == (("50 %", at(half)),)
        assert reading.next_at == (at("10-12 14:00"))


def test_servicenow_a_start_in_the_past_shows_its_steps_as_past_and_only_the_coming_ones_ahead():
    (reading,) = read(
        terms("4 h", warn=("50 %", "75 %", "90 %")),
        [fact("fault.reported", "10-12 10:00", 1, recorded="10-12 13:10")],
        "10-12 13:10",
    )
    assert [step for step, when in reading.warnings if when > at("10-12 13:10")] == ["90 %"]
    assert reading.next_at == at("10-12 13:36")


def test_freeitsm_changing_a_calendar_rewrites_no_clock_bound_to_the_old_one():
    changed = Calendar.from_days("Asia/Shanghai", {5, 6}, {date(2026, 10, 13): "new"}, (), ())
    old, new = (read(terms("1 wd", calendar=c), [REPORT], "10-12 11:00")[0].due_at for c in (CHINA, changed))
    assert (old, new) == (at("10-14 00:00"), at("10-15 00:00"))


def test_a_window_at_the_clock_change_is_counted_in_elapsed_hours():
    york = Calendar.plain("America/New_York")
    zone = ZoneInfo("America/New_York")
    night = Window.parse("22:00-06:00")
    spring = datetime(2026, 3, 7, 22, 0, tzinfo=zone)
    assert due(Promise(Period.parse("7 h"), york, night), spring).at == datetime(2026, 3, 8, 6, 0, tzinfo=zone)
    assert due(Promise(Period.parse("24 h"), york), spring).at == datetime(2026, 3, 8, 23, 0, tzinfo=zone)
    assert due(Promise(Period.parse("1 d"), york, roll=False), spring).at == datetime(2026, 3, 9, 0, 0, tzinfo=zone)
