"""The page of one installed item, and the customer's page around it."""

import re
from datetime import date, timedelta

import pytest

from shouhou.customers.models import Customer
from shouhou.equipment.actions import save_item
from shouhou.equipment.models import InstalledItem, Product
from shouhou.requests.actions.talk import note_fact, resolve_request
from shouhou.requests.models import ServiceRequest
from shouhou.requests.tests.make import at
from shouhou.shared.journal import record
from shouhou.shared.models import Event
from shouhou.shared.time import moved_to

pytestmark = pytest.mark.django_db
MONDAY = at("2026-06-08 09:00")


@pytest.fixture
def items(customer):
    product = Product.objects.create(name="自助终端", kind="device")
    given = {"organisation": customer.organisation, "customer": customer, "product": product}
    return [InstalledItem.objects.create(serial_number=serial, **given) for serial in ("SN1", "SN2")]


def page(client, address: str, **headers: str) -> str:
    answer = client.get(address, headers=headers)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_an_item_shows_its_requests_its_cover_and_what_happened_and_nothing_of_its_neighbour(
    client, agent, items, agreement, take
):
    agreement("application_maintenance", items=[items[0]], number="HT-ITEM")
    agreement("terminal_warranty", filled={"c9": "8 h"}, number="HT-ALL")
    mine, other = take(item=items[0], subject="屏幕不亮"), take(item=items[1], subject="打印卡纸")
    client.force_login(agent)
    first, second = (page(client, f"/equipment/{row.pk}/") for row in items)
    assert "HT-ITEM" in first
    assert "HT-ALL" in first
    assert "HT-ITEM" not in second
    assert first.index("HT-ITEM") < first.index("HT-ALL")  # the more particular first
    assert mine.number in first
    assert other.number not in first
    assert first.count(mine.number) > 1  # among the open ones, and in the time line


def test_the_customer_s_page_leads_to_items_and_offers_a_request_only_to_who_serves(client, person, agent, items):
    address = f"/customers/{items[0].customer_id}/"
    take = f'/requests/take/?customer={items[0].customer_id}"'
    client.force_login(agent)
    shown = page(client, address)
    assert f'href="/equipment/{items[0].pk}/"' in shown
    assert f'href="/equipment/of/{items[0].customer_id}/new/"' in shown
    assert take in shown
    client.force_login(person("admin", "administrator"))
    assert take not in page(client, address)


def test_a_long_time_line_comes_in_pages_each_event_once(client, agent, customer):
    for n in range(70):
        record("customer.edited", subject=customer, by=agent, data={"fields": [str(n)]})
    client.force_login(agent)
    address, seen = f"/customers/{customer.pk}/", []
    for _page in range(9):
        context = client.get(address).context
        seen += [line["event"].pk for line in context["lines"]]
        if not context["after"]:
            break
        address = f"/customers/{customer.pk}/?after={context['after']}"
    wanted = set(Event.objects.filter(customer_id=customer.pk).values_list("pk", flat=True))
    assert (len(seen), set(seen)) == (len(wanted), wanted)
    more = page(client, address, **{"HX-Request": "true"})
    assert "<html" not in more
    assert "<li" in more


def test_no_separators_without_words_between_them(client, agent, company):
    bare = Customer.objects.create(organisation=company, name="光杆客户")
    client.force_login(agent)
    head = page(client, f"/customers/{bare.pk}/").split("</h1>")[1].split("</span>")[0]
    assert "·" not in re.sub(r"<[^>]*>", "", head)


@pytest.mark.clause("E7")
def test_the_customer_s_one_time_line_shows_installing_fault_visit_and_repair_in_order(
    client, agent, engineer, manager, customer, agreement, take
):
    """What delivery and training record will stand in the same line: it asks for the customer, not for kinds."""
    item = InstalledItem(
        customer=customer, organisation=customer.organisation, product=Product.objects.create(name="政务平台"),
        accepted_on=date(2026, 5, 20),
    )  # fmt: skip
    steps = (
        ("item.added", lambda: save_item(item, changed=[], by=agent)),
        ("fault.reported", lambda: cases.append(take(item=item))),
        ("visit.requested", lambda: note_fact(cases[0], fact="visit.requested", by=agent)),
        ("visit.arrived", lambda: note_fact(cases[0], fact="visit.arrived", by=engineer)),
        ("fault.repaired", lambda: resolve_request(cases[0], solution="已修复", by=agent)),
    )
    cases: list[ServiceRequest] = []
    for n, (_fact, act) in enumerate(steps):
        with moved_to(MONDAY + timedelta(hours=n)):
            act()
    client.force_login(agent)
    lines = client.get(f"/customers/{customer.pk}/").context["lines"]
    told = [line["event"].kind for line in reversed(lines)]
    shown = [kind for kind in told if kind in dict(steps)]
    assert shown == [fact for fact, _act in steps]
