"""How many seats the norm asks for, and how many the calls ask for (A3.1, A3.9)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Avg, Count, ExpressionWrapper, F, FloatField
from django.db.models.functions import Extract, ExtractHour, Greatest

from shouhou.agreements.actions import company_calendar
from shouhou.agreements.models import Agreement
from shouhou.customers.models import Customer
from shouhou.hotline.models import Call, DeskPlan, Line, ShiftKind
from shouhou.hotline.rules import telephony
from shouhou.hotline.rules.seats import answered_within, occupancy, required_seats, seats_for
from shouhou.people.models import Organisation

HISTORY = 28  # days of calls from which load is told
USUAL = 240.0  # seconds of a call where there is no history of talking


def plan_of(organisation: Organisation) -> DeskPlan:
    """The organisation's rules of planning, else those of the nearest above it, else the norm's own; never None."""
    above = [int(part) for part in organisation.path.split("/") if part]
    plans = {plan.organisation_id: plan for plan in DeskPlan.objects.filter(organisation_id__in=above)}
    for pk in reversed(above):
        if pk in plans:
            return plans[pk]
    return DeskPlan(organisation=organisation)


def covered_users(organisation: Organisation, plan: DeskPlan, day: date) -> int:
    """Whom the hotline answers to (A3.1): customers with an agreement in force in the branch, or so many end users."""
    if plan.count == DeskPlan.Count.END_USERS:
        return plan.end_users
    inside = Organisation.objects.under([organisation.path]).values("pk")
    return Customer.objects.filter(
        retired_at=None, pk__in=Agreement.objects.in_force(day).filter(organisation__in=inside).values("customer")
    ).count()


def seats_asked(organisation: Organisation, plan: DeskPlan, day: date) -> int:
    """Seats by the norm: two per thousand covered users, rounded up (A3.1)."""
    return required_seats(covered_users(organisation, plan, day))


def kinds_on(organisation: Organisation, days: list[date]) -> list[tuple[ShiftKind, list[date]]]:
    """The kinds of shift in use, each with the days on which it is sat, by the company's calendar (调休 included)."""
    calendar = company_calendar(organisation).current.days()
    sat = {
        ShiftKind.Days.DAILY: lambda day: True,
        ShiftKind.Days.WORKING: calendar.is_working,
        ShiftKind.Days.REST: lambda day: not calendar.is_working(day),
    }
    kinds = ShiftKind.objects.filter(organisation=organisation, retired_at=None).order_by("starts", "pk")
    return [(kind, [day for day in days if sat[ShiftKind.Days(kind.days)](day)]) for kind in kinds]


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour of the day: how many calls come, how long they take, and how many seats they need."""

    hour: int
    calls: float
    handling: float
    needed: int | None
    shares: tuple[tuple[int, float], ...]  # seats -> % answered within three rings
    busy: float

    @property
    def minutes(self) -> float:
        return self.handling / 60

    @property
    def busy_percent(self) -> float:
        return 100 * self.busy


@dataclass(frozen=True, slots=True)
class Load:
    """The view of A3.1: seats by the norm beside seats by the calls of the last weeks."""

    users: int
    asked: int
    level: int
    within: float
    hours: list[Hour]
    calls: int
    counted: Any
    weakest: Hour | None


def load_of(organisation: Organisation, at: datetime) -> Load:
    """Calls of the last four weeks by hour of the day, in the organisation's zone, and what seats they need (Erlang C).

    A call occupies its agent from the answer until its record is written, or until it ends where nothing was written.
    """
    plan, zone = plan_of(organisation), organisation.tz
    today = at.astimezone(zone).date()
    begun = datetime.combine(today - timedelta(days=HISTORY), datetime.min.time(), zone)
    end = datetime.combine(today, datetime.min.time(), zone)
    inside = Organisation.objects.under([organisation.path]).values("pk")
    came = Call.objects.filter(organisation__in=inside, outgoing=False, arrived_at__gte=begun, arrived_at__lt=end)
    # Who wrote the record the next morning was not on the telephone all night: an hour at most counts.
    busy = ExpressionWrapper(Extract(Greatest("ended_at", "recorded_at") - F("answered_at"), "epoch"), FloatField())
    hourly = {
        row["hour"]: row
        for row in came.annotate(hour=ExtractHour("arrived_at", tzinfo=zone)).values("hour").annotate(calls=Count("pk"))
    }
    talked = came.filter(answered_at__isnull=False, ended_at__isnull=False).annotate(busy=busy).filter(busy__lte=3600)
    taken = {
        row["hour"]: row["mean"]
        for row in talked.annotate(hour=ExtractHour("arrived_at", tzinfo=zone))
        .values("hour")
        .annotate(mean=Avg("busy"))
    }
    line = Line.objects.filter(organisation=organisation, retired_at=None).order_by("pk").first()
    on, off = line.cadence if line else telephony.CADENCE
    within = 3 * on + 2 * off  # until the third ring has rung
    users = covered_users(organisation, plan, today)
    asked = required_seats(users)
    days = max(1, min(HISTORY, (today - _first(came, end).astimezone(zone).date()).days))
    hours = [
        _hour(hour, row["calls"] / days, float(taken.get(hour) or USUAL), plan.level, within, asked)
        for hour, row in sorted(hourly.items())
    ]
    weakest = max(hours, key=lambda h: h.needed or 10**6, default=None)
    return Load(users, asked, plan.level, within, hours, sum(r["calls"] for r in hourly.values()),
                plan.get_count_display(), weakest)  # fmt: skip


def _first(calls: Any, otherwise: datetime) -> datetime:
    first = calls.order_by("arrived_at").values_list("arrived_at", flat=True).first()
    return first or otherwise


def _hour(hour: int, calls: float, handling: float, level: int, within: float, asked: int) -> Hour:
    needed = seats_for(calls, handling, within, level / 100)
    around = sorted({max(1, asked), *(range(max(1, needed - 1), needed + 2) if needed else ())})
    shares = tuple((seats, 100 * answered_within(calls, handling, seats, within)) for seats in around)
    return Hour(hour, calls, handling, needed, shares, occupancy(calls, handling, needed) if needed else 1.0)
