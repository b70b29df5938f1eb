"""The support request to a vendor: written, signed, sent, acknowledged, answered (A5.1-A5.4)."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from shouhou.customers.models import Customer, OfCustomer
from shouhou.people.models import Organisation, User
from shouhou.records.models import Record
from shouhou.requests.models.permits import staff
from shouhou.requests.models.requests import ServiceRequest
from shouhou.requests.rules.support import Heard, Way
from shouhou.shared.lifecycle import Lifecycle
from shouhou.shared.models import Blob


def colleague(support: Any, by: User) -> bool:
    """People who serve in the organisation of the request."""
    return staff(support, by)


class SupportQuerySet(OfCustomer):
    """Between us and the vendor: a customer's people see none."""

    def visible_to(self, user: User) -> "SupportQuerySet":
        return super().visible_to(user) if user.is_colleague else self.none()

    def unacknowledged(self) -> "SupportQuerySet":
        return self.filter(status=SupportRequest.Status.SENT)


class SupportRequest(Lifecycle):
    """What we ask of a vendor about one service request, and what came of it."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("To be signed and sent")
        SENT = "sent", _("Sent, receipt not confirmed")
        ACKNOWLEDGED = "acknowledged", _("Receipt confirmed")
        ANSWERED = "answered", _("Vendor answered")
        WITHDRAWN = "withdrawn", _("No longer needed")

    KIND: ClassVar[str] = "support_request"
    MOVES: ClassVar = {
        Status.DRAFT: {Status.SENT: colleague, Status.WITHDRAWN: colleague},
        Status.SENT: {Status.ACKNOWLEDGED: colleague, Status.ANSWERED: colleague, Status.WITHDRAWN: colleague},
        Status.ACKNOWLEDGED: {Status.ANSWERED: colleague, Status.WITHDRAWN: colleague},
        Status.ANSWERED: {},
        Status.WITHDRAWN: {},
    }
    FACTS: ClassVar = {
        Status.SENT: "vendor.requested",
        Status.ACKNOWLEDGED: "vendor.acknowledged",
        Status.ANSWERED: "support.solution_received",
        Status.WITHDRAWN: "vendor.released",
    }

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, related_name="+")
    request = models.ForeignKey(ServiceRequest, models.PROTECT, related_name="support_requests")
    status = models.CharField(_("Status"), max_length=12, choices=Status.choices, default=Status.DRAFT)
    vendor = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name=_("Vendor"))
    contact_name = models.CharField(_("Contact"), max_length=100)
    email = models.EmailField(_("E-mail"), blank=True, default="")
    phone = models.CharField(_("Telephone or fax"), max_length=60, blank=True, default="")
    way = models.CharField(_("Way"), max_length=4, choices=Way.choices)
    problem = models.TextField(_("Problem"))
    tried = models.TextField(_("What we have tried"))
    wanted = models.TextField(_("What we ask for"))
    wanted_by = models.DateTimeField(_("Answer wanted until"), null=True, blank=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    paper = models.OneToOneField(Record, models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64, default="", editable=False)  # of the secret address
    sent_at = models.DateTimeField(null=True)
    chases = models.PositiveSmallIntegerField(default=0)
    chase_at = models.DateTimeField(null=True)  # when it chases itself next, while nobody has acknowledged
    heard_from = models.CharField(_("Acknowledged by"), max_length=100, blank=True, default="")
    heard_how = models.CharField(max_length=5, choices=Heard.choices, blank=True, default="")
    heard_at = models.DateTimeField(null=True)
    answer = models.TextField(_("The vendor's answer"), blank=True, default="")
    answer_from = models.CharField(max_length=100, blank=True, default="")
    answer_file = models.ForeignKey(Blob, models.PROTECT, null=True, related_name="+")
    answer_file_name = models.CharField(max_length=200, blank=True, default="")
    answered_at = models.DateTimeField(null=True)
    engineer_name = models.CharField(_("Vendor's engineer"), max_length=100, blank=True, default="")
    engineer_phone = models.CharField(max_length=60, blank=True, default="")
    engineer_comes_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)  # when the customer was told the solution (A5.3)

    objects = SupportQuerySet.as_manager()

    class Meta:
        verbose_name = _("Technical support request")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["digest"], name="support_address_once", condition=~Q(digest="")),
            models.CheckConstraint(
                name="support_sent_has_address", condition=Q(status__in=("draft", "withdrawn")) | ~Q(sent_at=None)
            ),
            models.CheckConstraint(name="support_answer_says_what", condition=~Q(status="answered") | ~Q(answer="")),
            models.CheckConstraint(name="support_link_needs_mail", condition=~Q(way="link") | ~Q(email="")),
        ]
        indexes: ClassVar = [models.Index(fields=["chase_at"], name="support_to_chase", condition=Q(status="sent"))]

    def __str__(self) -> str:
        return f"{self.paper.number or self.vendor.name} {self.request.number}"

    def belongs_to(self) -> ServiceRequest:
        return self.request

    def get_absolute_url(self) -> str:
        return reverse("requests:support", args=[self.pk])

    @property
    def is_signed(self) -> bool:
        """Whether our representative has put hand and seal to it (A5.1)."""
        return self.paper.status in (Record.Status.SIGNED, Record.Status.FILED)
