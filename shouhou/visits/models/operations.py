"""What phones sent: kept as it came, once each, whatever became of it."""

from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from shouhou.shared.models import Blob
from shouhou.visits.models.visits import Visit
from shouhou.visits.rules.sheet import Operation


class VisitOperation(models.Model):
    """One thing done on a device, with or without signal. `uid` is the device's own UUIDv7: sent twice, kept once."""

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="operations")
    uid = models.UUIDField(unique=True)
    device = models.CharField(max_length=64)
    seq = models.BigIntegerField()
    kind = models.CharField(max_length=20)
    data = models.JSONField(default=dict)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    device_at = models.DateTimeField()  # as the device's clock said
    offset_ms = models.BigIntegerField(default=0)  # what its clock was behind ours by, as it knew then
    received_at = models.DateTimeField()
    let_in_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    let_in_at = models.DateTimeField(null=True)
    set_aside_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    set_aside_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(let_in_at=None) | Q(set_aside_at=None), name="operation_reviewed_once")
        ]
        indexes: ClassVar = [models.Index(fields=["visit", "device", "seq"], name="operation_visit")]

    def __str__(self) -> str:
        return f"{self.visit_id} {self.kind} {self.seq}"

    @property
    def at(self) -> Any:
        """When it was done, by our clock."""
        return self.device_at + timedelta(milliseconds=self.offset_ms)

    def read(self) -> Operation:
        """As the fold reads it."""
        return Operation(str(self.uid), self.device, self.seq, self.kind, self.at, self.by_id, self.data)


class VisitPhoto(models.Model):
    """A picture or signature taken on a visit; its operation may come before or after it."""

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="photos")
    blob = models.ForeignKey(Blob, models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    received_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["visit", "blob"], name="visit_photo_once")]

    def __str__(self) -> str:
        return f"{self.visit_id} {self.blob_id}"
