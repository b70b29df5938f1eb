"""From the on-site service request to a dispatched visit: who may, what speaks against it, when it counts."""

from datetime import date, timedelta

import pytest

from shouhou.equipment.models import InstalledItem, Product
from shouhou.notices.models import Notice
from shouhou.people.actions import qualify
from shouhou.people.models import Leave
from shouhou.promises.models import Clock
from shouhou.requests.actions.talk import note_fact
from shouhou.requests.actions.visits import arrange_visit
from shouhou.requests.models import ServiceRequest, VisitRequest
from shouhou.requests.tests.make import at
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Event
from shouhou.shared.time import moved_to, now
from shouhou.visits.actions import planning
from shouhou.visits.models import Visit
from shouhou.visits.rules.conflicts import Conflict
from shouhou.visits.tests.make import HOUR, NINE, PLACE, TWO, ask, plan  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db


def clock(case, clause):
    return Clock.objects.filter(case_kind="request", case_id=case.pk, commitment__clause=clause).first()


@pytest.mark.clause("A3.5")
def test_dispatched_is_accepted_by_the_engineer_and_known_to_the_customer(ask, plan, manager, engineer, norm):
    wanted = ask()
    visit = plan(wanted)
    with moved_to(NINE + 2 * HOUR):
        planning.accept_visit(visit, by=engineer)
    wanted.refresh_from_db()
    assert wanted.status == "open"  # the customer does not know yet
    with moved_to(NINE + 3 * HOUR):
        planning.tell_customer(visit, by=manager, words="已电话告知")
    wanted.refresh_from_db()
    event = Event.objects.of(wanted.request).get(kind="visit.dispatched")
    assert (wanted.status, wanted.engineer, wanted.appointed_at) == ("arranged", engineer, TWO)
    assert abs(event.occurred_at - (NINE + 3 * HOUR)) < timedelta(seconds=5)


def test_the_customer_agrees_by_the_link_before_the_engineer_does(client, ask, plan, engineer):
    wanted = ask()
    visit = plan(wanted)
    with moved_to(NINE + 2 * HOUR):
        token = visit.new_link()
        here = f"/visits/appointment/{token}/"
        assert "14:00" in client.get(here).content.decode()
        assert Visit.objects.get().agreed_at is None  # looking agrees to nothing
        client.post(here, {"answer": "yes"})
    wanted.refresh_from_db()
    assert wanted.status == "open"
    with moved_to(NINE + 3 * HOUR):
        planning.accept_visit(Visit.objects.get(), by=engineer)
    wanted.refresh_from_db()
    assert wanted.status == "arranged"
    assert client.get("/visits/appointment/nothing/").status_code == 404


def test_the_customer_asks_for_another_time_and_the_dispatcher_hears(client, ask, plan, manager, engineer, pump):
    visit = plan(ask())
    with moved_to(NINE + 2 * HOUR):
        token = visit.new_link()
        assert client.post(f"/visits/appointment/{token}/", {"answer": "other", "wish": ""}).status_code == 422
        client.post(f"/visits/appointment/{token}/", {"answer": "other", "wish": "周三上午"})
        pump()
        assert Notice.objects.filter(user=manager, kind="visit.objected").exists()
        visit.refresh_from_db()
        assert (visit.objection, visit.agreed_at) == ("周三上午", None)
        planning.move_visit(visit, by=manager, starts_at=TWO + HOUR, ends_at=TWO + 2 * HOUR)
    visit.refresh_from_db()
    assert (visit.starts_at, visit.objection) == (TWO + HOUR, "")


@pytest.mark.clause("A3.18")
def test_an_urgent_wish_is_not_settled_by_a_click(ask, plan, manager, engineer, norm):
    wanted = ask(wish="urgent", wanted="今天必须来", available=())
    visit = plan(wanted, starts=at("2026-11-23 15:00"))
    with moved_to(NINE + HOUR * 1.2):
        planning.accept_visit(visit, by=engineer)
        planning.agree_by_link(visit)
        wanted.refresh_from_db()
        assert wanted.status == "open"
        planning.tell_customer(visit, by=manager, words="王工下午三点到")
    wanted.refresh_from_db()
    assert wanted.status == "arranged"
    assert Event.objects.of(wanted.request).filter(kind="manager.called_back").exists()


def test_what_speaks_against_it_is_named_and_needs_a_reason(ask, plan, manager, engineer, norm):
    first = plan(ask())
    wanted = ask()
    with pytest.raises(Refused, match="上门"):
        plan(wanted, starts=first.starts_at + HOUR / 2)
    Leave.objects.create(
        user=engineer, organisation=engineer.home, from_at=TWO + 3 * HOUR, until_at=TWO + 9 * HOUR, reason="事假",
        asked_at=NINE, status="approved",
    )  # fmt: skip
    found = planning.conflicts_of(wanted.request, wanted, engineer, TWO + 3 * HOUR, TWO + 4 * HOUR)
    assert found == [Conflict.AWAY]
    assert Conflict.ABSENT in planning.conflicts_of(wanted.request, wanted, engineer, TWO - 3 * HOUR, TWO - 2 * HOUR)
    late = wanted.promised_until + HOUR
    assert Conflict.LATE in planning.conflicts_of(wanted.request, wanted, engineer, late, late + HOUR)
    visit = plan(wanted, starts=first.starts_at + HOUR / 2, reason="同一栋楼，一起做")
    data = Event.objects.get(kind="visit.planned", subject_id=visit.pk).data
    assert data["conflicts"] == ["overlap"]


@pytest.mark.clause("D8")
def test_who_is_not_qualified_any_more_is_not_sent_without_a_reason(ask, plan, engineer, customer):
    product = Product.objects.create(name="终端", kind="device")
    item = InstalledItem.objects.create(organisation=customer.organisation, customer=customer, product=product)
    wanted = ask(item=item)
    qualify(user=engineer, skill="hardware", given_on=date(2025, 1, 1), until_on=date(2026, 11, 23), by=None)
    with pytest.raises(Refused, match="资格"):
        plan(wanted)
    qualify(user=engineer, skill="hardware", given_on=date(2026, 11, 24), by=None)
    assert plan(wanted).status == "planned"


@pytest.mark.clause("H2")
def test_who_works_on_it_from_afar_does_not_go_as_well(ask, plan, engineer, person):
    wanted = ask()
    with moved_to(NINE + HOUR / 2):
        wanted.request.note("remote.started", by=engineer)
    with pytest.raises(Refused):
        plan(wanted, reason="只有他会")
    second = person("second", "engineer")
    assert plan(wanted, who=second).engineer == second


@pytest.mark.clause("H2")
def test_who_was_sent_does_not_work_on_it_from_afar_until_the_visit_is_over(ask, manager, engineer, person):
    wanted, second = ask(), person("second", "engineer")
    with moved_to(NINE + HOUR):
        arrange_visit(wanted, by=manager, outcome="王工明天两点到", engineer=engineer, appointed_at=TWO)
    with moved_to(NINE + 2 * HOUR):
        with pytest.raises(Refused):
            note_fact(wanted.request, fact="remote.started", by=engineer)
        note_fact(wanted.request, fact="remote.started", by=second)
    with moved_to(TWO + 3 * HOUR):
        wanted.request.note("visit.departed", by=engineer)
        note_fact(wanted.request, fact="remote.started", by=engineer)


@pytest.mark.clause("A4.1")
def test_what_is_not_decided_is_not_dispatched(ask, plan):
    wanted = ask()
    ServiceRequest.objects.filter(pk=wanted.request_id).update(coverage="undecided")
    with pytest.raises(Refused, match="先判定"):
        plan(wanted)
    ServiceRequest.objects.filter(pk=wanted.request_id).update(coverage="paid")
    assert plan(wanted).status == "planned"


def test_an_agent_sends_nobody_and_nobody_is_sent_twice(ask, plan, agent, engineer, manager):
    wanted = ask()
    with pytest.raises(Refused), moved_to(NINE + HOUR):
        planning.plan_visit(wanted, engineer=engineer, starts_at=TWO, ends_at=TWO + HOUR, by=agent)
    with pytest.raises(Refused):
        plan(wanted, who=agent)
    plan(wanted)
    with pytest.raises(Refused):
        plan(wanted)
    assert Visit.objects.count() == 1


def test_an_engineer_named_on_the_telephone_s_page_has_the_visit_in_the_day_s_list(ask, manager, engineer, pump):
    wanted = ask()
    with moved_to(NINE + HOUR):
        arrange_visit(wanted, by=manager, outcome="王工明天两点到", engineer=engineer, appointed_at=TWO)
        pump()
        pump()
    visit = Visit.objects.get()
    assert (visit.engineer, visit.status, visit.starts_at, visit.visit_request) == (engineer, "accepted", TWO, wanted)
    planning.adopt_dispatch(VisitRequest.objects.get())
    assert Visit.objects.count() == 1


def test_an_engineer_who_cannot_go_says_why_and_another_is_asked(ask, plan, manager, engineer, person, pump):
    visit = plan(ask())
    with pytest.raises(Refused):
        visit.decline(by=engineer, reason=" ")
    visit.decline(by=engineer, reason="车坏了")
    pump()
    assert Notice.objects.filter(user=manager, kind="visit.declined").exists()
    second = person("second", "engineer")
    with moved_to(NINE + 2 * HOUR):
        planning.move_visit(visit, by=manager, starts_at=TWO, ends_at=TWO + HOUR, engineer=second)
    pump()
    visit.refresh_from_db()
    assert (visit.engineer, visit.people) == (second, {second.pk})
    assert Notice.objects.filter(user=second, kind="visit.handed_over").exists()


def test_what_is_fixed_moves_only_with_a_reason(ask, plan, manager):
    visit = plan(ask(), pinned=True)
    with moved_to(NINE + 2 * HOUR):
        with pytest.raises(Refused):
            planning.move_visit(visit, by=manager, starts_at=TWO + HOUR, ends_at=TWO + 2 * HOUR)
        planning.move_visit(visit, by=manager, starts_at=TWO + HOUR, ends_at=TWO + 2 * HOUR, reason="客户改期")
    visit.refresh_from_db()
    assert visit.starts_at == TWO + HOUR


def test_nobody_goes_for_a_request_that_is_cancelled(ask, plan, manager, pump):
    visit = plan(ask())
    visit.request.cancel(by=manager)
    pump()
    visit.refresh_from_db()
    assert (visit.status, visit.people == visit.people) == ("called_off", True)
    assert visit.bounds[-1][1] == []


def test_the_pages_of_dispatch(client, ask, plan, manager, engineer, agent):
    wanted = ask()
    client.force_login(manager)
    with moved_to(NINE + HOUR):
        assert wanted.number in client.get("/visits/").content.decode()
        page = client.get(f"/visits/plan/{wanted.pk}/").content.decode()
        assert engineer.name in page
        said = {"engineer": engineer.pk, "starts_at": "2026-11-24T14:00", "minutes": 60}
        assert client.post(f"/visits/plan/{wanted.pk}/", {**said, "minutes": 5}).status_code == 422
        assert client.post(f"/visits/plan/{wanted.pk}/", said).status_code == 302
        visit = Visit.objects.get()
        assert (visit.starts_at, visit.ends_at) == (TWO, TWO + HOUR)
        here = f"/visits/{visit.pk}/"
        client.post(f"{here}act/accept/")
        client.post(f"{here}act/tell/", {"words": "已告知"})
        assert VisitRequest.objects.get().status == "arranged"
        page = client.get("/visits/?day=2026-11-24").content.decode()
        assert f'data-visit="{visit.pk}"' in page
        client.post(f"{here}move/", {**said, "starts_at": "2026-11-24T15:30", "day": "2026-11-24"})
        visit.refresh_from_db()
        assert visit.starts_at == TWO + HOUR * 1.5
        assert client.post(f"{here}act/nonsense/").status_code == 404
        client.force_login(agent)
        client.post(f"{here}act/call-off/", {"words": "不去了"})
        visit.refresh_from_db()
        assert visit.status != "called_off"
    assert now()
