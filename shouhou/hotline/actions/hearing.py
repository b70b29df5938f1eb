"""What telephone systems say, taken in once and in any order; the journal holds what all of it amounts to."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from shouhou.agreements.actions import standing_sets
from shouhou.customers.models import Contact
from shouhou.customers.rules import read_number
from shouhou.hotline.models import Call, Door, Extension, Line, Signal
from shouhou.hotline.rules import telephony
from shouhou.hotline.rules.words import Phase
from shouhou.people.models import Organisation, User
from shouhou.promises.models import CommitmentSet
from shouhou.shared.journal import record
from shouhou.shared.models import Event
from shouhou.shared.time import now

LINE_FACTS = ("call.ringing", "call.answered", "call.abandoned", "call.ended")


@transaction.atomic
def hear(
    door: Door, *, message_id: str, kind: str, call_ref: str, at: datetime, caller: str = "", dialled: str = "",
    extension: str = "", rings: int | None = None, ring_seconds: float | None = None,
    queued_at: datetime | None = None,
) -> tuple[Call, bool]:  # fmt: skip
    """Take in one message of a telephone system: the call as it now stands, and whether the message was new.

    `at` and `queued_at` (aware) are when it happened, by the telephone system's clock. Raises ValueError for a kind
    that no telephone system has.
    """
    telephony.Signal(message_id, kind, at)
    with connection.cursor() as cursor:  # whoever comes at this moment with a message of the same call waits here
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))", [f"call:{door.pk}:{call_ref}"])
    call = Call.objects.filter(door=door, call_ref=call_ref).first() or _arrive(door, call_ref, at, dialled)
    _signal, new = Signal.objects.get_or_create(
        door=door, message_id=message_id,
        defaults={
            "call_ref": call_ref, "kind": kind, "at": at, "extension": extension, "rings": rings,
            "ring_seconds": ring_seconds, "queued_at": queued_at, "received_at": now(),
        },
    )  # fmt: skip
    if new:
        Door.objects.filter(pk=door.pk).update(heard_at=now())
        tell_who(call, caller=caller)
        bring_in_line(call)
    return call, new


def _arrive(door: Door, call_ref: str, at: datetime, dialled: str) -> Call:
    """The row of a call of which nothing was heard before."""
    line = line_of(door, dialled)
    return new_call(line.organisation if line else door.organisation, line, at, door=door, call_ref=call_ref)


def new_call(organisation: Organisation, line: Line | None, at: datetime, **fields: Any) -> Call:
    """A call's row, bound by what the organisation promises every caller (A3.9)."""
    standing, company = CommitmentSet.Purpose.STANDING, CommitmentSet.Purpose.COMPANY
    own = standing_sets(organisation, standing, company)
    return Call.objects.create(
        organisation=organisation, line=line, arrived_at=at, commitment_set=own.get(standing),
        company_set=own.get(company), **fields,
    )  # fmt: skip


def line_of(door: Door, dialled: str) -> Line | None:
    """Which of our numbers was dialled; without a word of it, the only one that we have."""
    lines = Line.objects.filter(retired_at=None, organisation__path__startswith=door.organisation.path)
    if not dialled:
        found = list(lines[:2])
        return found[0] if len(found) == 1 else None
    read = read_number(dialled)
    return (lines.filter(e164=read.e164) if read.e164 else lines.filter(number=dialled)).first()


def tell_who(call: Call, *, caller: str) -> None:
    """Match the caller's number to a contact and so to a customer; only one match is an answer."""
    if not caller or call.caller_number:
        return
    read = read_number(caller)
    contacts = list(Contact.objects.filter(organisation__path__startswith=branch_of(call)).called_by(caller)[:2])
    call.caller_number, call.caller_e164 = read.written[:60], read.e164
    changed: dict[str, Any] = {"caller_number": call.caller_number, "caller_e164": call.caller_e164}
    if len(contacts) == 1:
        call.contact, call.customer = contacts[0], contacts[0].customer
        changed |= {"contact": call.contact, "customer": call.customer}
    Call.objects.filter(pk=call.pk).update(**changed)


def branch_of(call: Call) -> str:
    """Headquarters' hotline knows every customer, a centre's its own."""
    return call.organisation.path


def bring_in_line(call: Call) -> None:
    """Fold every message of the call anew; write what changed to its row, and to the journal what it did not hold."""
    signals = Signal.objects.filter(door=call.door, call_ref=call.call_ref)
    cadence = call.line.cadence if call.line else telephony.CADENCE
    standing = telephony.fold([s.read() for s in signals], cadence)
    with call.locked():
        rang = call.rung_id
        take(call, standing)
        call.write()
        desks = sorted({pk for pk in (rang, call.rung_id, call.agent_id) if pk})
        if call.rung_id and call.rung_id != rang:
            _write(call, "call.offered", standing.ringing_at or call.arrived_at, {"desks": desks})
        bring_journal_in_line(call, telephony.facts_of(standing, cadence), desks)
        call.advance()


def take(call: Call, standing: telephony.Standing) -> None:
    """Write how the line stands to the row in memory."""
    call.phase = Phase(standing.phase)
    call.queued_at, call.ringing_at = standing.queued_at, standing.ringing_at
    call.answered_at, call.ended_at = standing.answered_at, standing.ended_at
    call.rings, call.held_seconds = standing.rings, round(standing.held)
    known = [t for t in (standing.queued_at, standing.ringing_at) if t]
    call.arrived_at = min([call.arrived_at, *known])
    call.rung = telephone_of(call.door, standing.extension) if call.phase == Phase.RINGING else None
    # Who answered keeps the call; while it rings nobody does. A duty manager who took it over keeps it too.
    if standing.answered_at and call.agent_id is None and standing.extension:
        call.agent = telephone_of(call.door, standing.extension)


def telephone_of(door: Door | None, number: str) -> User | None:
    """Whose telephone the inner number is."""
    if door is None or not number:
        return None
    row = Extension.objects.filter(door=door, number=number).select_related("user").first()
    return row.user if row else None


def standing_facts(call: Call) -> dict[str, tuple[int, datetime, Mapping[str, Any]]]:
    """What the journal says of the line now, corrections in force: fact -> (id of its event, when, what)."""
    found: dict[str, tuple[int, datetime, Mapping[str, Any]]] = {}
    for event in Event.objects.of(call).filter(kind__in=(*LINE_FACTS, "event.corrected")).order_by("id"):
        if event.kind in LINE_FACTS:
            found[event.kind] = (event.pk, event.occurred_at, event.data)
            continue
        for fact, (pk, _at, data) in found.items():
            if pk == event.corrects_id:
                found[fact] = (pk, event.occurred_at, {**data, "void": False, **event.data})
    return found


def bring_journal_in_line(
    call: Call, told: Mapping[str, tuple[datetime, Mapping[str, Any]]], desks: Sequence[int] = ()
) -> None:
    """Record what the journal does not hold; correct what late messages tell otherwise; void what is not so at all.

    `desks` are the people whose screens should hear of it: where it rang, rings, or is talked.
    """
    known = standing_facts(call)
    for fact, (at, data) in told.items():
        was = known.get(fact)
        if was is None:
            _write(call, fact, at, {**data, "desks": list(desks)}, key=f"call:{call.pk}:{fact}")
        elif was[1] != at or was[2].get("void") or any(was[2].get(name) != value for name, value in data.items()):
            _write(call, "event.corrected", at, {**data, "void": False, "desks": list(desks)}, corrects_id=was[0])
    for fact, (pk, at, data) in known.items():
        if fact not in told and not data.get("void"):  # a caller who seemed to give up was answered after all
            _write(call, "event.corrected", at, {"void": True, "desks": list(desks)}, corrects_id=pk)


def _write(
    call: Call, kind: str, at: datetime, data: dict[str, Any], *, key: str | None = None, corrects_id: int | None = None
) -> None:
    record(kind, subject=call, by=None, occurred_at=at, origin="device", key=key, corrects_id=corrects_id, data=data)
