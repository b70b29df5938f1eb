"""How far a file has been imported, saved with each batch so that a killed import goes on where it stopped."""

from django.db import models

from shouhou.people.models import Organisation


class ImportRun(models.Model):
    """One file, known by its content."""

    digest = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    zone = models.CharField(max_length=64)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    line = models.BigIntegerField(default=1)  # the last line that is written; the header is line 1
    counts = models.JSONField(default=dict)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.name} {self.line}"
