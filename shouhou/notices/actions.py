"""Telling people: on screen at once, by mail through the worker."""

from collections.abc import Callable, Iterable
from typing import Any

from django.db import transaction
from procrastinate.contrib.django import app

from shouhou.notices.models import Mail, Notice
from shouhou.people.models import User
from shouhou.shared.models import Event
from shouhou.shared.time import now

# audience name -> the people it means for an event; rooms above register theirs in apps.ready()
AUDIENCES: dict[tuple[str, str], Callable[[Event], Iterable[User]]] = {}


def register_audience(case_kind: str, name: str, find: Callable[[Event], Iterable[User]]) -> None:
    """Say whom `name` (owner, duty_manager) means for a sort of case."""
    AUDIENCES[(case_kind, name)] = find


# case kind -> where its notices lead; rooms above register theirs
PLACES: dict[str, Callable[[int], str]] = {}


def register_place(case_kind: str, address: Callable[[int], str]) -> None:
    """Say where a notice about such a case leads."""
    PLACES[case_kind] = address


def tell(*, event: Event, audience: str, kind: str = "", data: dict[str, Any] | None = None) -> int:
    """Put a notice before the people of an audience, once per person and event. Returns how many are new."""
    find = AUDIENCES.get((event.case_kind, audience))
    if find is None:
        return 0
    made = 0
    for user in find(event):
        _row, new = Notice.objects.get_or_create(
            user=user, event_id=event.pk,
            defaults={
                "kind": kind or event.kind, "case_kind": event.case_kind, "case_id": event.case_id,
                "data": {**event.data, **(data or {})}, "made_at": now(),
            },
        )  # fmt: skip
        made += new
    return made


@transaction.atomic
def send_mail(*, to: str, subject: str, body: str, case_kind: str = "", case_id: int | None = None) -> Mail:
    """Lay a mail into the outbox; it leaves with the worker, and not at all if this transaction fails."""
    subject = " ".join(subject.split())  # of a request's words: a line break would end the mail's head
    mail = Mail.objects.create(
        to=to, subject=subject[:200], body=body, case_kind=case_kind, case_id=case_id, made_at=now()
    )
    app.configure_task("shouhou.notices.jobs.deliver_mail").defer(mail_id=mail.pk)
    return mail
