"""Who answers for a customer is named by who leads there; a customer that moves takes its own along."""

from datetime import date

import pytest

from shouhou.customers import actions
from shouhou.customers.actions import move_customer, save_customer
from shouhou.customers.models import Contact, Customer, Project, Site
from shouhou.people.actions import appoint
from shouhou.people.models import Organisation, User
from shouhou.people.rules import LEADING, Role
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Event

pytestmark = pytest.mark.django_db


def fields(customer: Customer, **changes) -> dict[str, object]:
    given = {
        "name": customer.name, "short_name": customer.short_name, "organisation": customer.organisation_id,
        "end_users": customer.end_users, "owner": customer.owner_id, "deputy": customer.deputy_id, **changes,
    }  # fmt: skip
    return {name: value for name, value in given.items() if value is not None}


def edit(client, customer: Customer, **changes) -> int:
    return int(client.post(f"/customers/{customer.pk}/edit/", fields(customer, **changes)).status_code)


@pytest.mark.parametrize("role", Role.values)
def test_only_who_leads_there_names_who_answers(client, person, customer, engineer, centre, role):
    client.force_login(person("li", role))
    edit(client, customer, owner=engineer.pk, address="天府大道 2 号")
    customer.refresh_from_db()
    assert (customer.owner == engineer) is (role in LEADING)
    assert customer.address == "天府大道 2 号"  # the rest is anybody's to correct


def test_who_does_not_lead_still_edits_the_rest_and_takes_nobody_away(client, agent, customer, engineer):
    Customer.objects.filter(pk=customer.pk).update(owner=engineer)
    client.force_login(agent)
    assert client.post(f"/customers/{customer.pk}/edit/", fields(customer, number="K-1")).status_code == 302
    customer.refresh_from_db()
    assert (customer.number, customer.owner) == ("K-1", engineer)


def test_a_role_that_leads_elsewhere_names_nobody_here(client, person, company, centre, customer, engineer):
    user = person("mixed", "duty_manager", organisation=centre)
    appoint(user=user, role=Role.TRAINER, organisation=company, from_on=date(2020, 1, 1), by=None)
    client.force_login(user)
    edit(client, customer, owner=engineer.pk, organisation=centre.pk)
    customer.refresh_from_db()
    assert (customer.owner, customer.organisation) == (None, company)

    customer.owner = engineer
    with pytest.raises(Refused):
        save_customer(customer, changed=["owner"], by=User.objects.get(pk=user.pk))
    with pytest.raises(Refused):
        move_customer(customer, organisation=centre, by=User.objects.get(pk=user.pk))


def test_people_out_of_sight_are_not_offered(client, person, company, centre, engineer):
    local = person("local", "duty_manager", organisation=centre)
    row = Customer.objects.create(organisation=centre, name="成都客户")
    client.force_login(local)
    for page in ("/customers/new/", f"/customers/{row.pk}/edit/"):
        assert {*client.get(page).context["form"].fields["owner"].queryset} == {local}
    assert edit(client, row, owner=engineer.pk) == 422


def test_whom_headquarters_named_stays_choosable(client, person, centre, engineer):
    row = Customer.objects.create(organisation=centre, name="成都客户", owner=engineer)
    client.force_login(person("local", "duty_manager", organisation=centre))
    assert edit(client, row, number="K-2") == 302
    row.refresh_from_db()
    assert (row.owner, row.number) == (engineer, "K-2")


@pytest.fixture
def moving(customer, company, centre, person, engineer, monkeypatch):
    """A customer with rows below it; and what the rooms above were told."""
    Project.objects.create(organisation=company, customer=customer, name="平台", manager=engineer)
    local = person("local", "engineer", organisation=centre)
    Customer.objects.filter(pk=customer.pk).update(owner=local, deputy=engineer)
    customer.refresh_from_db()
    told: list[Organisation] = []
    monkeypatch.setattr(actions, "FOLLOWERS", [*actions.FOLLOWERS, lambda c: told.append(c.organisation)])
    return told


def test_a_customer_moves_with_everything_below_it_and_on_record(
    client, moving, customer, centre, manager, engineer, company
):
    client.force_login(manager)
    assert edit(client, customer, organisation=centre.pk, number="K-3") == 302

    for rows in (Customer, Site, Contact, Project):
        assert set(rows.objects.values_list("organisation_id", flat=True)) == {centre.pk}, rows
    assert moving == [centre]
    customer.refresh_from_db()
    assert customer.number == "K-3"
    event = Event.objects.get(kind="customer.moved")
    assert (event.by_id, event.customer_id, event.organisation_id) == (manager.pk, customer.pk, company.pk)
    assert event.data == {"from": company.pk, "to": centre.pk}
    edited = Event.objects.get(kind="customer.edited")
    assert edited.data == {"fields": ["number"]}


def test_who_loses_sight_of_it_answers_no_longer(moving, customer, person, manager, centre, company):
    other = Organisation.objects.create(name="西安服务中心", parent=company)
    move_customer(customer, organisation=other, by=manager)
    customer.refresh_from_db()
    assert customer.owner is None  # of the centre in Chengdu
    assert customer.deputy is not None  # of headquarters, which sees all
    named = Event.objects.get(kind="customer.owner_named")
    assert named.data == {"owner": None, "deputy": customer.deputy_id}


def test_moving_to_where_it_is_records_nothing(moving, customer, manager, company):
    move_customer(customer, organisation=company, by=manager)
    assert (moving, Event.objects.filter(kind="customer.moved").exists()) == ([], False)
