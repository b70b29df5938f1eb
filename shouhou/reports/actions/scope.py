"""What is looked at, and how a promise's clause is counted; shared by the clauses of every room."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shouhou.feedback.rules import is_satisfied
from shouhou.people.models import User
from shouhou.promises.models import Clock
from shouhou.reports.rules import Evidence, Offender
from shouhou.shared.models import Event


@dataclass(frozen=True, slots=True)
class Scope:
    """What is looked at: organisations by id, a stretch of time, and who looks."""

    inside: frozenset[int]
    start: datetime
    until: datetime
    by: User

    def events(self, *kinds: str) -> Any:
        """Facts that happened in the period, those that a correction took back left out."""
        rows = Event.objects.filter(
            kind__in=kinds, organisation_id__in=self.inside, occurred_at__gte=self.start, occurred_at__lt=self.until
        )
        void = Event.objects.filter(kind="event.corrected", data__void=True, organisation_id__in=self.inside)
        return rows.exclude(pk__in=void.values("corrects_id"))


def clock_of(clause: str) -> Callable[[Scope], Evidence]:
    """A clause that is a promise: its clocks' states. What still runs, was paused or called off is not judged yet."""

    def count(scope: Scope) -> Evidence:
        rows = Clock.objects.filter(
            organisation_id__in=scope.inside, commitment__clause=clause, started_at__gte=scope.start,
            started_at__lt=scope.until, state__in=("met", "broken"),
        )  # fmt: skip
        found = list(rows.values_list("state", "case_kind", "case_id", "started_at").order_by("started_at", "pk"))
        return Evidence(
            len(found), [Offender(kind, pk, at, "late") for state, kind, pk, at in found if state == "broken"]
        )

    return count


def told_of(kind: str) -> Any:
    """The ids of the cases of which this fact is told at all."""
    return Event.objects.filter(kind=kind).values("case_id")


def when(rows: Any, at: str = "arrived_at") -> Any:
    """Id and instant of each row."""
    return rows.values_list("pk", at)


def satisfaction(kind: str, rows: Any, pk: str = "pk", at: str = "done_at") -> Evidence:
    """More than 85 % of the valid ratings are satisfied; silence is no rating."""
    told = [
        (which, instant, is_satisfied((attitude, quality, solving)))
        for which, instant, attitude, quality, solving in rows.values_list(pk, at, "attitude", "quality", "solving")
    ]
    judged = [(which, instant, good) for which, instant, good in told if good is not None]
    bad = [Offender(kind, which, instant, "dissatisfied") for which, instant, good in judged if not good]
    return Evidence(len(judged), bad, 85.0)
