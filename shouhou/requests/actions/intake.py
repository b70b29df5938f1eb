"""Taking a request from any channel: whoever calls is never turned away."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.utils.translation import gettext as _

from shouhou.agreements.actions import covering_agreement, standing_sets
from shouhou.agreements.models import Agreement
from shouhou.customers.models import Contact, Customer, Project, Site
from shouhou.equipment.models import InstalledItem
from shouhou.people.models import Appointment, Organisation, User
from shouhou.people.rules import Role
from shouhou.promises.models import Clock, CommitmentSet
from shouhou.promises.models.commitments import commitments_of, current_versions
from shouhou.promises.rules.clock import due
from shouhou.promises.rules.fold import applies
from shouhou.requests.actions.talk import attach_files
from shouhou.requests.models import RequestLink, ServiceRequest
from shouhou.requests.rules.words import Channel, Coverage, Kind, severity_of
from shouhou.shared.journal import event_of, made_before, record
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Event
from shouhou.shared.search import vector
from shouhou.shared.time import now

# What arriving in a channel records besides request.received.
STARTING = {
    Kind.FAULT: ("fault.reported",),
    Kind.USABILITY: ("usability.requested",),
    Kind.PERFORMANCE: ("performance.requested",),
    Kind.PRESALES: ("presales.requested",),
    Kind.DEPOT: ("rma.received",),
    Kind.SERVICE: (),
    Kind.CONSULTATION: (),
}
LATE, AHEAD = timedelta(minutes=10), timedelta(minutes=2)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)  # before it lies a slip of the hand, and no calendar


@dataclass(frozen=True, slots=True)
class Offer:
    """A promise as it can be spoken: what will be done by when."""

    code: str
    clause: str
    name_zh: str
    name_en: str
    due_at: datetime | None
    provisional: bool
    source: str


def binding_sets(
    organisation: Organisation, customer: Customer | None, item: InstalledItem | None, at: datetime
) -> tuple[Agreement | None, CommitmentSet | None, CommitmentSet | None]:
    """What binds a new case: the agreement, its set (else the standing one), and what the company adopted."""
    agreement = covering_agreement(customer, item, at.astimezone(organisation.tz).date()) if customer else None
    standing, company = CommitmentSet.Purpose.STANDING, CommitmentSet.Purpose.COMPANY
    own = standing_sets(organisation, standing, company)
    return agreement, agreement.commitment_set if agreement else own.get(standing), own.get(company)


def offers(
    *, organisation: Organisation, customer: Customer | None, item: InstalledItem | None, kind: str, channel: str,
    impact: str, urgency: str, reported_at: datetime,
) -> tuple[Agreement | None, list[Offer]]:  # fmt: skip
    """The times that this customer's agreement gives, before the request is saved (A1.1)."""
    agreement, first, company = binding_sets(organisation, customer, item, reported_at)
    what = {
        "severity": severity_of(impact, urgency),
        "channel": channel,
        "kind": kind,
        "urgent": urgency == "high",
        "needs_visit": False,
        "remote_failed": None,
        "cause": "",
        "coverage": Coverage.COVERED if agreement else Coverage.UNDECIDED,
        "item_class": item.product.item_class if item else "",
    }
    starting = {"request.received", *STARTING[Kind(kind)], *(("fault.occurred",) if kind == Kind.FAULT else ())}
    found: list[Offer] = []
    seen: set[str] = set()
    for kept in (first, company):
        if kept is None:
            continue
        version = current_versions({kept.pk})[kept.pk]
        clauses = set()
        for c in commitments_of(kept.pk):
            if c.start not in starting or c.clause in seen:
                continue
            terms = c.terms(version)
            if terms.promise.within.unit in ("rings", "external") or not applies(terms, what):
                continue
            result = due(terms.promise, reported_at)
            found.append(Offer(c.code, c.clause, c.name_zh, c.name_en, result.at, result.provisional, c.source))
            clauses.add(c.clause)
        seen |= {c for c in clauses if c}
    return agreement, sorted(found, key=lambda o: (o.due_at is None, o.due_at))


def next_number(prefix: str, at: datetime) -> str:
    """SR-2026-000123, from a sequence: gaps are allowed for requests."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('request_number')")
        return f"{prefix}-{at.year}-{cursor.fetchone()[0]:06}"


def duty_manager_of(organisation: Organisation) -> User | None:
    """Who takes escalations here, else at the nearest organisation above."""
    above = [int(part) for part in organisation.path.split("/") if part]
    posts = Appointment.objects.current().filter(organisation_id__in=above, user__is_active=True)
    for role in (Role.DUTY_MANAGER, Role.ADMINISTRATOR):
        # All of these organisations lie on one branch: the longest path is the nearest.
        post = posts.filter(role=role).select_related("user").order_by("-organisation__path", "user_id").first()
        if post is not None:
            return post.user
    return None


def first_owner(organisation: Organisation, customer: Customer | None, by: User | None) -> User:
    """Exactly one accountable owner from the first moment: who took it, else who answers for the customer (H6)."""
    if by is not None and by.serves_in(organisation.path):
        return by
    for person in (customer.owner, customer.deputy) if customer else ():
        if person is not None and person.is_active and person.serves_in(organisation.path):
            return person
    manager = duty_manager_of(organisation)
    if manager is None:
        raise Refused(
            _("Nobody answers for %(organisation)s: appoint a duty manager.") % {"organisation": organisation}
        )
    return manager


def trouble_with_times(reported_at: datetime | None, occurred_at: datetime | None, at: datetime) -> dict[str, str]:
    """What is wrong with the times of a report, by field; a clock that runs two minutes ahead is forgiven."""
    if reported_at and reported_at - at >= AHEAD:
        return {"reported_at": _("The time of the report lies in the future: correct it.")}
    for name, when in (("reported_at", reported_at), ("occurred_at", occurred_at)):
        if when and when < LONG_AGO:
            return {name: _("The time lies before the year 2000: correct it.")}
    if occurred_at and occurred_at > (reported_at or at):
        return {"occurred_at": _("The fault cannot occur after it was reported: correct one of the two times.")}
    return {}


def index_words(request: ServiceRequest) -> None:
    """What the search finds the request by."""
    unit = request.customer.name if request.customer else request.caller_unit
    request.search = vector(request.number, request.subject, request.description, unit, request.caller_name)


@transaction.atomic
def take_request(
    *, by: User | None, subject: str, channel: str = Channel.PHONE, kind: str = Kind.FAULT, description: str = "",
    need: str = "", customer: Customer | None = None, contact: Contact | None = None, site: Site | None = None,
    item: InstalledItem | None = None, project: Project | None = None, caller_name: str = "", caller_phone: str = "",
    caller_unit: str = "", impact: str = "medium", urgency: str = "medium", reported_at: datetime | None = None,
    occurred_at: datetime | None = None, organisation: Organisation | None = None, promise_given: bool = False,
    origin: str = "live", key: str = "", external_ref: str = "", files: Sequence[UploadedFile] = (),
) -> ServiceRequest:  # fmt: skip
    """Register a request. `reported_at` is the real time of the report (a late registration counts from it).

    A caller without agreement or out of cover gets the company's default promises and is flagged for a decision.
    The same `key` a second time (a form sent twice, a call repeated) gives the request that the first one made.
    Raises Refused for a report in the future.
    """
    if key and (known := made_before(key, "request.received")):
        return ServiceRequest.objects.get(pk=known)
    if not subject.strip():
        raise Refused(_("Say in one line what it is about."))
    at = now()
    if reported_at and reported_at - at < AHEAD:
        reported_at = min(reported_at, at)
    reported_at = reported_at or at
    for trouble in trouble_with_times(reported_at, occurred_at, at).values():
        raise Refused(trouble)
    organisation = organisation or (
        customer.organisation if customer else by.home if by and by.is_colleague else Organisation.top()
    )
    agreement, chosen, company = binding_sets(organisation, customer, item, reported_at)
    request = ServiceRequest(
        number=next_number("SR", at.astimezone(organisation.tz)),
        organisation=organisation,
        customer=customer,
        contact=contact,
        site=site or (contact.site if contact else None) or (item.site if item else None),
        item=item,
        project=project or (item.project if item else None),
        agreement=agreement,
        commitment_set=chosen,
        company_set=company,
        channel=channel,
        kind=kind,
        subject=subject.strip(),
        description=description.strip(),
        need=need.strip(),
        caller_name=caller_name,
        caller_phone=caller_phone,
        caller_unit=caller_unit,
        impact=impact,
        urgency=urgency,
        severity=severity_of(impact, urgency),
        owner=first_owner(organisation, customer, by),
        reported_at=reported_at,
        received_at=at,
        registered_late=at - reported_at > LATE,
        coverage=Coverage.COVERED if agreement else Coverage.UNDECIDED,
        external_ref=external_ref,
    )
    index_words(request)
    if promise_given:
        request.must_be_promisable()
        request.promised_at = at
    request.save()
    arrival = _record_arrival(request, by=by, at=at, occurred_at=occurred_at, origin=origin, key=key)
    request.arrived(arrival, at, then=partial(_promise_given, request, by, at) if promise_given else None)
    if files:
        attach_files(request, files=files, by=by)
    return request


def _record_arrival(
    request: ServiceRequest, *, by: User | None, at: datetime, occurred_at: datetime | None, origin: str, key: str
) -> list[Event]:
    """The facts that an arriving request is: received, reported, occurred, and answered at once on the phone."""
    reported = request.reported_at
    kinds = [("request.received", reported), *((fact, reported) for fact in STARTING[Kind(request.kind)])]
    if request.kind == Kind.FAULT:
        kinds.append(("fault.occurred", occurred_at or reported))
    if request.channel == Channel.PHONE and by is not None and by.serves:
        kinds.append(("request.responded", reported))  # an agent spoke with the caller: that is the first response
    return Event.objects.bulk_create(
        [
            event_of(
                fact,
                subject=request,
                by=by,
                occurred_at=when,
                recorded_at=at,
                origin=origin,
                key=f"{key}:{fact}" if key else None,
                audience="customer",
                to=ServiceRequest.Status.NEW if fact == "request.received" else "",
                data={"channel": request.channel, "kind": request.kind, "severity": request.severity}
                if fact == "request.received"
                else None,
            )
            for fact, when in kinds
        ]
    )


def _promise_given(request: ServiceRequest, by: User | None, at: datetime, clocks: list[Clock]) -> Event:
    """The times were told while the request was taken: the same fact as `give_promise`, without loading it anew."""
    return event_of(
        "promise.given", subject=request, by=by, occurred_at=at, recorded_at=at, audience="customer",
        data=request.told(clocks),
    )  # fmt: skip


def handed_on(old: ServiceRequest) -> dict[str, Any]:
    """What a request that comes of another one has from it: who, where, what for, how grave."""
    names = (
        "subject", "description", "kind", "customer", "contact", "site", "item", "project", "need", "caller_name",
        "caller_phone", "caller_unit", "impact", "urgency", "organisation",
    )  # fmt: skip
    return {name: getattr(old, name) for name in names}


@transaction.atomic
def continue_request(old: ServiceRequest, *, by: User | None, description: str) -> ServiceRequest:
    """After the 30 days: a new request linked to the closed one (A1.2). Raises Refused while the old one is open."""
    with old.locked():
        if old.status not in ServiceRequest.ENDED:
            raise Refused(_("%(number)s is still open: go on there.") % {"number": old.number})
        going = RequestLink.objects.filter(
            target=old, kind=RequestLink.Kind.CONTINUES, source__status__in=ServiceRequest.OPEN
        )
        if (link := going.select_related("source").first()) is not None:
            return link.source  # pressed twice, or by two people
    channel = Channel.PORTAL if by is None or not by.serves else Channel.PHONE
    new = take_request(by=by, channel=channel, **{**handed_on(old), "description": description})
    RequestLink.objects.create(source=new, target=old, kind=RequestLink.Kind.CONTINUES)
    record("request.linked", subject=new, by=by, data={"target": old.pk, "kind": "continues"})
    return new
