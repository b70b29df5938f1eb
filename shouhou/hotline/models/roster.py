"""Who is on the hotline, when: kinds of shift, the rules of planning, and the shifts themselves (排班)."""

import hashlib
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from shouhou.hotline.models.lines import OfOrganisation
from shouhou.hotline.rules.duty import EARLIEST, Check, beginning
from shouhou.people.models import Leave, Organisation, User
from shouhou.promises.rules.calendar import BadWindow, Window
from shouhou.shared.journal import record
from shouhou.shared.lifecycle import Lifecycle, Refused
from shouhou.shared.time import now


def valid_window(text: str) -> None:
    """Raises ValidationError, with the remedy, for hours that cannot be read."""
    try:
        Window.parse(text, "working")
    except BadWindow:
        raise ValidationError(_("This is no window. Write for example 09:00-18:00.")) from None


class DeskPlan(models.Model):
    """How an organisation plans its hotline: whom it counts, its hours, how long people may work."""

    class Count(models.TextChoices):
        CUSTOMERS = "customers", _("Customers with an agreement in force")
        END_USERS = "end_users", _("End users, by number")

    organisation = models.OneToOneField(Organisation, models.PROTECT, related_name="desk_plan")
    count = models.CharField(_("Covered users are"), max_length=10, choices=Count.choices, default=Count.CUSTOMERS)
    end_users = models.PositiveIntegerField(_("Number of end users"), default=0)
    window = models.CharField(
        _("Company hours"), max_length=100, default="09:00-18:00", validators=[valid_window],
        help_text=_("On working days; in them the half working day before a shift is counted."),
    )  # fmt: skip
    level = models.PositiveSmallIntegerField(
        _("Answered within three rings, %"), default=85, validators=[MinValueValidator(1), MaxValueValidator(99)]
    )
    qualified_only = models.BooleanField(_("Only qualified people may sit at the hotline (M1)"), default=True)
    rest_hours = models.PositiveSmallIntegerField(
        _("Rest between two shifts, hours"), default=11, validators=[MaxValueValidator(48)]
    )
    days_running = models.PositiveSmallIntegerField(
        _("Days in a row at most"), default=6, validators=[MinValueValidator(1), MaxValueValidator(14)]
    )
    week_hours = models.PositiveSmallIntegerField(
        _("Hours a week at most"), default=44, validators=[MinValueValidator(1), MaxValueValidator(80)]
    )

    class Meta:
        verbose_name = _("Rules of the roster")

    def __str__(self) -> str:
        return str(self.organisation)


class ShiftKind(models.Model):
    """A shift as it comes again each day: the early one, the late one, the night (班次)."""

    class Days(models.TextChoices):
        DAILY = "daily", _("Every day")
        WORKING = "working", _("Working days")
        REST = "rest", _("Days of rest")

    KIND: ClassVar[str] = "shift_kind"

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="shift_kinds")
    name = models.CharField(_("Name"), max_length=30)
    starts = models.TimeField(_("Begins"))
    ends = models.TimeField(_("Ends"), help_text=_("At or before the beginning: on the next day."))
    break_minutes = models.PositiveSmallIntegerField(_("Unpaid break, minutes"), default=0)
    days = models.CharField(_("On which days"), max_length=8, choices=Days.choices, default=Days.DAILY)
    seats = models.PositiveSmallIntegerField(
        _("Seats"), null=True, blank=True, help_text=_("Empty: as many as the norm asks for (2 per thousand users).")
    )
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = OfOrganisation.as_manager()

    class Meta:
        verbose_name = _("Kind of shift")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "name"], condition=Q(retired_at=None), name="shift_kind_name_once"
            )
        ]

    def __str__(self) -> str:
        return self.name

    def on(self, day: date) -> tuple[datetime, datetime]:
        """Beginning and end of this shift on a day, in the organisation's zone."""
        zone = self.organisation.tz
        last = day + timedelta(days=1) if self.ends <= self.starts else day
        return datetime.combine(day, self.starts, zone), datetime.combine(last, self.ends, zone)

    @property
    def is_night(self) -> bool:
        """Whether it runs through the small hours."""
        return (self.ends <= self.starts and self.ends.hour >= 1) or self.starts.hour < 5


def planner(shift: Any, by: User) -> bool:
    return by.leads_in(shift.organisation.path)


def sitter(shift: Any, by: User) -> bool:
    return by.pk == shift.user_id


def sitter_or_planner(shift: Any, by: User) -> bool:
    return sitter(shift, by) or planner(shift, by)


class ShiftQuerySet(models.QuerySet["Shift"]):
    def visible_to(self, user: User) -> Self:
        """One's own wherever they are, and those of one's branch; drafts only for who plans."""
        if not user.is_colleague:
            return self.none()
        seen = self if user.sees_all else self.filter(
            Q(organisation__in=Organisation.objects.visible_to(user)) | Q(user=user)
        )  # fmt: skip
        return seen if user.leads else seen.exclude(status=Shift.Status.DRAFT)

    def standing(self) -> Self:
        """Planned, published, running or over: all but those withdrawn."""
        return self.exclude(status=Shift.Status.WITHDRAWN)

    def told(self) -> Self:
        """Those that people know of."""
        return self.exclude(status__in=(Shift.Status.WITHDRAWN, Shift.Status.DRAFT))

    def during(self, start: datetime, until: datetime) -> Self:
        return self.filter(starts_at__lt=until, ends_at__gt=start)

    def present(self) -> Self:
        """Of whom somebody has come and not left."""
        return self.filter(status=Shift.Status.BEGUN)


class Shift(Lifecycle):
    """One person at one seat of the hotline, from an instant to an instant (A3.4, A3.7, A3.8)."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")
        BEGUN = "begun", _("At the desk")
        ENDED = "ended", _("Handed over")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    KIND: ClassVar[str] = "shift"
    OPEN: ClassVar = (Status.DRAFT, Status.PUBLISHED, Status.BEGUN)
    MOVES: ClassVar = {
        Status.DRAFT: {Status.PUBLISHED: planner, Status.WITHDRAWN: planner},
        Status.PUBLISHED: {Status.BEGUN: sitter, Status.WITHDRAWN: planner},
        Status.BEGUN: {Status.ENDED: sitter_or_planner},
        Status.ENDED: {},
        Status.WITHDRAWN: {},
    }
    FACTS: ClassVar = {
        Status.PUBLISHED: "shift.published", Status.BEGUN: "shift.begun", Status.ENDED: "shift.handed_over",
        Status.WITHDRAWN: "shift.withdrawn",
    }  # fmt: skip

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="shifts")
    kind = models.ForeignKey(ShiftKind, models.PROTECT, related_name="shifts", verbose_name=_("Kind of shift"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="shifts", verbose_name=_("Hotline agent")
    )
    status = models.CharField(_("Status"), max_length=10, choices=Status.choices, default=Status.DRAFT)
    starts_at = models.DateTimeField(_("Begins"))
    ends_at = models.DateTimeField(_("Ends"))
    planned_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    published_at = models.DateTimeField(null=True)
    limit_at = models.DateTimeField(null=True)  # until when it had to be published (A3.7)
    exception = models.CharField(_("Why it is planned all the same"), max_length=300, blank=True, default="")
    covers = models.ForeignKey(Leave, models.PROTECT, null=True, related_name="covering_shifts")
    began_at = models.DateTimeField(null=True)
    checks = models.JSONField(default=dict, editable=False)  # which of the four things when (A3.8)
    ready_at = models.DateTimeField(null=True)
    found = models.JSONField(default=dict, editable=False)  # what the watch found, and when
    ended_at = models.DateTimeField(null=True)
    words = models.TextField(_("Hand-over notes"), blank=True, default="")
    received_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    received_at = models.DateTimeField(null=True)

    objects = ShiftQuerySet.as_manager()

    class Meta:
        verbose_name = _("Shift")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="shift_ends_after_start"),
            models.UniqueConstraint(
                fields=["user", "starts_at"], condition=~Q(status="withdrawn"), name="shift_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "withdrawn"]) | Q(published_at__isnull=False, limit_at__isnull=False),
                name="shift_published_says_when",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "starts_at"], name="shift_week"),
            models.Index(fields=["user", "starts_at"], name="shift_user"),
            models.Index(
                fields=["starts_at"], name="shift_watched", condition=Q(status__in=["published", "begun"])
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.kind} {self.user}"

    @property
    def is_late(self) -> bool:
        """Published after the limit, so against the norm (A3.7)."""
        return self.published_at is not None and self.limit_at is not None and self.published_at > self.limit_at

    @property
    def began(self) -> Any:
        """How it began, by A3.8."""
        return beginning(self.starts_at, self.began_at, self.ready_at)

    def publish(self, *, by: User, limit_at: datetime, exception: str, offences: Iterable[str]) -> None:
        """Tell the person. Whether in time stands in the journal with it (A3.7)."""
        data = {"limit": limit_at.isoformat(), "offences": sorted(set(offences)), "user": self.user_id}
        with self.moving(self.Status.PUBLISHED, by=by, data=data) as at:
            data["late"] = at > limit_at
            self.published_at, self.limit_at, self.exception = at, limit_at, exception.strip()

    def begin(self, *, by: User) -> None:
        """Clock in (A3.8). Raises Refused long before the beginning, and after the end."""
        data: dict[str, Any] = {}
        with self.moving(self.Status.BEGUN, by=by, data=data) as at:
            if at < self.starts_at - EARLIEST:
                raise Refused(_now("The shift has not begun: clock in at most two hours before."))
            if at >= self.ends_at:
                raise Refused(_now("The shift is over."))
            self.began_at = at
            data["late"] = self.began.late

    def prepare(self, checked: Iterable[str], *, by: User) -> None:
        """Tick things of the preparation; with the fourth one the desk is ready (A3.8)."""
        new = [name for name in checked if name in Check.values]
        if by.pk != self.user_id:
            raise Refused(_now("Only who sits at the desk prepares it."))
        with self.locked():
            if self.status != self.Status.BEGUN:
                raise Refused(_now("Clock in first."))
            new = [name for name in new if name not in self.checks]
            if not new:
                return
            at = now()
            self.checks = {**self.checks, **{name: at.isoformat() for name in new}}
            whole = set(self.checks) == set(Check.values)
            self.ready_at = at if whole else None
            self.write()
            fact = "shift.prepared" if whole else "shift.checked"
            record(fact, subject=self, by=by, occurred_at=at, data={"checks": new, "ready": self.began.ready})

    def receive(self, *, by: User) -> None:
        """The next shift has read the notes."""
        with self.noting("shift.received", by=by):
            if self.status != self.Status.ENDED or by.pk == self.user_id:
                raise Refused(_now("A colleague receives what was handed over."))
            if self.received_at is None:
                self.received_by, self.received_at = by, now()


class Feed(models.Model):
    """The secret address at which a person's calendar program reads their shifts; only its hash is kept."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="roster_feed")
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.user)

    @classmethod
    def renew(cls, user: User) -> str:
        """A new secret; the former address shows nothing any more. The secret is told once."""
        secret = get_random_string(40)
        cls.objects.update_or_create(user=user, defaults={"digest": cls.hashed(secret), "made_at": now()})
        return secret

    @staticmethod
    def hashed(secret: str) -> str:
        return hashlib.sha256(secret.encode()).hexdigest()
