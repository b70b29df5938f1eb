"""What stands behind requests: major incidents group them, problems hold root cause and permanent remedy (K4)."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from shouhou.people.models import Organisation, User
from shouhou.shared.facts import declare
from shouhou.shared.lifecycle import Lifecycle, Refused

declare(
    {
        "incident.opened": _("Major incident opened"),
        "incident.ended": _("Major incident ended"),
        "problem.opened": _("Problem recorded"),
        "problem.explained": _("Root cause found"),
        "problem.remedied": _("Permanent remedy in place"),
    }
)


class InBranch(models.QuerySet[Any]):
    def visible_to(self, user: User) -> "InBranch":
        """Colleagues of the branch; customers never see incidents and problems as such."""
        return self.filter(organisation__in=Organisation.objects.visible_to(user))


def leads_here(row: Any, by: User) -> bool:
    return by.serves_in(row.organisation.path)


class MajorIncident(Lifecycle):
    """One trouble that many customers report: their requests are handled together."""

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        ENDED = "ended", _("Ended")

    KIND: ClassVar[str] = "incident"
    MOVES: ClassVar = {Status.OPEN: {Status.ENDED: leads_here}, Status.ENDED: {}}
    FACTS: ClassVar = {Status.ENDED: "incident.ended"}

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    title = models.CharField(_("Title"), max_length=200)
    leader = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("Leader"))
    status = models.CharField(_("Status"), max_length=10, choices=Status.choices, default=Status.OPEN)
    summary = models.TextField(_("What is known"), blank=True, default="")
    opened_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = InBranch.as_manager()

    def __str__(self) -> str:
        return self.title

    def end(self, *, by: User) -> None:
        """The trouble is over; the grouped requests are still confirmed one by one."""
        with self.moving(self.Status.ENDED, by=by) as at:
            self.ended_at = at


class Problem(Lifecycle):
    """The cause behind one or many requests, and its permanent remedy."""

    class Status(models.TextChoices):
        OPEN = "open", _("Cause sought")
        EXPLAINED = "explained", _("Cause known")
        REMEDIED = "remedied", _("Remedied for good")

    KIND: ClassVar[str] = "problem"
    MOVES: ClassVar = {
        Status.OPEN: {Status.EXPLAINED: leads_here},
        Status.EXPLAINED: {Status.REMEDIED: leads_here},
        Status.REMEDIED: {},
    }
    FACTS: ClassVar = {Status.EXPLAINED: "problem.explained", Status.REMEDIED: "problem.remedied"}

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    title = models.CharField(_("Title"), max_length=200)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("Owner"))
    status = models.CharField(_("Status"), max_length=10, choices=Status.choices, default=Status.OPEN)
    root_cause = models.TextField(_("Root cause"), blank=True, default="")
    workaround = models.TextField(_("Workaround"), blank=True, default="")
    remedy = models.TextField(_("Permanent remedy"), blank=True, default="")
    opened_at = models.DateTimeField()

    objects = InBranch.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(status="open") | ~Q(root_cause=""), name="problem_explained_has_cause"),
            models.CheckConstraint(condition=~Q(status="remedied") | ~Q(remedy=""), name="problem_remedied_has_remedy"),
        ]

    def __str__(self) -> str:
        return self.title

    def explain(self, root_cause: str, *, by: User, workaround: str = "") -> None:
        """Record the root cause, and how to live with it until the remedy is there."""
        if not root_cause.strip():
            raise Refused(_now("Write down the root cause."))
        with self.moving(self.Status.EXPLAINED, by=by):
            self.root_cause, self.workaround = root_cause.strip(), workaround.strip()

    def remedy_with(self, remedy: str, *, by: User) -> None:
        """Record the permanent remedy."""
        if not remedy.strip():
            raise Refused(_now("Write down the permanent remedy."))
        with self.moving(self.Status.REMEDIED, by=by):
            self.remedy = remedy.strip()
