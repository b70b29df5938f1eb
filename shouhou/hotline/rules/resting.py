"""Which rules of working time a person's shifts break (劳动法 Art. 36, 38, 41), and who may not sit there at all (M1).

Instants are aware, a naive one raises ValueError. Days and weeks (Monday to Sunday) are those of the limits' zone; a
shift counts on the day on which it begins. Unpaid breaks are no working time. The rest between shifts is the company's
own rule: the law says only one day of rest a week. Codes and numbers, no words: the page has those.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

HOUR = timedelta(hours=1)


def in_utc(at: datetime) -> datetime:
    """The same instant in UTC: times of one zone are subtracted by their faces, an hour wrong when the clock changes.

    Raises ValueError for a naive time.
    """
    if at.tzinfo is None:
        raise ValueError(f"{at} has no zone")
    return at.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may be planned: what they lack (codes of qualifications, M1), when they are away, and their own
    hours of a week at most, for who works part of the time (劳动合同法 Art. 68); above those of the limits it is idle.
    """

    pk: int
    lacking: tuple[str, ...] = ()
    away: tuple[tuple[datetime, datetime], ...] = ()
    most: timedelta | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "away", tuple((in_utc(start), in_utc(end)) for start, end in self.away))


@dataclass(frozen=True, slots=True)
class Duty:
    """One shift of one person; `kind` is the shift as it comes again each day."""

    person: int
    kind: int
    starts: datetime
    ends: datetime
    break_minutes: int = 0
    pk: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "starts", in_utc(self.starts))
        object.__setattr__(self, "ends", in_utc(self.ends))

    @property
    def worked(self) -> timedelta:
        return self.ends - self.starts - timedelta(minutes=self.break_minutes)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long people may work: the company's rest between shifts, days in a row, hours of a week."""

    zone: tzinfo
    rest: timedelta = timedelta(hours=11)
    days_running: int = 6
    week: timedelta = timedelta(hours=44)

    def day_of(self, at: datetime) -> date:
        """The local day of an instant."""
        return at.astimezone(self.zone).date()

    def week_of(self, at: datetime) -> date:
        """The Monday of its local week."""
        day = self.day_of(at)
        return day - timedelta(days=day.weekday())

    def week_for(self, person: Person) -> timedelta:
        """Working time of a week at most for this person."""
        return self.week if person.most is None else min(self.week, person.most)


@dataclass(frozen=True, slots=True)
class Offence:
    """A rule that a shift breaks: overlap, rest, days_running, week_hours, away or unqualified.

    `numbers` has, with rest, `hours` between the two shifts; with week_hours, `hours` of that week up to and with this
    shift; with days_running, `days` in a row; with each of them the `limit`.
    """

    code: str
    duty: Duty
    other: Duty | None = None
    lacking: tuple[str, ...] = ()
    numbers: Mapping[str, Any] = field(default_factory=dict)


def offences(person: Person, duties: Iterable[Duty], limits: Limits) -> list[Offence]:
    """Every rule that these shifts of one person break, in the order of the shifts.

    The later shift of a pair is the offender, the last day of a row, and the shift with which the week is overfull.
    Shifts of the days before and after may be among them, for the rest and the days in a row.
    """
    own = sorted(duties, key=lambda duty: (duty.starts, duty.ends, duty.pk or 0))
    found = [
        *(Offence("unqualified", duty, lacking=person.lacking) for duty in own if person.lacking),
        *(Offence("away", duty) for duty in own if is_away(person, duty.starts, duty.ends)),
        *_neighbours(own, limits),
        *_rows(own, limits),
        *_weeks(person, own, limits),
    ]  # fmt: skip
    return sorted(found, key=lambda offence: own.index(offence.duty))


def is_away(person: Person, starts: datetime, ends: datetime) -> bool:
    """Whether a leave touches this time; one that begins as the time ends does not."""
    return any(starts < until and since < ends for since, until in person.away)


def _neighbours(own: list[Duty], limits: Limits) -> Iterable[Offence]:
    """In two places at once, or not rested between two shifts."""
    earlier: Duty | None = None  # of those before, the one that ends last
    for later in own:
        if earlier is not None:
            gap = later.starts - earlier.ends
            if gap < timedelta():
                yield Offence("overlap", later, earlier)
            elif gap < limits.rest:
                yield Offence("rest", later, earlier, numbers={"hours": gap / HOUR, "limit": limits.rest / HOUR})
        if earlier is None or later.ends > earlier.ends:
            earlier = later


def _rows(own: list[Duty], limits: Limits) -> Iterable[Offence]:
    """More days in a row than allowed: a day of rest a week (Art. 38)."""
    running, last = 0, None
    for duty in own:
        day = limits.day_of(duty.starts)
        if day != last:
            running = running + 1 if last is not None and day - last == timedelta(days=1) else 1
        last = day
        if running > limits.days_running:
            yield Offence("days_running", duty, numbers={"days": running, "limit": limits.days_running})


def _weeks(person: Person, own: list[Duty], limits: Limits) -> Iterable[Offence]:
    """More hours in a week than allowed (Art. 36)."""
    hours: dict[date, timedelta] = defaultdict(timedelta)
    limit = limits.week_for(person)
    for duty in own:
        week = limits.week_of(duty.starts)
        hours[week] += duty.worked
        if hours[week] > limit:
            yield Offence("week_hours", duty, numbers={"hours": hours[week] / HOUR, "limit": limit / HOUR})
