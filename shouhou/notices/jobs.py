"""Delivering the outbox."""

import smtplib

from django.conf import settings
from django.core import mail
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from shouhou.notices.models import Mail
from shouhou.shared.time import now


@app.task(retry=RetryStrategy(max_attempts=8, exponential_wait=4))
def deliver_mail(mail_id: int) -> None:
    """Send one mail of the outbox; a mail already sent or dropped is left alone."""
    row = Mail.objects.filter(pk=mail_id, state=Mail.State.WAITING).first()
    if row is None:
        return
    row.tries += 1
    try:
        mail.send_mail(row.subject, row.body, settings.DEFAULT_FROM_EMAIL, [row.to])
    except (OSError, smtplib.SMTPException) as trouble:
        row.trouble = str(trouble)[:300]
        row.state = Mail.State.FAILED if row.tries >= 8 else Mail.State.WAITING
        row.save(update_fields=["tries", "trouble", "state"])
        raise
    row.state, row.sent_at = Mail.State.SENT, now()
    row.save(update_fields=["tries", "state", "sent_at"])
