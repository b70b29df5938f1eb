"""The on-site service request: the hotline raises it, the duty manager arranges it, the visit fulfils it."""

from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from shouhou.customers.models import Customer, OfCustomer
from shouhou.people.models import Organisation, User
from shouhou.people.rules import Role
from shouhou.requests.models.requests import ServiceRequest
from shouhou.requests.rules.words import Wish
from shouhou.shared.lifecycle import Lifecycle, Refused


def arranger(visit: Any, by: User) -> bool:
    """The duty manager, or who else leads the organisation."""
    return by.serves_in(visit.organisation.path) and by.leads_in(visit.organisation.path)


class VisitRequest(Lifecycle):
    """What the customer said about a visit: agreed, with a wish, or wanted today or tomorrow (A3.14-A3.18)."""

    class Status(models.TextChoices):
        OPEN = "open", _("To be arranged")
        ARRANGED = "arranged", _("Arranged")
        DROPPED = "dropped", _("No longer needed")

    KIND: ClassVar[str] = "visit_request"
    MOVES: ClassVar = {
        Status.OPEN: {Status.ARRANGED: arranger, Status.DROPPED: arranger},
        Status.ARRANGED: {},
        Status.DROPPED: {},
    }
    FACTS: ClassVar = {Status.ARRANGED: "visit.dispatched", Status.DROPPED: "visit.cancelled"}

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, related_name="+")
    request = models.ForeignKey(ServiceRequest, models.PROTECT, related_name="visit_requests")
    number = models.CharField(_("Number"), max_length=30, unique=True, editable=False)
    status = models.CharField(_("Status"), max_length=10, choices=Status.choices, default=Status.OPEN)
    wish = models.CharField(_("The customer's answer"), max_length=8, choices=Wish.choices)
    wanted = models.CharField(_("What the customer wants"), max_length=300, blank=True, default="")
    # ISO days with a half each ("2026-10-08 am"), in the organisation's zone: when somebody is there (A3.15).
    available = models.JSONField(_("When somebody is there"), default=list)
    unit = models.CharField(_("Unit"), max_length=200)
    address = models.CharField(_("Address"), max_length=300)
    contact_name = models.CharField(_("Contact"), max_length=100)
    phone = models.CharField(_("Call-back number"), max_length=60)
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    taken_at = models.DateTimeField()
    promised_until = models.DateTimeField(_("Promised until"), null=True)
    engineer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("Service engineer")
    )
    appointed_at = models.DateTimeField(_("Appointment"), null=True)
    outcome = models.CharField(_("What was told to the customer"), max_length=300, blank=True, default="")
    arranged_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    arranged_at = models.DateTimeField(null=True)

    objects = OfCustomer.as_manager()

    class Meta:
        verbose_name = _("On-site service request")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["request"], condition=Q(status="open"), name="visit_request_one_open"),
            models.CheckConstraint(name="visit_request_wish_is_said", condition=Q(wish="agreed") | ~Q(wanted="")),
            models.CheckConstraint(
                name="visit_request_arranged_says_what", condition=~Q(status="arranged") | ~Q(outcome="")
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "id"], name="visit_request_open", condition=Q(status="open"))
        ]

    def __str__(self) -> str:
        return self.number

    def belongs_to(self) -> ServiceRequest:
        return self.request

    def arrange(
        self, *, by: User, outcome: str, engineer: User | None = None, appointed_at: datetime | None = None,
        called_at: datetime | None = None,
    ) -> None:  # fmt: skip
        """Tell the customer by telephone what is arranged, and write it down.

        A wish and an urgent visit are called back (A3.17, A3.18); with an engineer who has accepted, and a time that
        the customer knows, the visit is dispatched (A3.5). `called_at` is when the customer was told.
        """
        if not outcome.strip():
            raise Refused(_now("Write down what was told to the customer."))
        if (engineer is None) != (appointed_at is None):
            raise Refused(_now("Name the engineer together with the time of the appointment."))
        if self.wish == Wish.AGREED and engineer is None:
            raise Refused(_now("The customer agreed to a visit: name the engineer and the time."))
        manager = by.holds(Role.DUTY_MANAGER, organisation_path=self.organisation.path)
        if self.wish != Wish.AGREED and not manager:
            raise Refused(_now("Only the duty manager's own call counts."))
        told = "visit.dispatched" if self.wish == Wish.AGREED else "manager.called_back"
        data = {"visit_request": self.pk, "engineer": engineer.pk if engineer else None}
        with self.moving(self.Status.ARRANGED, by=by, fact=told, occurred_at=called_at, data=data) as at:
            self.outcome, self.engineer, self.appointed_at = outcome.strip(), engineer, appointed_at
            self.arranged_by, self.arranged_at = by, at
        if engineer and told != "visit.dispatched":
            self.request.note("visit.dispatched", by=by, occurred_at=at, source=self, data=data)
        else:
            with self.request.locked():
                self.request.advance()
