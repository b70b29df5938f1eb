"""Compilations: what a provider learnt in a period, brought together, reviewed and published (A5.5)."""

from datetime import date
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from shouhou.people.models import Organisation, User
from shouhou.shared.facts import declare
from shouhou.shared.lifecycle import Lifecycle, Refused

declare(
    {
        "compilation.opened": _("Compilation opened"),
        "compilation.submitted": _("Compilation submitted"),
        "compilation.returned": _("Compilation sent back"),
        "compilation.published": _("Compilation published"),
    }
)


def compiler(row: Any, by: User) -> bool:
    return by.serves_in(row.organisation.path)


def checker(row: Any, by: User) -> bool:
    """Who leads there and did not submit it."""
    return by.pk != row.submitted_by_id and by.leads_in(row.organisation.path)


class CompilationQuerySet(models.QuerySet["Compilation"]):
    def visible_to(self, user: User) -> Self:
        """Colleagues see those of their branch."""
        if not user.is_colleague:
            return self.none()
        return self if user.sees_all else self.filter(organisation__in=Organisation.objects.visible_to(user))

    def overdue(self, day: date) -> Self:
        """Not submitted by their day."""
        return self.filter(status=Compilation.Status.OPEN, due_on__lt=day)


class Compilation(Lifecycle):
    """The problems and remedies of one provider in one period, until they are published."""

    class Status(models.TextChoices):
        OPEN = "open", _("Being compiled")
        SUBMITTED = "submitted", _("Under review")
        PUBLISHED = "published", _("Published")

    KIND: ClassVar[str] = "compilation"
    MOVES: ClassVar = {
        Status.OPEN: {Status.SUBMITTED: compiler},
        Status.SUBMITTED: {Status.PUBLISHED: checker, Status.OPEN: checker},
        Status.PUBLISHED: {},
    }
    FACTS: ClassVar = {
        Status.OPEN: "compilation.returned", Status.SUBMITTED: "compilation.submitted",
        Status.PUBLISHED: "compilation.published",
    }  # fmt: skip

    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="compilations", verbose_name=_("Provider")
    )
    starts_on = models.DateField(_("First day"))
    ends_on = models.DateField(_("Last day"))
    due_on = models.DateField(_("To be submitted by"))
    status = models.CharField(_("Status"), max_length=10, choices=Status.choices, default=Status.OPEN)
    submitted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    objects = CompilationQuerySet.as_manager()

    class Meta:
        verbose_name = _("Compilation")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "starts_on", "ends_on"], name="compilation_once"),
            models.CheckConstraint(
                condition=Q(starts_on__lte=F("ends_on")) & Q(due_on__gt=F("ends_on")), name="compilation_days"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation} {self.starts_on} – {self.ends_on}"

    def get_absolute_url(self) -> str:
        return reverse("knowledge:compilations")

    def submit(self, *, by: User) -> None:
        """Give it to review. Raises Refused while it holds no article."""
        with self.moving(self.Status.SUBMITTED, by=by):
            if not self.articles.exists():
                raise Refused(_now("Put articles into the compilation first."))
            self.submitted_by = by

    def send_back(self, *, by: User) -> None:
        """To be compiled further."""
        with self.moving(self.Status.OPEN, by=by):
            pass

    def publish(self, *, by: User) -> None:
        """Publish it. Raises Refused while one of its articles is not published."""
        with self.moving(self.Status.PUBLISHED, by=by):
            waiting = self.articles.filter(version=None).exclude(status="retired").count()
            if waiting:
                raise Refused(_now("%(count)s of its articles are not published yet.") % {"count": waiting})
