"""A contact's door to the portal: opened by invitation, closed at once, never somebody else's account."""

import re

import pytest
from django.test import Client

from shouhou.customers.actions import close_account, open_account, reset_account
from shouhou.customers.models import Contact, Customer
from shouhou.people.models import User
from shouhou.people.rules import SERVING, Role
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Event
from shouhou.shared.time import now

pytestmark = pytest.mark.django_db
PASSWORD = "correct-horse-7"
ADMITTING = SERVING | {Role.GENERAL_MANAGER, Role.ADMINISTRATOR}


def door(contact: Contact) -> str:
    return f"/customers/contacts/{contact.pk}/account/"


def invitation(answer) -> str:
    found = re.search(r'id="invitation" value="http://testserver([^"]+)"', answer.content.decode())
    assert found, answer.content.decode()
    return found[1]


def set_password(link: str, password: str = PASSWORD) -> bool:
    """What the customer does with the link; whether the form took it."""
    browser = Client()
    opened = browser.get(link)
    if opened.status_code != 302:
        return False
    return browser.post(opened["Location"], {"password1": password, "password2": password}).status_code == 302


def signs_in(username: str, password: str = PASSWORD) -> Client | None:
    browser = Client()
    browser.post("/accounts/login/", {"login": username, "password": password})
    return browser if "_auth_user_id" in browser.session else None


def test_from_the_contact_to_the_first_look_into_the_portal(client, agent, contact, stranger):
    client.force_login(agent)
    assert door(contact) in client.get(f"/customers/contacts/{contact.pk}/").content.decode()
    answer = client.post(door(contact), {"open": "1", "username": "chenfang"})
    link = invitation(answer)
    assert "no-store" in answer["Cache-Control"]
    assert link not in client.get(door(contact)).content.decode()  # shown once

    contact.refresh_from_db()
    assert (contact.user.username, contact.user.has_usable_password()) == ("chenfang", False)
    assert signs_in("chenfang", "") is None
    form = Client().get(link, follow=True).content.decode()
    assert "chenfang" in form
    assert form.count("btn-primary") == 1  # what is done here is to set the password, and nothing else
    assert set_password(link)
    assert not set_password(link, "another-horse-7")  # one use
    assert "请向发送人索取新的链接" in Client().get(link).content.decode()

    browser = signs_in("chenfang")
    assert browser is not None
    assert browser.get("/portal/").status_code == 200
    assert browser.get("/customers/").status_code == 404
    seen = Customer.objects.visible_to(User.objects.get(username="chenfang"))
    assert list(seen) == [contact.customer]


def test_each_act_is_recorded_at_the_customer_without_names_and_links(agent, contact):
    open_account(contact, username="chenfang", by=agent)
    reset_account(contact, by=agent)
    close_account(contact, by=agent)
    events = Event.objects.filter(kind__startswith="contact.").order_by("id")
    assert [e.kind for e in events] == ["contact.account_opened", "contact.account_reset", "contact.account_closed"]
    assert {(e.customer_id, e.by_id, e.audience) for e in events} == {(contact.customer_id, agent.pk, "internal")}
    assert [e.data for e in events] == [{"user": contact.user.pk}] * 3


@pytest.mark.parametrize("role", Role.values)
def test_only_who_serves_or_leads_admits(client, person, contact, role):
    client.force_login(person("li", role))
    assert client.get(door(contact)).status_code == 200
    client.post(door(contact), {"open": "1", "username": "chenfang"})
    assert User.objects.filter(username="chenfang").exists() is (role in ADMITTING)


def test_neither_a_customer_nor_another_branch_finds_the_door(client, person, centre, customer_user, contact):
    for user in (customer_user, person("local", "duty_manager", organisation=centre)):
        client.force_login(user)
        for sent in ({}, {"open": "1", "username": "x"}, {"close": "1"}, {"reset": "1"}):
            assert client.post(door(contact), sent).status_code == 404
    customer_user.refresh_from_db()
    assert (customer_user.is_active, customer_user.has_usable_password()) == (True, True)


def test_who_serves_elsewhere_in_the_tree_opens_no_door_here(person, centre, contact):
    other = person("mixed", "trainer")  # sees the whole tree, serves only in the centre
    from shouhou.people.actions import appoint, today

    appoint(user=other, role="agent", organisation=centre, from_on=today(), by=None)
    with pytest.raises(Refused):
        open_account(contact, username="chenfang", by=User.objects.get(pk=other.pk))


def test_an_account_with_the_same_address_stays_its_owner_s(agent, person, contact):
    owner = person("li", "engineer", email=contact.email.upper())
    open_account(contact, username="chenfang", by=agent)
    assert contact.user != owner
    assert contact.user.email == ""
    owner.refresh_from_db()
    assert (owner.check_password("correct-horse-1"), owner.is_active) == (True, True)
    assert Contact.objects.filter(user=owner).count() == 0


@pytest.mark.parametrize("name", ["LI", "li", "li@example.cn", "a b", "", "x" * 61])
def test_a_name_that_is_taken_or_reads_like_an_address_is_refused(client, agent, person, contact, name):
    person("li", "engineer")
    client.force_login(agent)
    before = User.objects.count()
    assert client.post(door(contact), {"open": "1", "username": name}).status_code == 422
    contact.refresh_from_db()
    assert (contact.user, User.objects.count()) == (None, before)


def test_closing_ends_session_password_and_invitation_at_once(agent, contact):
    first = open_account(contact, username="chenfang", by=agent)
    set_password(first)
    browser = signs_in("chenfang")
    invited = reset_account(contact, by=agent)
    assert browser.get("/portal/").status_code == 302  # the former session
    assert signs_in("chenfang") is None  # the former password
    close_account(contact, by=agent)
    assert not set_password(invited)
    assert signs_in("chenfang") is None

    again = reset_account(contact, by=agent)
    assert set_password(again, "third-horse-77")
    assert signs_in("chenfang", "third-horse-77") is not None
    assert User.objects.filter(username="chenfang").count() == 1


def test_an_invitation_expires(agent, contact, settings):
    link = open_account(contact, username="chenfang", by=agent)
    settings.PASSWORD_RESET_TIMEOUT = -1
    assert not set_password(link)


def test_a_closed_account_does_not_come_back_under_an_address_that_somebody_else_took(agent, person, contact):
    open_account(contact, username="chenfang", by=agent)
    assert contact.user.email == contact.email
    close_account(contact, by=agent)
    person("new", "agent", email=contact.email)
    reset_account(contact, by=agent)
    assert User.objects.get(username="chenfang").email == ""


@pytest.mark.parametrize("act", [close_account, reset_account])
def test_the_account_of_a_colleague_among_the_contacts_is_not_touched(person, supervisor, contact, act):
    colleague = person("wang", "engineer")
    contact.user = colleague
    contact.save()
    with pytest.raises(Refused):
        act(contact, by=supervisor)
    colleague.refresh_from_db()
    assert (colleague.is_active, colleague.check_password("correct-horse-1")) == (True, True)


def test_a_second_account_and_one_for_who_left_are_refused(agent, contact):
    with pytest.raises(Refused):
        close_account(contact, by=agent)
    open_account(contact, username="chenfang", by=agent)
    with pytest.raises(Refused):
        open_account(contact, username="chenfang2", by=agent)
    contact.retired_at = now()
    contact.save()
    with pytest.raises(Refused):
        reset_account(contact, by=agent)
