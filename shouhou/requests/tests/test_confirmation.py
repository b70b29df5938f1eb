"""Really solved? Waiting for the customer, confirmation asked once, its expiry, and opening again."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from procrastinate.contrib.django import app

from shouhou.notices.models import Mail
from shouhou.requests.actions.intake import continue_request
from shouhou.requests.actions.talk import (
    answer_by_link,
    pause_request,
    receive_message,
    resolve_request,
    resume_request,
    send_message,
    write_note,
)
from shouhou.requests.models import ConfirmationLink, RequestLink, ServiceRequest
from shouhou.requests.tests.make import at, clock, kinds, states
from shouhou.shared.lifecycle import Refused, UnrecordedWrite
from shouhou.shared.models import Event
from shouhou.shared.time import moved, moved_to


def watch() -> None:
    """What the worker does every fifteen seconds."""
    app.tasks["shouhou.requests.jobs.watch_requests"].func(timestamp=0)


@pytest.fixture
def solved(agreement, take, agent):
    """A resolved request with its link, from Monday 8 June 2026, 09:00 (resolved at 10:00)."""
    agreement("application_maintenance")
    with moved_to(at("2026-06-08 09:00")):
        case = take(reported_at=at("2026-06-08 09:00"))
    with moved_to(at("2026-06-08 10:00")):
        token = resolve_request(case, solution="重装打印驱动,已试打。", by=agent)
    return case, ConfirmationLink.objects.get(digest=ConfirmationLink.digest_of(token))


# --- waiting --------------------------------------------------------------------------------------


def test_a_question_stops_the_repair_clock_and_the_answer_starts_it(agreement, take, agent):
    agreement("terminal_warranty", filled={"c9": "24 h"})
    start = at("2026-06-08 09:00")
    with moved_to(start):
        case = take(reported_at=start)
    with moved_to(start + timedelta(minutes=10)):
        send_message(case, text="请问型号?", by=agent, question=True)
    assert (case.waiting, states(case)["c3"]) == ("customer", "paused")
    assert case.next_clock_state != "paused"  # other promises of the case still run

    with moved_to(start + timedelta(minutes=40)):
        receive_message(case, text="M401。", by=None)

    assert case.waiting == ""
    assert abs(clock(case, "c3").due_at - (start + timedelta(minutes=90))) < timedelta(seconds=5)
    assert kinds(case, "customer.asked", "customer.answered") == ["customer.asked", "customer.answered"]


@pytest.mark.parametrize("reason", ["force_majeure", "postponed"])
def test_other_obstacles_stop_it_with_a_reason_in_words(take, agent, reason):
    case = take()
    pause_request(case, reason=reason, words="客户机房停电", by=agent)
    assert (case.waiting, states(case)["default_repair"]) == (reason, "paused")
    assert clock(case, "default_repair").paused_reason == reason
    with pytest.raises(Refused):
        pause_request(case, reason=reason, words="再次", by=agent)

    resume_request(case, by=agent)
    assert (case.waiting, states(case)["default_repair"]) == ("", "running")
    with pytest.raises(Refused):
        resume_request(case, by=agent)


@pytest.mark.parametrize(
    ("reason", "words"), [("customer", "等用户"), ("lunch", "午休"), ("postponed", "  "), ("force_majeure", "")]
)
def test_nobody_stops_a_clock_without_a_true_reason(take, agent, reason, words):
    case = take()
    with pytest.raises(Refused):
        pause_request(case, reason=reason, words=words, by=agent)
    assert (case.waiting, states(case)["default_repair"]) == ("", "running")


def test_a_customer_cannot_stop_our_clocks(take, customer_user):
    case = take()
    with pytest.raises(Refused):
        pause_request(case, reason="postponed", words="不急", by=customer_user)
    assert kinds(case, "clock.paused") == []


def test_a_note_is_neither_a_response_nor_an_answer(take, agent):
    case = take(channel="mail")
    send_message(case, text="型号?", by=agent, question=True)
    write_note(case, text="用户没接电话", by=agent)
    assert (case.waiting, states(case)["default_repair"]) == ("customer", "paused")


def test_a_message_from_a_customer_who_was_not_asked_changes_no_clock(take):
    case = take()
    due = clock(case, "default_repair").due_at
    receive_message(case, text="补充一张照片。", by=None)
    assert clock(case, "default_repair").due_at == due
    assert kinds(case, "customer.answered") == []


def test_solving_while_waiting_ends_the_waiting(take, agent):
    case = take()
    send_message(case, text="型号?", by=agent, question=True)
    resolve_request(case, solution="现场已查明。", by=agent)
    assert (case.waiting, states(case)["default_repair"]) == ("", "met")


# --- confirming -----------------------------------------------------------------------------------


@pytest.mark.clause("A1.2")
@pytest.mark.parametrize("solution", ["", "   ", "\n\t"])
def test_solved_needs_a_written_solution(take, agent, solution):
    case = take()
    with pytest.raises(Refused):
        resolve_request(case, solution=solution, by=agent)
    case.refresh_from_db()
    assert (case.status, ConfirmationLink.objects.count(), Mail.objects.count()) == ("new", 0, 0)


@pytest.mark.clause("A1.2")
def test_the_database_itself_keeps_no_solved_request_without_solution(take):
    case = take()
    with pytest.raises(IntegrityError), transaction.atomic():
        ServiceRequest.objects.filter(pk=case.pk).update(status="resolved")
    case.status = "closed"
    with pytest.raises(UnrecordedWrite):
        case.save()


@pytest.mark.clause("A1.2")
def test_the_customer_confirms_by_link_and_the_link_counts_once(solved):
    case, link = solved
    with moved_to(at("2026-06-08 11:00")):
        answer_by_link(link, solved=True, words="好了,谢谢")
        for answer in (True, False):
            with pytest.raises(Refused):
                answer_by_link(link, solved=answer)

    case.refresh_from_db()
    assert (case.status, case.confirmed_how) == ("confirmed", "link")
    assert kinds(case, "request.confirmed", "request.rejected") == ["request.confirmed"]
    assert case.messages.get(direction="in").text == "好了,谢谢"


@pytest.mark.clause("A1.2", "A1.3")
def test_not_solved_by_link_opens_it_again_with_its_history(solved, agent):
    case, link = solved
    with moved_to(at("2026-06-08 11:00")):
        answer_by_link(link, solved=False, words="还是不行")

    case.refresh_from_db()
    assert (case.status, case.reopenings, case.owner, case.resolved_at) == ("new", 1, agent, None)
    assert case.solution == "重装打印驱动,已试打。"  # what was tried stays readable
    assert kinds(case, "request.resolved", "request.rejected") == ["request.resolved", "request.rejected"]
    again = clock(case, "i9")
    assert (again.state, again.due_at) == ("running", at("2026-06-11 00:00"))  # as if it had never stopped


def test_the_customer_is_asked_once_for_each_solution(solved, agent):
    case, link = solved
    with moved_to(at("2026-06-08 10:30")):
        watch()
        with pytest.raises(Refused):
            resolve_request(case, solution="再说一次", by=agent)
    assert (ConfirmationLink.objects.count(), Mail.objects.count()) == (1, 1)

    with moved_to(at("2026-06-08 11:00")):
        answer_by_link(link, solved=False, words="还是不行")
        token = resolve_request(case, solution="更换驱动版本。", by=agent)
    assert (ConfirmationLink.objects.count(), Mail.objects.count()) == (2, 2)
    second = ConfirmationLink.objects.get(digest=ConfirmationLink.digest_of(token))
    with pytest.raises(Refused), moved_to(at("2026-06-08 12:00")):
        answer_by_link(link, solved=True)  # the first solution's link is no answer to the second
    with moved_to(at("2026-06-08 12:00")):
        answer_by_link(second, solved=True)


def test_only_a_hash_of_the_secret_is_kept(solved):
    _case, link = solved
    assert len(link.digest) == 64
    assert not any("/portal/confirm/" + link.digest in mail.body for mail in Mail.objects.all())


@pytest.mark.clause("A1.2")
def test_without_an_answer_the_window_expires_and_is_counted_apart(solved):
    case, link = solved
    with moved_to(at("2026-06-11 09:59")):
        watch()
    case.refresh_from_db()
    assert case.status == "resolved"

    with moved_to(at("2026-06-11 10:01")):
        watch()
        watch()

    case.refresh_from_db()
    assert (case.status, case.confirmed_how) == ("confirmed", "expired")
    (event,) = Event.objects.of(case).filter(kind="request.confirmed")
    assert (event.data["how"], event.by_id) == ("expired", None)
    with pytest.raises(Refused), moved_to(at("2026-06-11 10:02")):
        answer_by_link(link, solved=True)


def test_a_link_dies_after_thirty_days(solved):
    case, link = solved
    with pytest.raises(Refused), moved_to(at("2026-07-08 10:01")):
        answer_by_link(link, solved=True)
    case.refresh_from_db()
    assert case.status == "resolved"


@pytest.mark.clause("A1.2")
def test_a_colleague_notes_a_spoken_confirmation_a_stranger_does_not(solved, agent, stranger):
    case, _link = solved
    with pytest.raises(Refused):
        case.confirm("portal", by=stranger)
    case.confirm("spoken", by=agent)
    assert (case.status, case.confirmed_how) == ("confirmed", "spoken")


def test_a_customer_cannot_say_for_us_that_it_is_solved(take, customer_user):
    case = take()
    with pytest.raises(Refused):
        case.resolve("自己好了", by=customer_user)
    assert ServiceRequest.objects.get(pk=case.pk).status == "new"


def test_a_solved_request_cannot_be_closed_over_the_customers_head(solved, manager):
    case, _link = solved
    for act in (lambda: case.close(by=manager), lambda: case.close(by=None)):
        with pytest.raises(Refused):
            act()
    assert ServiceRequest.objects.get(pk=case.pk).status == "resolved"


# --- opening again --------------------------------------------------------------------------------


@pytest.fixture
def closed(solved, agent):
    """Closed on Tuesday 9 June 2026, 10:00."""
    case, _link = solved
    with moved_to(at("2026-06-09 10:00")):
        case.confirm("spoken", by=agent)
        case.follow_up(by=agent)
        case.close(by=agent)
    return case


@pytest.mark.clause("A1.3")
def test_within_thirty_days_it_reopens_with_its_history_and_a_new_clock(closed, customer_user):
    with moved_to(at("2026-07-09 09:59")):
        closed.reopen(by=customer_user)

    assert (closed.status, closed.reopenings, closed.closed_at) == ("new", 1, None)
    first, second = closed.clocks().filter(commitment__code="i9").order_by("started_at")
    assert (first.state, second.state) == ("met", "running")  # the kept promise stays kept
    assert second.due_at == at("2026-07-14 00:00")  # Thursday 9 July: Friday, Monday
    assert kinds(closed, "request.closed", "request.reopened") == ["request.closed", "request.reopened"]


def test_after_thirty_days_a_new_linked_request_takes_its_place(closed, agent, customer_user):
    with moved_to(at("2026-07-09 10:01")):
        for by in (agent, customer_user):
            with pytest.raises(Refused):
                closed.reopen(by=by)
        new = continue_request(closed, by=agent, description="又出现同样的错误")

    closed.refresh_from_db()
    assert (closed.status, new.status, new.customer, new.subject) == ("closed", "new", closed.customer, closed.subject)
    assert new.number != closed.number
    link = RequestLink.objects.get()
    assert (link.source, link.target, link.kind) == (new, closed, "continues")
    assert states(new)["i9"] == "running"


def test_a_cancelled_request_owes_nothing_any_more(take, agent):
    case = take()
    with moved(timedelta(minutes=5)):
        case.cancel(by=agent)
    assert set(states(case).values()) <= {"cancelled", "met"}
    assert case.next_clock_state == "none"


@pytest.mark.parametrize("preset", ["application_maintenance", "integration_operations"])
def test_a_breach_is_not_cancelled_away(agreement, take, agent, preset):
    agreement(preset)
    with moved_to(at("2026-06-08 09:00")):
        case = take(channel="portal", reported_at=at("2026-06-08 09:00"))
    with moved_to(at("2026-06-29 09:00")):
        case.cancel(by=agent)
    assert "broken" in states(case).values()
    assert case.next_clock_state == "none"
