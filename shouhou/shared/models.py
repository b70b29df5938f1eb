"""The journal of events and what hangs on it."""

from typing import Any, ClassVar

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Func, Q


class XidField(models.Field):
    """PostgreSQL's 64-bit transaction id (xid8), read as a number."""

    def db_type(self, connection: Any) -> str:
        return "xid8"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> int | None:
        return None if value is None else int(value)

    def get_prep_value(self, value: Any) -> Any:
        return value if value is None or hasattr(value, "resolve_expression") else str(int(value))


class CurrentXid(Func):
    """The id of the writing transaction; it tells which rows have settled."""

    function = "pg_current_xact_id"
    output_field = XidField()
    arity = 0


class EventQuerySet(models.QuerySet["Event"]):
    def of(self, case: models.Model) -> "EventQuerySet":
        """The events of one case, in the order in which they happened."""
        return self.filter(case_kind=kind_of(case), case_id=case.pk).order_by("occurred_at", "id")


class Event(models.Model):
    """One thing that happened: time line, audit trail, and what moves clocks. Never changed, never deleted."""

    class Origin(models.TextChoices):
        LIVE = "live"
        DEVICE = "device"
        IMPORT = "import"
        CORRECTION = "correction"

    class Audience(models.TextChoices):
        INTERNAL = "internal"
        CUSTOMER = "customer"

    id = models.BigAutoField(primary_key=True)
    kind = models.TextField()
    subject_kind = models.TextField()
    subject_id = models.BigIntegerField()
    case_kind = models.TextField()
    case_id = models.BigIntegerField()
    customer_id = models.BigIntegerField(null=True)
    organisation_id = models.BigIntegerField(null=True)
    audience = models.TextField(choices=Audience.choices, default=Audience.INTERNAL)
    by_id = models.BigIntegerField(null=True)
    on_behalf_of = models.BigIntegerField(null=True)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    origin = models.TextField(choices=Origin.choices, default=Origin.LIVE)
    key = models.TextField(default="", blank=True)
    corrects_id = models.BigIntegerField(null=True)
    xid = XidField(db_default=CurrentXid())
    was = models.TextField(default="", blank=True)
    to = models.TextField(default="", blank=True)
    data = models.JSONField(default=dict, blank=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["case_kind", "case_id", "occurred_at", "id"], name="event_case"),
            models.Index(fields=["customer_id", "occurred_at"], name="event_customer"),
            models.Index(fields=["kind", "occurred_at"], name="event_kind"),
            models.Index(fields=["xid", "id"], name="event_xid"),
            BrinIndex(fields=["recorded_at"], name="event_recorded"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(F("origin"), F("key"), condition=~Q(key=""), name="event_once_per_key"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.case_kind}:{self.case_id}"


class Seal(models.Model):
    """A link of the chain over the journal: an event, its place, its hash over the one before."""

    position = models.BigIntegerField(primary_key=True)
    event_id = models.BigIntegerField(unique=True)
    hash = models.BinaryField()
    previous = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.position}: {self.event_id}"


class Cursor(models.Model):
    """How far a reader of the journal has come: every event of an older transaction has been delivered."""

    name = models.TextField(primary_key=True)
    xid = XidField(default=0)

    def __str__(self) -> str:
        return f"{self.name} {self.xid}"


class Blob(models.Model):
    """The immutable content of an uploaded file, kept once per content."""

    sha256 = models.CharField(max_length=64, unique=True)
    size = models.BigIntegerField()
    type = models.TextField()
    stored_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.sha256[:12]


def kind_of(row: models.Model) -> str:
    """The name under which the journal knows this sort of row."""
    return str(getattr(type(row), "KIND", "") or type(row)._meta.label_lower)
