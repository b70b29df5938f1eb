"""Saving customers and contacts with their trace in the journal; handing a customer to another organisation."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from shouhou.customers.models import Contact, Customer
from shouhou.people.actions import must_be_free, password_path
from shouhou.people.models import Organisation, User
from shouhou.shared.journal import record
from shouhou.shared.lifecycle import Refused

# Who answers for a customer: these decide who sees it and who is asked first.
ANSWERING = frozenset({"owner", "deputy", "organisation"})

# What goes along when a customer moves, called in its transaction; rooms above register theirs in apps.ready().
FOLLOWERS: list[Callable[[Customer], object]] = []


def register_follower(move: Callable[[Customer], object]) -> None:
    """Say how a room's rows follow a customer to its present organisation. What is over stays with the former one."""
    FOLLOWERS.append(move)


def may_name(user: Any, customer: Customer) -> bool:
    """Whether the person says who answers for the customer: who leads its organisation; for a new one anybody."""
    return user is None or customer.pk is None or user.leads_in(customer.organisation.path)


def _must_name(user: Any, customer: Customer) -> None:
    if not may_name(user, customer):
        raise Refused(_("Only who leads the customer's organisation names who answers for it."))


@transaction.atomic
def save_customer(customer: Customer, *, changed: list[str], by: Any) -> Customer:
    """Save a customer; what was edited and who answers for it is recorded (H6). Another organisation: it is moved."""
    if customer.pk is None:
        customer.save()
        record("customer.added", subject=customer, by=by)
        if customer.owner_id or customer.deputy_id:
            _record_owner(customer, by=by)
        return customer
    target, fields = customer.organisation, set(changed) - {"organisation"}
    stands = Customer.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=customer.pk)
    if ANSWERING & set(changed):
        _must_name(by, stands)
    customer.organisation = stands.organisation
    if fields:
        customer.save(update_fields=fields)
        record("customer.edited", subject=customer, by=by, data={"fields": sorted(fields)})
    if fields & {"owner", "deputy"}:
        _record_owner(customer, by=by)
    if "organisation" in changed:
        move_customer(customer, organisation=target, by=by)
    return customer


@transaction.atomic
def move_customer(customer: Customer, *, organisation: Organisation, by: Any) -> None:
    """Hand a customer to another organisation, with sites, contacts, projects and what rooms above have running.

    Who does not see the new organisation answers for the customer no longer.
    """
    customer.refresh_from_db(from_queryset=Customer.objects.select_for_update())
    _must_name(by, customer)
    was = customer.organisation
    if organisation.pk == was.pk:
        return
    record("customer.moved", subject=customer, by=by, data={"from": was.pk, "to": organisation.pk})
    customer.organisation = organisation
    before = customer.owner_id, customer.deputy_id
    customer.owner, customer.deputy = (
        person if person and _sees(person, organisation) else None for person in (customer.owner, customer.deputy)
    )
    customer.save(update_fields=["organisation", "owner", "deputy"])
    if (customer.owner_id, customer.deputy_id) != before:
        _record_owner(customer, by=by)
    for rows in (customer.sites, customer.contacts, customer.projects):
        rows.update(organisation=organisation)
    for move in FOLLOWERS:
        move(customer)


def _sees(person: User, organisation: Organisation) -> bool:
    return organisation.path.startswith(tuple(person.branch_paths))


def _record_owner(customer: Customer, *, by: Any) -> None:
    data = {"owner": customer.owner_id, "deputy": customer.deputy_id}
    record("customer.owner_named", subject=customer, by=by, data=data)


@transaction.atomic
def save_contact(contact: Contact, *, phones: list[str]) -> Contact:
    """Save a contact with its numbers, readable ones made comparable."""
    contact.save()
    contact.set_phones(*phones)
    return contact


def may_admit(user: Any, contact: Contact) -> bool:
    """Who opens and closes a contact's door to the portal: who serves or leads the customer's organisation.

    Never that of a colleague who stands among the contacts: his account is kept by administrators.
    """
    path = contact.customer.organisation.path
    if contact.user and (contact.user.is_staff or contact.user.is_superuser or contact.user.appointments.exists()):
        return False
    return bool(user.serves_in(path) or user.leads_in(path))


def open_account(contact: Contact, *, username: str, by: User) -> str:
    """Give a contact an account of its own for the portal; returns the path of the invitation.

    Always a new user: an account that has the same address belongs to somebody, and is never joined to the contact.
    """
    with _door(contact, by=by):
        if contact.user is not None:
            raise Refused(_("This contact has an account already."))
        if User.objects.filter(username__iexact=username).exists():
            raise Refused(_("This user name is taken: choose another one."))
        address = _free(contact.email, User())
        contact.user = User.objects.create_user(username, name=contact.name, email=address, language=by.language)
        contact.save(update_fields=["user"])
        record("contact.account_opened", subject=contact, by=by, data={"user": contact.user.pk})
    return password_path(contact.user)


def close_account(contact: Contact, *, by: User) -> None:
    """Shut a contact out: sessions, the password and every invitation end at once."""
    with _door(contact, by=by):
        user = _account(contact)
        user.is_active = False
        user.set_unusable_password()
        user.save(update_fields=["is_active", "password"])
        record("contact.account_closed", subject=contact, by=by, data={"user": user.pk})


def reset_account(contact: Contact, *, by: User) -> str:
    """A new invitation, also to a closed account: the former password, sessions and invitations end at once."""
    with _door(contact, by=by):
        user = _account(contact)
        user.email = _free(user.email, user)  # of a closed account somebody else may have taken it since
        user.is_active = True
        user.set_unusable_password()
        user.save(update_fields=["is_active", "password", "email"])
        record("contact.account_reset", subject=contact, by=by, data={"user": user.pk})
    return password_path(user)


@contextmanager
def _door(contact: Contact, *, by: User) -> Iterator[None]:
    """Hold the contact's lock with fresh values, for somebody who may. Raises Refused."""
    with transaction.atomic():
        contact.refresh_from_db(from_queryset=Contact.objects.select_for_update())
        if contact.retired_at is not None or not may_admit(by, contact):
            raise Refused(_("Only who serves this customer opens and closes accounts of its contacts."))
        yield


def _free(email: str, user: User) -> str:
    """The address, or none where somebody else signs in by it: then the account signs in by its name only."""
    try:
        must_be_free(email, besides=user)
    except ValidationError:
        return ""
    return email


def _account(contact: Contact) -> User:
    if contact.user is None:
        raise Refused(_("This contact has no account yet."))
    return User.objects.select_for_update().get(pk=contact.user.pk)
