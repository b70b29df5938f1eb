"""Working-day calendars, version by version: a new holiday notice makes a new version and rewrites nothing."""

from datetime import date
from functools import lru_cache
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from shouhou.people.models import Organisation, valid_zone
from shouhou.promises.rules import calendar as engine
from shouhou.shared.facts import declare

declare({"calendar.published": _("Calendar published")})


class Calendar(models.Model):
    """A working-day calendar with a name; what it says stands in its versions."""

    KIND: ClassVar[str] = "calendar"

    name = models.CharField(_("Name"), max_length=100, unique=True)
    zone = models.CharField(_("Time zone"), max_length=64, default="Asia/Shanghai", validators=[valid_zone])
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("Calendar")

    def __str__(self) -> str:
        return self.name

    @property
    def current(self) -> "CalendarVersion":
        """The newest version. Raises CalendarVersion.DoesNotExist for a calendar without one."""
        return self.versions.order_by("-number")[:1].get()

    def publish(self, days: engine.Calendar, *, reason: str) -> "CalendarVersion":
        """Freeze these days as the next version."""
        last = self.versions.order_by("-number").values_list("number", flat=True).first() or 0
        return CalendarVersion.objects.create(
            calendar=self, number=last + 1, reason=reason,
            weekend=sorted(days.weekend), published=sorted(days.published or ()),
            rest={day.isoformat(): name for day, name in sorted(days.rest.items())},
            worked=[day.isoformat() for day in sorted(days.worked)],
        )  # fmt: skip


class CalendarVersion(models.Model):
    """The days of a calendar as they stood when it was published; never changed afterwards."""

    calendar = models.ForeignKey(Calendar, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    weekend = models.JSONField()
    rest = models.JSONField()
    worked = models.JSONField()
    published = models.JSONField()
    reason = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["calendar", "number"], name="calendar_version_once")]

    def __str__(self) -> str:
        return f"{self.calendar} {self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A version is written once."""
        if not self._state.adding:
            raise RuntimeError("A calendar version is never changed: publish another.")
        super().save(*args, **kwargs)

    def days(self) -> engine.Calendar:
        """What the engine counts with; built once per process, since a version never changes."""
        return _engine_calendar(self.pk)


@lru_cache(maxsize=64)
def _engine_calendar(pk: int) -> engine.Calendar:
    version = CalendarVersion.objects.select_related("calendar").get(pk=pk)
    return engine.Calendar.from_days(
        zone=version.calendar.zone,
        weekend=frozenset(version.weekend),
        rest={date.fromisoformat(day): name for day, name in version.rest.items()},
        worked=frozenset(date.fromisoformat(day) for day in version.worked),
        published=frozenset(version.published),
    )
