"""What was said and sent on a request: messages, files, links between requests, and the confirmation link."""

import hashlib
import secrets
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shouhou.customers.models import Contact
from shouhou.people.models import User
from shouhou.requests.models.requests import ServiceRequest
from shouhou.shared.models import Blob


class OwnQuerySet(models.QuerySet["SavedView"]):
    def visible_to(self, user: User) -> "OwnQuerySet":
        """One's own only."""
        return self.filter(user=user).order_by("name")


class Message(models.Model):
    """Words on a request: to the customer, from the customer, or an internal note."""

    class Direction(models.TextChoices):
        OUT = "out", _("To the customer")
        IN = "in", _("From the customer")
        NOTE = "note", _("Internal note")

    KIND: ClassVar[str] = "message"

    request = models.ForeignKey(ServiceRequest, models.PROTECT, related_name="messages")
    direction = models.CharField(max_length=4, choices=Direction.choices)
    channel = models.CharField(max_length=12, blank=True, default="")
    text = models.TextField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, related_name="+")
    is_question = models.BooleanField(default=False)
    event_id = models.BigIntegerField(null=True, db_index=True)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=~Q(text=""), name="message_says_something")]

    def __str__(self) -> str:
        return self.text[:40]


class Attachment(models.Model):
    """A file that belongs to a request: a screenshot, a log, a photo."""

    KIND: ClassVar[str] = "attachment"

    request = models.ForeignKey(ServiceRequest, models.PROTECT, related_name="attachments")
    blob = models.ForeignKey(Blob, models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["request", "blob"], name="attachment_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_picture(self) -> bool:
        return self.blob.type.startswith("image/")


class RequestLink(models.Model):
    """Two requests that belong together: later, split off, related."""

    class Kind(models.TextChoices):
        CONTINUES = "continues", _("Continues")
        SPLIT = "split", _("Split off")
        RELATED = "related", _("Related")

    source = models.ForeignKey(ServiceRequest, models.PROTECT, related_name="links")
    target = models.ForeignKey(ServiceRequest, models.PROTECT, related_name="linked_from")
    kind = models.CharField(max_length=12, choices=Kind.choices)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "target", "kind"], name="link_once"),
            models.CheckConstraint(condition=~Q(source=models.F("target")), name="link_to_another"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.kind} {self.target}"


class ConfirmationLink(models.Model):
    """A secret address at which the customer confirms or rejects a solution without signing in; kept as a hash."""

    request = models.ForeignKey(ServiceRequest, models.PROTECT, related_name="confirmation_links")
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.request} {self.made_at}"

    @staticmethod
    def new_token() -> str:
        return secrets.token_urlsafe(24)

    @staticmethod
    def digest_of(token: str) -> str:
        return hashlib.sha256(token.encode()).hexdigest()


class SavedView(models.Model):
    """A filter that one person keeps under a name."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=500)

    objects = OwnQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "name"], name="view_name_once")]

    def __str__(self) -> str:
        return self.name
