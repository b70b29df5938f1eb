"""The clauses of service on site and of the vendor's support, counted from journal, visits and records (A4, A5, H5).

A visit belongs to the period in which its engineer arrived. A step that was passed by its recorded exception counts
as not done, save where the clause itself allows the exception (A4.7).
"""

from collections.abc import Callable
from typing import Any

from shouhou.records.models import Record
from shouhou.reports.actions.scope import Scope, clock_of, satisfaction, when
from shouhou.reports.rules import Evidence, Offender
from shouhou.requests.models import SupportRequest
from shouhou.requests.rules.words import Coverage
from shouhou.shared.models import Event
from shouhou.visits.models import Visit, VisitRating


def visits(scope: Scope) -> Any:
    """Visits whose engineer arrived in the period."""
    return Visit.objects.filter(
        organisation_id__in=scope.inside, arrived_at__gte=scope.start, arrived_at__lt=scope.until
    ).order_by("arrived_at", "pk")


def over(scope: Scope) -> Any:
    """Those that are over: before that nobody can say what is missing."""
    return visits(scope).filter(status=Visit.Status.DONE)


def offenders_of(rows: Any, why: str) -> list[Offender]:
    return [Offender(Visit.KIND, pk, at, why) for pk, at in when(rows, "arrived_at")]


def step_done(step: str) -> Callable[[Scope], Evidence]:
    """A visit that is over has this step done, and not merely passed by an exception."""

    def count(scope: Scope) -> Evidence:
        rows = over(scope)
        return Evidence(
            rows.count(), offenders_of(rows.exclude(**{f"sheet__steps__{step}__how": "done"}), f"not_{step}")
        )

    return count


def entitled(scope: Scope) -> Evidence:
    """Whether the visit is covered, paid or goodwill is decided (A4.1)."""
    rows = visits(scope)
    return Evidence(rows.count(), offenders_of(rows.filter(request__coverage=Coverage.UNDECIDED), "undecided"))


def backed_up(scope: Scope) -> Evidence:
    """Before mending, a backup or its reason with consent (A4.7)."""
    rows = visits(scope).filter(sheet__steps__has_key="fix")
    return Evidence(rows.count(), offenders_of(rows.exclude(sheet__steps__has_key="backup"), "not_backup"))


def satisfied(scope: Scope) -> Evidence:
    """More than 85 % of those who rate a visit on their own phone are satisfied (A4.3)."""
    rows = VisitRating.objects.filter(
        visit__organisation_id__in=scope.inside, at__gte=scope.start, at__lt=scope.until
    ).order_by("pk")
    return satisfaction(Visit.KIND, rows, "visit", "at")


def helped(scope: Scope) -> Evidence:
    """A call for support from a visit is answered by the duty manager (A4.8)."""
    asked = scope.events("support.requested").order_by("occurred_at", "pk")
    given = set(Event.objects.filter(kind="support.given").values_list("data__operation", flat=True))
    rows = list(asked.values_list("subject_id", "occurred_at", "data__operation"))
    return Evidence(
        len(rows), [Offender(Visit.KIND, pk, at, "unanswered") for pk, at, operation in rows if operation not in given]
    )


def sheet_filed(scope: Scope) -> Evidence:
    """The signed sheet, or the refusal with its reason, is filed and unchangeable (A4.11)."""
    rows = over(scope)
    filed = Record.objects.filed().filter(kind="service_sheet", case_kind=Visit.KIND).values("case_id")
    return Evidence(rows.count(), offenders_of(rows.exclude(pk__in=filed), "no_sheet"))


def running(scope: Scope) -> Evidence:
    """Nobody leaves before it runs normally, or the duty manager lets them go (H5)."""
    rows = over(scope)
    left = rows.exclude(sheet__steps__leave__how="done").filter(released_at=None)
    return Evidence(rows.count(), offenders_of(left, "unreleased"))


def joined(scope: Scope) -> Evidence:
    """A vendor's engineer who joins a visit: arrival and work are recorded (E8)."""
    rows = visits(scope).exclude(sheet__guests={}).filter(sheet__has_key="guests")
    idle = [(v.pk, v.arrived_at) for v in rows if not all(g["work"] for g in v.sheet["guests"].values())]
    return Evidence(rows.count(), [Offender(Visit.KIND, pk, at, "no_work") for pk, at in idle])


def written(scope: Scope) -> Evidence:
    """The vendor is asked in writing, signed and sealed, not merely by word of mouth (A5.1)."""
    asked = scope.events("vendor.requested").order_by("occurred_at", "pk")
    rows = list(asked.values_list("subject_kind", "case_kind", "case_id", "occurred_at"))
    spoken = [Offender(kind, pk, at, "no_document") for subject, kind, pk, at in rows if subject != SupportRequest.KIND]
    return Evidence(len(rows), spoken)


def acknowledged(scope: Scope) -> Evidence:
    """The vendor's receipt of the request is on record (A5.2)."""
    rows = SupportRequest.objects.filter(
        organisation_id__in=scope.inside, sent_at__gte=scope.start, sent_at__lt=scope.until
    ).order_by("sent_at", "pk")
    silent = rows.filter(heard_at=None)
    return Evidence(
        rows.count(), [Offender(SupportRequest.KIND, pk, at, "no_receipt") for pk, at in when(silent, "sent_at")]
    )


def unspoken(_scope: Scope) -> Evidence:
    """Which words were said at the door nobody writes down (A4.5)."""
    return Evidence(lacks="spoken")


CLAUSES: dict[str, Callable[[Scope], Evidence]] = {
    "A4.1": entitled, "A4.2": step_done("badge"), "A4.3": satisfied, "A4.4": step_done("prepare"), "A4.5": unspoken,
    "A4.6": step_done("verify"), "A4.7": backed_up, "A4.8": helped, "A4.9": step_done("trial"),
    "A4.10": step_done("explain"), "A4.11": sheet_filed, "A5.1": written, "A5.2": acknowledged,
    "A5.3": clock_of("A5.3"), "E8": joined, "H5": running,
}  # fmt: skip
