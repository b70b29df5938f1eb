"""A request from the first word to the followed-up solution, and what its clocks say."""

from datetime import timedelta

import pytest

from shouhou.feedback.actions.following_up import finish_follow_up
from shouhou.feedback.models import FollowUp
from shouhou.requests.actions.talk import answer_by_link, receive_message, resolve_request, send_message
from shouhou.requests.models import ConfirmationLink, ServiceRequest
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Event
from shouhou.shared.time import moved


def states(case):
    return {c.commitment.code: c.state for c in case.clocks()}


@pytest.mark.clause("I8", "I9")
def test_an_agreements_promises_run_on_the_case(agreement, take):
    agreement("application_maintenance")
    case = take()

    assert states(case) == {"i8": "met", "i9": "running"}  # the agent on the phone is the first response
    clock = case.clocks().get(commitment__code="i9")
    assert clock.explanation()[0].why == "start_day"
    assert case.next_due_at == clock.due_at


def test_the_whole_way_to_closed(agreement, take, agent, engineer, pump):
    agreement("application_maintenance")
    case = take()
    case.begin(by=agent)
    send_message(case, text="请问报错截图能发一下吗?", by=agent, question=True)
    assert states(case)["i9"] == "paused"
    with moved(timedelta(hours=2)):
        receive_message(case, text="已发。", by=None)
        case.refresh_from_db()
        assert (case.waiting, states(case)["i9"]) == ("", "running")
        token = resolve_request(case, solution="重装打印驱动,已试打。", by=agent)
        assert states(case)["i9"] == "met"
        link = ConfirmationLink.objects.get(digest=ConfirmationLink.digest_of(token))
        answer_by_link(link, solved=True)
        pump()
        case.refresh_from_db()
        assert (case.status, case.confirmed_how) == ("confirmed", "link")
        follow_up = FollowUp.objects.get(request=case)
        finish_follow_up(follow_up, solved=True, scores=(5, 5, 4), words="很满意", by=engineer)
    case.refresh_from_db()
    assert case.status == "closed"
    with pytest.raises(Refused):
        answer_by_link(link, solved=False, words="还是不行")


@pytest.mark.clause("A1.2")
def test_a_rejected_confirmation_runs_the_clock_as_if_it_had_never_stopped(agreement, take, agent):
    agreement("application_maintenance")
    case = take()
    resolve_request(case, solution="已处理。", by=agent)
    assert states(case)["i9"] == "met"

    case.reopen(by=agent)

    assert (case.status, states(case)["i9"]) == ("new", "running")
    assert Event.objects.filter(case_id=case.pk, kind="request.rejected").count() == 1


def test_resolving_without_a_solution_is_refused_and_changes_nothing(take, agent):
    case = take()
    with pytest.raises(Refused):
        resolve_request(case, solution="  ", by=agent)
    assert ServiceRequest.objects.get(pk=case.pk).status == "new"
