"""The day as the dispatcher sees it: who goes where, when, and what waits."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from shouhou.people.models import Appointment, Leave, Organisation, User
from shouhou.people.models.absences import skills_of
from shouhou.people.rules import Role
from shouhou.requests.models import VisitRequest
from shouhou.visits.models import Visit

FIRST, LAST = 7, 21  # the hours that the time line shows; what lies outside is drawn at its edge


@dataclass(frozen=True, slots=True)
class Bar:
    """Something on an engineer's line, in percent of the shown hours."""

    left: float
    width: float
    visit: Visit | None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Lane:
    """One engineer's day."""

    engineer: User
    bars: list[Bar]
    skills: list[str]
    busy: timedelta


def lanes(organisation: Organisation, day: date) -> list[Lane]:
    """The engineers of the organisation and below it, with their visits and leaves of one day in its zone."""
    zone = organisation.tz
    start, until = datetime.combine(day, time(FIRST), zone), datetime.combine(day, time(LAST), zone)
    people = {user.pk: user for user in engineers_below(organisation)}
    found: dict[int, list[Bar]] = {pk: [] for pk in people}
    busy = dict.fromkeys(people, timedelta())
    visits = Visit.objects.standing().during(*whole(day, organisation)).filter(engineer__in=people).for_list()
    for visit in visits.order_by("starts_at", "pk"):
        found[visit.engineer_id].append(_bar(visit.starts_at, visit.ends_at, start, until, visit=visit))
        busy[visit.engineer_id] += visit.ends_at - visit.starts_at
    for leave in Leave.objects.approved().during(start, until).filter(user__in=people):
        found[leave.user_id].append(_bar(leave.from_at, leave.until_at, start, until, words=leave.get_kind_display()))
    skills = skills_of(people, day)
    return [Lane(user, found[pk], sorted(skills[pk]), busy[pk]) for pk, user in people.items()]


def engineers_below(organisation: Organisation) -> list[User]:
    """Engineers appointed in the organisation or below it."""
    inside = Organisation.objects.under([organisation.path])
    posts = Appointment.objects.current().filter(role=Role.ENGINEER, organisation__in=inside)
    return list(User.objects.filter(pk__in=posts.values("user"), is_active=True).order_by("name", "pk"))


def whole(day: date, organisation: Organisation) -> tuple[datetime, datetime]:
    """Midnight to midnight in the organisation's zone."""
    start = datetime.combine(day, time(), organisation.tz)
    return start, datetime.combine(day + timedelta(days=1), time(), organisation.tz)


def _bar(
    begins: datetime, ends: datetime, start: datetime, until: datetime, *, visit: Visit | None = None, words: str = ""
) -> Bar:
    """Where it lies on the line; at least a finger wide."""
    span = (until - start).total_seconds()
    left = min(max((begins - start).total_seconds() / span, 0.0), 0.98)
    right = min(max((ends - start).total_seconds() / span, left + 0.02), 1.0)
    return Bar(round(100 * left, 2), round(100 * (right - left), 2), visit, words)


def waiting(user: User) -> list[VisitRequest]:
    """On-site service requests for which no visit is planned yet, those promised first at the head."""
    rows = VisitRequest.objects.visible_to(user).filter(status=VisitRequest.Status.OPEN)
    rows = rows.exclude(visits__in=Visit.objects.standing()).select_related("request__item__product", "organisation")
    return sorted(rows.order_by("pk")[:100], key=lambda w: (w.wish != "urgent", w.promised_until or w.taken_at, w.pk))
