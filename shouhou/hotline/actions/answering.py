"""What an agent does with a call: takes it by hand, writes it down, makes a request of it, calls back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from shouhou.customers.models import Contact, Customer
from shouhou.feedback.actions.complaining import take_complaint
from shouhou.feedback.models import Complaint
from shouhou.hotline.actions.hearing import bring_journal_in_line, new_call, take, tell_who
from shouhou.hotline.models import Call, Line
from shouhou.hotline.rules import telephony
from shouhou.hotline.rules.words import Disposition, Phase
from shouhou.people.models import Organisation, User
from shouhou.requests.actions.intake import take_request
from shouhou.requests.models import ServiceRequest
from shouhou.requests.rules.words import Channel
from shouhou.shared.lifecycle import Refused
from shouhou.shared.time import now


@transaction.atomic
def take_by_hand(
    *, by: User, caller: str, line: Line | None = None, rings: int | None = None, answered_at: datetime | None = None
) -> Call:
    """A call on a plain telephone, or one that the telephone system did not tell of: the agent's own word for it."""
    at = now()
    answered_at = answered_at or at
    if answered_at > at:
        raise Refused(_("The time lies in the future: correct it."))
    organisation: Organisation = line.organisation if line else by.home
    if not by.serves_in(organisation.path):
        raise Refused(_("Only colleagues of this organisation may do this."))
    call = new_call(organisation, line, answered_at, agent=by)
    tell_who(call, caller=caller)
    cadence = line.cadence if line else telephony.CADENCE
    signals = [telephony.Signal("hand:answered", telephony.ANSWERED, answered_at, extension="", rings=rings)]
    _stand(call, telephony.fold(signals, cadence), cadence)
    return call


@transaction.atomic
def hang_up(call: Call, *, by: User) -> None:
    """The end of a call that was taken by hand; a telephone system says it itself."""
    if call.door_id is not None or call.answered_at is None or call.ended_at is not None:
        return
    if call.outgoing:
        with call.noting("call.ended", by=by) as at:
            call.phase, call.ended_at = Phase.ENDED, at
        return
    signals = [
        telephony.Signal("hand:answered", telephony.ANSWERED, call.answered_at, rings=call.rings),
        telephony.Signal("hand:hung_up", telephony.HUNG_UP, now()),
    ]
    cadence = call.line.cadence if call.line else telephony.CADENCE
    _stand(call, telephony.fold(signals, cadence), cadence)


def _stand(call: Call, standing: telephony.Standing, cadence: tuple[float, float]) -> None:
    with call.locked():
        take(call, standing)
        call.write()
        bring_journal_in_line(call, telephony.facts_of(standing, cadence))
        call.advance()


@transaction.atomic
def identify(call: Call, *, by: User, customer: Customer | None, contact: Contact | None = None) -> None:
    """Say who is calling, where the number does not."""
    customer = contact.customer if contact else customer
    if (call.customer, call.contact) == (customer, contact):
        return
    data = {"customer": customer.pk if customer else None, "contact": contact.pk if contact else None}
    with call.noting("call.identified", by=by, data=data):
        call.customer, call.contact = customer, contact


@transaction.atomic
def record_consultation(call: Call, record: Mapping[str, str], *, by: User) -> None:
    """The question was answered by telephone: that is no fault, and starts none of its promises (J6)."""
    call.keep_record(record, disposition=Disposition.CONSULTATION, by=by)
    hang_up(call, by=by)


@transaction.atomic
def raise_request(
    call: Call, record: Mapping[str, str], *, by: User, kind: str, impact: str, urgency: str, need: str = "",
    promise_given: bool = False, key: str = "",
) -> ServiceRequest:  # fmt: skip
    """A service request from the call, with the call's own times: reported and answered when it was answered."""
    request = take_request(
        by=by, subject=record["question"].strip().splitlines()[0][:200] if record["question"].strip() else "",
        channel=Channel.PHONE, kind=kind, description=record["question"], need=need or record["handling"][:300],
        customer=call.customer, contact=call.contact, caller_name="" if call.contact else record["contact_name"],
        caller_phone=record["phone"], caller_unit="" if call.customer else record["unit"], impact=impact,
        urgency=urgency, reported_at=call.answered_at or call.arrived_at, organisation=call.organisation
        if call.customer is None else None, promise_given=promise_given, key=key,
    )  # fmt: skip
    if call.request_id == request.pk:
        return request  # the form was sent twice
    record_for(call, record, request, by=by)
    return request


@transaction.atomic
def record_for(call: Call, record: Mapping[str, str], request: ServiceRequest, *, by: User) -> None:
    """The call is about a request that is there already."""
    if not ServiceRequest.objects.visible_to(by).filter(pk=request.pk).exists():
        raise Refused(_("This request is not yours to see."))
    _belong(call, request, by)
    call.keep_record(record, disposition=Disposition.REQUEST, by=by)
    hang_up(call, by=by)


@transaction.atomic
def raise_complaint(
    call: Call, record: Mapping[str, str], *, by: User, about: User | None = None, key: str = ""
) -> Complaint:
    """The caller complains: that opens a complaint with an owner of its own (D9)."""
    complaint = take_complaint(
        organisation=call.customer.organisation if call.customer else call.organisation, customer=call.customer,
        contact=call.contact, unit=record["unit"], name=record["contact_name"], phone=record["phone"],
        words=record["question"], about=about, by=by, received_at=call.answered_at or call.arrived_at, key=key,
    )  # fmt: skip
    if call.complaint_id == complaint.pk:
        return complaint  # the form was sent twice
    with call.locked():
        call.complaint = complaint
        call.write()
    call.keep_record(record, disposition=Disposition.COMPLAINT, by=by)
    hang_up(call, by=by)
    return complaint


def _belong(call: Call, request: ServiceRequest, by: User) -> None:
    """Tie both together; promises that count from the answered call hear of it (A3.5)."""
    with call.locked():
        call.request = request
        call.customer = call.customer or request.customer
        call.write()
    if call.answered_at:
        request.note(
            "call.answered", by=by, occurred_at=call.answered_at, source=call, key=f"call:{call.pk}:request",
            data={"call": call.pk},
        )  # fmt: skip


@transaction.atomic
def call_back(call: Call, *, by: User, reached: bool) -> Call | None:
    """A caller who gave up is called back; where somebody answers, that talk is a call of its own to write down."""
    if not reached:
        call.note("call.tried_back", by=by)
        return None
    at = now()
    talk = new_call(
        call.organisation, call.line, at, agent=by, outgoing=True, phase=Phase.ACTIVE, answered_at=at,
        caller_number=call.caller_number, caller_e164=call.caller_e164, contact=call.contact, customer=call.customer,
    )  # fmt: skip
    call.settle(Disposition.RETURNED, by=by, other=talk)
    return talk


def prefilled(call: Call) -> dict[str, Any]:
    """What the form holds before anybody types: known customers fill themselves in (A3.3)."""
    contact, customer = call.contact, call.customer
    site = contact.site if contact else None
    return {
        "phone": call.phone or call.caller_number or (contact.phone if contact else ""),
        "unit": call.unit or (customer.name if customer else ""),
        "address": call.address or (site.address if site else "") or (customer.address if customer else ""),
        "contact_name": call.contact_name or (contact.name if contact else ""),
        "question": call.question,
        "handling": call.handling,
    }
