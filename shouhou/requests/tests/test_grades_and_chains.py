"""Promises by grade of fault (K2), what follows a broken one (I9, I10, C9), and service round the clock (C6)."""

from datetime import timedelta

import pytest

from shouhou.notices.models import Notice
from shouhou.requests.actions.grouping import grade_request
from shouhou.requests.actions.talk import note_fact, resolve_request
from shouhou.requests.models import SeverityPlan
from shouhou.requests.tests.make import at, clock, states, sweep
from shouhou.shared.models import Event
from shouhou.shared.time import moved_to

C, I_ = "terminal_warranty", "application_maintenance"

K2 = [
    ("high", "high", "critical", {"respond": "00:10", "arrive": "02:00", "restore": "08:00"}),
    ("high", "medium", "major", {"respond": "00:30", "arrive": "04:00", "restore": "24:00"}),
]


@pytest.mark.clause("K2")
@pytest.mark.parametrize(("impact", "urgency", "severity", "spans"), K2)
def test_a_grade_of_fault_brings_its_own_promises(agreement, take, impact, urgency, severity, spans):
    agreement("integration_operations")
    start = at("2026-10-03 03:00")
    with moved_to(start):
        case = take(reported_at=start, impact=impact, urgency=urgency, channel="monitoring")

    assert case.severity == severity
    due = {c.commitment.code: c.due_at - start for c in case.clocks()}
    wanted = {
        f"k2_{name}_{severity}": timedelta(hours=int(span[:2]), minutes=int(span[3:])) for name, span in spans.items()
    }
    assert due == wanted


@pytest.mark.clause("K2")
def test_lower_grades_are_counted_in_working_days(agreement, take):
    agreement("integration_operations")
    start = at("2026-09-30 17:50")
    with moved_to(start):
        medium = take(reported_at=start, channel="portal")
        minor = take(reported_at=start, channel="portal", impact="low", urgency="low")

    assert {c.commitment.code: c.due_at for c in medium.clocks()} == {
        "k2_respond_medium": at("2026-09-30 19:50"),
        "k2_arrive_medium": at("2026-10-09 00:00"),
        "k2_restore_medium": at("2026-10-11 00:00"),  # 8, 9 and the worked Saturday
    }
    assert {c.commitment.code: c.due_at for c in minor.clocks()} == {
        "k2_respond_minor": at("2026-09-30 21:50"),
        "k2_restore_minor": at("2026-10-21 00:00"),  # 8-10, 12-16, 19-20 October
    }


@pytest.mark.clause("K2")
def test_another_grade_puts_its_promises_in_place_of_the_old_ones_from_the_same_start(agreement, take, agent):
    agreement("integration_operations")
    start = at("2026-10-08 09:00")
    with moved_to(start):
        case = take(reported_at=start, channel="portal")
    with moved_to(at("2026-10-08 09:20")):
        grade_request(case, impact="high", urgency="high", by=agent)

    found = states(case)
    assert {code for code, state in found.items() if state == "cancelled"} == {
        "k2_respond_medium", "k2_arrive_medium", "k2_restore_medium",
    }  # fmt: skip
    assert found["k2_respond_critical"] == "broken"  # ten minutes from the report had passed already
    assert clock(case, "k2_restore_critical").due_at == at("2026-10-08 17:00")
    assert case.severity == "critical"


@pytest.mark.clause("I9", "I10")
def test_not_repaired_in_two_working_days_a_plan_is_owed_two_days_after_the_missed_day(agreement, take, agent):
    agreement(I_)
    start = at("2026-09-30 17:50")
    with moved_to(start):
        case = take(reported_at=start)
    assert "i10" not in states(case)

    with moved_to(at("2026-10-10 00:00:01")):
        sweep()

    assert states(case) == {"i8": "met", "i9": "broken", "i10": "running"}
    plan = clock(case, "i10")
    # missed with Friday 9 October; two days end on Sunday the 11th, a day of rest: Monday 24:00
    assert plan.due_at == at("2026-10-13 00:00")
    with moved_to(at("2026-10-13 00:00")):
        note_fact(case, fact="plan.submitted", occurred_at=at("2026-10-13 00:00"), by=agent)
    assert states(case)["i10"] == "met"


@pytest.mark.clause("I10")
def test_declaring_early_starts_the_plan_once_and_the_later_breach_starts_no_second(agreement, take, agent):
    agreement(I_)
    start = at("2026-09-30 17:50")
    with moved_to(start):
        case = take(reported_at=start)
    with moved_to(at("2026-10-08 10:00:01")):
        note_fact(case, fact="plan.declared", occurred_at=at("2026-10-08 10:00"), by=agent)
    with moved_to(at("2026-10-10 09:00")):
        sweep()

    plans = [c for c in case.clocks() if c.commitment.code == "i10"]
    assert [(c.state, c.due_at) for c in plans] == [("running", at("2026-10-11 00:00"))]


@pytest.mark.clause("I10")
def test_a_plan_is_no_longer_owed_once_the_fault_is_repaired(agreement, take, agent):
    agreement(I_)
    start = at("2026-09-30 17:50")
    with moved_to(start):
        case = take(reported_at=start)
    with moved_to(at("2026-10-10 09:00")):
        sweep()
        resolve_request(case, solution="补丁已装。", by=agent)

    assert states(case)["i10"] == "cancelled"
    assert states(case)["i9"] == "broken"


@pytest.mark.clause("I9", "I10")
def test_a_repair_reported_late_voids_the_breach_and_the_plan_it_started(agreement, take, agent):
    """A repair done in time and synchronised later: the promise was kept, nobody repairs the record by hand."""
    agreement(I_)
    start = at("2026-09-30 17:50")
    with moved_to(start):
        case = take(reported_at=start)
    with moved_to(at("2026-10-10 08:00")):
        sweep()
        assert states(case)["i10"] == "running"
        resolve_request(case, solution="现场已修复。", by=agent, occurred_at=at("2026-10-09 16:00"))
        sweep()

    assert states(case) == {"i8": "met", "i9": "met", "i10": "cancelled"}
    assert clock(case, "i10").void_reason == "void"
    assert Event.objects.of(case).filter(kind="clock.reinstated", data__code="i9").count() == 1


def test_a_broken_repair_promise_of_a_device_keeps_its_consequence_on_record(agreement, take, agent):
    """C9: what follows a broken promise is a loaner; the filled-in figure counts from the arrival."""
    agreement(C, filled={"c9": "8 h"})
    start = at("2026-10-02 10:00")
    with moved_to(start):
        case = take(reported_at=start)
        note_fact(case, fact="visit.arrived", occurred_at=start, by=agent)
    with moved_to(at("2026-10-02 18:00:01")):
        sweep()

    late = clock(case, "c9")
    assert (late.state, late.due_at) == ("broken", at("2026-10-02 18:00"))
    assert (late.commitment.otherwise, late.commitment.source) == ("loaner", "required")


@pytest.mark.clause("C6")
def test_at_three_in_the_night_of_a_holiday_a_call_is_taken_and_every_promise_runs(agreement, take):
    signed = agreement(C, filled={"c9": "24 h"})
    start = at("2026-10-01 03:00")
    with moved_to(start):
        case = take(reported_at=start)

    due = {c.commitment.code: c.due_at for c in case.clocks()}
    assert due == {"c2": at("2026-10-01 03:05"), "c3": at("2026-10-01 04:00"), "c4": at("2026-10-01 15:00")}
    for found in case.clocks():
        assert all(segment.counted for segment in found.explanation())
    assert "C6" in {e.get("clause") for e in signed.entitlements}


@pytest.mark.clause("K2")
def test_each_grade_has_its_counter_measures_and_its_list_of_who_is_told(client, take, agent, manager, engineer, pump):
    told = {"severity": "critical", "measures": "启动应急小组", "told": [engineer.pk]}
    for by, plans in ((agent, 0), (manager, 1)):
        client.force_login(by)
        client.post("/requests/severities/", told)
        assert SeverityPlan.objects.count() == plans
    take()
    pump()
    assert not Notice.objects.filter(user=engineer).exists()  # a medium one is nobody's alarm

    case = take(impact="high", urgency="high")
    graded = take()
    grade_request(graded, impact="high", urgency="high", by=agent)
    pump()

    assert list(Notice.objects.filter(user=engineer).order_by("pk").values_list("kind", "case_id")) == [
        ("request.received", case.pk), ("request.graded", graded.pk),
    ]  # fmt: skip
    assert "启动应急小组" in client.get(f"/requests/{case.pk}/").content.decode()
    assert "启动应急小组" in client.get("/requests/severities/").content.decode()


def test_a_wrong_list_of_people_comes_back_with_what_was_typed(client, manager):
    client.force_login(manager)
    answer = client.post("/requests/severities/", {"severity": "major", "measures": "二线到场", "told": ["999999"]})
    assert answer.status_code == 422
    assert "二线到场" in answer.content.decode()
