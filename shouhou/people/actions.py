"""Appointing people, and how they sign in."""

from datetime import date, timedelta
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.db import transaction
from django.http import HttpRequest  # noqa: TID251 - the sign-in library hands us requests

from shouhou.people.models import Appointment, Organisation, User, today
from shouhou.shared.journal import record


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by administrators and invitations, never by strangers."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


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
def save_colleague(user: User, *, organisation: Organisation, roles: list[str], password: str, by: Any) -> User:
    """Save a colleague and make the roles in this organisation exactly these; each change is recorded."""
    if password:
        user.set_password(password)
    user.save()
    held = {post.role: post for post in user.appointments.current().filter(organisation=organisation)}
    for role, post in held.items():
        if role not in roles:
            relieve(post, by=by)
    for role in roles:
        if role not in held:
            appoint(user=user, role=role, organisation=organisation, from_on=today(), by=by)
    return user
