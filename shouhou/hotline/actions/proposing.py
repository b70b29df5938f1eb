"""A fair roster for the empty seats of a week, found by the solver in a process of its own (A3.1)."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from shouhou.hotline.actions import roster
from shouhou.hotline.models import Shift, ShiftKind
from shouhou.hotline.rules import proposing
from shouhou.hotline.rules.proposing import Burden, Slot
from shouhou.hotline.rules.resting import Offence
from shouhou.people.models import Organisation, User
from shouhou.shared.apart import NoAnswer
from shouhou.shared.lifecycle import Refused
from shouhou.shared.time import now

PATIENCE = 20.0  # seconds that a person waits for a proposal


@dataclass(frozen=True, slots=True)
class Proposed:
    """What the solver added, and what it could not meet: kind, day, seats missing, why each person is not there."""

    added: int
    unmet: list[tuple[ShiftKind, date, int, list[tuple[User, Offence]]]]
    needed_hours: float
    available_hours: float


def propose_week(organisation: Organisation, monday: date, *, by: User) -> Proposed:
    """Fill the empty seats of the days to come with drafts; what is planned already stays.

    Raises Refused where there is nothing to fill, nobody to plan, or the solver gives no answer.
    """
    roster.must_plan(organisation, by)
    week = roster.week_of(organisation, monday)
    slots = slots_of(week)
    if not slots:
        raise Refused(_("Every seat of the days to come is taken, or no kind of shift is set up."))
    agents = {person.pk: person for person in roster.agents_of(organisation)}
    if not agents:
        raise Refused(_("This organisation has no hotline agent: give somebody that role first."))
    seen = roster.persons(week)
    fixed = [duty for pk, duties in roster.duties_around(week).items() if pk in agents for duty in duties]
    try:
        found = proposing.in_a_process(
            [seen[pk] for pk in agents], slots, fixed, roster.limits_of(week), burdens(week), timeout=PATIENCE
        )
    except NoAnswer:
        raise Refused(_("No proposal was found in time: plan some seats by hand and try again.")) from None
    kinds = {kind.pk: kind for kind, _days in week.kinds}
    zone = organisation.tz
    with transaction.atomic():
        for duty in found.duties:
            roster.place(kinds[duty.kind], agents[duty.person], duty.starts.astimezone(zone).date(), by=by)
    unmet = [
        (
            kinds[lack.slot.kind], lack.slot.starts.astimezone(zone).date(), lack.missing,
            [(agents[pk], offence) for pk, offence in lack.reasons.items()],
        )
        for lack in found.unmet
    ]  # fmt: skip
    return Proposed(len(found.duties), unmet, found.needed / 60, found.available / 60)


def slots_of(week: roster.Week) -> list[Slot]:
    """The seats of the days to come, those taken included: what is fixed counts towards them."""
    found = []
    for kind, days in week.kinds:
        for day in days:
            starts, ends = kind.on(day)
            needed = week.needed(kind)
            if starts > now() and needed > week.planned(kind, day):
                found.append(
                    Slot(
                        kind=kind.pk, starts=starts, ends=ends, needed=needed, break_minutes=kind.break_minutes,
                        night=kind.is_night, rest_day=day in week.off,
                    )
                )  # fmt: skip
    return found


def burdens(week: roster.Week) -> dict[int, Burden]:
    """What each carried in the eight weeks before: minutes, nights, days of rest."""
    begins = roster.start_of(week.organisation, week.monday)
    calendar = roster.company_calendar(week.organisation).current.days()
    carried: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    for shift in roster.lately(week.people, begins):
        own = carried[shift.user_id]
        own[0] += _minutes(shift)
        own[1] += shift.kind.is_night
        own[2] += not calendar.is_working(shift.starts_at.astimezone(week.organisation.tz).date())
    if carried:  # who is new is not sent after eight weeks of others' work
        usual = [round(sum(own[n] for own in carried.values()) / len(carried)) for n in range(3)]
        for person in week.people:
            carried.setdefault(person.pk, usual)
    return {pk: Burden(*own) for pk, own in carried.items()}


def _minutes(shift: Shift) -> int:
    return round((shift.ends_at - shift.starts_at).total_seconds() / 60) - shift.kind.break_minutes
