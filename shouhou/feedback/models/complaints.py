"""Complaints: dissatisfaction that is to be answered (投诉, D9)."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from shouhou.customers.models import Contact, Customer, OfCustomer
from shouhou.people.models import User
from shouhou.promises.models import Promised
from shouhou.requests.models import ServiceRequest
from shouhou.shared.facts import declare
from shouhou.shared.lifecycle import Refused

declare(
    {
        "complaint.received": _("Complaint received"),
        "complaint.answered": _("Complaint answered"),
        "complaint.agreed": _("The customer agrees with the answer"),
        "complaint.reopened": _("Complaint open again"),
        "complaint.closed": _("Complaint closed: the measure works"),
        "complaint.owner_named": _("Complaint given to another owner"),
    }
)


def handler(complaint: Any, by: User) -> bool:
    """Its owner, or who leads the organisation; never the person it is about."""
    if by.pk == complaint.about_id:
        return False
    return by.pk == complaint.owner_id or by.leads_in(complaint.organisation.path)


def leader(complaint: Any, by: User) -> bool:
    """Who leads the organisation and is not complained of."""
    return by.pk != complaint.about_id and by.leads_in(complaint.organisation.path)


class ComplaintQuerySet(OfCustomer):
    def open(self) -> Any:
        return self.exclude(status=Complaint.Status.CLOSED)

    def for_list(self) -> Any:
        return self.select_related("customer", "owner", "about", "request")


class Complaint(Promised):
    """One complaint, until the customer agrees with the answer and the measure has shown that it works."""

    class Status(models.TextChoices):
        OPEN = "open", _("To be answered")
        ANSWERED = "answered", _("Answered, agreement awaited")
        AGREED = "agreed", _("Agreed, effect to be checked")
        CLOSED = "closed", _("Closed")

    KIND: ClassVar[str] = "complaint"
    ENDED: ClassVar = (Status.CLOSED,)
    MOVES: ClassVar = {
        Status.OPEN: {Status.ANSWERED: handler},
        Status.ANSWERED: {Status.AGREED: handler, Status.OPEN: handler},
        Status.AGREED: {Status.CLOSED: leader, Status.OPEN: leader},
        Status.CLOSED: {},
    }
    FACTS: ClassVar = {
        Status.OPEN: "complaint.reopened", Status.ANSWERED: "complaint.answered", Status.AGREED: "complaint.agreed",
        Status.CLOSED: "complaint.closed",
    }  # fmt: skip

    number = models.CharField(_("Number"), max_length=40, unique=True)
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, blank=True, related_name="complaints", verbose_name=_("Customer")
    )
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, blank=True, related_name="+")
    unit = models.CharField(_("Unit"), max_length=200, blank=True, default="")
    name = models.CharField(_("Who complains"), max_length=100)
    phone = models.CharField(_("Call-back number"), max_length=60)
    channel = models.CharField(max_length=10, default="phone")
    words = models.TextField(_("What the customer complains of"))
    about = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("Whom it is about"),
    )  # fmt: skip
    request = models.ForeignKey(
        ServiceRequest, models.PROTECT, null=True, blank=True, related_name="complaints",
        verbose_name=_("Service request"),
    )  # fmt: skip
    status = models.CharField(_("Status"), max_length=10, choices=Status.choices, default=Status.OPEN)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("Owner"))
    received_at = models.DateTimeField(_("Received at"))
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    cause = models.TextField(_("Cause"), blank=True, default="")
    measure = models.TextField(_("Measure"), blank=True, default="")
    answer = models.TextField(_("Answer to the customer"), blank=True, default="")
    answered_at = models.DateTimeField(null=True)
    effect = models.TextField(_("How the measure works"), blank=True, default="")
    closed_at = models.DateTimeField(null=True)

    objects = ComplaintQuerySet.as_manager()

    class Meta:
        verbose_name = _("Complaint")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(about=None) | ~Q(about=F("owner")), name="complaint_owner_is_another"),
            models.CheckConstraint(
                condition=Q(status="open") | ~Q(cause="") & ~Q(measure="") & ~Q(answer=""),
                name="complaint_answered_says_what",
            ),
            models.CheckConstraint(condition=~Q(status="closed") | ~Q(effect=""), name="complaint_closed_says_effect"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "-id"], name="complaint_organisation"),
            models.Index(fields=["customer", "-id"], name="complaint_customer"),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("feedback:complaint", args=[self.pk])

    def promise_facts(self) -> Mapping[str, Any]:
        return {"channel": self.channel}

    def reply(self, *, cause: str, measure: str, answer: str, by: User) -> None:
        """What was found, what is done about it, and what was told to the customer; all three or none."""
        if not (cause.strip() and measure.strip() and answer.strip()):
            raise Refused(_now("Write down the cause, the measure and the answer to the customer."))
        with self.moving(self.Status.ANSWERED, by=by) as at:
            self.cause, self.measure, self.answer = cause.strip(), measure.strip(), answer.strip()
            self.answered_at = at

    def agree(self, *, by: User) -> None:
        """The customer says that this will do."""
        with self.moving(self.Status.AGREED, by=by):
            pass

    def reopen(self, *, words: str, by: User) -> None:
        """The customer does not agree, or the measure does not work: what they say now stays with the first words."""
        if not words.strip():
            raise Refused(_now("Write down what the customer still complains of."))
        with self.moving(self.Status.OPEN, by=by):
            self.words = f"{self.words}\n\n{words.strip()}"

    def close(self, *, effect: str, by: User) -> None:
        """The measure was checked, and it works."""
        if not effect.strip():
            raise Refused(_now("Write down how the measure works."))
        with self.moving(self.Status.CLOSED, by=by) as at:
            self.effect, self.closed_at = effect.strip(), at

    def give_to(self, owner: User, *, by: User) -> None:
        """Another owner; never the person it is about. Raises Refused for who may not handle it."""
        if not leader(self, by):
            raise Refused(_now("Only who leads the organisation names another owner."))
        if owner.pk == self.about_id or not owner.serves_in(self.organisation.path):
            raise Refused(_now("The owner serves in this organisation and is not the person complained of."))
        with self.noting("complaint.owner_named", by=by, data={"from": self.owner_id, "to": owner.pk}):
            if self.status == self.Status.CLOSED:
                raise Refused(_now("The complaint is closed."))
            self.owner = owner
