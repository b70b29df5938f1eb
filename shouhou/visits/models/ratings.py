"""What a customer says of a visit on their own phone; scores from the engineer's phone stand in the sheet, apart."""

from typing import Any, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from shouhou.visits.models.visits import Visit

SCORE: Any = [MinValueValidator(1), MaxValueValidator(5)]


class VisitRating(models.Model):
    """One answer for one visit; nobody can change it."""

    KIND: ClassVar[str] = "visit_rating"

    visit = models.OneToOneField(Visit, models.PROTECT, related_name="rating")
    attitude = models.PositiveSmallIntegerField(_("Attitude"), validators=SCORE)
    quality = models.PositiveSmallIntegerField(_("Quality"), validators=SCORE)
    solving = models.PositiveSmallIntegerField(_("Problem solving"), validators=SCORE)
    words = models.TextField(_("In the customer's words"), blank=True, default="")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.visit} {self.attitude}/{self.quality}/{self.solving}"
