"""Follow-ups: our call or visit after a service."""

from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from shouhou.customers.models import Customer, OfCustomer
from shouhou.people.models import Organisation, User
from shouhou.requests.models import ServiceRequest
from shouhou.shared.facts import declare
from shouhou.shared.lifecycle import Lifecycle, Refused

declare(
    {
        "follow_up.planned": _("Follow-up planned"),
        "follow_up.done": _("Follow-up done"),
        "follow_up.missed": _("Follow-up: nobody reached"),
        "follow_up.dropped": _("Follow-up no longer needed"),
    }
)

SCORE = [MinValueValidator(1), MaxValueValidator(5)]


def asker(follow_up: Any, by: User) -> bool:
    """Somebody who did not do the service; the duty manager may allow an exception, which shows."""
    return by.serves and (by.pk != follow_up.served_by_id or by.leads)


class FollowUp(Lifecycle):
    """The one follow-up of a finished service: is it truly solved, and how was it (A1.3, G5)."""

    class Status(models.TextChoices):
        PLANNED = "planned", _("To do")
        DONE = "done", _("Done")
        MISSED = "missed", _("Nobody reached")
        DROPPED = "dropped", _("No longer needed")

    KIND: ClassVar[str] = "follow_up"
    MOVES: ClassVar = {
        Status.PLANNED: {Status.DONE: asker, Status.MISSED: asker, Status.DROPPED: asker},
        Status.DONE: {},
        Status.MISSED: {Status.DONE: asker},
        Status.DROPPED: {},
    }
    FACTS: ClassVar = {
        Status.DONE: "follow_up.done",
        Status.MISSED: "follow_up.missed",
        Status.DROPPED: "follow_up.dropped",
    }

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, related_name="+")
    request = models.ForeignKey(ServiceRequest, models.PROTECT, related_name="follow_ups")
    served_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    status = models.CharField(_("Status"), max_length=10, choices=Status.choices, default=Status.PLANNED)
    from_on = models.DateField()
    due_on = models.DateField()
    done_at = models.DateTimeField(null=True)
    solved = models.BooleanField(_("Truly solved"), null=True)
    attitude = models.PositiveSmallIntegerField(_("Attitude"), null=True, validators=SCORE)
    quality = models.PositiveSmallIntegerField(_("Quality"), null=True, validators=SCORE)
    solving = models.PositiveSmallIntegerField(_("Problem solving"), null=True, validators=SCORE)
    words = models.TextField(_("In the customer's words"), blank=True, default="")
    tries = models.PositiveIntegerField(default=0)

    objects = OfCustomer.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["request"], condition=Q(status="planned"), name="follow_up_one_open"),
            models.CheckConstraint(
                condition=~Q(status="done") | Q(solved__isnull=False), name="follow_up_done_says_solved"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["due_on", "id"], name="follow_up_due", condition=Q(status="planned"))]

    def __str__(self) -> str:
        return f"{self.request} {self.status}"

    def refusal(self, to: str) -> str:
        if to in (self.Status.DONE, self.Status.MISSED) and self.status == self.Status.PLANNED:
            return _now("A follow-up is made by somebody who did not do the service.")
        return super().refusal(to)

    def answer(self, *, solved: bool, scores: tuple[int | None, int | None, int | None], words: str, by: User) -> None:
        """Write down what the customer said."""
        if any(score is not None and not 1 <= score <= 5 for score in scores):
            raise Refused(_now("Scores run from 1 to 5."))
        with self.moving(self.Status.DONE, by=by, data={"solved": solved, "scores": list(scores)}) as at:
            self.solved, self.done_at, self.done_by, self.words = solved, at, by, words.strip()
            self.attitude, self.quality, self.solving = scores
            self.tries += 1
