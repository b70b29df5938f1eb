"""Commitments, frozen in sets: what one agreement or organisation promised at one time."""

from functools import lru_cache
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from shouhou.people.models import Organisation
from shouhou.promises.models.calendars import Calendar, CalendarVersion
from shouhou.promises.rules import calendar as engine
from shouhou.promises.rules.clock import Promise
from shouhou.promises.rules.fold import Terms
from shouhou.promises.rules.period import Period
from shouhou.promises.rules.promise import opening


class CommitmentSet(models.Model):
    """The commitments that one agreement (or an organisation by itself) has given. Frozen when made."""

    class Purpose(models.TextChoices):
        AGREEMENT = "agreement", _("Agreement")
        STANDING = "standing", _("For callers without an agreement")
        COMPANY = "company", _("Adopted by the company")

    KIND: ClassVar[str] = "commitment_set"

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=20, choices=Purpose.choices, default=Purpose.AGREEMENT)
    name_zh = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200)
    preset = models.CharField(max_length=60, blank=True, default="")
    calendar = models.ForeignKey(Calendar, models.PROTECT, related_name="+")
    clauses = models.JSONField(default=list)  # the ids that this set adopts, promises or not
    frozen_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["organisation", "purpose"], name="commitment_set_purpose")]

    def __str__(self) -> str:
        return self.name_zh

    def terms(self) -> tuple["Commitment", ...]:
        """Its commitments, read once per process: a set never changes."""
        return commitments_of(self.pk)


class Commitment(models.Model):
    """One promise: from a fact, until a fact, within a period."""

    class Source(models.TextChoices):
        TEXT = "text", _("Stated in the document")
        ASSUMED = "assumed", _("Agreed figure (not in the source text)")
        REQUIRED = "required", _("Filled in at adoption (not in the source text)")

    KIND: ClassVar[str] = "commitment"

    set = models.ForeignKey(CommitmentSet, models.PROTECT, related_name="commitments")
    code = models.CharField(max_length=60)
    clause = models.CharField(max_length=20, blank=True, default="")
    position = models.PositiveIntegerField(default=0)
    name_zh = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200)
    start = models.CharField(max_length=60)
    stops = models.JSONField(default=list)
    cancels = models.JSONField(default=list)
    within = models.CharField(max_length=30)
    window = models.CharField(max_length=100, blank=True, default="")
    days = models.CharField(max_length=10, default="daily")
    roll = models.BooleanField(default=True)
    when = models.JSONField(default=dict)
    pause = models.JSONField(default=list)
    attempts = models.BooleanField(default=False)
    warn = models.JSONField(default=list)  # [[step, audience], …]
    otherwise = models.CharField(max_length=60, blank=True, default="")
    follow_on = models.BooleanField(default=False)
    repeat = models.CharField(max_length=10, default="first")
    owed_by = models.CharField(max_length=20, default="us")
    source = models.CharField(max_length=20, choices=Source.choices, default=Source.TEXT)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["set", "code"], name="commitment_code_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.name_zh}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A commitment is written once; an edited promise is another commitment in another set."""
        if not self._state.adding:
            raise RuntimeError("A commitment is never changed: amend the agreement.")
        super().save(*args, **kwargs)

    @property
    def name(self) -> str:
        """The sentence a manager reads, in the reader's language."""
        return self.name_zh if (get_language() or "").startswith("zh") else self.name_en

    def terms(self, calendar_version_id: int) -> Terms:
        """What the engine folds by, with the days of one calendar version; built once per process."""
        key = (self.pk, calendar_version_id)
        if key not in _TERMS:
            _TERMS[key] = self.built(CalendarVersion(pk=calendar_version_id).days())
        return _TERMS[key]

    def built(self, days: engine.Calendar) -> Terms:
        """What the engine folds by, counted in these days; also of a commitment that is not saved yet."""
        within = Period.parse(self.within)
        return Terms(
            code=self.code,
            start=self.start,
            stop=tuple(self.stops),
            cancel=tuple(self.cancels),
            promise=Promise(
                within=within,
                calendar=days,
                window=opening(self.window, self.days or "daily", within),
                roll=self.roll,
            ),
            when=self.when,
            pause=tuple(self.pause),
            attempts=self.attempts,
            warn=tuple(step for step, _audience in self.warn),
            repeat=self.repeat,
            otherwise=self.otherwise or None,
            follow_on=self.follow_on,
        )


@lru_cache(maxsize=2048)
def commitments_of(set_id: int) -> tuple[Commitment, ...]:
    """The commitments of a set, in their order of reading."""
    return tuple(Commitment.objects.filter(set_id=set_id).order_by("position", "pk"))


_TERMS: dict[tuple[int, int], Terms] = {}


def current_versions(set_ids: set[int]) -> dict[int, int]:
    """The calendar version that a clock of each set starts with now, in one query."""
    newest = CommitmentSet.objects.filter(pk__in=set_ids).values_list("pk", models.Max("calendar__versions__pk"))
    return dict(newest)


def forget() -> None:
    """Drop what this process remembers of sets and terms; for tests that change the database under it."""
    commitments_of.cache_clear()
    _TERMS.clear()
