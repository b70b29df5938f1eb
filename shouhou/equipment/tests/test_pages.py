"""Adding and editing what is installed, from the customer's page."""

import pytest

from shouhou.customers.models import Customer, Site
from shouhou.equipment.models import InstalledItem, Product
from shouhou.people.models import Organisation
from shouhou.people.rules import Role
from shouhou.shared.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def product(company):
    return Product.objects.create(name="自助服务终端 ZT-3200", kind="device")


@pytest.fixture
def item(customer, product):
    return InstalledItem.objects.create(
        organisation=customer.organisation, customer=customer, product=product, serial_number="SN1", version="4.2"
    )


def fields(**changes):
    given = {"product": "", "new_product": "", "new_kind": "software", "version": "", "serial_number": ""}
    return {**given, **changes}


def edited(item: InstalledItem, **changes):
    given = {"product": item.product_id, "version": item.version, "serial_number": item.serial_number}
    return fields(**{**given, **changes})


def add(client, customer, **changes):
    return client.post(f"/equipment/of/{customer.pk}/new/", fields(**changes))


def addresses(item: InstalledItem) -> list[str]:
    return [f"/equipment/of/{item.customer_id}/new/", f"/equipment/{item.pk}/edit/", f"/equipment/{item.pk}/"]


@pytest.mark.parametrize("role", Role.values)
def test_whoever_edits_customers_keeps_their_items(client, person, item, role):
    client.force_login(person("li", role))
    assert {a: client.get(a).status_code for a in addresses(item)} == dict.fromkeys(addresses(item), 200)


def test_neither_customers_nor_another_branch_learn_of_these_pages(client, person, centre, customer_user, item):
    for user in (customer_user, person("local", "engineer", organisation=centre)):
        client.force_login(user)
        for address in addresses(item):
            assert client.get(address).status_code == 404, address
        assert client.post(addresses(item)[0], fields(new_product="假")).status_code == 404
        assert client.post(addresses(item)[1], edited(item, version="9")).status_code == 404
    client.force_login(customer_user)
    assert client.get("/equipment/products/").status_code == 404
    assert not Event.objects.filter(subject_kind="item").exists()


def test_an_item_of_a_known_product_is_added_with_its_dates_and_recorded(client, agent, customer, product):
    client.force_login(agent)
    site = customer.sites.get()
    answer = add(
        client, customer, product=product.pk, serial_number="SN9", site=site.pk, certified_on="2026-03-01",
        accepted_on="2026-04-01", warranty_from="2026-04-02", warranty_until="2027-04-01",
    )  # fmt: skip
    row = InstalledItem.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/equipment/{row.pk}/")
    assert (row.customer, row.organisation, row.product, row.site) == (customer, customer.organisation, product, site)
    event = Event.objects.get(kind="item.added")
    assert (event.subject_id, event.customer_id, event.by_id) == (row.pk, customer.pk, agent.pk)
    page = client.get(answer["Location"]).content.decode()
    assert all(words in page for words in ("SN9", "2026-03-01", "2026-04-01", "2026-04-02 – 2027-04-01"))


def test_a_new_product_is_made_once_with_its_first_item(client, agent, customer):
    client.force_login(agent)
    for serial in ("A1", "A2"):
        assert (
            add(client, customer, new_product=" 叫号 屏 ", new_kind="device", serial_number=serial).status_code == 302
        )
    product = Product.objects.get()
    assert (product.name, product.kind, product.items.count()) == ("叫号 屏", "device", 2)


def test_an_edit_records_which_fields_changed_but_not_their_words(client, agent, item):
    client.force_login(agent)
    sent = edited(item, version="5.0", new_product="叫号屏", product="", warranty_until="2027-01-01")
    assert client.post(f"/equipment/{item.pk}/edit/", sent).status_code == 302
    item.refresh_from_db()
    assert (item.version, item.product.name, str(item.warranty_until)) == ("5.0", "叫号屏", "2027-01-01")
    event = Event.objects.get(kind="item.edited")
    assert event.data == {"fields": ["product", "version", "warranty_until"]}
    assert "叫号屏" not in str(event.data)


def test_nothing_changed_is_nothing_recorded(client, agent, item):
    client.force_login(agent)
    assert client.post(f"/equipment/{item.pk}/edit/", edited(item)).status_code == 302
    assert not Event.objects.filter(kind="item.edited").exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {},  # no product at all
        {"product": "known", "new_product": "另一个"},  # two of them
        {"product": "known", "serial_number": "SN1"},  # taken
        {"product": "known", "warranty_from": "2026-05-01", "warranty_until": "2026-04-30"},
        {"product": "known", "accepted_on": "2026-02-30"},
        {"product": "999999"},
        {"product": "known", "version": "x" * 61},
    ],
)
def test_a_wrong_item_is_not_made(client, agent, customer, item, product, wrong):
    client.force_login(agent)
    given = {name: product.pk if value == "known" else value for name, value in wrong.items()}
    assert add(client, customer, **given).status_code == 422
    assert (InstalledItem.objects.count(), Product.objects.count()) == (1, 1)


def test_another_customer_s_site_and_a_colleague_s_organisation_are_not_offered(client, agent, company, item):
    other = Customer.objects.create(organisation=company, name="别家")
    site = Site.objects.create(organisation=company, customer=other, name="别处")
    vendor = Organisation.objects.create(name="华北设备厂", kind="vendor", parent=company)
    client.force_login(agent)
    address = f"/equipment/{item.pk}/edit/"
    assert client.post(address, edited(item, site=site.pk)).status_code == 422
    assert client.post(address, edited(item, vendor=company.pk)).status_code == 422
    assert client.post(address, edited(item, vendor=vendor.pk)).status_code == 302


def test_products_are_found_while_typing(client, agent, product):
    Product.objects.create(name="政务平台")
    client.force_login(agent)
    assert client.get("/equipment/products/", {"q": "zt-3"}).json() == [
        {"value": str(product.pk), "text": product.name}
    ]
