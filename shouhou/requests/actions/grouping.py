"""Merge, split, link; major incidents and problems; coverage and goodwill; severity; agreement."""

from datetime import datetime, tzinfo
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from shouhou.agreements.models import Agreement
from shouhou.people.models import User
from shouhou.people.rules import Role
from shouhou.promises.models import Clock
from shouhou.requests.actions.intake import STARTING, handed_on, index_words, take_request
from shouhou.requests.models import MajorIncident, Problem, RequestLink, ServiceRequest
from shouhou.requests.models.permits import leads, staff
from shouhou.requests.models.requests import ServiceRequestQuerySet
from shouhou.requests.rules.words import Coverage, severity_of
from shouhou.shared.journal import record
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Event
from shouhou.shared.time import now

# How much goodwill a role may grant by itself within a year and customer (A1.6).
GOODWILL_LIMITS = {Role.DUTY_MANAGER: 3, Role.SUPERVISOR: 5, Role.GENERAL_MANAGER: 1000, Role.ADMINISTRATOR: 1000}

STARTS = frozenset({"request.received", "fault.occurred", *(fact for facts in STARTING.values() for fact in facts)})


def _staff_only(request: ServiceRequest, by: User) -> None:
    if not staff(request, by):
        raise Refused(_("Only colleagues of this organisation may do this."))


@transaction.atomic
def merge_requests(duplicate: ServiceRequest, *, into: ServiceRequest, by: User) -> None:
    """Two reports of one need become one; the duplicate's clocks end, the survivor keeps the earlier start."""
    if duplicate.pk == into.pk:
        raise Refused(_("A request cannot be merged into itself."))
    if duplicate.customer_id is None or duplicate.customer_id != into.customer_id:
        raise Refused(_("Only requests of the same customer can be merged."))
    first, second = sorted((duplicate, into), key=lambda r: r.pk)
    with first.locked(), second.locked():
        if into.status not in ServiceRequest.RUNNING:  # under the lock: two may be merged into each other at once
            raise Refused(_("%(number)s is not open.") % {"number": into.number})
        _nothing_broken_is_lost(duplicate, into)
        with duplicate.moving(ServiceRequest.Status.MERGED, by=by, data={"into": into.pk}) as at:
            duplicate.merged_into, duplicate.closed_at, duplicate.waiting = into, at, ""
            duplicate.end_offers(by=by)
        with into.noting("request.absorbed", by=by, data={"from": duplicate.pk}):
            was, into.reported_at = into.reported_at, min(into.reported_at, duplicate.reported_at)
        if into.reported_at < was:
            _start_earlier(into, was, by)


def _nothing_broken_is_lost(duplicate: ServiceRequest, into: ServiceRequest) -> None:
    """Merging calls the duplicate's clocks off: what it broke must go on counting on the survivor."""
    carried = set(into.clocks().values_list("commitment__code", flat=True))
    lost = duplicate.clocks().filter(state=Clock.State.BROKEN).exclude(commitment__code__in=carried).first()
    if lost is not None:
        told = {"number": duplicate.number, "other": into.number, "promise": lost.commitment.name}
        raise Refused(
            _("%(number)s broke a promise that %(other)s does not bear (%(promise)s): merge it the other way.") % told
        )


def _start_earlier(request: ServiceRequest, was: datetime, by: User) -> None:
    """What started the survivor's clocks happened when the need was first reported."""
    starts = Event.objects.of(request).filter(kind__in=STARTS, occurred_at=was)
    for event in list(starts):
        request.note("event.corrected", by=by, occurred_at=request.reported_at, corrects_id=event.pk)


@transaction.atomic
def split_request(request: ServiceRequest, *, subject: str, description: str, by: User) -> ServiceRequest:
    """A second need found in one request becomes a request of its own, linked."""
    _staff_only(request, by)
    own = {**handed_on(request), "subject": subject, "description": description}
    new = take_request(by=by, channel=request.channel, **own)
    RequestLink.objects.create(source=new, target=request, kind=RequestLink.Kind.SPLIT)
    request.note("request.split", by=by, data={"new": new.pk})
    return new


@transaction.atomic
def link_requests(request: ServiceRequest, *, to: ServiceRequest, by: User) -> None:
    """Say that two requests belong together."""
    _staff_only(request, by)
    if request.pk == to.pk:
        raise Refused(_("A request cannot be linked to itself."))
    _row, new = RequestLink.objects.get_or_create(source=request, target=to, kind=RequestLink.Kind.RELATED)
    if new:
        request.note("request.linked", by=by, data={"target": to.pk, "kind": "related"})


@transaction.atomic
def grade_request(request: ServiceRequest, *, impact: str, urgency: str, by: User) -> None:
    """Change impact and urgency: severity follows, and the promises of the new grade apply from the same start (K2)."""
    _staff_only(request, by)
    severity = severity_of(impact, urgency)
    if (impact, urgency) == (request.impact, request.urgency):
        return
    with request.noting("request.graded", by=by, data={"was": request.severity, "to": severity}):
        request.must_be_open()
        request.impact, request.urgency, request.severity = impact, urgency, severity


@transaction.atomic
def edit_request(request: ServiceRequest, *, by: User, **fields: Any) -> None:
    """Put right what was taken down: words, contact, site, installed item. The journal names the columns."""
    _staff_only(request, by)
    changed = sorted(name for name, value in fields.items() if getattr(request, name) != value)
    if not changed:
        return
    with request.noting("request.edited", by=by, data={"fields": changed}):
        request.must_be_open()
        for name in changed:
            setattr(request, name, fields[name])
        index_words(request)


@transaction.atomic
def mark_request(request: ServiceRequest, *, by: User, **marks: Any) -> None:
    """Set what promises ask for: needs a visit, remote work failed, the cause."""
    _staff_only(request, by)
    unknown = set(marks) - {"needs_visit", "remote_failed", "cause"}
    if unknown:
        raise TypeError(f"unknown marks: {unknown}")
    with request.noting("request.edited", by=by, data={"fields": sorted(marks)}):
        request.must_be_open()
        for name, value in marks.items():
            setattr(request, name, value)


@transaction.atomic
def rebase_request(request: ServiceRequest, *, agreement: Agreement | None, by: User) -> None:
    """Bind the case to another agreement: a recorded re-basing; closed clocks stay as they were."""
    if not leads(request, by):
        raise Refused(_("Only who leads the organisation may change the agreement."))
    if agreement is not None and (agreement.customer_id != request.customer_id or agreement.commitment_set_id is None):
        raise Refused(_("This agreement is not in force for this customer."))
    was = request.agreement_id
    with request.noting("request.rebased", by=by, data={"was": was, "to": agreement.pk if agreement else None}):
        request.must_be_open()
        request.agreement = agreement
        if agreement is not None:
            request.commitment_set = agreement.commitment_set
            if request.coverage == Coverage.UNDECIDED:
                request.coverage = Coverage.COVERED


@transaction.atomic
def decide_coverage(request: ServiceRequest, *, coverage: str, reason: str, by: User) -> None:
    """Covered, paid, or goodwill within the approver's limit (A1.6)."""
    _staff_only(request, by)
    if not reason.strip():
        raise Refused(_("Say on what ground."))
    if coverage == Coverage.GOODWILL:
        limit = max(
            (n for role, n in GOODWILL_LIMITS.items() if by.holds(role, organisation_path=request.organisation.path)),
            default=0,
        )
        if not limit:
            raise Refused(_("Goodwill is granted by the duty manager, the supervisor or the general manager."))
        with connection.cursor() as cursor:  # one grant of a person to a customer after the other, or none is the last
            key = f"goodwill:{request.customer_id}:{by.pk}"
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 2))", [key])
        begin, end = year_of(now(), request.organisation.tz)
        granted = ServiceRequest.objects.filter(
            customer=request.customer, coverage=Coverage.GOODWILL, coverage_approver=by, received_at__gte=begin,
            received_at__lt=end,
        ).exclude(pk=request.pk)  # fmt: skip
        if granted.count() >= limit:
            raise Refused(
                _("Your limit of %(limit)s goodwill services a year for this customer is used up: ask a higher role.")
                % {"limit": limit}
            )
    with request.noting("coverage.decided", by=by, data={"coverage": coverage}):
        request.must_be_open()
        request.coverage, request.coverage_reason = coverage, reason.strip()
        request.coverage_approver = by


def year_of(at: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """The calendar year in which an instant lies there: its first instant and the next year's."""
    year = at.astimezone(zone).year
    return datetime(year, 1, 1, tzinfo=zone), datetime(year + 1, 1, 1, tzinfo=zone)


def goodwill_of(year: int, user: User) -> ServiceRequestQuerySet:
    """The goodwill services received in a calendar year (the organisation's zone) that this person sees (A1.6)."""
    zone = user.home.tz
    begin, end = (datetime(y, 1, 1, tzinfo=zone) for y in (year, year + 1))
    rows = ServiceRequest.objects.visible_to(user).filter(
        coverage=Coverage.GOODWILL, received_at__gte=begin, received_at__lt=end
    )
    return rows.select_related("customer", "owner", "coverage_approver").order_by("customer__name", "-id")


@transaction.atomic
def open_incident(*, requests: list[ServiceRequest], title: str, by: User) -> MajorIncident:
    """One trouble reported by many: group their requests (K4)."""
    if not requests:
        raise Refused(_("Choose the requests that belong to it."))
    if not title.strip():
        raise Refused(_("Give it a title."))
    for request in requests:
        _staff_only(request, by)
    incident = MajorIncident.objects.create(
        organisation=requests[0].organisation, title=title.strip(), leader=by, opened_at=now()
    )
    record("incident.opened", subject=incident, by=by, data={"requests": [r.pk for r in requests]})
    join_incident(incident, requests=requests, by=by)
    return incident


@transaction.atomic
def join_incident(incident: MajorIncident, *, requests: list[ServiceRequest], by: User) -> None:
    """Add requests to a major incident that is open."""
    if incident.status != MajorIncident.Status.OPEN:
        raise Refused(_("This major incident has ended."))
    for request in sorted(requests, key=lambda r: r.pk):
        _staff_only(request, by)
        with request.noting("request.grouped", by=by, data={"incident": incident.pk}):
            request.major_incident = incident


@transaction.atomic
def open_problem(*, requests: list[ServiceRequest], title: str, by: User) -> Problem:
    """Look for the cause behind requests: a record of its own."""
    if not title.strip():
        raise Refused(_("Give it a title."))
    for request in requests:
        _staff_only(request, by)
    organisation = requests[0].organisation if requests else by.home
    problem = Problem.objects.create(organisation=organisation, title=title.strip(), owner=by, opened_at=now())
    record("problem.opened", subject=problem, by=by, data={"requests": [r.pk for r in requests]})
    for request in sorted(requests, key=lambda r: r.pk):
        with request.noting("request.linked", by=by, data={"problem": problem.pk}):
            request.problem = problem
    return problem
