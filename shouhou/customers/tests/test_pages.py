"""The pages of customers, and who may open them."""

import pytest

from shouhou.customers.models import Contact, Customer, Project, Site
from shouhou.people.models import User
from shouhou.people.rules import Role
from shouhou.shared.models import Event
from shouhou.shared.time import now

pytestmark = pytest.mark.django_db
LOCAL = ["new/", "{pk}/edit/", "{pk}/contacts/new/", "contacts/{contact}/", "{pk}/sites/new/", "{pk}/projects/new/"]


def addresses(customer: Customer) -> list[str]:
    contact = customer.contacts.get()
    return ["/customers/"] + ["/customers/" + a.format(pk=customer.pk, contact=contact.pk) for a in LOCAL]


def fields(customer: Customer, **changes) -> dict[str, object]:
    return {
        "name": customer.name,
        "short_name": "市民中心",
        "organisation": customer.organisation_id,
        "end_users": 5,
        **changes,
    }


@pytest.mark.parametrize("role", Role.values)
def test_every_colleague_opens_the_pages_of_customers(client, person, customer, role):
    client.force_login(person("li", role))
    assert {a: client.get(a).status_code for a in addresses(customer)} == dict.fromkeys(addresses(customer), 200)


def test_a_customer_does_not_learn_that_they_exist(client, customer_user, customer):
    client.force_login(customer_user)
    for address in addresses(customer):
        assert (client.get(address).status_code, client.post(address).status_code) in [(404, 404), (404, 405)], address


def test_another_branch_does_not_see_them(client, person, company, centre, customer):
    client.force_login(person("local", "engineer", organisation=centre))
    for address in addresses(customer)[2:]:
        assert client.get(address).status_code == client.post(address, fields(customer)).status_code == 404, address
    assert "市民中心" not in client.get("/customers/").content.decode()


def test_the_list_finds_by_name_short_name_and_number_and_leaves_out_who_retired(client, agent, customer, company):
    Customer.objects.create(organisation=company, name="锦江医院", number="KH77")
    Customer.objects.create(organisation=company, name="旧客户", retired_at=now())
    client.force_login(agent)

    def found(words: str) -> set[str]:
        return {row.name for row in client.get("/customers/", {"q": words}).context["rows"]}

    assert found("") == {"蓉城市民服务中心", "锦江医院"}
    assert found("市民") == found("市民中心") == {"蓉城市民服务中心"}
    assert found("kh7") == {"锦江医院"}
    assert found("旧") == found("%") == found("%%") == found("_") == set()


def test_a_long_list_comes_in_pages(client, agent, company):
    Customer.objects.bulk_create(Customer(organisation=company, name=f"客户{n:03}") for n in range(120))
    client.force_login(agent)
    seen, after = [], ""
    for _page in range(3):
        context = client.get("/customers/", {"after": after}).context
        seen += [row.name for row in context["rows"]]
        after = context["after"]
    assert (len(seen), len(set(seen)), after) == (120, 120, "")


def test_a_new_customer_is_recorded_with_who_answers_for_it(client, agent, engineer, manager, company):
    client.force_login(agent)
    given = {"name": "新客户", "organisation": company.pk, "end_users": 0, "owner": engineer.pk, "deputy": manager.pk}
    answer = client.post("/customers/new/", given)

    row = Customer.objects.get(name="新客户")
    assert (answer.status_code, answer["Location"]) == (302, f"/customers/{row.pk}/")
    event = Event.objects.get(kind="customer.owner_named", subject_id=row.pk)
    assert (event.by_id, event.customer_id) == (agent.pk, row.pk)
    assert event.data == {"owner": engineer.pk, "deputy": manager.pk}


def test_an_edit_records_which_fields_changed_but_not_their_words(client, agent, customer):
    client.force_login(agent)
    client.post(f"/customers/{customer.pk}/edit/", fields(customer, address="天府大道 2 号"))
    event = Event.objects.get(kind="customer.edited")
    assert set(event.data["fields"]) == {"address", "end_users"}
    assert "天府" not in str(event.data)
    assert not Event.objects.filter(kind="customer.owner_named").exists()


@pytest.mark.parametrize("role", [None, "agent", "trainer"])
def test_only_people_who_can_answer_are_offered_as_responsible(client, manager, person, customer, role):
    other = person("other", *([role] if role else []))
    client.force_login(manager)
    answer = client.post(f"/customers/{customer.pk}/edit/", fields(customer, owner=other.pk))
    customer.refresh_from_db()
    assert (answer.status_code, customer.owner_id) == (422, None)


def test_the_deputy_is_another_person(client, manager, engineer, customer):
    client.force_login(manager)
    sent = client.post(f"/customers/{customer.pk}/edit/", fields(customer, owner=engineer.pk, deputy=engineer.pk))
    assert sent.status_code == 422


def test_a_customer_is_not_given_to_an_organisation_out_of_sight(client, person, company, centre):
    row = Customer.objects.create(organisation=centre, name="成都客户")
    client.force_login(person("local", "duty_manager", organisation=centre))
    assert client.post(f"/customers/{row.pk}/edit/", fields(row, organisation=company.pk)).status_code == 422


@pytest.mark.parametrize("wrong", [{"name": ""}, {"name": "蓉城市民服务中心"}, {"end_users": -1}, {"organisation": ""}])
def test_a_wrong_customer_is_not_made(client, agent, customer, wrong):
    client.force_login(agent)
    answer = client.post("/customers/new/", fields(customer, **{"name": "另一家", **wrong}))
    assert answer.status_code == 422
    assert Customer.objects.count() == 1


def test_a_contact_with_several_numbers(client, agent, customer):
    client.force_login(agent)
    answer = client.post(
        f"/customers/{customer.pk}/contacts/new/",
        {"name": "李建国", "phones": "028-85331234转809； 13900139000;13900139000"},
    )
    assert answer.status_code == 302
    contact = Contact.objects.get(name="李建国")
    assert sorted(contact.phones.values_list("e164", "extension")) == [("+8613900139000", ""), ("+862885331234", "809")]
    assert contact.organisation == customer.organisation


def test_the_numbers_of_a_contact_stand_in_the_form_and_can_be_changed(client, agent, customer, contact):
    client.force_login(agent)
    page = client.get(f"/customers/contacts/{contact.pk}/").content.decode()
    assert "028-8533 1234 转 808; 138 0013 8000" in page
    client.post(f"/customers/contacts/{contact.pk}/", {"name": "陈芳", "phones": "13700137000"})
    assert [p.e164 for p in contact.phones.all()] == ["+8613700137000"]


def test_an_endless_number_is_refused_not_a_breakdown(client, agent, customer):
    client.force_login(agent)
    sent = client.post(f"/customers/{customer.pk}/contacts/new/", {"name": "X", "phones": "转" * 100})
    assert sent.status_code == 422


def test_a_contact_is_not_put_at_another_customer_s_site(client, agent, customer, company):
    other = Customer.objects.create(organisation=company, name="别家")
    site = Site.objects.create(organisation=company, customer=other, name="别处")
    client.force_login(agent)
    sent = client.post(f"/customers/{customer.pk}/contacts/new/", {"name": "X", "phones": "", "site": site.pk})
    assert sent.status_code == 422


def test_a_site_of_the_same_name_twice_is_refused_not_a_breakdown(client, agent, customer):
    client.force_login(agent)
    assert client.post(f"/customers/{customer.pk}/sites/new/", {"name": "新分厅"}).status_code == 302
    assert client.post(f"/customers/{customer.pk}/sites/new/", {"name": "新分厅"}).status_code == 422
    assert customer.sites.filter(name="新分厅").count() == 1


def test_a_project_names_its_manager_and_its_support_engineer(client, agent, person, customer):
    boss, helper = person("boss", "project_manager"), person("helper", "engineer")
    client.force_login(agent)
    given = {
        "name": "一体化平台",
        "stage": "free",
        "manager": boss.pk,
        "support_engineer": helper.pk,
        "accepted_on": "2026-01-15",
    }
    assert client.post(f"/customers/{customer.pk}/projects/new/", given).status_code == 302
    project = Project.objects.get()
    assert (project.manager, project.support_engineer, project.organisation) == (boss, helper, customer.organisation)


@pytest.mark.parametrize("missing", ["manager", "name", "stage"])
def test_a_project_without_them_is_not_made(client, agent, engineer, customer, missing):
    client.force_login(agent)
    given = {"name": "平台", "stage": "free", "manager": engineer.pk}
    del given[missing]
    assert client.post(f"/customers/{customer.pk}/projects/new/", given).status_code == 422
    assert not Project.objects.exists()


def test_who_holds_no_role_is_not_offered_for_a_project(client, agent, person, customer):
    client.force_login(agent)
    given = {"name": "平台", "stage": "free", "manager": person("nobody").pk}
    assert client.post(f"/customers/{customer.pk}/projects/new/", given).status_code == 422


def test_a_retired_contact_is_no_door_any_more(client, customer_user, contact, customer):
    client.force_login(customer_user)
    assert client.get("/portal/").status_code == 200
    contact.retired_at = now()
    contact.save()
    assert client.get("/portal/").status_code in (302, 403, 404)
    assert not Customer.objects.visible_to(User.objects.get(pk=customer_user.pk)).exists()
