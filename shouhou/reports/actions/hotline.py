"""The hotline's clauses, counted from the journal (A1.7, A3, C6, D9, I15, J6, M1).

Every function takes the same: the organisations, and from when until when (aware; the end is not included). A case
belongs to the period in which it began.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from shouhou.feedback.models import FollowUp
from shouhou.hotline.actions import cards
from shouhou.hotline.models import Call, HotlineCard, Shift
from shouhou.hotline.rules.words import Disposition, Purpose
from shouhou.reports.actions.scope import Scope, clock_of, satisfaction, told_of, when
from shouhou.reports.rules import Evidence, Offender
from shouhou.requests.models import ServiceRequest, VisitRequest
from shouhou.requests.rules.words import Channel, Wish
from shouhou.shared.models import Event
from shouhou.shared.time import now


def calls(scope: Scope) -> Any:
    """Calls that came in and were answered in the period."""
    answered = scope.events("call.answered").filter(case_kind=Call.KIND).values("case_id")
    return Call.objects.filter(pk__in=answered, outgoing=False)


def recorded(scope: Scope) -> Evidence:
    """Every answered call is recorded or settled (A3.11)."""
    told = Event.objects.filter(kind__in=("call.recorded", "call.disposed"), case_kind=Call.KIND).values("case_id")
    rows = calls(scope)
    missing = rows.exclude(pk__in=told).order_by("pk")
    return Evidence(rows.count(), [Offender(Call.KIND, pk, at, "unrecorded") for pk, at in when(missing)])


def complete(scope: Scope) -> Evidence:
    """A recorded call has all six fields of the norm (A3.3), the call-back number first (A3.12)."""
    rows = calls(scope).filter(pk__in=told_of("call.recorded"))
    fields = ("phone", "unit", "address", "contact_name", "question", "handling")
    empty = Q()
    for name in fields:
        empty |= Q(**{name: ""})
    return Evidence(rows.count(), [Offender(Call.KIND, pk, at, "incomplete") for pk, at in when(rows.filter(empty))])


def freed(scope: Scope) -> Evidence:
    """Whoever has written the call down hangs up (A3.10)."""
    rows = calls(scope).exclude(door=None).filter(pk__in=told_of("call.recorded"))
    held = rows.filter(pk__in=told_of("call.lingered")).order_by("pk")
    return Evidence(rows.count(), [Offender(Call.KIND, pk, at, "line_held") for pk, at in when(held)])


def apart(scope: Scope) -> Evidence:
    """A consultation is no fault and starts none of its promises (J6)."""
    rows = calls(scope).filter(disposition=Disposition.CONSULTATION)
    mixed = rows.exclude(request=None).order_by("pk")
    return Evidence(rows.count(), [Offender(Call.KIND, pk, at, "with_request") for pk, at in when(mixed)])


def complaints(scope: Scope) -> Evidence:
    """A call on the complaints line opens a complaint (D9); wrong numbers and silence are none."""
    rows = calls(scope).filter(line__purpose=Purpose.COMPLAINTS).exclude(pk__in=told_of("call.disposed"))
    without = rows.filter(complaint=None).order_by("pk")
    return Evidence(rows.count(), [Offender(Call.KIND, pk, at, "no_complaint") for pk, at in when(without)])


def shifts(scope: Scope) -> Any:
    """Shifts that people knew of and whose ten minutes of preparation are over."""
    ready_by = min(scope.until, now() - timedelta(minutes=10))
    return Shift.objects.told().filter(
        organisation__in=scope.inside, starts_at__gte=scope.start, starts_at__lt=ready_by
    )  # fmt: skip


def seats(scope: Scope) -> Evidence:
    """As many at the desk as the kind of shift asks for (A3.1); kinds that follow the norm's count are judged by it."""
    from shouhou.hotline.actions.seats import plan_of, seats_asked

    sat: dict[tuple[int, datetime], int] = {}
    kinds = {}
    for shift in shifts(scope).select_related("kind__organisation"):
        kinds[shift.kind_id] = shift.kind
        key = (shift.kind_id, shift.starts_at)
        sat[key] = sat.get(key, 0) + (shift.began_at is not None)
    asked = {}
    for kind in kinds.values():
        house = kind.organisation
        day = scope.start.astimezone(house.tz).date()
        asked[kind.pk] = seats_asked(house, plan_of(house), day) if kind.seats is None else kind.seats
    short = [Offender("shift_kind", kind, at, "short") for (kind, at), n in sorted(sat.items()) if n < asked[kind]]
    return Evidence(len(sat), short)


def at_the_desk(scope: Scope) -> Evidence:
    """Nobody leaves the desk without leave (A3.4); an absence that was excused afterwards is none."""
    rows = shifts(scope)
    away = Event.objects.filter(kind__in=("shift.found_absent", "shift.found_away")).values("subject_id")
    excused = Event.objects.filter(kind="shift.excused").values("subject_id")
    found = rows.filter(pk__in=away).exclude(pk__in=excused).order_by("starts_at", "pk")
    return Evidence(rows.count(), [Offender(Shift.KIND, pk, at, "absent") for pk, at in when(found, "starts_at")])


def in_time(scope: Scope) -> Evidence:
    """A shift is published half a working day before it begins (A3.7), by what its publishing recorded."""
    rows = shifts(scope)
    late = Event.objects.filter(kind="shift.published", data__late=True).values("subject_id")
    found = rows.filter(pk__in=late).order_by("starts_at", "pk")
    return Evidence(
        rows.count(), [Offender(Shift.KIND, pk, at, "published_late") for pk, at in when(found, "starts_at")]
    )


def prepared(scope: Scope) -> Evidence:
    """On time, and ready with four things within ten minutes (A3.8)."""
    rows = list(shifts(scope).order_by("starts_at", "pk"))
    bad = [s for s in rows if not s.began.kept]
    why = [(s, "not_come" if s.began_at is None else "came_late" if s.began.late else "unprepared") for s in bad]
    return Evidence(len(rows), [Offender(Shift.KIND, s.pk, s.starts_at, code) for s, code in why])


def qualified(scope: Scope) -> Evidence:
    """Who sits at the hotline was trained and examined when the shift was published (M1)."""
    rows = shifts(scope)
    wrong = Event.objects.filter(kind="shift.published", data__offences__contains="unqualified").values("subject_id")
    found = rows.filter(pk__in=wrong).order_by("starts_at", "pk")
    return Evidence(rows.count(), [Offender(Shift.KIND, pk, at, "unqualified") for pk, at in when(found, "starts_at")])


def round_the_clock(scope: Scope) -> Evidence:
    """Somebody is at the desk in every hour of the day (C6)."""
    until = min(scope.until, now())
    hours = max(0, int((until - scope.start).total_seconds() // 3600))
    rows = Shift.objects.filter(organisation__in=scope.inside, starts_at__lt=until, ends_at__gt=scope.start)
    sat = [(s.began_at, s.ended_at or min(s.ends_at, until)) for s in rows if s.began_at is not None]
    if not sat:
        return Evidence(lacks="no_shifts")
    empty = []
    for n in range(hours):
        begins, ends = scope.start + timedelta(hours=n), scope.start + timedelta(hours=n + 1)
        if not any(a < ends and b > begins for a, b in sat):
            empty.append(Offender("", 0, begins, "empty_hour"))
    return Evidence(hours, empty)


def satisfied(scope: Scope) -> Evidence:
    """More than 85 % of those asked about a telephone service are satisfied (A3.6)."""
    rows = FollowUp.objects.filter(
        organisation__in=scope.inside, status=FollowUp.Status.DONE, done_at__gte=scope.start, done_at__lt=scope.until,
        request__channel=Channel.PHONE,
    )  # fmt: skip
    return satisfaction(FollowUp.KIND, rows.order_by("pk"))


def carded(scope: Scope) -> Evidence:
    """Customers with an agreement in force were sent the present numbers, and their receipt is recorded (A3.2)."""
    owed = [c for c in cards.owed(scope.by) if c.organisation_id in scope.inside]
    sent = HotlineCard.objects.filter(organisation__in=scope.inside, sent_at__lt=scope.until).newest()
    awaited = sent.exclude(pk__in=told_of("card.received")).exclude(customer__in=[c.pk for c in owed]).order_by("pk")
    at = now()
    offenders = [Offender("customer", c.pk, at, "no_card") for c in owed]
    offenders += [Offender("card", pk, at_, "no_receipt") for pk, at_ in when(awaited, "sent_at")]
    received = sent.exclude(customer__in=[c.pk for c in owed]).filter(pk__in=told_of("card.received")).count()
    return Evidence(received + len(offenders), offenders)


def wishes(scope: Scope) -> Any:
    """On-site service requests of the period."""
    asked = scope.events("visit.requested", "visit.urgent_requested", "visit.wished").filter(
        subject_kind="visit_request"
    )
    return VisitRequest.objects.filter(pk__in=asked.values("subject_id"))


def date_spoken(scope: Scope) -> Evidence:
    """Who agrees to a visit was told the date until which somebody comes (A3.14)."""
    rows = wishes(scope).filter(wish=Wish.AGREED)
    undated = rows.filter(promised_until=None).order_by("pk")
    return Evidence(
        rows.count(), [Offender("visit_request", pk, at, "undated") for pk, at in when(undated, "taken_at")]
    )


def availability(scope: Scope) -> Evidence:
    """Who agrees to a visit was asked when somebody is there, and the form was filled in (A3.15)."""
    rows = wishes(scope).filter(wish=Wish.AGREED)
    unasked = rows.filter(available=[]).order_by("pk")
    return Evidence(
        rows.count(), [Offender("visit_request", pk, at, "unasked") for pk, at in when(unasked, "taken_at")]
    )


def wish_phoned(scope: Scope) -> Evidence:
    """A wish went to the duty manager, and the outcome was phoned to the customer (A3.17)."""
    rows = wishes(scope).filter(wish=Wish.SPECIAL)
    called = Event.objects.filter(kind="manager.called_back", occurred_at__gte=scope.start)
    open_ = rows.exclude(pk__in=called.filter(subject_kind="visit_request").values("subject_id")).order_by("pk")
    return Evidence(
        rows.count(), [Offender("visit_request", pk, at, "not_phoned") for pk, at in when(open_, "taken_at")]
    )


def channels(scope: Scope) -> Evidence:
    """Telephone and internet are both answered: what came by either had its first answer (I15)."""
    came = scope.events("request.received").values("case_id")
    rows = ServiceRequest.objects.filter(pk__in=came, channel__in=(Channel.PHONE, Channel.PORTAL))
    silent = rows.exclude(pk__in=told_of("request.responded")).exclude(status="cancelled").order_by("pk")
    return Evidence(rows.count(), [Offender("request", pk, at, "unanswered") for pk, at in when(silent, "received_at")])


def unspoken(_scope: Scope) -> Evidence:
    """Words that are spoken stand beside the form; whether they were said nobody writes down (A1.7, A3.13, A4.12)."""
    return Evidence(lacks="spoken")


CLAUSES: dict[str, Callable[[Scope], Evidence]] = {
    "A1.7": unspoken, "A3.1": seats, "A3.2": carded, "A3.3": complete, "A3.4": at_the_desk, "A3.5": clock_of("A3.5"),
    "A3.6": satisfied, "A3.7": in_time, "A3.8": prepared, "A3.9": clock_of("A3.9"), "A3.10": freed, "A3.11": recorded,
    "A3.12": complete, "A3.13": unspoken, "A3.14": date_spoken, "A3.15": availability, "A3.16": clock_of("A3.16"),
    "A3.17": wish_phoned, "A3.18": clock_of("A3.18"), "A4.12": unspoken, "C4": clock_of("C4"), "C6": round_the_clock,
    "D5": clock_of("D5"), "D9": complaints, "I15": channels, "J6": apart, "M1": qualified,
}  # fmt: skip
