"""Clocks: commitments running on one case."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shouhou.promises.models.calendars import CalendarVersion
from shouhou.promises.models.commitments import Commitment
from shouhou.promises.rules.clock import Pause
from shouhou.promises.rules.explain import Segment, explain
from shouhou.promises.rules.fold import Reading
from shouhou.shared.facts import declare

declare(
    {
        "clock.warned": _("A promise is at risk"),
        "clock.broken": _("A promise was broken"),
        "clock.kept": _("A promise was kept"),
        "clock.reinstated": _("A promise turned out to be kept"),
        "clock.rebased": _("Promises were counted anew"),
        "clock.paused": _("Clock paused"),
        "clock.resumed": _("Clock resumed"),
    }
)


class ClockQuerySet(models.QuerySet["Clock"]):
    def of(self, case: models.Model) -> "ClockQuerySet":
        """The clocks of one case, the earliest due first."""
        return self.filter(case_kind=case.KIND, case_id=case.pk)  # type: ignore[attr-defined]

    def ringing(self, at: datetime) -> "ClockQuerySet":
        """Clocks whose next instant (a warning or the due time) has come."""
        return self.filter(next_at__lte=at).order_by("next_at", "pk")


class Clock(models.Model):
    """A commitment running on one case, counted from one event. The row is a stored reading of the fold."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Not started")
        RUNNING = "running", _("Running")
        PAUSED = "paused", _("Paused")
        MET = "met", _("Kept")
        BROKEN = "broken", _("Broken")
        CANCELLED = "cancelled", _("Cancelled")

    KIND: ClassVar[str] = "clock"
    LAPSED: ClassVar = "lapsed"  # broken while it applied; the case is another one now
    OPEN: ClassVar = (State.RUNNING, State.PAUSED)

    case_kind = models.CharField(max_length=40)
    case_id = models.BigIntegerField()
    organisation_id = models.BigIntegerField(null=True)
    customer_id = models.BigIntegerField(null=True)
    commitment = models.ForeignKey(Commitment, models.PROTECT, related_name="clocks")
    calendar_version = models.ForeignKey(CalendarVersion, models.PROTECT, related_name="+")
    start_event_id = models.BigIntegerField()
    state = models.CharField(max_length=12, choices=State.choices)
    started_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    stop_event_id = models.BigIntegerField(null=True)
    used = models.DurationField(null=True)
    left = models.DurationField(null=True)
    paused_reason = models.CharField(max_length=30, blank=True, default="")
    pauses = models.JSONField(default=list)
    provisional = models.BooleanField(default=False)
    attempted = models.BooleanField(default=False)
    external = models.BooleanField(default=False)
    void_reason = models.CharField(max_length=30, blank=True, default="")

    objects = ClockQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["case_kind", "case_id", "commitment", "start_event_id"], name="clock_once_per_start"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["next_at", "id"], name="clock_ringing", condition=Q(next_at__isnull=False)),
            models.Index(fields=["commitment", "state"], name="clock_commitment"),
        ]

    def __str__(self) -> str:
        return f"{self.commitment.code} {self.state}"

    @property
    def is_open(self) -> bool:
        """Whether it still runs or stands still."""
        return self.state in self.OPEN

    @property
    def is_owed(self) -> bool:
        """Whether somebody must still do something for it: running, paused, or broken and not yet done."""
        open_breach = self.state == self.State.BROKEN and self.stopped_at is None
        return self.is_open or (open_breach and not self.external and self.void_reason != self.LAPSED)

    @property
    def margin(self) -> timedelta | None:
        """How long before (positive) or after (negative) the due instant the promise was fulfilled."""
        return self.due_at - self.stopped_at if self.due_at and self.stopped_at else None

    def engine_pauses(self) -> tuple[Pause, ...]:
        """The pauses that this clock stood still for."""
        return tuple(
            Pause(datetime.fromisoformat(a), datetime.fromisoformat(b) if b else None, reason)
            for a, b, reason in self.pauses
        )

    def explanation(self) -> list[Segment]:
        """Each stretch of time, counted or not, and why: from it the due time can be re-added by hand."""
        if self.external:
            return []
        terms = self.commitment.terms(self.calendar_version_id)
        return explain(terms.promise, self.started_at, self.engine_pauses())

    def take(self, reading: Reading) -> bool:
        """Copy a reading of the fold into the row. Returns whether anything changed."""
        values = {
            "state": reading.state, "started_at": reading.started_at, "due_at": reading.due_at,
            "next_at": reading.next_at, "stopped_at": reading.stopped_at, "stop_event_id": reading.stopped_by,
            "used": reading.used, "left": reading.left, "paused_reason": reading.paused_reason or "",
            "provisional": reading.provisional, "attempted": reading.attempted,
            "void_reason": self.LAPSED if reading.lapsed else "",
            "pauses": [[p.start.isoformat(), p.end.isoformat() if p.end else None, p.reason] for p in reading.pauses],
        }  # fmt: skip
        if self.pk and reading.state in ("running", "paused"):
            # Used and left are read live while it runs; writing them at each event would change every row.
            values["used"], values["left"] = self.used, self.left
        changed = [name for name, value in values.items() if getattr(self, name) != value]
        for name in changed:
            setattr(self, name, values[name])
        return bool(changed)
