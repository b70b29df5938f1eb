"""What the telephone does not solve: consent, wish or urgency, and what the duty manager makes of it."""

from datetime import timedelta

import pytest

from shouhou.notices.models import Notice
from shouhou.requests.actions.visits import Where, arrange_visit, ask_for_visit, visit_due
from shouhou.requests.models import VisitRequest
from shouhou.requests.tests.make import at, clock, kinds, states, sweep
from shouhou.shared.lifecycle import Refused
from shouhou.shared.time import moved_to, now

pytestmark = pytest.mark.django_db
WHERE = Where("蓉城市民服务中心", "天府大道 1 号", "陈芳", "028-8533 1234")
MONDAY = at("2026-10-12 10:00")


@pytest.fixture
def case(take, norm):
    with moved_to(MONDAY):
        yield take(customer=None, contact=None, caller_name="陈芳", caller_phone="028-1", caller_unit="市民中心")


@pytest.fixture
def known(take, norm):
    with moved_to(MONDAY):
        yield take()


@pytest.mark.clause("A3.14")
def test_the_step_speaks_the_computed_date(client, agent, known):
    client.force_login(agent)
    page = client.get(f"/hotline/requests/{known.pk}/visit/")
    due = visit_due(known, now())
    assert due == at("2026-10-15 18:00")  # three days, to the end of the company's hours
    assert "10月15日" in page.context["words"]
    assert "18:00" in page.context["words"]
    assert page.context["words"] in page.content.decode()


@pytest.mark.clause("A3.15", "A3.16")
def test_consent_makes_the_numbered_printable_request(client, agent, known):
    client.force_login(agent)
    address = f"/hotline/requests/{known.pk}/visit/"
    form = client.get(address).context["form"]
    halves = [value for value, _label in form.fields["available"].choices]
    assert "2026-10-13 am" in halves
    sent = {
        "wish": "agreed", "available": ["2026-10-13 am", "2026-10-14 pm"], "unit": WHERE.unit, "address": WHERE.address,
        "contact_name": WHERE.contact_name, "phone": WHERE.phone,
    }  # fmt: skip
    without = client.post(address, sent | {"available": []})
    assert without.status_code == 422
    assert "available" in without.context["form"].errors
    answer = client.post(address, sent)
    visit = VisitRequest.objects.get()
    assert answer.url == f"/hotline/visits/{visit.pk}/"
    assert visit.number.startswith("VR-2026-")
    printed = client.get(answer.url).content.decode()
    for word in (visit.number, WHERE.address, "10月13日", known.number):
        assert word in printed
    known.refresh_from_db()
    assert known.needs_visit
    assert kinds(known, "visit.requested") == ["visit.requested"]
    assert states(known)["a3_16"] == "running"


@pytest.mark.clause("A3.17")
def test_a_wish_goes_to_the_duty_manager_who_phones_the_outcome(client, agent, manager, known, pump):
    visit = ask_for_visit(known, wish="special", where=WHERE, wanted="下周一,要上次的王工", by=agent)
    pump()
    assert Notice.objects.filter(user=manager, kind="visit.wished").count() == 1
    client.force_login(manager)
    assert "要上次的王工" in client.get("/hotline/").content.decode()
    answer = client.post(f"/hotline/visits/{visit.pk}/", {"outcome": "已电话告知陈芳:下周一 9 点王工到"})
    assert answer.status_code == 302, answer.content.decode()
    visit.refresh_from_db()
    assert (visit.status, visit.arranged_by) == ("arranged", manager)
    assert kinds(known, "manager.called_back", "visit.wished") == ["visit.wished", "manager.called_back"]
    assert "要上次的王工" not in client.get("/hotline/").content.decode()


@pytest.mark.clause("A3.18")
def test_an_urgent_wish_is_called_back_within_the_hour(agent, manager, known, pump):
    visit = ask_for_visit(known, wish="urgent", where=WHERE, wanted="今天下午必须来人", by=agent)
    pump()
    assert Notice.objects.filter(user=manager, kind="visit.urgent_requested").exists()
    owed = clock(known, "a3_18")
    assert owed.due_at == visit.taken_at + timedelta(hours=1)
    with moved_to(MONDAY + timedelta(minutes=59)):
        arrange_visit(visit, by=manager, outcome="今天 15 点王强到")
    assert states(known)["a3_18"] == "met"


@pytest.mark.clause("A3.18")
def test_nobody_calls_back_and_the_hour_is_broken(agent, known):
    visit = ask_for_visit(known, wish="urgent", where=WHERE, wanted="今天", by=agent)
    with moved_to(visit.taken_at + timedelta(hours=1, seconds=1)):
        sweep()
    assert states(known)["a3_18"] == "broken"


@pytest.mark.clause("A3.5")
def test_naming_the_engineer_and_the_time_dispatches(agent, manager, engineer, known, norm):
    known.note("call.answered", by=agent, occurred_at=now(), data={})
    visit = ask_for_visit(known, wish="agreed", where=WHERE, available=["2026-10-13 am"], by=agent)
    assert states(known)["a3_5"] == "running"
    with pytest.raises(Refused):
        arrange_visit(visit, by=manager, outcome="会来人")
    arrange_visit(visit, by=manager, outcome="明天 9 点王强到", engineer=engineer, appointed_at=at("2026-10-13 09:00"))
    assert states(known)["a3_5"] == "met"
    assert kinds(known, "visit.dispatched") == ["visit.dispatched"]


def test_an_engineer_without_a_time_is_half_an_arrangement(agent, manager, engineer, known):
    visit = ask_for_visit(known, wish="urgent", where=WHERE, wanted="今天", by=agent)
    with pytest.raises(Refused):
        arrange_visit(visit, by=manager, outcome="x", engineer=engineer)


@pytest.mark.parametrize("who", ["agent", "engineer", "supervisor"])
def test_only_the_duty_manager_s_own_call_counts(request, agent, known, who):
    visit = ask_for_visit(known, wish="urgent", where=WHERE, wanted="今天", by=agent)
    with pytest.raises(Refused):
        arrange_visit(visit, by=request.getfixturevalue(who), outcome="x")


def test_one_open_request_at_a_time_and_none_on_an_ended_case(agent, known):
    ask_for_visit(known, wish="urgent", where=WHERE, wanted="今天", by=agent)
    with pytest.raises(Refused):
        ask_for_visit(known, wish="urgent", where=WHERE, wanted="明天", by=agent)
    known.cancel(by=agent)
    with pytest.raises(Refused):
        ask_for_visit(known, wish="urgent", where=WHERE, wanted="明天", by=agent)


def test_what_lacks_is_named(agent, known):
    with pytest.raises(Refused, match="地址"):
        ask_for_visit(known, wish="urgent", where=Where("x", " ", "x", "1"), wanted="今天", by=agent)
    with pytest.raises(Refused):
        ask_for_visit(known, wish="special", where=WHERE, wanted=" ", by=agent)
    assert not VisitRequest.objects.exists()


def test_without_a_promise_the_page_asks_for_the_wish(client, agent, take):
    client.force_login(agent)
    page = client.get(f"/hotline/requests/{take().pk}/visit/")
    assert page.context["until"] is None
    assert page.status_code == 200


def test_the_call_back_is_not_before_the_wish_nor_in_the_future(agent, manager, known):
    visit = ask_for_visit(known, wish="urgent", where=WHERE, wanted="今天", by=agent)
    for when in (visit.taken_at - timedelta(minutes=1), now() + timedelta(minutes=5)):
        with pytest.raises(Refused):
            arrange_visit(visit, by=manager, outcome="x", called_at=when)
