"""One follow-up for each finished service, by somebody who did not serve (A1.3); what it brings to light."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from shouhou.feedback.actions.following_up import finish_follow_up, give_up_follow_up, plan_follow_up
from shouhou.feedback.jobs import plan
from shouhou.feedback.models import FollowUp
from shouhou.requests.actions.talk import resolve_request
from shouhou.requests.models import ServiceRequest
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Event
from shouhou.shared.time import moved_to


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai"))


def clock(case, code: str):
    return case.clocks().get(commitment__code=code)


def kinds(row, *names: str) -> list[str]:
    found = Event.objects.of(row).order_by("id").values_list("kind", flat=True)
    return [kind for kind in found if not names or kind in names]


WEDNESDAY = at("2026-09-30 10:00")  # before seven days off and a worked Saturday


@pytest.fixture
def confirmed(agreement, take, agent, pump):
    """Resolved and confirmed on 30 September 2026; the listeners have heard of it."""
    agreement("application_maintenance")
    with moved_to(WEDNESDAY):
        case = take(reported_at=WEDNESDAY)
        resolve_request(case, solution="重装驱动", by=agent)
        case.confirm("spoken", by=agent)
        pump()
    return case


def status(case) -> str:
    return ServiceRequest.objects.get(pk=case.pk).status


@pytest.mark.clause("A1.3")
def test_a_confirmed_request_gets_one_follow_up_one_to_three_working_days_later(confirmed, agent, pump):
    row = FollowUp.objects.get()
    assert (row.request, row.served_by, row.status, row.customer) == (confirmed, agent, "planned", confirmed.customer)
    assert (row.from_on, row.due_on) == (date(2026, 10, 8), date(2026, 10, 10))
    pump()
    assert plan_follow_up(confirmed) is None
    assert kinds(confirmed, "follow_up.planned") == ["follow_up.planned"]


def test_hearing_of_the_confirmation_again_plans_no_second(confirmed):
    plan(Event.objects.of(confirmed).get(kind="request.confirmed"))
    assert FollowUp.objects.count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        FollowUp.objects.create(
            organisation=confirmed.organisation, request=confirmed, served_by=confirmed.owner,
            from_on=date(2026, 10, 8), due_on=date(2026, 10, 10),
        )  # fmt: skip


@pytest.mark.clause("A1.3")
def test_truly_solved_it_is_followed_up_and_closed_with_the_scores(confirmed, engineer):
    row = FollowUp.objects.get()
    finish_follow_up(row, solved=True, scores=(5, 4, None), words=" 很满意 ", by=engineer)

    row.refresh_from_db()
    assert (row.status, row.done_by, row.attitude, row.quality, row.solving, row.words) == (
        "done", engineer, 5, 4, None, "很满意",
    )  # fmt: skip
    assert status(confirmed) == "closed"
    assert kinds(confirmed, "request.followed_up", "request.closed") == ["request.followed_up", "request.closed"]
    assert kinds(confirmed, "follow_up.done") == ["follow_up.done"]  # on the request's own time line


@pytest.mark.clause("A1.3")
def test_not_truly_solved_it_reopens_with_its_history_and_is_followed_up_again(confirmed, agent, engineer, pump):
    with moved_to(at("2026-10-08 09:00")):
        finish_follow_up(FollowUp.objects.get(), solved=False, scores=(3, 1, 1), words="又坏了", by=engineer)

    confirmed.refresh_from_db()
    assert (confirmed.status, confirmed.reopenings, confirmed.solution) == ("new", 1, "重装驱动")
    assert Event.objects.of(confirmed).get(kind="request.rejected").data == {"how": "follow_up"}
    again = clock(confirmed, "i9")
    assert (again.state, again.due_at) == ("running", at("2026-10-10 00:00"))  # as if it had never stopped

    with moved_to(at("2026-10-08 15:00")):
        resolve_request(confirmed, solution="更换打印机", by=agent)
        confirmed.confirm("spoken", by=agent)
        pump()
    assert sorted(FollowUp.objects.values_list("status", flat=True)) == ["done", "planned"]


@pytest.mark.clause("A1.3")
def test_who_served_does_not_ask_about_the_own_service(confirmed, agent, customer_user, stranger):
    row = FollowUp.objects.get()
    for by in (agent, customer_user, stranger):
        with pytest.raises(Refused):
            finish_follow_up(row, solved=True, scores=(5, 5, 5), words="", by=by)
    row.refresh_from_db()
    assert (row.status, row.solved, row.tries, status(confirmed)) == ("planned", None, 0, "confirmed")


@pytest.mark.clause("A1.3")
def test_who_leads_may_ask_about_the_own_service_only_with_a_reason_on_record(take, manager, pump):
    case = take(by=manager)
    resolve_request(case, solution="x", by=manager)
    case.confirm("spoken", by=manager)
    pump()
    row = FollowUp.objects.get()
    for act in (
        lambda: finish_follow_up(row, solved=True, scores=(None, None, None), words="", by=manager),
        lambda: give_up_follow_up(row, by=manager),
    ):
        with pytest.raises(Refused):
            act()
    finish_follow_up(row, solved=True, scores=(None, None, None), words="", by=manager, exception="今日仅一人值班")
    row.refresh_from_db()
    assert (row.done_by, row.served_by, row.exception) == (manager, manager, "今日仅一人值班")
    assert Event.objects.of(case).get(kind="follow_up.done").data["exception"] is True


def test_the_form_asks_for_the_reason_of_who_served_only(client, take, manager, engineer, pump):
    case = take(by=manager)
    resolve_request(case, solution="x", by=manager)
    case.confirm("spoken", by=manager)
    pump()
    address = f"/follow-ups/{FollowUp.objects.get().pk}/"
    client.force_login(engineer)
    assert "exception" not in client.get(address).context["form"].fields
    client.force_login(manager)
    refused = client.post(address, {"solved": "yes", "words": "好"})
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["exception"])
    assert client.post(address, {"solved": "yes", "exception": "仅一人值班"}).status_code == 302


def test_no_needs_words_and_who_goes_on_reads_them_on_the_request(client, confirmed, engineer):
    client.force_login(engineer)
    address = f"/follow-ups/{FollowUp.objects.get().pk}/"
    refused = client.post(address, {"solved": "no", "words": " ", "attitude": "2"})
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["words"])
    with pytest.raises(Refused):
        finish_follow_up(FollowUp.objects.get(), solved=False, scores=(2, None, None), words=" ", by=engineer)
    assert (FollowUp.objects.get().status, status(confirmed)) == ("planned", "confirmed")

    client.post(address, {"solved": "no", "words": "每天早上还会卡"})

    assert status(confirmed) == "new"
    assert confirmed.messages.get(direction="in").text == "每天早上还会卡"


@pytest.mark.parametrize("scores", [(0, 5, 5), (5, 6, 5), (5, 5, -1)])
def test_scores_run_from_one_to_five(confirmed, engineer, scores):
    with pytest.raises(Refused):
        finish_follow_up(FollowUp.objects.get(), solved=True, scores=scores, words="", by=engineer)
    assert (FollowUp.objects.get().status, status(confirmed)) == ("planned", "confirmed")


def test_an_answer_is_written_down_once(confirmed, engineer):
    row = FollowUp.objects.get()
    finish_follow_up(row, solved=True, scores=(5, 5, 5), words="", by=engineer)
    with pytest.raises(Refused):
        finish_follow_up(row, solved=False, scores=(1, 1, 1), words="又坏了", by=engineer)
    assert (FollowUp.objects.get().solved, status(confirmed)) == (True, "closed")


def test_three_tries_without_reaching_anybody_end_it_on_the_customers_own_confirmation(confirmed, engineer):
    row = FollowUp.objects.get()
    for tries in (1, 2):
        give_up_follow_up(row, by=engineer)
        row.refresh_from_db()
        assert (row.tries, row.status, status(confirmed)) == (tries, "planned", "confirmed")
        assert row.tries_owed == 3 - tries
    give_up_follow_up(row, by=engineer)
    row.refresh_from_db()
    assert (row.tries, row.tries_owed, row.status, status(confirmed)) == (3, 0, "missed", "closed")
    assert kinds(confirmed, "follow_up.missed") == ["follow_up.missed"] * 3


def test_who_served_cannot_give_the_follow_up_up_either(confirmed, agent):
    for _ in range(3):
        with pytest.raises(Refused):
            give_up_follow_up(FollowUp.objects.get(), by=agent)
    assert (FollowUp.objects.get().status, status(confirmed)) == ("planned", "confirmed")


def test_a_request_opened_again_drops_the_planned_follow_up(confirmed, agent, pump):
    confirmed.reopen(by=agent)
    pump()
    pump()
    assert FollowUp.objects.get().status == "dropped"


def test_an_expired_confirmation_is_followed_up_like_any_other(take, agent, pump):
    case = take()
    resolve_request(case, solution="x", by=agent)
    case.confirm("expired", by=None)
    pump()
    assert FollowUp.objects.get().request == case


def test_the_pages_write_it_down_for_colleagues_only(client, confirmed, engineer, agent, customer_user, stranger):
    row = FollowUp.objects.get()
    for outsider in (customer_user, stranger):
        client.force_login(outsider)
        assert client.get("/follow-ups/").status_code == 404
        assert client.post(f"/follow-ups/{row.pk}/", {"solved": "yes"}).status_code == 404
    client.force_login(engineer)
    assert confirmed.number in client.get("/follow-ups/").content.decode()
    wrong = client.post(f"/follow-ups/{row.pk}/", {"solved": "", "words": "听不清"})
    assert (wrong.status_code, list(wrong.context["form"].errors)) == (422, ["solved"])
    assert "听不清" in wrong.content.decode()
    done = client.post(f"/follow-ups/{row.pk}/", {"solved": "yes", "attitude": "5", "words": "好"})
    assert done["Location"] == "/follow-ups/"
    row.refresh_from_db()
    assert (row.status, row.attitude, row.quality, row.done_by) == ("done", 5, None, engineer)
    assert confirmed.number in client.get("/follow-ups/?view=done").content.decode()


def test_the_list_costs_the_same_for_one_and_for_ten(client, take, agent, engineer, pump):
    client.force_login(engineer)
    counts = []
    for number in (1, 9):
        for _ in range(number):
            case = take()
            resolve_request(case, solution="x", by=agent)
            case.confirm("spoken", by=agent)
        pump()
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/follow-ups/").status_code == 200
        counts.append(sum("clock_timestamp" not in q["sql"] for q in captured.captured_queries))
    assert counts[0] == counts[1] <= 6


def test_planning_takes_the_organisations_own_calendar(confirmed):
    assert FollowUp.objects.get().due_on - WEDNESDAY.date() == timedelta(days=10)
