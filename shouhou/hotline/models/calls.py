"""The call: what the line did, who it was, and what was written down of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from shouhou.customers.models import Contact, Customer, OfCustomer
from shouhou.feedback.models import Complaint
from shouhou.hotline.models.lines import Door, Line
from shouhou.hotline.rules.words import ONE_KEY, RECORD, WITH_ANOTHER, Disposition, Phase
from shouhou.people.models import Organisation, User
from shouhou.promises.models import Promised
from shouhou.requests.models import ServiceRequest
from shouhou.shared.lifecycle import Refused


def taker(call: Any, by: User) -> bool:
    """Who answered the call, or who leads the organisation: a duty manager takes over what is left behind."""
    if call.agent_id == by.pk:
        return by.serves  # a call from another branch's number is still theirs who answered it
    path = call.organisation.path
    return by.serves_in(path) and (call.agent_id is None or by.leads_in(path))


class CallQuerySet(OfCustomer):
    def visible_to(self, user: User) -> Self:
        """One's branch, and what rang at one's own desk; customers see what we wrote of them nowhere."""
        if not user.is_colleague:
            return self.none()
        if user.sees_all:
            return self.all()
        inside = Organisation.objects.visible_to(user)
        return self.filter(Q(organisation__in=inside) | Q(agent=user) | Q(rung=user))

    def without_record(self) -> Self:
        """Answered calls of which nothing is written down yet (A3.11)."""
        return self.filter(status=Call.Status.OPEN).exclude(phase__in=(Phase.RINGING, Phase.ABANDONED))

    def to_call_back(self) -> Self:
        """Callers who gave up and were not called back yet (A3.9)."""
        return self.filter(status=Call.Status.OPEN, phase=Phase.ABANDONED)

    def on_the_line(self) -> Self:
        return self.filter(phase__in=(Phase.RINGING, Phase.ACTIVE, Phase.HELD))

    def for_list(self) -> Self:
        return self.select_related("customer", "contact", "agent", "line", "request", "complaint")


class Call(Promised):
    """One telephone call, answered or not (来电). `phase` is the line's, `status` that of its record."""

    class Status(models.TextChoices):
        OPEN = "open", _("Without a record")
        RECORDED = "recorded", _("Recorded")
        SETTLED = "settled", _("Needs no record")

    KIND: ClassVar[str] = "call"
    MOVES: ClassVar = {
        Status.OPEN: {Status.RECORDED: taker, Status.SETTLED: taker},
        Status.RECORDED: {},
        Status.SETTLED: {Status.RECORDED: taker},
    }
    FACTS: ClassVar = {Status.RECORDED: "call.recorded", Status.SETTLED: "call.disposed"}

    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, blank=True, related_name="calls", verbose_name=_("Customer")
    )
    contact = models.ForeignKey(
        Contact, models.PROTECT, null=True, blank=True, related_name="calls", verbose_name=_("Contact")
    )
    line = models.ForeignKey(Line, models.PROTECT, null=True, related_name="calls", verbose_name=_("Line"))
    door = models.ForeignKey(Door, models.PROTECT, null=True, related_name="calls")
    call_ref = models.CharField(max_length=200, blank=True, default="")
    status = models.CharField(_("Status"), max_length=10, choices=Status.choices, default=Status.OPEN)
    phase = models.CharField(_("On the line"), max_length=10, choices=Phase.choices, default=Phase.RINGING)
    caller_number = models.CharField(_("Caller's number"), max_length=60, blank=True, default="")
    caller_e164 = models.CharField(max_length=20, blank=True, default="")
    outgoing = models.BooleanField(_("We called"), default=False)
    # Whose telephone rings now; who answers becomes the agent.
    rung = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="calls", verbose_name=_("Hotline agent")
    )
    arrived_at = models.DateTimeField(_("Came in"))
    queued_at = models.DateTimeField(null=True)
    ringing_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(_("Answered"), null=True)
    ended_at = models.DateTimeField(_("Ended"), null=True)
    rings = models.PositiveIntegerField(_("Rings"), null=True)
    held_seconds = models.PositiveIntegerField(default=0)
    disposition = models.CharField(
        _("What became of it"), max_length=14, choices=Disposition.choices, blank=True, default=""
    )
    # The form of the norm (A3.3); a record is complete with all six.
    phone = models.CharField(_("Call-back number"), max_length=60, blank=True, default="")
    unit = models.CharField(_("Unit"), max_length=200, blank=True, default="")
    address = models.CharField(_("Address"), max_length=300, blank=True, default="")
    contact_name = models.CharField(_("Contact"), max_length=100, blank=True, default="")
    question = models.TextField(_("Question"), blank=True, default="")
    handling = models.TextField(_("Handling"), blank=True, default="")
    draft = models.JSONField(default=dict, editable=False)  # what is typed while talking: a crash loses nothing
    recorded_at = models.DateTimeField(null=True)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    request = models.ForeignKey(
        ServiceRequest, models.PROTECT, null=True, related_name="calls", verbose_name=_("Service request")
    )
    complaint = models.ForeignKey(
        Complaint, models.PROTECT, null=True, related_name="calls", verbose_name=_("Complaint")
    )
    other = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")

    objects = CallQuerySet.as_manager()

    class Meta:
        verbose_name = _("Call")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["door", "call_ref"], name="call_once", condition=~Q(call_ref="")),
            models.CheckConstraint(
                name="call_record_is_complete",
                condition=~Q(status="recorded")
                | ~(Q(phone="") | Q(unit="") | Q(address="") | Q(contact_name=""))
                & ~(Q(question="") | Q(handling="") | Q(recorded_by=None)),
            ),
            models.CheckConstraint(name="call_settled_says_how", condition=~Q(status="settled") | ~Q(disposition="")),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "-id"], name="call_organisation"),
            models.Index(fields=["agent", "-id"], name="call_owed", condition=Q(status="open")),
            models.Index(fields=["customer", "-id"], name="call_customer"),
            models.Index(
                fields=["organisation", "id"], name="call_on_line", condition=Q(phase__in=["ringing", "active", "held"])
            ),
        ]

    def __str__(self) -> str:
        return self.caller_number or _now("Number withheld")

    def get_absolute_url(self) -> str:
        return reverse("hotline:call", args=[self.pk])

    def promise_facts(self) -> Mapping[str, Any]:
        return {"channel": "phone"}

    @property
    def owed(self) -> bool:
        """Whether somebody still has to write it down or call back."""
        return self.status == self.Status.OPEN and self.phase != Phase.RINGING

    def settle(self, disposition: str, *, by: User, other: "Call | None" = None) -> None:
        """One key for a call that needs no record of its own (A3.11)."""
        if disposition not in (*ONE_KEY, Disposition.RETURNED):
            raise Refused(_now("This does not settle a call: write its record."))
        if disposition in WITH_ANOTHER and (other is None or other.pk == self.pk):
            raise Refused(_now("Name the other call."))
        if disposition == Disposition.RETURNED and self.phase != Phase.ABANDONED:
            raise Refused(_now("Only a caller who gave up is called back."))
        with self.moving(self.Status.SETTLED, by=by, data={"how": disposition, "other": other.pk if other else None}):
            if self.phase == Phase.RINGING:
                raise Refused(_now("It is still ringing."))
            self.disposition, self.other = disposition, other
            self.agent = self.agent or by

    def keep_record(self, record: Mapping[str, str], *, disposition: str, by: User) -> datetime:
        """Write the form of the norm; complete or not at all (A3.3). Raises Refused naming what lacks."""
        lacking = [str(self._meta.get_field(name).verbose_name) for name in RECORD if not record.get(name, "").strip()]  # type: ignore[union-attr]
        if lacking:
            raise Refused(_now("The record lacks: %(lacking)s.") % {"lacking": ", ".join(lacking)})
        with self.moving(self.Status.RECORDED, by=by, data={"how": disposition}) as at:
            for name in RECORD:
                setattr(self, name, record[name].strip())
            self.disposition, self.recorded_at, self.recorded_by, self.draft = disposition, at, by, {}
            self.agent = self.agent or by
        return at

    def take_over(self, *, by: User) -> None:
        """A duty manager takes what an agent left behind."""
        if not by.leads_in(self.organisation.path):
            raise Refused(_now("Only who leads the organisation takes over a colleague's call."))
        with self.noting("call.taken_over", by=by, data={"from": self.agent_id}):
            self.agent = by
