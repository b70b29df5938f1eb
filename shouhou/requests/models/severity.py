"""What each grade of severity asks for besides its promises: counter-measures and who is told (K2)."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models, transaction
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from shouhou.people.models import Organisation, User
from shouhou.people.rules import Role
from shouhou.requests.rules.words import Severity
from shouhou.shared.facts import declare
from shouhou.shared.journal import record
from shouhou.shared.lifecycle import Refused

declare({"severity.arranged": _("Counter-measures of a severity changed")})


class SeverityPlan(models.Model):
    """The counter-measures and the notification list of one grade of severity, the company's own."""

    KIND: ClassVar[str] = "severity_plan"

    severity = models.CharField(_("Severity"), max_length=10, choices=Severity.choices, unique=True)
    measures = models.TextField(_("Counter-measures"), blank=True, default="")
    told = models.ManyToManyField(
        settings.AUTH_USER_MODEL, related_name="+", blank=True, verbose_name=_("Told at once")
    )

    def __str__(self) -> str:
        return self.get_severity_display()

    @classmethod
    def of(cls, severity: str) -> "SeverityPlan":
        """The plan of a grade; an empty one where none was written yet."""
        return cls.objects.filter(severity=severity).first() or cls(severity=severity)

    @classmethod
    @transaction.atomic
    def arrange(cls, severity: str, *, measures: str, told: list[User], by: User) -> "SeverityPlan":
        """Write down what a grade asks for. Only who leads headquarters or administers may."""
        if not may_arrange(by):
            raise Refused(_now("Only the duty manager of headquarters or an administrator may change this."))
        plan, _new = cls.objects.update_or_create(severity=severity, defaults={"measures": measures.strip()})
        plan.told.set(told)
        record(
            "severity.arranged", subject=plan, by=by, data={"severity": severity, "told": sorted(u.pk for u in told)}
        )
        return plan


def may_arrange(by: Any) -> bool:
    """Whether a person may change the company's counter-measures."""
    return bool(
        by.holds(Role.ADMINISTRATOR, Role.DUTY_MANAGER, Role.GENERAL_MANAGER, organisation_path=Organisation.top().path)
    )
