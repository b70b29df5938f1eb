"""What people are qualified for (M1), and when they are away with leave (A3.4)."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from shouhou.people.models.users import Organisation, User
from shouhou.people.rules import Away, Skill
from shouhou.shared.facts import declare
from shouhou.shared.lifecycle import Lifecycle, Refused

declare(
    {
        "person.qualified": _("Qualification recorded"),
        "person.disqualified": _("Qualification withdrawn"),
        "leave.asked": _("Leave asked for"),
        "leave.approved": _("Leave approved"),
        "leave.refused": _("Leave refused"),
        "leave.withdrawn": _("Leave withdrawn"),
    }
)


class QualificationQuerySet(models.QuerySet["Qualification"]):
    def held_on(self, day: date) -> Self:
        """Those that hold on a day."""
        return self.filter(Q(given_on__lte=day), Q(until_on=None) | Q(until_on__gte=day))


class Qualification(models.Model):
    """Something a person was trained for and examined in, from a day until a day (M1)."""

    KIND: ClassVar[str] = "qualification"

    user = models.ForeignKey(User, models.PROTECT, related_name="qualifications", verbose_name=_("Colleague"))
    skill = models.CharField(_("Qualification"), max_length=20, choices=Skill.choices)
    given_on = models.DateField(_("From"))
    until_on = models.DateField(_("Until"), null=True, blank=True)
    proof = models.CharField(_("Proof"), max_length=200, blank=True, default="")

    objects = QualificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("Qualification")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(until_on=None) | Q(until_on__gte=F("given_on")), name="qualification_ends_after_start"
            ),
            models.UniqueConstraint(
                fields=["user", "skill"], condition=Q(until_on=None), name="qualification_without_end_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.get_skill_display()}"


def skills_of(users: Iterable[int], day: date) -> dict[int, set[str]]:
    """What these people are qualified for on a day."""
    found: dict[int, set[str]] = {pk: set() for pk in users}
    for user, skill in Qualification.objects.filter(user__in=found).held_on(day).values_list("user_id", "skill"):
        found[user].add(skill)
    return found


def decides(leave: Any, by: User) -> bool:
    """Whoever leads the organisation, but nobody their own leave."""
    return by.pk != leave.user_id and by.leads_in(leave.organisation.path)


def asks(leave: Any, by: User) -> bool:
    return by.pk == leave.user_id or decides(leave, by)


class LeaveQuerySet(models.QuerySet["Leave"]):
    def visible_to(self, user: User) -> Self:
        """One's own, and those of the branch that one leads."""
        leads = [post.organisation.path for post in user.posts if user.leads_in(post.organisation.path)]
        inside = Organisation.objects.under(leads)
        return self.filter(Q(user=user) | Q(organisation__in=inside))

    def approved(self) -> Self:
        return self.filter(status=Leave.Status.APPROVED)

    def during(self, start: datetime, until: datetime) -> Self:
        """Those that touch a stretch of time."""
        return self.filter(from_at__lt=until, until_at__gt=start)


class Leave(Lifecycle):
    """A time in which a person is not at their post, asked for and decided; a colleague covers it (A3.4)."""

    class Status(models.TextChoices):
        ASKED = "asked", _("Asked for")
        APPROVED = "approved", _("Approved")
        REFUSED = "refused", _("Refused")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    KIND: ClassVar[str] = "leave"
    MOVES: ClassVar = {
        Status.ASKED: {Status.APPROVED: decides, Status.REFUSED: decides, Status.WITHDRAWN: asks},
        Status.APPROVED: {Status.WITHDRAWN: asks},
        Status.REFUSED: {},
        Status.WITHDRAWN: {},
    }
    FACTS: ClassVar = {
        Status.APPROVED: "leave.approved", Status.REFUSED: "leave.refused", Status.WITHDRAWN: "leave.withdrawn",
    }  # fmt: skip

    user = models.ForeignKey(User, models.PROTECT, related_name="leaves", verbose_name=_("Colleague"))
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    status = models.CharField(_("Status"), max_length=10, choices=Status.choices, default=Status.ASKED)
    kind = models.CharField(_("Kind"), max_length=10, choices=Away.choices, default=Away.ANNUAL)
    from_at = models.DateTimeField(_("From"))
    until_at = models.DateTimeField(_("Until"))
    reason = models.CharField(_("Reason"), max_length=300)
    asked_at = models.DateTimeField()
    cover = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Covering colleague")
    )
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    answer = models.CharField(_("Answer"), max_length=300, blank=True, default="")

    objects = LeaveQuerySet.as_manager()

    class Meta:
        verbose_name = _("Leave")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(until_at__gt=F("from_at")), name="leave_ends_after_start")
        ]
        indexes: ClassVar = [models.Index(fields=["user", "from_at"], name="leave_user")]

    def __str__(self) -> str:
        return f"{self.user} {self.get_kind_display()}"

    def approve(self, *, by: User, cover: User | None, answer: str = "") -> None:
        """Let the person go; who covers is named. Raises Refused for oneself as one's own cover."""
        if cover is not None and cover.pk == self.user_id:
            raise Refused(_now("Somebody else covers: name a colleague."))
        with self.moving(self.Status.APPROVED, by=by, data={"cover": cover.pk if cover else None}) as at:
            self.cover, self.decided_by, self.decided_at, self.answer = cover, by, at, answer.strip()

    def refuse(self, *, by: User, answer: str) -> None:
        """Say no, with the reason."""
        if not answer.strip():
            raise Refused(_now("Say why the leave is refused."))
        with self.moving(self.Status.REFUSED, by=by) as at:
            self.decided_by, self.decided_at, self.answer = by, at, answer.strip()

    def withdraw(self, *, by: User) -> None:
        """Not wanted any more."""
        with self.moving(self.Status.WITHDRAWN, by=by):
            pass
