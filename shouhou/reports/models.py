"""Corrective actions: what a company does about a clause that it does not keep (ISO 9001, 10.2; B7)."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from shouhou.people.models import Organisation, User
from shouhou.shared.facts import declare
from shouhou.shared.lifecycle import Lifecycle, Refused

declare(
    {
        "corrective_action.opened": _("Corrective action opened"),
        "corrective_action.carried_out": _("Corrective measure carried out"),
        "corrective_action.judged": _("Effect of the corrective measure judged"),
    }
)


def responsible(action: Any, by: User) -> bool:
    """Who owns the measure, or leads the organisation."""
    return by.pk == action.owner_id or by.leads_in(action.organisation.path)


def judge(action: Any, by: User) -> bool:
    """Who leads the organisation, and did not carry the measure out."""
    return by.leads_in(action.organisation.path) and by.pk != action.owner_id


class CorrectiveActionQuerySet(models.QuerySet["CorrectiveAction"]):
    def visible_to(self, user: User) -> "CorrectiveActionQuerySet":
        """Colleagues of the branch."""
        return self.filter(organisation__in=Organisation.objects.visible_to(user))


class CorrectiveAction(Lifecycle):
    """Cause, measure, owner and day for a clause in an organisation, and whether it helped."""

    class Status(models.TextChoices):
        OPEN = "open", _("To be carried out")
        DONE = "done", _("Carried out, effect to be judged")
        EFFECTIVE = "effective", _("Effective")
        INEFFECTIVE = "ineffective", _("Not effective")

    KIND: ClassVar[str] = "corrective_action"
    MOVES: ClassVar = {
        Status.OPEN: {Status.DONE: responsible},
        Status.DONE: {Status.EFFECTIVE: judge, Status.INEFFECTIVE: judge},
        Status.EFFECTIVE: {},
        Status.INEFFECTIVE: {},
    }
    FACTS: ClassVar = {
        Status.DONE: "corrective_action.carried_out",
        Status.EFFECTIVE: "corrective_action.judged",
        Status.INEFFECTIVE: "corrective_action.judged",
    }

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    clause = models.CharField(_("Clause"), max_length=10)
    status = models.CharField(_("Status"), max_length=12, choices=Status.choices, default=Status.OPEN)
    cause = models.TextField(_("Cause"))
    measure = models.TextField(_("Measure"))
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("Owner"))
    due_on = models.DateField(_("Until"))
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    # The figure that it was opened for: so many conforming of so many, from a day until a day.
    first_on = models.DateField()
    last_on = models.DateField()
    applicable = models.PositiveIntegerField()
    conforming = models.PositiveIntegerField()
    done_at = models.DateTimeField(null=True)
    done_words = models.TextField(blank=True, default="")
    judged_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    judged_at = models.DateTimeField(null=True)
    judgement = models.TextField(blank=True, default="")

    objects = CorrectiveActionQuerySet.as_manager()

    class Meta:
        verbose_name = _("Corrective action")
        constraints: ClassVar = [
            models.CheckConstraint(name="corrective_action_says_why", condition=~Q(cause="") & ~Q(measure="")),
            models.CheckConstraint(
                name="corrective_action_counts", condition=Q(conforming__lte=models.F("applicable"))
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["clause", "organisation"], name="corrective_action_clause")]

    def __str__(self) -> str:
        return f"{self.clause} {self.due_on}"

    def get_absolute_url(self) -> str:
        return reverse("reports:action", args=[self.pk])

    def carry_out(self, *, by: User, words: str) -> None:
        """The measure is in place: what was done. Raises Refused without words and for who may not."""
        if not words.strip():
            raise Refused(_now("Write down what was done."))
        with self.moving(self.Status.DONE, by=by) as at:
            self.done_at, self.done_words = at, words.strip()

    def judge(self, *, by: User, effective: bool, words: str) -> None:
        """Whether it helped, by who leads and did not do it. Raises Refused without words and for who may not."""
        if not words.strip():
            raise Refused(_now("Say by what you judge the effect."))
        to = self.Status.EFFECTIVE if effective else self.Status.INEFFECTIVE
        with self.moving(to, by=by, data={"effective": effective}) as at:
            self.judged_by, self.judged_at, self.judgement = by, at, words.strip()
