"""What was broken stays broken, what stands still can go on, and what has ended is not rewritten."""

from datetime import date, timedelta

import pytest

from shouhou.customers.models import Customer
from shouhou.people.models import Appointment
from shouhou.promises.actions import import_icalendar
from shouhou.promises.models import Calendar
from shouhou.requests.actions.correcting import correct_event, may_correct
from shouhou.requests.actions.grouping import (
    decide_coverage,
    grade_request,
    mark_request,
    merge_requests,
    rebase_request,
)
from shouhou.requests.actions.handover import accept_reassignment, offer_reassignment
from shouhou.requests.actions.intake import take_request
from shouhou.requests.actions.talk import (
    note_fact,
    pause_request,
    receive_message,
    resolve_request,
    resume_request,
    send_message,
    write_note,
)
from shouhou.requests.models import ServiceRequest
from shouhou.requests.tests.make import at, clock, states, sweep
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Event
from shouhou.shared.time import moved_to

pytestmark = pytest.mark.django_db
MONDAY, NEXT = at("2026-06-08 09:00"), at("2026-06-15 09:00")


@pytest.fixture
def overdue(agreement, take):
    """A request whose fault was due last week."""
    agreement("application_maintenance")
    with moved_to(MONDAY):
        case = take(channel="mail")
    with moved_to(NEXT):
        sweep()
        yield case


# --- a breach stays ------------------------------------------------------------------------------


def test_a_lower_grade_does_not_undo_what_was_broken(agreement, take, agent):
    agreement("integration_operations")
    with moved_to(MONDAY):
        case = take(channel="portal", impact="high", urgency="high")
    with moved_to(MONDAY + timedelta(hours=11)):
        sweep()
        assert states(case)["k2_restore_critical"] == "broken"
        grade_request(case, impact="low", urgency="low", by=agent)
    assert states(case)["k2_restore_critical"] == "broken"
    assert not clock(case, "k2_restore_critical").is_owed


def test_saying_that_no_visit_is_needed_does_not_undo_the_late_one(agreement, take, agent):
    agreement("software_standard")
    with moved_to(MONDAY):
        case = take()
        note_fact(case, fact="call.answered", by=agent)
        mark_request(case, by=agent, needs_visit=True)
    with moved_to(MONDAY + timedelta(days=2)):
        sweep()
        assert states(case)["a3_5"] == "broken"
        mark_request(case, by=agent, needs_visit=False)
        assert states(case)["a3_5"] == "broken"
        mark_request(case, by=agent, needs_visit=True)
    assert clock(case, "a3_5").is_owed


def test_another_agreement_does_not_undo_what_the_first_one_broke(overdue, agreement, manager):
    other = agreement("platform_assurance", number="HT-2")
    before = {code for code, state in states(overdue).items() if state == "broken"}
    rebase_request(overdue, agreement=other, by=manager)
    assert before <= {code for code, state in states(overdue).items() if state == "broken"}


def test_a_breach_is_not_merged_away(overdue, take, agent):
    question = take(channel="mail", kind="consultation")
    with pytest.raises(Refused):
        merge_requests(overdue, into=question, by=agent)
    assert states(overdue)["i9"] == "broken"


def test_the_thing_done_at_last_ends_a_lapsed_breach(agreement, take, agent):
    agreement("integration_operations")
    with moved_to(MONDAY):
        case = take(channel="portal", impact="high", urgency="high")
    with moved_to(MONDAY + timedelta(hours=11)):
        sweep()
        grade_request(case, impact="low", urgency="low", by=agent)
        resolve_request(case, solution="已修复", by=agent)
    found = clock(case, "k2_restore_critical")
    assert (found.state, found.stopped_at is not None) == ("broken", True)


@pytest.mark.clause("H3")
def test_who_had_to_come_decides_that_remote_work_did_not_solve_it(agreement, take, engineer):
    agreement("platform_assurance")
    with moved_to(MONDAY):
        case = take(channel="mail")
    with moved_to(MONDAY + timedelta(hours=5)):
        note_fact(case, fact="visit.arrived", by=engineer)
    assert states(case)["h3"] == "broken"


# --- pauses --------------------------------------------------------------------------------------


def test_a_question_does_not_overlay_another_pause(agreement, take, agent):
    agreement("application_maintenance")
    with moved_to(MONDAY):
        case = take(channel="mail")
        pause_request(case, reason="force_majeure", words="暴雨", by=agent)
        with pytest.raises(Refused):
            send_message(case, text="型号？", by=agent, question=True)
        resume_request(case, by=agent)
        send_message(case, text="型号？", by=agent, question=True)
        receive_message(case, text="A1", by=None)
    assert (case.waiting, states(case)["i9"]) == ("", "running")


def test_two_who_pause_at_once_are_not_both_taken(agreement, take, agent):
    agreement("application_maintenance")
    with moved_to(MONDAY):
        case = take(channel="mail")
        stale = ServiceRequest.objects.get(pk=case.pk)
        pause_request(case, reason="force_majeure", words="暴雨", by=agent)
        with pytest.raises(Refused):
            pause_request(stale, reason="postponed", words="改期", by=agent)
        resume_request(stale, by=agent)
    assert states(case)["i9"] == "running"


# --- the sweep -----------------------------------------------------------------------------------


def test_one_case_that_cannot_be_counted_does_not_stop_the_others(agreement, take, monkeypatch, caplog):
    agreement("application_maintenance")
    with moved_to(MONDAY):
        bad, good = take(channel="mail"), take(channel="mail")
    real = ServiceRequest.advance

    def advance(self):
        if self.pk == bad.pk:
            raise ValueError("no such year")
        real(self)

    monkeypatch.setattr(ServiceRequest, "advance", advance)
    with moved_to(NEXT):
        sweep()
    assert states(good)["i9"] == "broken"
    assert f"request {bad.pk}" in caplog.text


# --- who, when, and what has ended ----------------------------------------------------------------


@pytest.mark.clause("A1.6")
def test_goodwill_is_counted_by_the_year_of_the_organisation(take, manager):
    with moved_to(at("2026-12-20 09:00")):
        for _ in range(3):
            decide_coverage(take(), coverage="goodwill", reason="通融", by=manager)
    with moved_to(at("2027-01-01 07:00")):  # still the old year at Greenwich
        decide_coverage(take(), coverage="goodwill", reason="新年", by=manager)


def test_a_stale_offer_to_the_new_owner_is_refused(take, agent, engineer, manager):
    case = take()
    stale = ServiceRequest.objects.get(pk=case.pk)
    accept_reassignment(offer_reassignment(case, taker=engineer, reason="x", by=agent), by=engineer)
    with pytest.raises(Refused):
        offer_reassignment(stale, taker=engineer, reason="x", by=manager)


def test_what_is_filed_is_not_corrected(overdue, agent, manager, person):
    resolve_request(overdue, solution="x", by=agent)
    overdue.confirm("spoken", by=agent)
    overdue.follow_up(by=agent)
    overdue.close(by=agent)
    overdue.file(by=person("keeper", "document_keeper"))
    repaired = Event.objects.of(overdue).get(kind="fault.repaired")
    assert not may_correct(overdue, repaired, manager)
    with pytest.raises(Refused):
        correct_event(overdue, repaired, occurred_at=MONDAY, reason="更早", by=manager)
    assert states(overdue)["i9"] == "broken"


@pytest.mark.clause("H6")
def test_nobody_without_a_post_becomes_the_owner(customer, contact, customer_user, engineer, manager):
    Customer.objects.filter(pk=customer.pk).update(owner=engineer)
    Appointment.objects.filter(user=engineer).update(until_on=date(2021, 1, 1))
    customer.refresh_from_db()
    case = take_request(by=customer_user, subject="报表打不开", channel="portal", customer=customer, contact=contact)
    assert case.owner == manager


def test_a_stranger_neither_notes_nor_speaks_for_us(take, stranger):
    case = take()
    for act in (
        lambda: note_fact(case, fact="remote.started", by=stranger),
        lambda: send_message(case, text="x", by=stranger),
        lambda: write_note(case, text="x", by=stranger),
        lambda: resume_request(case, by=stranger),
    ):
        with pytest.raises(Refused):
            act()


@pytest.mark.clause("A3.5")
def test_an_agent_does_not_dispatch_by_noting_it(agreement, take, agent, engineer):
    agreement("software_standard")
    case = take()
    note_fact(case, fact="call.answered", by=agent)
    mark_request(case, by=agent, needs_visit=True)
    with pytest.raises(Refused):
        note_fact(case, fact="visit.dispatched", by=agent)
    assert states(case)["a3_5"] == "running"
    note_fact(case, fact="visit.dispatched", by=engineer)
    assert states(case)["a3_5"] == "met"


# --- a year's holidays become known ---------------------------------------------------------------

NEW_YEAR = b"""BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//x//x//
BEGIN:VEVENT
UID:1
SUMMARY:\xe5\x85\x83\xe6\x97\xa6
DTSTART;VALUE=DATE:20270101
DTEND;VALUE=DATE:20270106
END:VEVENT
END:VCALENDAR
"""


def test_provisional_clocks_are_counted_anew_only_by_an_act_that_is_recorded(client, agreement, take, manager):
    agreement("application_maintenance")
    calendar = Calendar.objects.get(name="华信工作日历")
    with moved_to(at("2026-12-30 10:00")):
        case = take(channel="mail")
        before = clock(case, "i9")
        assert before.provisional
        import_icalendar(calendar, content=NEW_YEAR, by=manager)
        assert clock(case, "i9").due_at == before.due_at
        client.force_login(manager)
        address = f"/promises/calendars/{calendar.pk}/"
        shown = client.get(address)
        assert shown.context["waiting_count"] == case.clocks().filter(provisional=True).count() > 0
        assert client.post(f"{address}anew/").status_code == 302
    after = clock(case, "i9")
    assert after.due_at > before.due_at
    assert not after.provisional
    told = Event.objects.of(case).filter(kind="clock.rebased")
    assert {e.by_id for e in told} == {manager.pk}
    assert client.get(address).context["waiting_count"] == 0


def test_an_agent_does_not_count_anew(client, agent, company):
    client.force_login(agent)
    calendar = Calendar.objects.get(name="华信工作日历")
    client.post(f"/promises/calendars/{calendar.pk}/anew/")
    assert not Event.objects.filter(kind="clock.rebased").exists()
