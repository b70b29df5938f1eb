"""Planning who sits at the hotline: placing, copying, proposing, publishing (A3.1, A3.7, M1)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from shouhou.agreements.actions import company_calendar
from shouhou.hotline.actions.seats import kinds_on, plan_of, seats_asked
from shouhou.hotline.models import DeskPlan, Shift, ShiftKind
from shouhou.hotline.rules.duty import HALF_DAY
from shouhou.hotline.rules.resting import Duty, Limits, Offence, Person, offences
from shouhou.people.models import Appointment, Leave, Organisation, User
from shouhou.people.models.absences import skills_of
from shouhou.people.rules import HOTLINE_SKILLS, Role
from shouhou.promises.rules.calendar import Window
from shouhou.promises.rules.clock import before
from shouhou.promises.rules.timeline import Timeline
from shouhou.shared.lifecycle import Refused
from shouhou.shared.time import now

WEEK = 7
LOOK_BACK = timedelta(days=15)  # days before the week that rest and days in a row are counted from
NEVER_ALLOWED = frozenset({"overlap", "away"})  # nobody is in two places; the rest has an exception with its reason


@dataclass
class Week:
    """A week of an organisation's roster with everything that the page shows and the rules ask."""

    organisation: Organisation
    plan: DeskPlan
    monday: date
    days: list[date]
    kinds: list[tuple[ShiftKind, list[date]]]
    people: list[User]
    shifts: list[Shift]
    asked: int
    off: frozenset[date]  # days of rest by the company's calendar
    hours: Timeline
    offences: dict[int, list[Offence]] = field(default_factory=dict)  # by shift

    def needed(self, kind: ShiftKind) -> int:
        """Seats of a kind of shift: its own number, else what the norm asks for."""
        return self.asked if kind.seats is None else kind.seats

    def planned(self, kind: ShiftKind, day: date) -> int:
        begins = kind.on(day)[0]
        return sum(s.kind_id == kind.pk and s.starts_at == begins for s in self.shifts)

    @property
    def empty(self) -> list[tuple[ShiftKind, date, int]]:
        """Seats that nobody is planned for."""
        return [
            (kind, day, lack)
            for kind, days in self.kinds
            for day in days
            if (lack := self.needed(kind) - self.planned(kind, day)) > 0
        ]


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def start_of(organisation: Organisation, day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), organisation.tz)


def must_plan(organisation: Organisation, by: User) -> None:
    """Raises Refused for who does not lead the organisation."""
    if not by.leads_in(organisation.path):
        raise Refused(_("The duty manager plans the roster: ask there."))


def agents_of(organisation: Organisation) -> list[User]:
    """Who may be planned: the organisation's own hotline agents."""
    posts = Appointment.objects.current().filter(role=Role.AGENT, organisation=organisation)
    return list(User.objects.filter(is_active=True, pk__in=posts.values("user_id")).order_by("name", "pk"))


def week_of(organisation: Organisation, monday: date) -> Week:
    """Read a week: kinds, people, shifts, what is asked, and which rule each shift offends."""
    days = [monday + timedelta(days=n) for n in range(WEEK)]
    begins, ends = start_of(organisation, monday), start_of(organisation, monday + timedelta(days=WEEK))
    rows = Shift.objects.standing().filter(organisation=organisation, starts_at__gte=begins, starts_at__lt=ends)
    shifts = list(rows.select_related("kind__organisation", "user").order_by("starts_at", "pk"))
    agents = agents_of(organisation)
    others = {s.user_id: s.user for s in shifts if s.user_id not in {a.pk for a in agents}}
    plan = plan_of(organisation)
    calendar = company_calendar(organisation).current.days()
    week = Week(
        organisation=organisation, plan=plan, monday=monday, days=days, kinds=kinds_on(organisation, days),
        people=[*agents, *others.values()], shifts=shifts, asked=seats_asked(organisation, plan, monday),
        off=frozenset(day for day in days if not calendar.is_working(day)),
        hours=Timeline(calendar, Window.parse(plan.window, "working")),
    )  # fmt: skip
    week.offences = offences_of(week)
    return week


def limits_of(week: Week) -> Limits:
    plan = week.plan
    return Limits(
        rest=timedelta(hours=plan.rest_hours), days_running=plan.days_running,
        week=timedelta(hours=plan.week_hours), zone=week.organisation.tz,
    )  # fmt: skip


def persons(week: Week) -> dict[int, Person]:
    """Each person as the rules see them: what they lack, when they are away."""
    pks = [person.pk for person in week.people]
    held: Mapping[int, set[str]] = {}
    if week.plan.qualified_only:
        first, last = skills_of(pks, week.days[0]), skills_of(pks, week.days[-1])
        held = {pk: first[pk] & last[pk] for pk in pks}
    begins = start_of(week.organisation, week.monday)
    away: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    leaves = Leave.objects.approved().filter(user__in=pks).during(begins, begins + timedelta(days=WEEK + 1))
    for user, start, until in leaves.values_list("user_id", "from_at", "until_at"):
        away[user].append((start, until))
    needs = HOTLINE_SKILLS if week.plan.qualified_only else ()
    return {pk: Person(pk, lacking=tuple(s for s in needs if s not in held[pk]), away=tuple(away[pk])) for pk in pks}


def duty_of(shift: Shift) -> Duty:
    return Duty(
        person=shift.user_id, kind=shift.kind_id, starts=shift.starts_at, ends=shift.ends_at,
        break_minutes=shift.kind.break_minutes, pk=shift.pk,
    )  # fmt: skip


def duties_around(week: Week) -> dict[int, list[Duty]]:
    """What these people sit in this week and shortly before and after it, wherever that is."""
    begins = start_of(week.organisation, week.monday)
    rows = Shift.objects.standing().filter(user__in=[p.pk for p in week.people]).during(
        begins - LOOK_BACK, begins + timedelta(days=2 * WEEK)
    )  # fmt: skip
    found: dict[int, list[Duty]] = defaultdict(list)
    for shift in rows.select_related("kind").order_by("starts_at", "pk"):
        found[shift.user_id].append(duty_of(shift))
    return found


def offences_of(week: Week) -> dict[int, list[Offence]]:
    """Which rules the shifts of the week offend, by shift. A shift that covers for another is checked too."""
    around, limits, own = duties_around(week), limits_of(week), {s.pk for s in week.shifts}
    found: dict[int, list[Offence]] = defaultdict(list)
    for pk, person in persons(week).items():
        for offence in offences(person, around.get(pk, []), limits):
            if offence.duty.pk in own:
                found[offence.duty.pk].append(offence)
    return dict(found)


@transaction.atomic
def place(kind: ShiftKind, user: User, day: date, *, by: User) -> Shift:
    """Plan a person for a shift on a day. Raises Refused for the past, or where they sit already."""
    must_plan(kind.organisation, by)
    starts, ends = kind.on(day)
    if starts <= now():
        raise Refused(_("This shift has begun already: plan the days to come."))
    if user.pk not in {agent.pk for agent in agents_of(kind.organisation)}:
        raise Refused(_("%(person)s is no hotline agent of this organisation.") % {"person": user})
    User.objects.select_for_update().get(pk=user.pk)  # two planners at once must not seat a person twice
    if Shift.objects.standing().filter(user=user).during(starts, ends).exists():
        raise Refused(_("%(person)s sits at the hotline already at that time.") % {"person": user})
    return Shift.objects.create(
        organisation=kind.organisation, kind=kind, user=user, starts_at=starts, ends_at=ends, planned_by=by
    )


@transaction.atomic
def move(shift: Shift, *, kind: ShiftKind, user: User, day: date, by: User) -> Shift:
    """Give a planned shift to another person, day or kind; what was published is withdrawn and planned anew."""
    if (shift.kind_id, shift.user_id, shift.starts_at) == (kind.pk, user.pk, kind.on(day)[0]):
        return shift
    withdraw(shift, by=by)
    return place(kind, user, day, by=by)


@transaction.atomic
def withdraw(shift: Shift, *, by: User) -> None:
    """Take a shift out of the roster. Raises Refused for one that has begun."""
    must_plan(shift.organisation, by)
    with shift.moving(Shift.Status.WITHDRAWN, by=by, data={"was": shift.status, "user": shift.user_id}):
        if shift.starts_at <= now():
            raise Refused(_("This shift has begun already: it stays in the roster."))


@dataclass(frozen=True, slots=True)
class Copied:
    """How many shifts were copied, and whose not."""

    done: int
    left_out: int


@transaction.atomic
def copy_week(organisation: Organisation, monday: date, *, by: User) -> Copied:
    """Plan the week as the one before it; what is past, taken or no longer possible is left out."""
    must_plan(organisation, by)
    before_it, agents = week_of(organisation, monday - timedelta(days=WEEK)), agents_of(organisation)
    sat = {kind.pk: days for kind, days in kinds_on(organisation, [monday + timedelta(days=n) for n in range(WEEK)])}
    done = left_out = 0
    for shift in before_it.shifts:
        day = shift.starts_at.astimezone(organisation.tz).date() + timedelta(days=WEEK)
        possible = shift.covers_id is None and shift.user in agents and day in sat.get(shift.kind_id, [])
        try:
            if possible:
                with transaction.atomic():
                    place(shift.kind, shift.user, day, by=by)
        except Refused:
            possible = False
        done, left_out = done + possible, left_out + (not possible)
    return Copied(done, left_out)


def hours_of(organisation: Organisation, plan: DeskPlan) -> Timeline:
    """The company's hours on working days, in which the half working day is counted."""
    return Timeline(company_calendar(organisation).current.days(), Window.parse(plan.window, "working"))


def limit_of(hours: Timeline, starts: datetime) -> datetime:
    """Until when a shift has to be published: half a working day before it, in counted company hours (A3.7)."""
    return before(hours, starts, HALF_DAY)


@dataclass(frozen=True, slots=True)
class Published:
    """How many shifts people were told of, and how many of them too late."""

    done: int
    late: int


@transaction.atomic
def publish_week(organisation: Organisation, monday: date, *, by: User, exception: str = "") -> Published:
    """Tell everybody their shifts of this week.

    Raises Refused for a person in two places or on leave, and for any other broken rule without a written reason.
    """
    must_plan(organisation, by)
    week = week_of(organisation, monday)
    drafts = [s for s in week.shifts if s.status == Shift.Status.DRAFT]
    if not drafts:
        raise Refused(_("Nothing new to publish in this week."))
    broken = {s.pk: {o.code for o in week.offences.get(s.pk, [])} for s in drafts}
    if any(codes & NEVER_ALLOWED for codes in broken.values()):
        raise Refused(_("Somebody is planned twice at a time, or while on leave: correct what is marked first."))
    if any(broken.values()) and not exception.strip():
        raise Refused(_("Rules are broken where the roster is marked: correct it, or write down why all the same."))
    late = 0
    for shift in drafts:
        codes = broken[shift.pk]
        shift.publish(
            by=by, limit_at=limit_of(week.hours, shift.starts_at), offences=codes,
            exception=exception if codes else "",
        )  # fmt: skip
        late += shift.is_late
    return Published(len(drafts), late)


def lately(people: Iterable[User], until: datetime) -> Sequence[Shift]:
    """What these people sat in the eight weeks before, for a fair share of the next."""
    rows = Shift.objects.standing().filter(user__in=[p.pk for p in people])
    return list(rows.during(until - timedelta(weeks=8), until).select_related("kind__organisation"))
