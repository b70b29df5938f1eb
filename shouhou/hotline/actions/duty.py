"""The shift itself: who came, who is ready, who is missing, and how it is handed over (A3.4, A3.8, A3.11)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import ngettext

from shouhou.hotline.actions.roster import hours_of, limit_of
from shouhou.hotline.actions.seats import kinds_on, plan_of, seats_asked
from shouhou.hotline.models import Call, Shift, ShiftKind, Signal
from shouhou.hotline.rules import telephony
from shouhou.hotline.rules.duty import EARLIEST, HALF_DAY, PREPARING, UNANSWERED, Found
from shouhou.hotline.rules.words import Phase
from shouhou.people.models import Leave, Organisation, User
from shouhou.promises.rules.clock import before
from shouhou.shared.journal import record
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Event
from shouhou.shared.time import now

AHEAD = 10  # days that are looked at for a roster not yet published; a long holiday fits in
FOUND = {
    Found.ABSENT: "shift.found_absent",
    Found.UNREADY: "shift.found_unready",
    Found.AWAY: "shift.found_away",
}
FAIR_WARNING = timedelta(hours=8)  # counted hours before the limit at which the duty manager is reminded


def my_shift(user: User, at: datetime) -> Shift | None:
    """The shift that this person sits in, else the one to clock in for now, else the next one of the day."""
    rows = Shift.objects.filter(user=user).select_related("kind", "organisation")
    begun = rows.present().order_by("-starts_at").first()
    if begun:
        return begun
    coming = rows.filter(status=Shift.Status.PUBLISHED, ends_at__gt=at, starts_at__lt=at + timedelta(hours=12))
    return coming.order_by("starts_at").first()


def is_due(shift: Shift, at: datetime) -> bool:
    """Whether one may clock in."""
    return shift.status == Shift.Status.PUBLISHED and shift.starts_at - EARLIEST <= at < shift.ends_at


@dataclass(frozen=True, slots=True)
class Standing:
    """Who is at the hotline now: seats by the norm, planned and present, and the shifts themselves (A3.1, A3.4)."""

    required: int
    planned: int
    present: int
    shifts: list[Shift]


def standing(organisation: Organisation, at: datetime) -> Standing:
    """The seats of this moment in the organisation and all below it."""
    houses = Organisation.objects.under([organisation.path]).filter(shift_kinds__retired_at=None)
    required = sum(_required(house, at) for house in houses.filter(shift_kinds__isnull=False).distinct())
    inside = Organisation.objects.under([organisation.path]).values("pk")
    rows = Shift.objects.told().filter(organisation__in=inside, starts_at__gt=at - timedelta(days=2))
    now_on = rows.filter(Q(status=Shift.Status.BEGUN) | Q(starts_at__lte=at, ends_at__gt=at))
    shifts = list(now_on.select_related("user", "kind").order_by("starts_at", "pk"))
    planned = sum(s.starts_at <= at < s.ends_at for s in shifts)
    return Standing(required, planned, sum(s.status == Shift.Status.BEGUN for s in shifts), shifts)


def _required(organisation: Organisation, at: datetime) -> int:
    """Seats that one organisation owes now; nothing outside the hours of every kind of shift."""
    today = at.astimezone(organisation.tz).date()
    running = [
        kind
        for kind, days in kinds_on(organisation, [today - timedelta(days=1), today])
        if any(starts <= at < ends for starts, ends in (kind.on(day) for day in days))
    ]
    asked = seats_asked(organisation, plan_of(organisation), today) if any(k.seats is None for k in running) else 0
    return max((asked if kind.seats is None else kind.seats for kind in running), default=0)


def owed_calls(user: User) -> "QuerySet[Call]":
    """Calls of this agent that are not written down: with one of them no shift is handed over (A3.11)."""
    return Call.objects.filter(agent=user).without_record().order_by("pk")


@transaction.atomic
def hand_over(shift: Shift, *, words: str, by: User) -> None:
    """End a shift and leave word for the next one. Raises Refused while a call of it is not written down."""
    owed = owed_calls(shift.user).count()
    if owed:
        raise Refused(
            ngettext(
                "%(count)d call has no record yet: write it down, or let the duty manager take it over.",
                "%(count)d calls have no record yet: write them down, or let the duty manager take them over.",
                owed,
            )
            % {"count": owed}
        )
    data: dict[str, Any] = {}
    with shift.moving(Shift.Status.ENDED, by=by, data=data) as at:
        data["early"] = at < shift.ends_at and not on_leave(shift.user_id, at)
        shift.ended_at, shift.words = at, words.strip()


@transaction.atomic
def take_over_calls(agent: User, *, by: User) -> int:
    """The duty manager takes every call that an agent left unwritten. Returns how many."""
    calls = list(owed_calls(agent).exclude(phase__in=(Phase.ACTIVE, Phase.HELD)))
    for call in calls:
        call.take_over(by=by)
    return len(calls)


def going_on(organisation: Organisation, user: User) -> dict[str, int]:
    """What the next shift goes on with; stands beside the notes by itself."""
    calls = Call.objects.filter(organisation=organisation)
    return {"back": calls.to_call_back().count(), "owed": owed_calls(user).count()}


def on_leave(user: int, at: datetime) -> bool:
    """Whether the person is away with leave at that instant."""
    return Leave.objects.approved().filter(user=user, from_at__lte=at, until_at__gt=at).exists()


def watch(at: datetime | None = None) -> int:
    """Find who is missing without leave, whose desk is not ready in time, at whose desk calls ring in vain.

    Each is found once per shift, under its lock. Returns how many.
    """
    at = at or now()
    found = 0
    due = Shift.objects.filter(status__in=(Shift.Status.PUBLISHED, Shift.Status.BEGUN), starts_at__lte=at)
    for pk in due.filter(ends_at__gt=at - timedelta(days=1)).values_list("pk", flat=True):
        with transaction.atomic():
            shift = Shift.objects.select_for_update(skip_locked=True).filter(pk=pk).first()
            if shift is not None:
                found += _look_at(shift, at)
    return found


def _look_at(shift: Shift, at: datetime) -> int:
    if at < shift.starts_at + PREPARING:
        return 0
    if shift.status == Shift.Status.PUBLISHED:
        missing = Found.ABSENT not in shift.found and not on_leave(shift.user_id, shift.starts_at + PREPARING)
        return _find(shift, Found.ABSENT, at) if missing else 0
    count = 0
    if shift.ready_at is None and Found.UNREADY not in shift.found:
        count += _find(shift, Found.UNREADY, at)
    if Found.AWAY not in shift.found and at < shift.ends_at and not on_leave(shift.user_id, at):
        count += _find(shift, Found.AWAY, at) if rings_in_vain(shift) else 0
    return count


def _find(shift: Shift, what: Found, at: datetime) -> int:
    """Write down what was found, once; the duty manager hears of it."""
    shift.found = {**shift.found, str(what): at.isoformat()}
    shift.write()
    record(FOUND[what], subject=shift, by=None, occurred_at=at, data={"user": shift.user_id})
    return 1


def rings_in_vain(shift: Shift) -> bool:
    """Whether the last calls that rang at this telephone since its person came were all answered elsewhere or lost."""
    legs = Signal.objects.filter(
        door__extensions__user=shift.user_id, door__extensions__number=F("extension"),
        kind=telephony.RINGING, at__gte=shift.began_at or shift.starts_at,
    )  # fmt: skip
    refs = list(dict.fromkeys(legs.order_by("-at").values_list("door_id", "call_ref")[: 4 * UNANSWERED]))[:UNANSWERED]
    if len(refs) < UNANSWERED:
        return False
    for door, ref in refs:
        call = Call.objects.filter(door=door, call_ref=ref).first()
        if call is None or call.agent_id == shift.user_id or call.rung_id == shift.user_id:
            return False
    return True


def remind(at: datetime | None = None) -> int:
    """Remind the duty manager of seats not yet published while there is still time to do it by the norm (A3.7)."""
    at, told = at or now(), 0
    for organisation in Organisation.objects.filter(retired_at=None, shift_kinds__retired_at=None).distinct():
        plan = plan_of(organisation)
        today = at.astimezone(organisation.tz).date()
        days = [today + timedelta(days=n) for n in range(1, AHEAD)]
        hours = hours_of(organisation, plan)
        asked = seats_asked(organisation, plan, today)
        for kind, sat in kinds_on(organisation, days):
            for day in sat:
                starts = kind.on(day)[0]
                if not before(hours, starts, HALF_DAY + FAIR_WARNING) <= at < limit_of(hours, starts):
                    continue
                if _published(kind, starts) < (asked if kind.seats is None else kind.seats):
                    told += _remind(kind, day.isoformat(), at)
    return told


def _published(kind: ShiftKind, starts: datetime) -> int:
    return Shift.objects.told().filter(kind=kind, starts_at=starts).count()


def _remind(kind: ShiftKind, day: str, at: datetime) -> int:
    key = f"roster:{kind.pk}:{day}"
    if Event.objects.filter(key=key, kind="roster.reminded").exists():
        return 0
    record(
        "roster.reminded", subject=kind, by=None, occurred_at=at, key=key,
        data={"day": day, "organisation": kind.organisation_id},
    )  # fmt: skip
    return 1
