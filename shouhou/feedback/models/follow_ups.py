"""Follow-ups: our call or visit after a service."""

from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Case, Count, F, Q, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from shouhou.customers.models import Customer, OfCustomer
from shouhou.feedback.rules import SATISFIED, Share
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

TRIES = 3
SCORE = [MinValueValidator(1), MaxValueValidator(5)]


def asker(follow_up: Any, by: User) -> bool:
    """Somebody who did not do the service; who leads may make an exception, with a reason that stays on record."""
    path = follow_up.organisation.path
    return by.serves_in(path) and (by.pk != follow_up.served_by_id or by.leads_in(path))


class FollowUpQuerySet(OfCustomer):
    def satisfaction(self) -> Share:
        """How many of those who gave a score were satisfied."""
        scores = ("attitude", "quality", "solving")
        total = sum((Coalesce(F(name), 0) for name in scores), start=Value(0))
        count = sum((Case(When(**{f"{name}__isnull": False}, then=1), default=0) for name in scores), start=Value(0))
        rows = self.filter(status=FollowUp.Status.DONE).annotate(total=total, given=count).filter(given__gt=0)
        counted = rows.aggregate(part=Count("pk", filter=Q(total__gte=SATISFIED * F("given"))), of=Count("pk"))
        return Share(**counted)


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
    exception = models.CharField(_("Why asked by who served"), max_length=300, blank=True, default="")
    tries = models.PositiveIntegerField(default=0)

    objects = FollowUpQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["request"], condition=Q(status="planned"), name="follow_up_one_open"),
            models.CheckConstraint(
                condition=~Q(status="done") | Q(solved__isnull=False), name="follow_up_done_says_solved"
            ),
            models.CheckConstraint(
                condition=Q(done_by=None) | ~Q(done_by=F("served_by")) | ~Q(exception=""),
                name="follow_up_exception_has_reason",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["due_on", "id"], name="follow_up_due", condition=Q(status="planned"))]

    def __str__(self) -> str:
        return f"{self.request} {self.status}"

    def refusal(self, to: str) -> str:
        if to in (self.Status.DONE, self.Status.MISSED) and self.status == self.Status.PLANNED:
            return _now("A follow-up is made by somebody who did not do the service.")
        return super().refusal(to)

    def belongs_to(self) -> ServiceRequest:
        return self.request

    @property
    def tries_owed(self) -> int:
        """How often somebody must still try before the follow-up may end without an answer."""
        return max(0, TRIES - self.tries) if self.status == self.Status.PLANNED else 0

    def answer(
        self, *, solved: bool, scores: tuple[int | None, int | None, int | None], words: str, by: User,
        exception: str = "",
    ) -> None:  # fmt: skip
        """Write down what the customer said. Who served needs a reason to ask, which is marked (A1.3)."""
        if any(score is not None and not 1 <= score <= 5 for score in scores):
            raise Refused(_now("Scores run from 1 to 5."))
        data = {"solved": solved, "scores": list(scores), "exception": by.pk == self.served_by_id}
        with self.moving(self.Status.DONE, by=by, data=data) as at:
            self.excepted(by, exception)
            self.solved, self.done_at, self.done_by, self.words = solved, at, by, words.strip()
            self.attitude, self.quality, self.solving = scores

    def try_in_vain(self, *, by: User, exception: str = "") -> None:
        """Nobody was reached; the third try ends it."""
        with self.locked():
            if self.Status.MISSED not in self.moves_for(by):
                raise Refused(self.refusal(self.Status.MISSED))
            tried = {"tries": self.tries + 1}
            last = tried["tries"] >= TRIES
            with (
                self.moving(self.Status.MISSED, by=by, data=tried)
                if last
                else self.noting("follow_up.missed", by=by, data=tried)
            ):
                self.excepted(by, exception)
                self.tries = tried["tries"]

    def excepted(self, by: User, exception: str) -> None:
        """Keep the reason for which the person who served asks after all; refuse without one."""
        if by.pk == self.served_by_id:
            if not exception.strip():
                raise Refused(_now("You did this service yourself: say why nobody else can ask."))
            self.exception = exception.strip()
