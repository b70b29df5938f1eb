"""Taking in what phones did: each operation once, the visit folded anew, the journal brought in line."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from shouhou.people.models import User
from shouhou.requests.actions.intake import take_request
from shouhou.requests.models import RequestLink, ServiceRequest
from shouhou.requests.rules.words import Confirmation
from shouhou.shared.journal import record
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Event
from shouhou.shared.time import now
from shouhou.visits.actions.planning import settle
from shouhou.visits.models import Visit, VisitOperation
from shouhou.visits.rules.sheet import Sheet, fold
from shouhou.visits.rules.telling import Told, evidence, facts_of, kept

log = logging.getLogger(__name__)
TAKEN, REVIEW, OTHER, UNKNOWN = "taken", "review", "other_person", "no_visit"


@dataclass(frozen=True, slots=True)
class Sent:
    """One operation as a phone sends it. `by` is whom the phone belonged to when it was done."""

    uid: UUID
    visit: int
    seq: int
    kind: str
    data: dict[str, Any]
    device_at: datetime
    offset_ms: int
    by: int


def take_operations(sent: Sequence[Sent], *, device: str, by: User) -> dict[str, str]:
    """Keep what a phone did; say of each what became of it. Sent again, nothing is doubled.

    `other_person`: somebody else was signed in when it was done; the phone keeps it until they are again. `no_visit`: a
    visit that this person never saw. Everything else is kept for good: `taken`, or `review` with the reason.
    """
    found: dict[str, str] = {}
    for pk in sorted({one.visit for one in sent}):
        own = [one for one in sent if one.visit == pk]
        strange = [one for one in own if one.by != by.pk]
        found |= {str(one.uid): OTHER for one in strange}
        mine = [one for one in own if one.by == by.pk]
        if mine:
            found |= _take(pk, mine, device, by)
    return found


@transaction.atomic
def _take(pk: int, sent: Sequence[Sent], device: str, by: User) -> dict[str, str]:
    visit = Visit.objects.select_for_update(of=("self",)).filter(pk=pk).first()
    was_theirs = visit is not None and any(by.pk in bound.engineers for bound in visit.bounds_of())
    if visit is None or not (was_theirs or Visit.objects.visible_to(by).filter(pk=pk).exists()):
        return {str(one.uid): UNKNOWN for one in sent}
    at = now()
    rows = [
        VisitOperation(
            visit=visit, uid=one.uid, device=device, seq=one.seq, kind=one.kind, data=one.data, by=by,
            device_at=one.device_at, offset_ms=one.offset_ms, received_at=at,
        )
        for one in sent
    ]  # fmt: skip
    VisitOperation.objects.bulk_create(rows, ignore_conflicts=True)
    sheet = bring_in_line(visit)
    return {
        str(one.uid): f"{REVIEW}:{sheet.review[str(one.uid)]}" if str(one.uid) in sheet.review else TAKEN
        for one in sent
    }


@transaction.atomic
def bring_in_line(visit: Visit) -> Sheet:
    """Fold everything anew; write what changed to the visit, and to the journal what it did not hold."""
    with visit.locked():
        rows = list(VisitOperation.objects.filter(visit=visit, set_aside_at=None))
        allowed = [str(row.uid) for row in rows if row.let_in_at]
        sheet = fold([row.read() for row in rows], visit.bounds_of(), allowed)
        stand(visit, sheet)
        if sheet.arrived_at and visit.agreed_at is None:
            visit.agreed_at = sheet.arrived_at  # who opens the door knows that somebody came
        visit.write()
    _try(lambda: settle(visit, words=_("The engineer is on site.") if sheet.arrived_at else ""))
    told = facts_of(sheet, visit.engineer_id, scanned=visit.badge_seen_at is not None)
    with visit.request.locked():
        if _journal(visit, told):
            visit.request.advance()
    follow(visit, sheet)
    return sheet


def stand(visit: Visit, sheet: Sheet) -> None:
    """Write how the visit stands to the row in memory."""
    visit.sheet, visit.step = kept(sheet), sheet.step
    visit.set_out_at, visit.arrived_at, visit.left_at = sheet.set_out_at, sheet.arrived_at, sheet.left_at
    visit.evidence = evidence(sheet, scanned=visit.badge_seen_at is not None) if sheet.arrived_at else ""
    unreleased = sheet.left_at is not None and sheet.steps["leave"].how != "done" and visit.released_at is None
    visit.to_review = len(sheet.review) + len(sheet.conflicts) + unreleased
    if visit.status == Visit.Status.CALLED_OFF:
        return
    if sheet.left_at:
        visit.status = Visit.Status.DONE
    elif sheet.arrived_at:
        visit.status = Visit.Status.ON_SITE
    elif visit.status in (Visit.Status.ON_SITE, Visit.Status.DONE):  # a late correction took the arrival away
        visit.status = Visit.Status.ACCEPTED
    accepted = sheet.steps.get("prepare")
    if accepted and visit.accepted_at is None:  # confirming the sheet is saying yes (A4.4)
        visit.accepted_at = accepted.at
        if visit.status == Visit.Status.PLANNED:
            visit.status = Visit.Status.ACCEPTED


def _journal(visit: Visit, told: dict[str, Told]) -> int:
    """Record what is new, correct what moved, void what is not so after all. Returns how many events were written."""
    known = standing(visit)
    people = User.objects.in_bulk({t.by for t in told.values() if t.by})
    count = 0
    for name, fact in told.items():
        was = known.get(name)
        data = {**fact.data, "visit": visit.pk}
        by = people.get(fact.by) if fact.by else None
        if was is None:
            _write(visit, fact.fact, fact.at, by, data, key=f"visit:{visit.pk}:{name}")
        elif was[1] != fact.at or was[2].get("void") or any(was[2].get(k) != v for k, v in fact.data.items()):
            _write(visit, "event.corrected", fact.at, by, {**data, "void": False}, corrects_id=was[0])
        else:
            continue
        count += 1
    for name, (pk, at, data) in known.items():
        if name not in told and not data.get("void"):
            _write(visit, "event.corrected", at, None, {"void": True, "visit": visit.pk}, corrects_id=pk)
            count += 1
    return count


def standing(visit: Visit) -> dict[str, tuple[int, datetime, dict[str, Any]]]:
    """What the journal says of the visit now, corrections in force: name -> (id of its event, when, what)."""
    prefix = f"visit:{visit.pk}:"
    found: dict[str, tuple[int, datetime, dict[str, Any]]] = {}
    rows = Event.objects.of(visit.request).filter(subject_kind=Visit.KIND, subject_id=visit.pk).order_by("id")
    for event in rows:
        if event.key.startswith(prefix):
            found[event.key.removeprefix(prefix)] = (event.pk, event.occurred_at, event.data)
        elif event.kind == "event.corrected":
            for name, (pk, _at, data) in found.items():
                if pk == event.corrects_id:
                    found[name] = (pk, event.occurred_at, {**data, "void": False, **event.data})
    return found


def _write(
    visit: Visit, kind: str, at: datetime, by: User | None, data: dict[str, Any], *, key: str | None = None,
    corrects_id: int | None = None,
) -> None:  # fmt: skip
    record(
        kind, subject=visit, case=visit.request, by=by, occurred_at=at, origin="device", key=key,
        corrects_id=corrects_id, data=data,
        audience="customer" if kind in ("visit.arrived", "visit.departed") else "internal",
    )  # fmt: skip


def follow(visit: Visit, sheet: Sheet) -> None:
    """What the visit means beyond itself: further problems are requests of their own, a solved one is resolved."""
    for uid, words in sheet.problems.items():
        _try(partial(_further, visit, uid, words))
    left, fixed = sheet.steps.get("leave"), sheet.steps.get("fix")
    if left and fixed and sheet.fields.get("fix.outcome") == "solved" and "trial" in sheet.steps:
        _try(lambda: _solved(visit, sheet, fixed.at))


def _try(work: Callable[[], object]) -> None:
    """Do what follows from a visit, if the rules let it: what a phone sent is kept whether they do or not."""
    try:
        with transaction.atomic():
            work()
    except Refused as refused:
        log.warning("A visit could not be followed: %s", refused)


def _further(visit: Visit, uid: str, words: str) -> None:
    """A problem found on site (A4.6); once for its operation."""
    case = visit.request
    new = take_request(
        by=visit.engineer, subject=words.splitlines()[0][:200], description=words, customer=case.customer,
        contact=case.contact, site=case.site, item=case.item, project=case.project, channel=case.channel,
        caller_name=case.caller_name, caller_phone=case.caller_phone, caller_unit=case.caller_unit, key=f"visit:{uid}",
    )  # fmt: skip
    RequestLink.objects.get_or_create(source=new, target=case, kind=RequestLink.Kind.SPLIT)


def _solved(visit: Visit, sheet: Sheet, at: datetime) -> None:
    """The request is resolved with what was found; the customer's signature is the confirmation (A1.2)."""
    case = ServiceRequest.objects.select_for_update().get(pk=visit.request_id)
    if case.status not in ServiceRequest.RUNNING:
        return
    may = [who for who in (visit.engineer, visit.planned_by) if ServiceRequest.Status.RESOLVED in case.moves_for(who)]
    if not may:
        return  # its owner has the last word; the sheet says what was done
    engineer = may[0]
    solution = f"{sheet.fields['fix.cause']}\n{sheet.fields['fix.remedy']}"
    case.resolve(solution, by=engineer, occurred_at=max(at, case.reported_at))
    signed = sheet.steps.get("sign")
    if signed and signed.how == "done":
        case.confirm(Confirmation.SIGNATURE, by=engineer)


@transaction.atomic
def review(visit: Visit, uids: Iterable[str], *, let_in: bool, by: User, reason: str = "") -> None:
    """Decide on what was not taken: let it in as if it had been in order, or set it aside with a reason."""
    if not by.leads_in(visit.organisation.path):
        raise Refused(_("Only who leads the organisation reviews late entries."))
    if not let_in and not reason.strip():
        raise Refused(_("Say why these entries are set aside."))
    rows = VisitOperation.objects.select_for_update().filter(visit=visit, uid__in=list(uids), set_aside_at=None)
    rows = rows.filter(let_in_at=None)
    at = now()
    if let_in:
        count = rows.update(let_in_by=by, let_in_at=at)
    else:
        count = rows.update(set_aside_by=by, set_aside_at=at, reason=reason.strip()[:300])
    if count:
        visit.note("visit.reviewed", by=by, data={"visit": visit.pk, "count": count, "let_in": let_in})
        bring_in_line(visit)


@transaction.atomic
def release(visit: Visit, *, by: User) -> None:
    """The duty manager lets the engineer go although the system does not run normally (H5)."""
    if not by.leads_in(visit.organisation.path) or by.pk == visit.engineer_id:
        raise Refused(_("Only who leads the organisation releases a departure."))
    with visit.noting("visit.released", by=by, data={"visit": visit.pk}) as at:
        if visit.released_at is not None:
            raise Refused(_("It is released already."))
        visit.released_at = at
    bring_in_line(visit)
