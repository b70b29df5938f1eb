"""The hotline card: owed at hand-over and with every change of number, sent, received, and all of it on record."""

import re

import pytest
from django.core import mail

from shouhou.customers.models import Contact, Customer
from shouhou.hotline.actions.cards import numbers_of, owed, send_cards
from shouhou.hotline.actions.lines import edit_line, open_line, retire_line
from shouhou.hotline.models import HotlineCard, Line
from shouhou.hotline.rules.cards import Printed, digest_of, printed
from shouhou.notices.models import Notice
from shouhou.people.models import Organisation
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def line(company):
    return Line.objects.create(organisation=company, name="服务热线", number="400-123-4567")


@pytest.fixture
def covered(agreement, customer, contact):
    """The customer has an agreement in force, and a contact with an address."""
    agreement("application_maintenance")
    Contact.objects.filter(pk=contact.pk).update(email="chen@example.cn")
    return customer


def names(rows) -> list[str]:
    return [row.name for row in rows]


def facts(card) -> list[str]:
    return list(Event.objects.of(card).order_by("id").values_list("kind", flat=True))


def test_a_purpose_without_a_number_of_its_own_takes_the_nearest_above():
    top = [Printed("hotline", "400-1"), Printed("complaints", "028-9"), Printed("headquarters", "028-1")]
    own = [Printed("hotline", "029-1"), Printed("hotline", "029-2")]
    found = printed([own, [Printed("complaints", "010-9")], top])
    assert [n.number for n in found] == ["029-1", "029-2", "028-1", "010-9"]
    assert printed([]) == []


def test_the_same_numbers_written_otherwise_are_no_change():
    one = [Printed("hotline", "400-123-4567", "+864001234567")]
    assert digest_of(one) == digest_of([Printed("hotline", "400 1234 567", "+864001234567")])
    assert digest_of(one) != digest_of([Printed("complaints", "400-123-4567", "+864001234567")])
    assert digest_of([]) == ""


@pytest.mark.clause("A3.2")
def test_a_card_is_owed_at_hand_over_and_again_when_a_number_changes(covered, line, agent, manager):
    other = Customer.objects.create(organisation=covered.organisation, name="没有协议的单位")
    assert names(owed(agent)) == [covered.name]
    assert other.name not in names(owed(agent))
    card = send_cards(owed(agent), channel="mail", by=agent).cards[0]
    assert (card.reason, card.address, [n["number"] for n in card.numbers]) == (
        "hand_over", "chen@example.cn", ["400-123-4567"],
    )  # fmt: skip
    assert list(owed(agent)) == []

    line.name = "热线电话"
    edit_line(line, by=manager)
    assert list(owed(agent)) == []  # another name is no other number
    line.number = "400-765-4321"
    edit_line(line, by=manager)
    assert names(owed(agent)) == [covered.name]
    again = send_cards(owed(agent), channel="paper", by=agent).cards[0]
    assert again.reason == "number_changed"
    assert send_cards([covered], channel="paper", by=agent).cards[0].reason == "asked"
    open_line(
        Line(organisation=covered.organisation, name="投诉", number="028-96000", purpose="complaints"), by=manager
    )
    assert names(owed(agent)) == [covered.name]
    retire_line(Line.objects.get(purpose="complaints"), by=manager)
    assert list(owed(agent)) == []  # what they have is right again


@pytest.mark.clause("A3.2")
def test_the_customer_confirms_by_the_link_and_looking_alone_confirms_nothing(client, covered, line, agent, run_jobs):
    card = send_cards([covered], channel="mail", by=agent).cards[0]
    run_jobs()
    letter = mail.outbox[-1]
    assert letter.to == ["chen@example.cn"]
    assert "400-123-4567" in letter.body
    address = re.search(r"/hotline/card/\S+", letter.body).group()

    page = client.get(address)
    assert (page.status_code, "400-123-4567" in page.content.decode()) == (200, True)
    card.refresh_from_db()
    assert card.status == "sent"
    assert client.post(address).status_code == 302
    card.refresh_from_db()
    assert (card.status, card.received_how, card.received_by) == ("received", "link", "陈芳")
    assert "感谢您" in client.get(address).content.decode()
    client.post(address)
    assert facts(card) == ["card.sent", "card.received"]
    assert client.get("/hotline/card/nothing/").status_code == 404


def test_a_colleague_does_not_confirm_in_the_customer_s_place(client, covered, line, agent, run_jobs):
    card = send_cards([covered], channel="mail", by=agent).cards[0]
    run_jobs()
    client.force_login(agent)
    client.post(re.search(r"/hotline/card/\S+", mail.outbox[-1].body).group())
    card.refresh_from_db()
    assert card.status == "sent"
    assert client.post(f"/hotline/cards/{card.pk}/received/", {"how": "told"}).status_code == 422
    client.post(f"/hotline/cards/{card.pk}/received/", {"how": "told", "name": "陈芳"})
    card.refresh_from_db()
    assert (card.status, card.received_how) == ("received", "told")
    with pytest.raises(Refused):
        card.receive(how="told", name="陈芳", by=agent)


def test_the_pages_send_print_and_say_who_has_no_address(client, covered, contact, line, agent):
    client.force_login(agent)
    assert covered.name in client.get("/hotline/cards/").content.decode()
    Contact.objects.filter(pk=contact.pk).update(email="")
    page = client.post("/hotline/cards/send/", {"pk": covered.pk, "channel": "mail"}, follow=True).content.decode()
    assert "1 个客户没有邮箱" in page
    assert not HotlineCard.objects.exists()
    page = client.post("/hotline/cards/send/", {"pk": covered.pk, "channel": "paper"}, follow=True).content.decode()
    assert "400-123-4567" in page
    assert covered.name in client.get("/hotline/cards/?view=awaited").content.decode()
    assert covered.name not in client.get("/hotline/cards/?view=received").content.decode()
    client.post("/hotline/cards/send/", {"channel": "mail"})
    assert HotlineCard.objects.count() == 1


def test_each_branch_has_its_own_numbers(company, centre, line, person):
    Line.objects.create(organisation=centre, name="成都热线", number="028-85330000")
    assert [n.number for n in numbers_of(centre)] == ["028-85330000"]
    assert [n.number for n in numbers_of(company)] == ["400-123-4567"]
    beside = Organisation.objects.create(name="西安服务中心", parent=company)
    assert [n.number for n in numbers_of(beside)] == ["400-123-4567"]


def test_a_customer_of_another_branch_is_not_sent_to(covered, line, person, centre):
    outsider = person("outsider", "agent", organisation=centre)
    with pytest.raises(Refused):
        send_cards([covered], channel="paper", by=outsider)
    assert not HotlineCard.objects.exists()


def test_without_any_number_nothing_is_owed_and_sending_says_what_lacks(covered, agent):
    Organisation.objects.filter(pk=covered.organisation_id).update(hotline="", complaint_phone="")
    covered.refresh_from_db()
    assert list(owed(agent)) == []
    with pytest.raises(Refused, match=r"号码"):
        send_cards([Customer.objects.get(pk=covered.pk)], channel="paper", by=agent)


def test_the_duty_manager_hears_of_another_number(company, line, manager, person, pump):
    keeper = person("keeper", "administrator")
    line.number = "400-765-4321"
    edit_line(line, by=keeper)
    line.name = "热线"
    edit_line(line, by=keeper)
    pump()
    assert list(Notice.objects.filter(user=manager).values_list("kind", flat=True)) == ["line.edited"]


def test_the_list_asks_a_fixed_number_of_questions(client, covered, line, agent, django_assert_max_num_queries):
    agreement = covered.agreements.get()
    for n in range(30):
        customer = Customer.objects.create(organisation=covered.organisation, name=f"单位{n}")
        agreement.pk, agreement.customer, agreement.number = None, customer, f"A-{n}"
        agreement._state.adding = True
        agreement.save()
    client.force_login(agent)
    with django_assert_max_num_queries(20):
        page = client.get("/hotline/cards/").content.decode()
    assert page.count("data-row") == 31
