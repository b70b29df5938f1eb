"""Appointing people, and how they sign in."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest  # noqa: TID251 - the sign-in library hands us requests
from django.urls import reverse
from django.utils.translation import gettext as _

from shouhou.people.models import (
    Appointment,
    Organisation,
    OrganisationQuerySet,
    Qualification,
    User,
    UserQuerySet,
    today,
)
from shouhou.people.rules import KEEPING
from shouhou.shared.journal import record
from shouhou.shared.lifecycle import Refused


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by administrators and invitations, never by strangers."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def clean_email(self, email: str) -> str:
        """Who is signed in takes no other person's address; who is not may ask for a new password with any."""
        email = super().clean_email(email)
        user = self.request.user
        if user.is_authenticated:
            must_be_free(email, besides=user)
        return email


def must_be_free(email: str, *, besides: User) -> None:
    """One signs in by it, so an address belongs to one active person. Raises ValidationError."""
    if email and User.objects.filter(email__iexact=email, is_active=True).exclude(pk=besides.pk).exists():
        raise ValidationError(_("Another person signs in with this address: take your own."))


def password_path(user: User) -> str:
    """Where a person sets a password: the path of a link that works once, for as long as that of a mail does."""
    key = default_token_generator.make_token(user)
    return reverse("account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(user), "key": key})


def kept_organisations(user: User) -> OrganisationQuerySet:
    """The branches whose people this person keeps: those of the very appointments that allow it."""
    return Organisation.objects.under([post.organisation.path for post in user.posts if post.role in KEEPING])


def kept_people(user: User) -> UserQuerySet:
    """Colleagues whose account this person keeps: nobody who holds a role outside, and no superuser but by another."""
    inside = kept_organisations(user)
    outside = Appointment.objects.current().exclude(organisation__in=inside)
    people = User.objects.filter(appointments__organisation__in=inside).exclude(pk__in=outside.values("user_id"))
    return (people if user.is_superuser else people.exclude(is_superuser=True)).distinct()


@transaction.atomic
def appoint(
    *, user: User, role: str, organisation: Organisation, from_on: date, until_on: date | None = None, by: Any
) -> Appointment:
    """Give a person a role in an organisation, and record who gave it."""
    post = Appointment.objects.create(
        user=user, role=role, organisation=organisation, from_on=from_on, until_on=until_on
    )
    user.__dict__.pop("posts", None)
    record("person.appointed", subject=user, by=by, data={"role": role, "organisation": organisation.pk})
    return post


@transaction.atomic
def relieve(post: Appointment, *, by: Any) -> None:
    """End an appointment at once, and record who ended it."""
    post.until_on = today() - timedelta(days=1)
    post.from_on = min(post.from_on, post.until_on)  # given today by mistake: it must not hold until midnight
    post.save(update_fields=["from_on", "until_on"])
    data = {"role": post.role, "organisation": post.organisation_id}
    record("person.relieved", subject=post.user, by=by, data=data)


@transaction.atomic
def save_colleague(
    user: User, *, organisation: Organisation, roles: list[str], password: str, by: Any, changed: Iterable[str] = ()
) -> User:
    """Save a colleague and make the roles in this organisation exactly these; each change is recorded."""
    new = user.pk is None
    if password:
        user.set_password(password)
    user.save()
    if changed and not new:
        record("person.edited", subject=user, by=by, data={"fields": sorted(changed)})
    if password and not new and user != by:
        record("person.password_reset", subject=user, by=by)
    held = {post.role: post for post in user.appointments.current().filter(organisation=organisation)}
    for role, post in held.items():
        if role not in roles:
            relieve(post, by=by)
    for role in roles:
        if role not in held:
            appoint(user=user, role=role, organisation=organisation, from_on=today(), by=by)
    return user


@transaction.atomic
def qualify(
    *, user: User, skill: str, given_on: date, until_on: date | None = None, proof: str = "", by: Any
) -> Qualification:
    """Record that somebody was trained and examined (M1); what stood without an end until now ends the day before.

    Raises Refused for a day before that of the one in force.
    """
    User.objects.select_for_update().get(pk=user.pk)
    former = Qualification.objects.filter(user=user, skill=skill, until_on=None).first()
    if former is not None:
        if former.given_on >= given_on:
            raise Refused(_("It is recorded already, from %(day)s.") % {"day": former.given_on.isoformat()})
        former.until_on = given_on - timedelta(days=1)
        former.save(update_fields=["until_on"])
    row = Qualification.objects.create(user=user, skill=skill, given_on=given_on, until_on=until_on, proof=proof)
    record("person.qualified", subject=user, by=by, data={"skill": skill, "qualification": row.pk})
    return row


@transaction.atomic
def disqualify(row: Qualification, *, by: Any) -> None:
    """A qualification holds no longer from today on."""
    row.until_on = today() - timedelta(days=1)
    row.given_on = min(row.given_on, row.until_on)
    row.save(update_fields=["given_on", "until_on"])
    record("person.disqualified", subject=row.user, by=by, data={"skill": row.skill, "qualification": row.pk})
