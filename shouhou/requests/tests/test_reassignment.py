"""Exactly one accountable owner at every moment (A1.10), and who that is from the first one (H6, J8, D1)."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from procrastinate.contrib.django import app

from shouhou.customers.models import Customer
from shouhou.people.models import Organisation
from shouhou.requests.actions.handover import (
    accept_reassignment,
    decline_reassignment,
    escalate,
    nearest_first,
    offer_reassignment,
    withdraw_reassignment,
)  # fmt: skip
from shouhou.requests.actions.intake import take_request
from shouhou.requests.models import Reassignment, ServiceRequest
from shouhou.requests.tests.make import at, clock, kinds
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Event
from shouhou.shared.time import moved_to

NINE = at("2026-06-08 09:00")


def watch() -> None:
    app.tasks["shouhou.requests.jobs.watch_requests"].func(timestamp=0)


def owner(case):
    return ServiceRequest.objects.get(pk=case.pk).owner


@pytest.fixture
def offered(take, agent, engineer, manager):
    """The agent has offered the request to the engineer, at nine."""
    with moved_to(NINE):
        case = take()
        return case, offer_reassignment(case, taker=engineer, reason="需要现场工程师", by=agent)


@pytest.mark.clause("A1.10")
def test_the_giver_stays_the_owner_until_the_taker_accepts(offered, agent, engineer):
    case, row = offered
    assert owner(case) == agent
    assert (row.state, row.kind, row.giver, row.taker) == ("offered", "sideways", agent, engineer)

    with moved_to(NINE + timedelta(minutes=14)):
        accept_reassignment(row, by=engineer)

    case.refresh_from_db()
    assert (case.owner, case.reassignments, row.state) == (engineer, 1, "accepted")
    assert kinds(case, "reassignment.offered", "reassignment.accepted") == [
        "reassignment.offered", "reassignment.accepted",
    ]  # fmt: skip


@pytest.mark.clause("A1.10")
def test_declining_needs_a_reason_and_leaves_the_giver_the_owner(offered, agent, engineer):
    case, row = offered
    with pytest.raises(Refused):
        decline_reassignment(row, by=engineer, answer=" ")
    assert Reassignment.objects.get().state == "offered"

    decline_reassignment(row, by=engineer, answer="今天在外地")

    assert (owner(case), Reassignment.objects.get().answer) == (agent, "今天在外地")
    for late in (
        lambda: accept_reassignment(row, by=engineer),
        lambda: decline_reassignment(row, by=engineer, answer="x"),
    ):
        with pytest.raises(Refused):
            late()
    assert ServiceRequest.objects.get().reassignments == 0


@pytest.mark.clause("A1.10")
def test_fifteen_minutes_unaccepted_it_goes_to_the_duty_manager_once(offered, agent, manager):
    case, row = offered
    with moved_to(NINE + timedelta(minutes=14, seconds=50)):
        watch()
    assert owner(case) == agent

    with moved_to(NINE + timedelta(minutes=15, seconds=5)):
        watch()
        watch()

    row.refresh_from_db()
    assert (owner(case), row.state, row.taker != manager) == (manager, "escalated", True)
    assert kinds(case, "reassignment.escalated") == ["reassignment.escalated"]
    assert ServiceRequest.objects.get().reassignments == 1


@pytest.mark.clause("A1.10")
def test_who_was_too_late_cannot_accept(offered, engineer, manager):
    case, row = offered
    with moved_to(NINE + timedelta(minutes=16)):
        watch()
        with pytest.raises(Refused):
            accept_reassignment(row, by=engineer)
    assert owner(case) == manager


@pytest.mark.clause("A1.10")
def test_the_third_sideways_offer_goes_to_the_duty_manager(take, person, agent, engineer, manager):
    third = person("third", "engineer")
    with moved_to(NINE):
        case = take()
        accept_reassignment(offer_reassignment(case, taker=engineer, reason="一", by=agent), by=engineer)
        case.refresh_from_db()
        decline_reassignment(offer_reassignment(case, taker=third, reason="二", by=engineer), by=third, answer="不会")
        last = offer_reassignment(case, taker=agent, reason="三", by=engineer)

    last.refresh_from_db()
    assert (owner(case), last.state) == (manager, "escalated")


@pytest.mark.clause("A1.10")
def test_dispatch_by_the_duty_manager_and_escalation_to_them_are_no_sideways_passing(take, agent, engineer, manager):
    case = take()
    rows = []
    for giver, taker in ((manager, engineer), (manager, agent), (agent, manager), (manager, engineer)):
        row = offer_reassignment(case, taker=taker, reason="派工", by=giver)
        accept_reassignment(row, by=taker)
        rows.append(row)
        case.refresh_from_db()
    assert [row.kind for row in rows] == ["dispatch", "dispatch", "escalation", "dispatch"]
    assert (case.owner, case.reassignments) == (engineer, 4)


@pytest.mark.parametrize("reason", ["", "  "])
def test_nobody_passes_a_request_on_without_a_reason(take, agent, engineer, reason):
    case = take()
    with pytest.raises(Refused):
        offer_reassignment(case, taker=engineer, reason=reason, by=agent)
    assert (Reassignment.objects.count(), owner(case)) == (0, agent)


def test_only_the_owner_or_who_leads_gives_and_only_the_taker_answers(take, agent, engineer, person, manager, stranger):
    other = person("other", "agent")
    case = take()
    for by in (other, stranger):
        with pytest.raises(Refused):
            offer_reassignment(case, taker=engineer, reason="x", by=by)
    for taker in (agent, stranger):  # who owns it already, and who is no colleague
        with pytest.raises(Refused):
            offer_reassignment(case, taker=taker, reason="x", by=manager)
    row = offer_reassignment(case, taker=engineer, reason="x", by=agent)
    for by in (agent, other, manager):
        with pytest.raises(Refused):
            accept_reassignment(row, by=by)
    assert owner(case) == agent


def test_one_offer_at_a_time(offered, agent, manager, person):
    case, _row = offered
    with pytest.raises(Refused), moved_to(NINE):
        offer_reassignment(case, taker=person("b", "engineer"), reason="x", by=agent)
    with pytest.raises(IntegrityError), transaction.atomic():
        Reassignment.objects.create(
            request=case, giver=agent, taker=manager, kind="sideways", reason="x", offered_at=NINE, accept_by=NINE
        )


def test_without_a_duty_manager_the_offer_is_withdrawn_and_the_giver_keeps_it(take, agent, engineer):
    with moved_to(NINE):
        case = take()
        row = offer_reassignment(case, taker=engineer, reason="x", by=agent)
        escalate(row, by=None)
    row.refresh_from_db()
    assert (owner(case), row.state) == (agent, "withdrawn")


def test_reassigning_changes_no_clock(agreement, take, agent, engineer):
    agreement("application_maintenance")
    with moved_to(NINE):
        case = take()
        due = clock(case, "i9").due_at
        accept_reassignment(offer_reassignment(case, taker=engineer, reason="x", by=agent), by=engineer)
    assert (clock(case, "i9").due_at, clock(case, "i9").state) == (due, "running")


def test_a_request_cannot_lose_its_owner(take):
    case = take()
    with pytest.raises(IntegrityError), transaction.atomic():
        ServiceRequest.objects.filter(pk=case.pk).update(owner=None)


def test_an_offer_ends_with_its_request(offered, agent, manager):
    case, row = offered
    with moved_to(NINE + timedelta(minutes=5)):
        case.cancel(by=agent)
    with moved_to(NINE + timedelta(minutes=20)):
        with pytest.raises(Refused):
            accept_reassignment(row, by=row.taker)
        watch()
    assert owner(case) == agent
    assert Reassignment.objects.get().state == "withdrawn"


# --- the first owner ------------------------------------------------------------------------------


@pytest.mark.clause("H6")
@pytest.mark.parametrize(
    ("named", "active", "expected"),
    [
        (("engineer", "agent"), True, "engineer"),
        (("engineer", "agent"), False, "agent"),  # the person responsible has left: the deputy
        ((None, "agent"), True, "agent"),
        ((None, None), True, "manager"),
    ],
)
def test_a_request_nobody_took_falls_to_who_answers_for_the_customer(
    customer, contact, customer_user, agent, engineer, manager, named, active, expected
):
    people = {"engineer": engineer, "agent": agent, "manager": manager, None: None}
    Customer.objects.filter(pk=customer.pk).update(owner=people[named[0]], deputy=people[named[1]])
    if not active:
        engineer.is_active = False
        engineer.save()
    customer.refresh_from_db()

    case = take_request(by=customer_user, subject="报表打不开", channel="portal", customer=customer, contact=contact)

    assert case.owner == people[expected]


@pytest.mark.clause("H6")
def test_a_customers_deputy_is_another_person(customer, engineer):
    with pytest.raises(IntegrityError), transaction.atomic():
        Customer.objects.filter(pk=customer.pk).update(owner=engineer, deputy=engineer)


def test_where_nobody_answers_intake_says_whom_to_appoint(customer, customer_user):
    with pytest.raises(Refused, match="华信软件"):
        take_request(by=customer_user, subject="x", channel="portal", customer=customer)


@pytest.mark.clause("D1", "J8")
def test_the_local_centre_of_the_customer_is_first_responsible_and_headquarters_sees_all(
    company, centre, person, agent, take
):
    local = person("local", "agent", organisation=centre)
    other_centre = type(centre).objects.create(name="重庆服务中心", kind="centre", parent=company)
    other = person("other", "duty_manager", organisation=other_centre)
    theirs = Customer.objects.create(organisation=centre, name="成都图书馆")

    near = take_request(by=agent, subject="近", customer=theirs)  # headquarters took the call
    far = take()

    assert near.organisation == centre
    seen = {user.username: set(ServiceRequest.objects.visible_to(user)) for user in (agent, local, other)}
    assert seen == {"agent": {near, far}, "local": {near}, "other": set()}
    for act in (lambda: near.begin(by=other), lambda: offer_reassignment(near, taker=local, reason="x", by=other)):
        with pytest.raises(Refused):
            act()
    assert Event.objects.of(near).first().organisation_id == centre.pk


@pytest.mark.clause("J8")
def test_escalations_go_to_the_nearest_duty_manager(company, centre, person, manager):
    near = person("near", "duty_manager", organisation=centre)
    theirs = Customer.objects.create(organisation=centre, name="成都图书馆")
    case = take_request(by=None, subject="监控告警", channel="monitoring", customer=theirs)
    assert case.owner == near
    assert near != manager


@pytest.mark.clause("A1.10")
def test_who_offered_it_may_take_the_offer_back_and_nobody_else_may(offered, agent, engineer, manager, person):
    case, row = offered
    bystander = person("bystander", "agent")
    for other in (bystander, engineer):
        with pytest.raises(Refused):
            withdraw_reassignment(row, by=other)
    withdraw_reassignment(row, by=agent)
    assert (owner(case), Reassignment.objects.get().state) == (agent, "withdrawn")
    assert kinds(case, "reassignment.withdrawn") == ["reassignment.withdrawn"]
    with pytest.raises(Refused):
        accept_reassignment(row, by=engineer)
    offer_reassignment(case, taker=engineer, reason="还是需要", by=agent)


@pytest.mark.clause("A1.10")
def test_the_reason_stays_on_the_time_line_after_it_was_accepted(client, offered, engineer):
    case, row = offered
    accept_reassignment(row, by=engineer)
    client.force_login(engineer)
    assert "需要现场工程师" in client.get(f"/requests/{case.pk}/").content.decode()


@pytest.mark.clause("J8")
def test_the_service_organisation_of_the_customers_region_is_proposed_first(client, take, customer, person, company):
    company.region = "上海"
    company.save()
    centre = Organisation.objects.create(name="西南服务中心", parent=company, region="四川", kind="centre")
    customer.region, customer.organisation = "四川 成都", centre
    customer.save()
    person("a_far", "engineer")
    person("z_near", "engineer", organisation=centre)
    case = take(customer=customer, organisation=centre)

    order = [words for _pk, words in nearest_first(case)]

    assert "z_near" in order[0]
    assert "西南服务中心" in order[0]
    assert order[0] != "z_near · 西南服务中心"  # marked as the nearest
    assert "a_far · " in " ".join(order[1:])
