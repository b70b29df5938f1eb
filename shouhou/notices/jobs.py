"""Delivering the outbox, and telling people what clocks say."""

import smtplib

from django.conf import settings
from django.core import mail
from django.db import transaction
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from shouhou.notices.actions import tell
from shouhou.notices.models import Mail, Notice
from shouhou.shared.facts import on
from shouhou.shared.models import Event
from shouhou.shared.time import now


@app.task(retry=RetryStrategy(max_attempts=8, exponential_wait=4))
def deliver_mail(mail_id: int) -> None:
    """Send one mail of the outbox; a mail already sent or dropped is left alone."""
    failure: Exception | None = None
    # Locked while it is sent: a job taken up again beside the first one must not send it too.
    with transaction.atomic():
        row = Mail.objects.select_for_update(skip_locked=True).filter(pk=mail_id, state=Mail.State.WAITING).first()
        if row is None:
            return
        row.tries += 1
        try:
            mail.send_mail(row.subject, row.body, settings.DEFAULT_FROM_EMAIL, [row.to])
        except (OSError, smtplib.SMTPException) as trouble:
            failure, row.trouble = trouble, str(trouble)[:300]
            row.state = Mail.State.FAILED if row.tries >= 8 else Mail.State.WAITING
        except ValueError as trouble:  # an address or a subject that no mail can have will not be better next time
            row.trouble, row.state = str(trouble)[:300], Mail.State.FAILED
        else:
            row.state, row.sent_at = Mail.State.SENT, now()
        row.save(update_fields=["tries", "trouble", "state", "sent_at"])
    if failure is not None:
        raise failure


@on("clock.warned", "clock.broken")
def tell_about_clock(event: Event) -> None:
    """A warning or a breach reaches whom the commitment names; a broken promise also the duty manager."""
    if event.origin == "import":
        return
    tell(event=event, audience=str(event.data.get("audience", "owner")))
    if event.kind == "clock.broken":
        tell(event=event, audience="duty_manager")


@on("clock.reinstated")
def drop_notices(event: Event) -> None:
    """The promise turned out to be kept: unread notices of its breach go, whoever read one is told."""
    about = Notice.objects.filter(
        case_kind=event.case_kind, case_id=event.case_id, kind="clock.broken", data__clock=event.data.get("clock")
    )
    about.filter(read_at=None).update(dropped_at=now())
    if about.exclude(read_at=None).exists():
        tell(event=event, audience="owner")
        tell(event=event, audience="duty_manager")
