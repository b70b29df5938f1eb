"""The clauses of handling a request and following it up, counted from the journal (A1, G5, H6, I17)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db.models import Q

from shouhou.customers.models import Customer
from shouhou.feedback.models import FollowUp
from shouhou.reports.actions.scope import Scope, satisfaction, when
from shouhou.reports.rules import Evidence, Offender
from shouhou.requests.models import Reassignment, ServiceRequest
from shouhou.requests.models.handovers import ACCEPT_WITHIN
from shouhou.requests.rules.words import Coverage
from shouhou.shared.time import now

SWEEP = timedelta(minutes=2)  # what a hand-over that nobody accepts may wait beyond its fifteen minutes


def requests_of(scope: Scope, kind: str) -> Any:
    """Requests of which this fact happened in the period."""
    told = scope.events(kind).filter(case_kind=ServiceRequest.KIND).values("case_id")
    return ServiceRequest.objects.filter(pk__in=told).order_by("pk")


def offenders_of(rows: Any, why: str, at: str = "received_at") -> list[Offender]:
    return [Offender(ServiceRequest.KIND, pk, instant, why) for pk, instant in when(rows, at)]


def understood(scope: Scope) -> Evidence:
    """Contact, problem and need are on record of whom a time was promised to (A1.1)."""
    rows = requests_of(scope, "promise.given")
    unknown = (Q(contact=None) & Q(caller_phone="")) | (Q(subject="") & Q(description="")) | Q(need="")
    return Evidence(rows.count(), offenders_of(rows.filter(unknown), "incomplete"))


def solved(scope: Scope) -> Evidence:
    """A closed request has its solution, and the customer's confirmation or its expired window on record (A1.2)."""
    rows = requests_of(scope, "request.closed")
    return Evidence(rows.count(), offenders_of(rows.filter(Q(solution="") | Q(confirmed_how="")), "unconfirmed"))


def followed(scope: Scope) -> Evidence:
    """Each finished service was followed up until its last day (A1.3, G5); who could not be reached was tried."""
    zone = scope.start.tzinfo
    last = min(scope.until, now()).astimezone(zone).date()
    rows = FollowUp.objects.filter(
        organisation_id__in=scope.inside, due_on__gte=scope.start.date(), due_on__lt=last
    ).exclude(status=FollowUp.Status.DROPPED)  # fmt: skip
    offenders = []
    for row in rows.select_related("organisation").order_by("due_on", "pk"):
        done = row.done_at.astimezone(row.organisation.tz).date() if row.done_at else None
        if row.status == FollowUp.Status.PLANNED or (done is not None and done > row.due_on):
            began = scope.start.replace(year=row.due_on.year, month=row.due_on.month, day=row.due_on.day)
            offenders.append(Offender(FollowUp.KIND, row.pk, began, "late" if done else "not_followed"))
    return Evidence(rows.count(), offenders)


def goodwill(scope: Scope) -> Evidence:
    """What was given beyond the agreement has its reason and who approved it (A1.6)."""
    rows = requests_of(scope, "coverage.decided").filter(coverage=Coverage.GOODWILL)
    bare = rows.filter(Q(coverage_reason="") | Q(coverage_approver=None))
    return Evidence(rows.count(), offenders_of(bare, "unapproved"))


def owned(scope: Scope) -> Evidence:
    """A hand-over is accepted or refused within fifteen minutes, or goes to the duty manager (A1.10)."""
    rows = Reassignment.objects.filter(
        request__organisation_id__in=scope.inside, offered_at__gte=scope.start,
        offered_at__lt=min(scope.until, now() - ACCEPT_WITHIN - SWEEP),
    ).order_by("offered_at", "pk")  # fmt: skip
    offenders = [
        Offender(ServiceRequest.KIND, row.request_id, row.offered_at, "not_accepted")
        for row in rows
        if (row.answered_at or now()) > row.accept_by + SWEEP
    ]
    return Evidence(rows.count(), offenders)


def named(scope: Scope) -> Evidence:
    """Each customer has a person responsible and a deputy (H6), as of now."""
    rows = Customer.objects.filter(organisation_id__in=scope.inside, retired_at=None).order_by("pk")
    bare = rows.filter(Q(owner=None) | Q(deputy=None))
    offenders = [Offender("customer", pk, scope.until, "no_person") for pk in bare.values_list("pk", flat=True)]
    return Evidence(rows.count(), offenders)


def satisfied(scope: Scope) -> Evidence:
    """More than 85 % of the valid ratings of follow-ups are satisfied (I17); silence is no rating."""
    rows = FollowUp.objects.filter(
        organisation_id__in=scope.inside, status=FollowUp.Status.DONE, done_at__gte=scope.start, done_at__lt=scope.until
    ).order_by("pk")
    return satisfaction(FollowUp.KIND, rows)


CLAUSES: dict[str, Callable[[Scope], Evidence]] = {
    "A1.1": understood, "A1.2": solved, "A1.3": followed, "A1.6": goodwill, "A1.10": owned, "G5": followed,
    "H6": named, "I17": satisfied,
}  # fmt: skip
