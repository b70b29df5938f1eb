"""Service levels (presets as editable rows) and agreements."""

from datetime import date
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from shouhou.customers.models import Customer, OfCustomer, Project
from shouhou.equipment.models import InstalledItem
from shouhou.people.models import Organisation, User
from shouhou.people.rules import Role
from shouhou.promises.models import CommitmentSet
from shouhou.shared.facts import declare
from shouhou.shared.lifecycle import Lifecycle

declare(
    {
        "agreement.drafted": _("Agreement drafted"),
        "agreement.edited": _("Agreement draft edited"),
        "agreement.discarded": _("Agreement draft deleted"),
        "agreement.signed": _("Agreement in force"),
        "agreement.ended": _("Agreement ended"),
        "agreement.superseded": _("Agreement replaced by its amendment or renewal"),
        "agreement.announced": _("Agreement expires soon"),
        "agreement.renewed": _("Agreement renewed tacitly"),
        "preset.adopted": _("Preset adopted"),
    }
)


def may_agree(agreement: Any, by: User) -> bool:
    """Those who decide in the organisation's name sign and end agreements."""
    return by.holds(
        Role.GENERAL_MANAGER, Role.DUTY_MANAGER, Role.PROJECT_MANAGER, Role.SUPERVISOR, Role.ADMINISTRATOR,
        organisation_path=agreement.organisation.path,
    )  # fmt: skip


class ServiceLevel(models.Model):
    """A preset as this company edits it: the set of promises and entitlements that an agreement copies."""

    KIND: ClassVar[str] = "service_level"

    key = models.CharField(max_length=60, unique=True)
    name_zh = models.CharField(_("Chinese name"), max_length=200)
    name_en = models.CharField(_("English name"), max_length=200)
    terms = models.JSONField(default=dict)  # as presets.yaml writes a preset
    position = models.PositiveIntegerField(default=0)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("Service level")

    def __str__(self) -> str:
        return self.name_zh


class AgreementQuerySet(OfCustomer):
    def in_force(self, on: date) -> "AgreementQuerySet":
        """Signed agreements whose period includes the day."""
        return self.filter(Q(ends_on=None) | Q(ends_on__gte=on), status=Agreement.Status.IN_FORCE, starts_on__lte=on)

    def covering(self, customer: Customer, item: InstalledItem | None, on: date) -> "AgreementQuerySet":
        """What covers this item (or, without one, the customer as a whole), the most particular first."""
        mine = self.in_force(on).filter(customer=customer).annotate(listed=models.Count("items"))
        if item is None:
            return mine.order_by("listed", "starts_on", "pk")
        return mine.filter(Q(listed=0) | Q(items=item)).order_by("-listed", "starts_on", "pk")


class Agreement(Lifecycle):
    """A service agreement with a customer: for which items, in which period, with which frozen promises."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        IN_FORCE = "in_force", _("In force")
        ENDED = "ended", _("Ended")

    class Renewal(models.TextChoices):
        NONE = "none", _("Ends on its day")
        TACIT = "tacit", _("Renewed tacitly for the same length")
        EXPRESS = "express", _("Renewed only when both sign")

    KIND: ClassVar[str] = "agreement"
    MOVES: ClassVar = {
        Status.DRAFT: {Status.IN_FORCE: may_agree, Status.ENDED: may_agree},
        Status.IN_FORCE: {Status.ENDED: may_agree},
        Status.ENDED: {},
    }
    FACTS: ClassVar = {Status.IN_FORCE: "agreement.signed", Status.ENDED: "agreement.ended"}

    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", verbose_name=_("Service organisation")
    )
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="agreements", verbose_name=_("Customer"))
    project = models.ForeignKey(
        Project, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Project")
    )
    number = models.CharField(_("Agreement number"), max_length=60)
    name = models.CharField(_("Name"), max_length=200)
    service_level = models.ForeignKey(ServiceLevel, models.PROTECT, related_name="+", verbose_name=_("Service level"))
    commitment_set = models.ForeignKey(CommitmentSet, models.PROTECT, null=True, related_name="+")
    status = models.CharField(_("Status"), max_length=12, choices=Status.choices, default=Status.DRAFT)
    starts_on = models.DateField(_("From"))
    ends_on = models.DateField(_("Until"), null=True, blank=True)
    items = models.ManyToManyField(InstalledItem, blank=True, related_name="agreements")
    entitlements = models.JSONField(default=list)
    parts = models.JSONField(null=True)  # the separable parts of the preset that are agreed; None: those not optional
    filled = models.JSONField(default=dict)  # the blanks of the source document, as filled in at adoption

    # What it amends or renews; that one ends the day before this one starts, once this one is in force.
    follows = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="followed_by", verbose_name=_("Follows")
    )
    renewal = models.CharField(_("Renewal"), max_length=8, choices=Renewal.choices, default=Renewal.NONE)
    notice_days = models.PositiveSmallIntegerField(_("Notice before the end (days)"), default=60)
    period_from = models.DateField(null=True)  # where the present period began, once it was renewed tacitly
    announced_at = models.DateTimeField(null=True)  # when people were told that it expires

    objects = AgreementQuerySet.as_manager()

    class Meta:
        verbose_name = _("Agreement")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["number"], name="agreement_number_once"),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=models.F("starts_on")), name="agreement_ends_after_start"
            ),
            models.CheckConstraint(
                condition=~Q(status="in_force") | ~Q(commitment_set=None), name="agreement_in_force_has_promises"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["customer", "status"], name="agreement_customer")]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"

    def get_absolute_url(self) -> str:
        return reverse("agreements:detail", args=[self.pk])

    def successor(self) -> "Agreement | None":
        """What amends or renews it: the one in force, else the draft."""
        rows = self.followed_by.exclude(status=self.Status.ENDED)
        return rows.order_by(models.Case(models.When(status="in_force", then=0), default=1), "pk").first()
