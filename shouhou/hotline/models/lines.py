"""Numbers that ring at ours, and the telephone systems that tell us so."""

import base64
import hashlib
import hmac
from datetime import timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from shouhou.customers.rules import read_number
from shouhou.hotline.rules import telephony
from shouhou.hotline.rules.facts import FACTS
from shouhou.hotline.rules.words import Purpose
from shouhou.people.models import Organisation, User
from shouhou.shared.facts import declare
from shouhou.shared.time import now

declare(FACTS)

GRACE = timedelta(days=1)  # in which a telephone system may still sign with its former secret


class OfOrganisation(models.QuerySet[Any]):
    """Rows of a service organisation: colleagues see their branch, customers nothing."""

    def visible_to(self, user: User) -> Self:
        if not user.is_colleague:
            return self.none()
        return self if user.sees_all else self.filter(organisation__in=Organisation.objects.visible_to(user))


class Line(models.Model):
    """A number of ours that customers call: the hotline, headquarters' line, the complaints line (D9)."""

    KIND: ClassVar[str] = "line"

    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="lines", verbose_name=_("Service organisation")
    )
    name = models.CharField(_("Name"), max_length=60)
    number = models.CharField(_("Number"), max_length=40)
    e164 = models.CharField(max_length=20, editable=False, default="", db_index=True)
    purpose = models.CharField(_("What it is for"), max_length=14, choices=Purpose.choices, default=Purpose.HOTLINE)
    ring_seconds = models.FloatField(
        _("Seconds of one ring"), default=telephony.CADENCE[0], validators=[MinValueValidator(0.2)]
    )
    pause_seconds = models.FloatField(
        _("Seconds between two rings"), default=telephony.CADENCE[1], validators=[MinValueValidator(0.2)]
    )
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = OfOrganisation.as_manager()

    class Meta:
        verbose_name = _("Telephone number")
        constraints: ClassVar = [models.UniqueConstraint(fields=["number"], name="line_number_once")]

    def __str__(self) -> str:
        return f"{self.name} {self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keeps the comparable form of the number."""
        self.e164 = read_number(self.number).e164
        super().save(*args, **kwargs)

    @property
    def cadence(self) -> tuple[float, float]:
        return self.ring_seconds, self.pause_seconds


class Door(models.Model):
    """A telephone system that tells us of calls, by signed messages (Standard Webhooks)."""

    KIND: ClassVar[str] = "door"

    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="doors", verbose_name=_("Service organisation")
    )
    name = models.CharField(_("Name"), max_length=60)
    version = models.PositiveIntegerField(default=1, editable=False)
    renewed_at = models.DateTimeField(null=True, editable=False)
    heard_at = models.DateTimeField(null=True, editable=False)
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = OfOrganisation.as_manager()

    class Meta:
        verbose_name = _("Telephone system")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("hotline:door", args=[self.pk])

    @property
    def secret(self) -> str:
        """What the system signs with. Made of this house's own key: the database holds nothing to steal."""
        return self._secret(self.version)

    def secrets(self) -> list[str]:
        """The secrets in force: the present one, and the former for a day after it was renewed."""
        former = self.version > 1 and self.renewed_at is not None and now() < self.renewed_at + GRACE
        return [self._secret(v) for v in ((self.version, self.version - 1) if former else (self.version,))]

    def _secret(self, version: int) -> str:
        text = f"shouhou.hotline.door:{self.pk}:{version}".encode()
        made = hmac.new(settings.SECRET_KEY.encode(), text, hashlib.sha256).digest()
        return "whsec_" + base64.b64encode(made).decode()


class Extension(models.Model):
    """Whose telephone an inner number is."""

    door = models.ForeignKey(Door, models.CASCADE, related_name="extensions", verbose_name=_("Telephone system"))
    number = models.CharField(_("Inner number"), max_length=40)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="extensions", verbose_name=_("Colleague")
    )

    class Meta:
        verbose_name = _("Inner number")
        constraints: ClassVar = [models.UniqueConstraint(fields=["door", "number"], name="extension_once")]

    def __str__(self) -> str:
        return self.number


class Signal(models.Model):
    """One message of a telephone system, kept as it came; the call is folded from all of them."""

    door = models.ForeignKey(Door, models.PROTECT, related_name="signals")
    message_id = models.CharField(max_length=200)
    call_ref = models.CharField(max_length=200)
    kind = models.CharField(max_length=10)
    at = models.DateTimeField()
    extension = models.CharField(max_length=40, blank=True, default="")
    rings = models.PositiveIntegerField(null=True)
    ring_seconds = models.FloatField(null=True)
    queued_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["door", "message_id"], name="signal_once")]
        indexes: ClassVar = [models.Index(fields=["door", "call_ref"], name="signal_call")]

    def __str__(self) -> str:
        return f"{self.call_ref} {self.kind}"

    def read(self) -> telephony.Signal:
        """As the fold reads it."""
        return telephony.Signal(
            self.message_id, self.kind, self.at, self.extension, self.rings, self.ring_seconds, self.queued_at
        )
