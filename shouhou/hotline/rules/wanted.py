"""What a roster is asked for: the seats, the people, what is fixed already, and what each carried lately."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from shouhou.hotline.rules.resting import Duty, Limits, Offence, Person, in_utc, is_away, offences

# What is said of a person who breaks several rules at once: what no other plan could mend comes first.
GRAVEST = ("unqualified", "away", "overlap", "rest", "days_running", "week_hours")
MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Slot:
    """Seats of one shift on one day, those taken already included; `night` and `rest_day` are shared out fairly too."""

    kind: int
    starts: datetime
    ends: datetime
    needed: int
    break_minutes: int = 0
    night: bool = False
    rest_day: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "starts", in_utc(self.starts))
        object.__setattr__(self, "ends", in_utc(self.ends))

    def duty(self, person: int) -> Duty:
        """This shift, sat by a person."""
        return Duty(person, self.kind, self.starts, self.ends, self.break_minutes)

    @property
    def worked(self) -> timedelta:
        return self.ends - self.starts - timedelta(minutes=self.break_minutes)

    @property
    def minutes(self) -> int:
        return round(self.worked / timedelta(minutes=1))


@dataclass(frozen=True, slots=True)
class Burden:
    """What somebody carried in the weeks before those of the slots."""

    minutes: int = 0
    nights: int = 0
    rest_days: int = 0


@dataclass
class Problem:
    """Everything that is asked at once. Raises ValueError for a person or a slot that is there twice.

    Fixed shifts do not move; they count towards the seats of the same kind and beginning.
    """

    people: Sequence[Person]
    slots: Sequence[Slot]
    fixed: Sequence[Duty]
    limits: Limits
    burden: Mapping[int, Burden] = field(default_factory=dict)
    own: dict[int, list[Duty]] = field(init=False)
    free: list[tuple[int, int]] = field(init=False)

    def __post_init__(self) -> None:
        self.slots = sorted(self.slots, key=lambda slot: (slot.starts, slot.kind))
        if len({(slot.kind, slot.starts) for slot in self.slots}) < len(self.slots):
            raise ValueError("a slot is there twice: add its seats up")
        if len({person.pk for person in self.people}) < len(self.people):
            raise ValueError("a person is there twice")
        own: dict[int, list[Duty]] = defaultdict(list)
        for duty in self.fixed:
            own[duty.person].append(duty)
        self.own = {person.pk: own[person.pk] for person in self.people}
        self.free = [
            (p, s)
            for p, person in enumerate(self.people)
            for s, slot in enumerate(self.slots)
            if self.empty(slot) and hindrance(person, self.own[person.pk], slot, self.limits) is None
        ]

    def empty(self, slot: Slot) -> int:
        """Seats of a slot that nobody is fixed for."""
        return max(0, slot.needed - sum(d.kind == slot.kind and d.starts == slot.starts for d in self.fixed))

    def day(self, slot: Slot | Duty) -> date:
        return self.limits.day_of(slot.starts)

    def week(self, slot: Slot | Duty) -> date:
        return self.limits.week_of(slot.starts)

    def left(self, person: Person, week: date) -> timedelta:
        """Working time that is left to a person in a week beside what is fixed; never below zero."""
        taken = sum((d.worked for d in self.own[person.pk] if self.week(d) == week), timedelta())
        return max(timedelta(), self.limits.week_for(person) - taken)

    @property
    def weeks(self) -> set[date]:
        """The Mondays of the slots' weeks."""
        return {self.week(slot) for slot in self.slots}

    @property
    def needed_minutes(self) -> int:
        """Working time of the empty seats."""
        return sum(self.empty(slot) * slot.minutes for slot in self.slots)

    @property
    def available_minutes(self) -> int:
        """What these people may work beside what is fixed, in the empty seats: no roster reaches more."""
        whole = timedelta()
        for p, person in enumerate(self.people):
            mine = [self.slots[s] for who, s in self.free if who == p]
            for week in {self.week(slot) for slot in mine}:
                seats = sum((slot.worked for slot in mine if self.week(slot) == week), timedelta())
                whole += min(self.left(person, week), seats)
        return whole // timedelta(minutes=1)

    def share(self, person: Person) -> float:
        """How much of the seats a person is there for: 1.0 without leave, in proportion for who works fewer hours."""
        asked = sum((slot.needed * slot.worked for slot in self.slots), timedelta())
        there = sum(
            (slot.needed * slot.worked for slot in self.slots if not is_away(person, slot.starts, slot.ends)),
            timedelta(),
        )
        if not asked or not self.limits.week:
            return 1.0
        return there / asked * (self.limits.week_for(person) / self.limits.week)


def hindrance(person: Person, duties: Sequence[Duty], slot: Slot, limits: Limits) -> Offence | None:
    """The gravest rule that one more shift would break, or break worse, beside these duties of a person; else None."""
    before = offences(person, duties, limits)
    new = [o for o in offences(person, [*duties, slot.duty(person.pk)], limits) if o not in before]
    return min(new, key=lambda offence: GRAVEST.index(offence.code), default=None)
