"""Reassignment: the giver stays the accountable owner until the taker accepts (A1.10)."""

from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shouhou.requests.models.requests import ServiceRequest

ACCEPT_WITHIN = timedelta(minutes=15)
SIDEWAYS_LIMIT = 3


class Reassignment(models.Model):
    """An offer to take a request over, and what became of it."""

    class Kind(models.TextChoices):
        SIDEWAYS = "sideways", _("To a colleague")
        DISPATCH = "dispatch", _("Dispatch by the duty manager")
        SHIFT = "shift", _("Shift change")
        VENDOR = "vendor", _("Escalation to the vendor")
        ESCALATION = "escalation", _("Escalation to the duty manager")

    class State(models.TextChoices):
        OFFERED = "offered", _("Waiting for acceptance")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        ESCALATED = "escalated", _("Went to the duty manager")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    KIND: ClassVar[str] = "reassignment"

    request = models.ForeignKey(ServiceRequest, models.PROTECT, related_name="handovers")
    giver = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    taker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    state = models.CharField(max_length=12, choices=State.choices, default=State.OFFERED)
    reason = models.CharField(max_length=300)
    answer = models.CharField(max_length=300, blank=True, default="")
    offered_at = models.DateTimeField()
    accept_by = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["request"], condition=Q(state="offered"), name="reassignment_one_open"),
            models.CheckConstraint(condition=~Q(giver=models.F("taker")), name="reassignment_to_another"),
            models.CheckConstraint(condition=~Q(reason=""), name="reassignment_has_reason"),
        ]
        indexes: ClassVar = [models.Index(fields=["accept_by"], name="reassignment_open", condition=Q(state="offered"))]

    def __str__(self) -> str:
        return f"{self.request} {self.kind} {self.state}"
