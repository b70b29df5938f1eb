"""What dispatch is asked, and what it answers. Instants are aware and kept in UTC; a naive one raises ValueError."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from shouhou.visits.rules.travel import Place, in_utc

Spans = tuple[tuple[datetime, datetime], ...]
ZERO = timedelta()


def _spans(spans: Any) -> Spans:
    """In UTC and in order. Raises ValueError for one that ends before it begins."""
    found = sorted((in_utc(start), in_utc(end)) for start, end in spans)
    if any(end < start for start, end in found):
        raise ValueError("a span of time ends before it begins")
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Engineer:
    """Who may be sent. `spans` is working time with leave and other engagements cut out.

    Each span is a tour of its own: it leaves from `home` and is back there within the span. `skills` are codes of what
    the engineer holds a valid qualification for (D8). `longest` bounds one tour from leaving to being back; `room` is
    what fits into the car, in the unit of `Job.load`; `carried` is time on the road of the days before, for fairness.
    Raises ValueError for spans that overlap.
    """

    pk: int
    home: Place
    spans: Spans
    skills: frozenset[str] = frozenset()
    longest: timedelta | None = None
    room: int | None = None
    carried: timedelta = ZERO

    def __post_init__(self) -> None:
        object.__setattr__(self, "spans", _spans(self.spans))
        object.__setattr__(self, "skills", frozenset(self.skills))
        if any(later[0] < earlier[1] for earlier, later in zip(self.spans, self.spans[1:], strict=False)):
            raise ValueError(f"the working times of engineer {self.pk} overlap")
        if self.longest is not None and self.longest < ZERO:
            raise ValueError("a tour cannot last less than no time")


@dataclass(frozen=True, slots=True)
class Job:
    """A visit to be planned. `windows` are when somebody is there: the work begins inside one; none means always.

    `due` is the promised instant of arrival (A3.16, D5, H3, H9). `risk`, 0 to 9, is how much the clocks are in danger:
    where not all can be done, the sum of (1 + risk) over what is done is the greatest. `near` are engineers whom the
    customer knows, `refused` those who must not go (who serves the case from afar, H2). `pinned` is (engineer, start)
    as the dispatcher fixed it.
    Raises ValueError for no work, negative load, and another risk.
    """

    pk: int
    place: Place
    work: timedelta
    windows: Spans = ()
    skills: frozenset[str] = frozenset()
    due: datetime | None = None
    risk: float = 0.0
    near: frozenset[int] = frozenset()
    refused: frozenset[int] = frozenset()
    pinned: tuple[int, datetime] | None = None
    load: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "windows", _spans(self.windows))
        for name in ("skills", "near", "refused"):
            object.__setattr__(self, name, frozenset(getattr(self, name)))
        if self.due is not None:
            object.__setattr__(self, "due", in_utc(self.due))
        if self.pinned is not None:
            object.__setattr__(self, "pinned", (self.pinned[0], in_utc(self.pinned[1])))
        if self.work <= ZERO or not 0 <= self.risk <= 9 or self.load < 0:
            raise ValueError(f"job {self.pk}: work takes time, risk is 0 to 9, load is not negative")


@dataclass(frozen=True, slots=True)
class Weights:
    """What a soft wish is worth, in minutes of travel. Visits done and promises kept outweigh all of these together."""

    familiar: int = 20  # an engineer whom the customer knows
    moved: int = 60  # another engineer than in the plan before
    shifted: int = 60  # another time than in the plan before
    day: int = 15  # a day later
    fair: int = 1  # a minute on the road beyond the fair part


@dataclass(frozen=True, slots=True)
class Reason:
    """A code with its numbers; the page has the words. Minutes are minutes, instants are ISO texts in UTC.

    Of a planned visit: `pinned`; `only` qualified engineer; `free`: the only one of so many `qualified` who has the
    time; `nearest` (minutes of detour, `next`: those of the second, `qualified`); `familiar`; `promise` kept (minutes
    of margin); `late` (minutes, `earliest` instant at which anybody could come); `shares` the load (minutes, `mean`);
    `whole`: the plan as a whole is better (minutes of detour more than the nearest); `kept` as before; `moved` (from,
    to: engineers); `shifted` (minutes).
    Of one that is not: `unstaffed`; `skill` (lacking); `refused`; `away`; `too_long` (minutes with the way there and
    back); `load`; `promise` (due, `earliest`); `room` (minutes it needs, `left` to those who could go, risk).
    """

    code: str
    numbers: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stop:
    """One visit in a plan. A person who drags one gives no `departs` and `arrives`."""

    job: int
    engineer: int
    begins: datetime
    ends: datetime
    departs: datetime | None = None
    arrives: datetime | None = None
    reasons: tuple[Reason, ...] = ()

    def __post_init__(self) -> None:
        for name in ("begins", "ends", "departs", "arrives"):
            at = getattr(self, name)
            object.__setattr__(self, name, None if at is None else in_utc(at))


@dataclass(frozen=True, slots=True)
class Route:
    """One engineer's tour: it leaves with the first stop and is back at `returns`."""

    engineer: int
    stops: tuple[Stop, ...]
    returns: datetime


@dataclass(frozen=True, slots=True)
class Unplanned:
    """A job that nobody does in this plan, why, and of each engineer what keeps them from it."""

    job: int
    reasons: tuple[Reason, ...]
    engineers: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Offence:
    """Something that is wrong with a plan; the codes are those of `checking`."""

    code: str
    job: int
    engineer: int | None = None
    other: int | None = None
    numbers: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """Who goes where and when; what is not planned; what the dispatcher's pins are in conflict with.

    `travel` is on the road in all, `late` the sum of lateness.
    """

    routes: tuple[Route, ...]
    unplanned: tuple[Unplanned, ...]
    conflicts: tuple[Offence, ...]
    travel: timedelta
    late: timedelta

    @classmethod
    def before(cls, stops: Iterable[Stop]) -> "Plan":
        """Visits as they stand, for `propose` to keep to; ways are not known."""
        return cls(tuple(Route(stop.engineer, (stop,), stop.ends) for stop in stops), (), (), ZERO, ZERO)

    @property
    def stops(self) -> tuple[Stop, ...]:
        """Every visit, by engineer and time."""
        found = [stop for route in self.routes for stop in route.stops]
        return tuple(sorted(found, key=lambda stop: (stop.engineer, stop.begins, stop.ends, stop.job)))
