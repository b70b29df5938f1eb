"""A plan for the next days, found by the solver in a process of its own, with its reasons; nothing is done by it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils.translation import gettext as _

from shouhou.agreements.actions import company_calendar
from shouhou.customers.models import Site
from shouhou.people.models import Leave, Organisation, User
from shouhou.people.models.absences import skills_of
from shouhou.requests.models import ServiceRequest, VisitRequest
from shouhou.requests.rules.words import Coverage, Severity, Wish
from shouhou.shared.apart import NoAnswer
from shouhou.shared.lifecycle import Refused
from shouhou.shared.time import now
from shouhou.visits.actions import board, planning
from shouhou.visits.models import Visit
from shouhou.visits.rules.apart import in_a_process
from shouhou.visits.rules.asked import Engineer, Job, Plan, Reason, Stop
from shouhou.visits.rules.travel import GreatCircle, Matrix

DAYS = 3  # today and the two days after: as far as a visit within three days can lie
OPENS, CLOSES = time(8, 30), time(18, 0)  # of a working day, in the organisation's zone
HALVES = {"am": (OPENS, time(12, 0)), "pm": (time(13, 0), CLOSES)}
NEAR, FAR, UNKNOWN = timedelta(minutes=25), timedelta(hours=3), timedelta(minutes=45)  # where no coordinates are known
GRAVE = {Severity.CRITICAL: 5.0, Severity.MAJOR: 3.0, Severity.MEDIUM: 1.0, Severity.MINOR: 0.0}
PATIENCE = 15.0  # seconds that a dispatcher waits


@dataclass(frozen=True, slots=True)
class Proposed:
    """One visit as the solver would have it; `visit` is the one that stands now, if there is one already."""

    wanted: VisitRequest | None
    visit: Visit | None
    engineer: User
    begins: datetime
    ends: datetime
    reasons: tuple[Reason, ...]

    @property
    def minutes(self) -> int:
        return round((self.ends - self.begins).total_seconds() / 60)

    @property
    def is_change(self) -> bool:
        """Whether adopting it would do anything."""
        held = self.visit
        return held is None or (held.engineer_id, held.starts_at) != (self.engineer.pk, self.begins)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed, and what could not be planned, with who stands in the way."""

    stops: list[Proposed]
    unplanned: list[tuple[VisitRequest, tuple[Reason, ...]]]
    people: dict[int, User]


def propose(organisation: Organisation, first: date, *, by: User) -> Proposal:
    """Plan what waits, and plan anew what neither the dispatcher fixed nor the customer agreed to.

    Raises Refused for who may not dispatch, for nobody or nothing to plan, and where no answer comes in time.
    """
    if not by.leads_in(organisation.path):
        raise Refused(_("Only who leads the organisation sends engineers."))
    people = {user.pk: user for user in board.engineers_below(organisation)}
    waiting = [w for w in board.waiting(by) if w.request.coverage != Coverage.UNDECIDED]
    if not people or not waiting:
        raise Refused(_("Nothing waits to be planned whose coverage is decided, or no engineer serves here."))
    start, until = horizon(organisation, first)
    standing = list(
        Visit.objects.standing().filter(engineer__in=people, starts_at__gte=start, starts_at__lt=until)
        .exclude(status=Visit.Status.DONE).for_list().select_related("request__item__product")
    )  # fmt: skip
    places = Places(organisation)
    jobs = [job_of(-w.pk, w.request, w, places) for w in waiting]
    jobs += [job_of(v.pk, v.request, v.visit_request, places, visit=v) for v in standing]
    previous = Plan.before(Stop(v.pk, v.engineer_id, v.starts_at, v.ends_at) for v in standing) if standing else None
    crew = engineers(people, organisation, first, places)
    try:
        plan = in_a_process(crew, jobs, places.travel(), previous=previous, timeout=PATIENCE, seconds=3.0)
    except NoAnswer:
        raise Refused(_("No plan was found in time: plan by hand, or try again.")) from None
    return told(plan, people, {-w.pk: w for w in waiting}, {v.pk: v for v in standing})


def told(plan: Plan, people: dict[int, User], waiting: dict[int, VisitRequest], standing: dict[int, Visit]) -> Proposal:
    """The plan with its rows."""
    stops = [
        Proposed(
            waiting.get(s.job), standing.get(s.job), people[s.engineer], s.begins, s.ends,
            tuple(r for r in s.reasons if r.code != "pinned"),
        )
        for s in sorted(plan.stops, key=lambda s: (s.begins, s.job))
    ]  # fmt: skip
    left = [(waiting[u.job], u.reasons) for u in plan.unplanned if u.job in waiting]
    return Proposal([stop for stop in stops if stop.is_change], left, people)


def horizon(organisation: Organisation, first: date) -> tuple[datetime, datetime]:
    """From now, or the first day's midnight if that is later, to the end of the last day."""
    begin, _end = board.whole(first, organisation)
    return max(begin, now()), board.whole(first + timedelta(days=DAYS - 1), organisation)[1]


def engineers(people: dict[int, User], organisation: Organisation, first: date, places: "Places") -> list[Engineer]:
    """Who may be sent: working time of the days, leave cut out; what they hold on the first day."""
    start, until = horizon(organisation, first)
    calendar = company_calendar(organisation).current.days()
    days = [day for day in (first + timedelta(days=n) for n in range(DAYS)) if calendar.is_working(day)]
    zone = organisation.tz
    hours = [(datetime.combine(d, OPENS, zone), datetime.combine(d, CLOSES, zone)) for d in days]
    hours = [(max(a, start + timedelta(minutes=15)), b) for a, b in hours if b > start + timedelta(minutes=30)]
    away: dict[int, list[tuple[datetime, datetime]]] = {pk: [] for pk in people}
    for leave in Leave.objects.approved().filter(user__in=people).during(start, until):
        away[leave.user_id].append((leave.from_at, leave.until_at))
    skills = skills_of(people, first)
    return [Engineer(pk, places.home, tuple(without(hours, away[pk])), frozenset(skills[pk])) for pk in sorted(people)]


def without(
    spans: Iterable[tuple[datetime, datetime]], cut: Iterable[tuple[datetime, datetime]]
) -> list[tuple[datetime, datetime]]:
    """The spans less what is cut out of them."""
    left = list(spans)
    for begin, end in cut:
        parts = []
        for a, b in left:
            parts += [(a, b)] if end <= a or begin >= b else [(a, max(a, begin)), (min(b, end), b)]
        left = [(a, b) for a, b in parts if b > a]
    return left


def job_of(
    pk: int, case: ServiceRequest, wanted: VisitRequest | None, places: "Places", visit: Visit | None = None
) -> Job:
    """What the solver has to know of a visit. Fixed by the dispatcher, agreed by the customer or begun: pinned."""
    skill = planning.NEEDED.get(case.item.product.kind) if case.item else None
    away = planning.works_remotely(case)
    fixed = visit and (visit.pinned or visit.agreed_at or visit.status == Visit.Status.ON_SITE)
    risk = GRAVE.get(Severity(case.severity), 0.0) if case.severity else 0.0
    known = Visit.objects.filter(customer=case.customer_id, status=Visit.Status.DONE).values_list("engineer", flat=True)
    return Job(
        pk=pk, place=places.of(case.site, case), work=visit.ends_at - visit.starts_at if visit else planning.LENGTH,
        windows=() if fixed or wanted is None else tuple(windows(wanted)), skills=frozenset([skill] if skill else ()),
        due=wanted.promised_until if wanted else None,
        risk=min(9.0, risk + (3.0 if wanted and wanted.wish == Wish.URGENT else 0.0)),
        near=frozenset(known[:20]), refused=frozenset([away] if away else ()),
        pinned=(visit.engineer_id, visit.starts_at) if visit and fixed else None,
    )  # fmt: skip


def windows(wanted: VisitRequest) -> list[tuple[datetime, datetime]]:
    """When somebody is there, as the customer said (A3.15)."""
    zone, found = wanted.organisation.tz, []
    for text in wanted.available:
        day, _blank, half = text.partition(" ")
        begins, ends = HALVES[half]
        on = date.fromisoformat(day)
        found.append((datetime.combine(on, begins, zone), datetime.combine(on, ends, zone)))
    return found


class Places:
    """Rows of a travel matrix: by coordinates where a site has them, else by region as it is written."""

    def __init__(self, organisation: Organisation) -> None:
        self.rows: list[tuple[tuple[float, float] | None, str]] = []
        self.home = self._row(None, organisation.region)

    def of(self, site: Site | None, case: ServiceRequest) -> int:
        """The row of a site; without one, that of the customer's region."""
        point = (site.latitude, site.longitude) if site and site.latitude is not None else None
        region = (site.region if site else "") or (case.customer.region if case.customer else "")
        return self._row(point, region)  # type: ignore[arg-type]

    def _row(self, point: tuple[float, float] | None, region: str) -> int:
        key = (point, region)
        if key not in self.rows:
            self.rows.append(key)
        return self.rows.index(key)

    def travel(self) -> Matrix:
        """Seconds between all rows."""
        fly = GreatCircle()

        def way(a: tuple[Any, str], b: tuple[Any, str]) -> float:
            if a[0] and b[0]:
                return fly(a[0], b[0]).total_seconds()
            if a[1] and b[1]:
                return (NEAR if a[1] == b[1] else FAR).total_seconds()
            return UNKNOWN.total_seconds()

        return Matrix([[0.0 if a == b else way(a, b) for b in self.rows] for a in self.rows])


def adopt(proposed: Iterable[tuple[str, int, User, datetime, int]], *, by: User, reason: str) -> tuple[int, list[str]]:
    """Make it so: ("wanted" or "visit", id, engineer, start, minutes) each. How many, and what was refused."""
    done, refused = 0, []
    for kind, pk, engineer, starts, minutes in proposed:
        ends = starts + timedelta(minutes=minutes)
        try:
            if kind == "wanted":
                wanted = VisitRequest.objects.visible_to(by).get(pk=pk)
                planning.plan_visit(wanted, engineer=engineer, starts_at=starts, ends_at=ends, by=by, reason=reason)
            else:
                visit = Visit.objects.visible_to(by).select_related("organisation", "visit_request").get(pk=pk)
                planning.move_visit(visit, by=by, starts_at=starts, ends_at=ends, engineer=engineer, reason=reason)
        except Refused as trouble:
            refused.append(str(trouble))
        except (VisitRequest.DoesNotExist, Visit.DoesNotExist):
            continue
        else:
            done += 1
    return done, refused
