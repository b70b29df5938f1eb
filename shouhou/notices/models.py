"""Notices on screen and the outbox of mail."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shouhou.people.models import User


class NoticeQuerySet(models.QuerySet["Notice"]):
    def visible_to(self, user: User) -> "NoticeQuerySet":
        """One's own only."""
        return self.filter(user=user)

    def unread(self) -> "NoticeQuerySet":
        return self.filter(read_at=None, dropped_at=None)


class Notice(models.Model):
    """One thing that one person should know; rendered in the reader's language from its kind and data."""

    KIND: ClassVar[str] = "notice"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="notices")
    kind = models.CharField(max_length=60)
    case_kind = models.CharField(max_length=40)
    case_id = models.BigIntegerField()
    event_id = models.BigIntegerField(null=True)
    data = models.JSONField(default=dict)
    made_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    dropped_at = models.DateTimeField(null=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "event_id"], condition=Q(event_id__isnull=False), name="notice_once_per_event"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["user", "-id"], name="notice_unread", condition=Q(read_at=None, dropped_at=None))
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.user_id}"


class Mail(models.Model):
    """A message waiting to be sent or sent; the worker delivers it, so that no page waits for a mail server."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")
        DROPPED = "dropped", _("Dropped")

    to = models.EmailField()
    subject = models.CharField(max_length=200)
    body = models.TextField()
    case_kind = models.CharField(max_length=40, blank=True, default="")
    case_id = models.BigIntegerField(null=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    tries = models.PositiveIntegerField(default=0)
    trouble = models.CharField(max_length=300, blank=True, default="")
    made_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["id"], name="mail_waiting", condition=Q(state="waiting"))]

    def __str__(self) -> str:
        return f"{self.to}: {self.subject}"
