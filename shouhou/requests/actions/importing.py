"""Importing an incident log: the moves and folds of single actions, applied in memory and written in batches."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from shouhou.agreements.actions import company_calendar
from shouhou.customers.models import Contact, Customer
from shouhou.people.models import Organisation, User
from shouhou.promises.models import Clock, Commitment, CommitmentSet
from shouhou.promises.models.cases import facts_of
from shouhou.promises.rules.fold import fold
from shouhou.requests.models import ImportRun, ServiceRequest
from shouhou.requests.rules import incident_log as log
from shouhou.requests.rules.words import Channel, Confirmation, Coverage, Grade, Kind, Severity
from shouhou.shared.journal import Batch, event_of
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Event
from shouhou.shared.search import vector_text
from shouhou.shared.time import now

EVENTS_PER_BATCH = 10_000
Status = ServiceRequest.Status
TARGETS = {"New": Status.NEW, "Active": Status.WORKING, "Resolved": Status.RESOLVED, "Closed": Status.CLOSED}


def source_set(organisation: Organisation) -> CommitmentSet:
    """The commitment that holds the verdicts of the source system; they are shown as such, never computed."""
    found = CommitmentSet.objects.filter(organisation=organisation, preset="external").first()
    if found:
        return found
    made = CommitmentSet.objects.create(
        organisation=organisation,
        purpose=CommitmentSet.Purpose.AGREEMENT,
        name_zh="源系统判定",
        name_en="Verdict of the source system",
        preset="external",
        calendar=company_calendar(organisation),
        frozen_at=now(),
    )
    Commitment.objects.create(
        set=made,
        code="source_sla",
        name_zh="源系统服务等级判定",
        name_en="Service level, as the source system judged it",
        start="request.received",
        stops=["request.imported_verdict"],
        within="external",
        warn=[],
    )
    return made


@dataclass
class World:
    """Customers, contacts and people that the log names, made when first met."""

    organisation: Organisation
    customers: dict[str, Customer]
    contacts: dict[tuple[str, str], Contact]
    people: dict[str, User]

    @classmethod
    def known(cls, organisation: Organisation) -> "World":
        contacts = Contact.objects.filter(
            organisation=organisation, customer__external_ref__startswith="log:"
        ).select_related("customer")
        return cls(
            organisation,
            {
                c.external_ref: c
                for c in Customer.objects.filter(organisation=organisation, external_ref__startswith="log:")
            },
            {(c.customer.external_ref, c.name): c for c in contacts},
            {u.username: u for u in User.objects.filter(username__startswith="log:")},
        )

    def customer(self, location: str) -> Customer:
        ref = f"log:{location}"
        if ref not in self.customers:
            self.customers[ref] = Customer.objects.create(
                organisation=self.organisation, name=location, external_ref=ref
            )
        return self.customers[ref]

    def contact(self, customer: Customer, name: str) -> Contact:
        key = (customer.external_ref, name)
        if key not in self.contacts:
            self.contacts[key] = Contact.objects.create(organisation=self.organisation, customer=customer, name=name)
        return self.contacts[key]

    def person(self, cells: dict[str, str]) -> User:
        """The resolver, else the group; people of the log cannot sign in."""
        name = next((cells[c] for c in ("assigned_to", "assignment_group") if cells[c] != "?"), "Service desk")
        username = f"log:{name}"
        if username not in self.people:
            user = User(username=username, name=name, is_active=False)
            user.set_unusable_password()
            user.save()
            self.people[username] = user
        return self.people[username]


class Replay:
    """One incident, moved through its log in memory."""

    def __init__(
        self, incident: log.Incident, world: World, run: ImportRun, batch: Batch, at: datetime, kept: CommitmentSet
    ) -> None:
        self.incident, self.world, self.run, self.batch, self.at = incident, world, run, batch, at
        cells = incident.first
        customer = world.customer(_named(cells["location"], "Unknown location"))
        contact = world.contact(customer, _named(cells["caller_id"], "Unknown caller"))
        self.case = ServiceRequest(
            id=batch.next_id(ServiceRequest),
            number=incident.number,
            organisation=world.organisation,
            customer=customer,
            contact=contact,
            commitment_set=kept,
            channel=log.CHANNELS.get(cells["contact_type"], Channel.DIRECT),
            kind=Kind.FAULT,
            subject=" · ".join(c for c in (cells["category"], cells["subcategory"], cells["u_symptom"]) if c != "?")
            or incident.number,
            owner=world.person(cells),
            reported_at=incident.opened_at,
            received_at=incident.opened_at,
            coverage=Coverage.COVERED,
            external_ref=incident.number,
        )
        self.events: list[Event] = []

    def event(
        self,
        kind: str,
        update: log.Update,
        *,
        when: datetime | None = None,
        was: str = "",
        to: str = "",
        data: dict[str, Any] | None = None,
    ) -> None:
        """Record with the log's own time; the key is the place in the file, so that no row counts twice."""
        nth = sum(1 for e in self.events if e.key.startswith(f"{self.run.digest[:16]}:{update.line}:"))
        event = event_of(
            kind,
            subject=self.case,
            occurred_at=when or update.at,
            recorded_at=self.at,
            origin=Event.Origin.IMPORT,
            key=f"{self.run.digest[:16]}:{update.line}:{nth}",
            audience="customer" if kind.startswith("request.") else "internal",
            was=was,
            to=to,
            data=data,
        )
        self.batch.add(event)
        self.events.append(event)

    def move(self, to: str, update: log.Update, *, unseen: bool = False) -> None:
        """The regular fact where MOVES allows the move, else `request.adopted` with what was and what is.

        `unseen`: the first row is beyond NEW already, so how the case got there stands in no log.
        """
        case, was = self.case, self.case.status
        if was == Status.RESOLVED and to == Status.CLOSED:
            case.status = Status.CONFIRMED  # the source knows no confirmation of its own: taken over as such
            case.confirmed_how = Confirmation.SOURCE
            self.event("request.confirmed", update, was=was, to=Status.CONFIRMED, data={"how": Confirmation.SOURCE})
            was = case.status
        reopening = to in (Status.NEW, Status.WORKING) and was in (Status.RESOLVED, Status.CONFIRMED, Status.CLOSED)
        if reopening and was != Status.CLOSED:
            self.event("request.rejected", update, was=was, to=Status.NEW)
            was = Status.NEW
        if was == to:
            pass
        elif to in ServiceRequest.MOVES[was] and not unseen:
            self.event(ServiceRequest.FACTS[to], update, was=was, to=to)
        else:
            self.event("request.adopted", update, was=was, to=to)
        case.status = to
        if to == Status.RESOLVED:
            case.resolved_at = update.at
            self.event("fault.repaired", update)
        case.closed_at = update.at if to == Status.CLOSED else None
        if reopening:
            case.resolved_at, case.confirmed_how = None, ""

    def update(self, update: log.Update, before: log.Update | None) -> None:
        """What one row changed: at least one event per row."""
        heard = len(self.events)
        state, was = update.state, before.state if before else "New"
        if before is None:
            self.event(
                "request.received",
                update,
                when=self.incident.opened_at,
                to=Status.NEW,
                data={"channel": self.case.channel},
            )
        if was in log.WAITING and state != was:
            self.case.waiting = ""
            if was == "Awaiting User Info":
                self.event("customer.answered", update)
        if state in TARGETS and TARGETS[state] != self.case.status:
            self.move(TARGETS[state], update, unseen=before is None and TARGETS[state] != Status.WORKING)
        elif state in log.WAITING and state != was:
            fact, reason = log.WAITING[state]
            if self.case.status not in ServiceRequest.RUNNING:
                self.move(Status.WORKING, update)
            self.case.waiting = reason
            self.event(fact, update, data={"reason": reason} if reason else None)
        if before is not None and update.reassignments != before.reassignments:
            self.event(
                "reassignment.accepted",
                update,
                data={"count": update.reassignments, "taker": self.world.person(update.cells).pk},
            )
        if len(self.events) == heard:
            changed = [n for n in log.NEEDED if before and before.cells[n] != update.cells[n]]
            self.event("request.edited", update, data={"fields": changed, "state": state})

    def finish(self) -> None:
        """The last row decides what the case is; the clock is folded from the events like any other."""
        case, last = self.case, self.incident.last
        cells = last.cells
        case.owner = self.world.person(cells)
        case.severity = log.SEVERITIES.get(cells["priority"][:1], Severity.MEDIUM)
        case.impact = log.GRADES.get(cells["impact"][:1], Grade.MEDIUM)
        case.urgency = log.GRADES.get(cells["urgency"][:1], Grade.MEDIUM)
        case.reassignments, case.reopenings = last.reassignments, last.reopenings
        case.solution = _named(cells["closed_code"], "closed")
        case.search = vector_text(
            case.number,
            case.subject,
            case.customer.name if case.customer else "",
            case.contact.name if case.contact else "",
        )
        self.event("request.imported_verdict", last, data={"made": last.made_sla})
        self.batch.add(case)
        facts, what = facts_of(self.events), case.promise_facts()
        for commitment in case.binding():
            version = versions(case.commitment_set_id)
            for reading in fold(commitment.terms(version), what, facts, self.at):
                clock = Clock(
                    case_kind=case.KIND,
                    case_id=case.pk,
                    organisation_id=case.organisation_id,
                    customer_id=case.customer_id,
                    commitment=commitment,
                    calendar_version_id=version,
                    start_event_id=reading.start_fact_id,
                    external=reading.verdict_external is not None,
                )
                clock.take(reading)
                self.batch.add(clock)


_VERSIONS: dict[int, int] = {}


def versions(set_id: int | None) -> int:
    """The calendar version of the import's own set; read once per process."""
    assert set_id is not None
    if set_id not in _VERSIONS:
        _VERSIONS[set_id] = CommitmentSet.objects.select_related("calendar").get(pk=set_id).calendar.current.pk
    return _VERSIONS[set_id]


def _named(text: str, otherwise: str) -> str:
    return otherwise if text in ("?", "") else " ".join(text.split())


def import_incidents(
    path: Path, *, organisation: Organisation, zone: str = "", told: Callable[[int, int], None] | None = None
) -> ImportRun:
    """Load the log; a run that was killed goes on after the last batch. `told(line, lines)` hears how far it is.

    Raises BadLog naming line and column, and Refused when another process is loading the same file.
    """
    content = path.read_bytes()
    digest, lines = hashlib.sha256(content).hexdigest(), content.count(b"\n")
    del content
    run, _made = ImportRun.objects.get_or_create(
        digest=digest,
        defaults={
            "name": path.name,
            "zone": zone or organisation.zone,
            "organisation": organisation,
            "started_at": now(),
        },
    )
    if run.ended_at:
        return run
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(7306922, %s)", [int(digest[:7], 16)])
        if not cursor.fetchone()[0]:
            raise Refused("Another process is loading this file.")
    try:
        _load(path, run, lambda: told(run.line, lines) if told else None)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(7306922, %s)", [int(digest[:7], 16)])
    return run


def _load(path: Path, run: ImportRun, told: Callable[[], None]) -> None:
    world, kept = World.known(run.organisation), source_set(run.organisation)
    batch, at, events = Batch(), now(), 0
    # ImportRun, cases, events and clocks of a batch are one transaction: a kill loses at most the open batch.
    with path.open(encoding="utf-8", newline="") as file:
        seen = log.incidents(file, ZoneInfo(run.zone), run.line)
        incident = next(seen, None)
        while incident is not None:
            with transaction.atomic():
                while incident is not None and events < EVENTS_PER_BATCH:
                    _replay(incident, world, run, batch, at, kept)
                    events += len(incident.updates)
                    log.count(run.counts, incident)
                    run.line = incident.last.line
                    incident = next(seen, None)
                batch.write()
                run.ended_at = now() if incident is None else None
                run.save()
            events = 0
            told()
    if run.ended_at is None:
        ImportRun.objects.filter(pk=run.pk).update(ended_at=now())
        run.refresh_from_db()


def _replay(
    incident: log.Incident, world: World, run: ImportRun, batch: Batch, at: datetime, kept: CommitmentSet
) -> None:
    replay = Replay(incident, world, run, batch, at, kept)
    before = None
    for update in incident.updates:
        replay.update(update, before)
        before = update
    replay.finish()
