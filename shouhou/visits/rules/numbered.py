"""The question in whole seconds since its first instant: tours, who may go where, and when each job may begin.

Ways and work are rounded up and times to begin are rounded inwards, so that what fits here fits in truth.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shouhou.visits.rules.asked import Engineer, Job, Plan, Stop, Weights
from shouhou.visits.rules.travel import SECOND, Place, Travel, up

MINUTE, DAY = 60, 86_400
SLACK = 15 * MINUTE  # so much later costs a quarter of what another time costs
LATE = ((3600, 0.10), (4 * 3600, 0.16), (12 * 3600, 0.24), (DAY, 0.34), (3 * DAY, 0.44))  # up to, part of its worth
LATEST = 0.5  # part of its worth that a later visit loses
CHAIN = 10  # as many visits may be turned over for one more


@dataclass(frozen=True, slots=True)
class Tour:
    """From one place to another within working time. `pinned` are visits in it that do not move, in order."""

    engineer: int
    start: int
    end: int
    opens: int
    closes: int
    pinned: tuple[int, ...] = ()

    @property
    def whole(self) -> int:
        return self.closes - self.opens


@dataclass(frozen=True, slots=True)
class Option:
    """A job may begin from `since` until `until`; `cost` is what is lost by it. `kept`: as before or a little later."""

    since: int
    until: int
    cost: int
    kept: bool = False


class Problem:
    """Engineers, jobs and places by their position. Raises ValueError for a pk that is there twice."""

    def __init__(
        self, engineers: Sequence[Engineer], jobs: Sequence[Job], travel: Travel, previous: Plan | None = None,
        weights: Weights | None = None,
    ) -> None:  # fmt: skip
        self.engineers, self.jobs, self.weights = list(engineers), list(jobs), weights or Weights()
        self.place_of = {e.pk: n for n, e in enumerate(self.engineers)}
        if len(self.place_of) < len(self.engineers) or len({j.pk for j in self.jobs}) < len(self.jobs):
            raise ValueError("an engineer or a job is there twice")
        self.zero = self._first_instant()
        self._ways(travel)
        self.work = [
            up(job.work) if job.pinned is None else self.ceil(job.pinned[1] + job.work) - self.floor(job.pinned[1])
            for job in self.jobs
        ]
        self.before: dict[int, Stop] = {stop.job: stop for stop in previous.stops} if previous else {}
        self.free = [n for n, job in enumerate(self.jobs) if job.pinned is None]
        self.able = [self._able(job) for job in self.jobs]
        self.tours = [tour for n in range(len(self.engineers)) for tour in self._tours(n)]
        self.worth = self._worth()
        self.options: dict[int, list[Option]] = {n: self._options(n) for n in self.free}

    # --- time and place ---

    def _first_instant(self) -> datetime:
        found = [start for e in self.engineers for start, _end in e.spans]
        found += [start for j in self.jobs for start, _end in j.windows]
        found += [j.pinned[1] for j in self.jobs if j.pinned] + [j.due for j in self.jobs if j.due]
        first = min(found, default=datetime.fromisoformat("2000-01-01T00:00:00+00:00"))
        return first.replace(microsecond=0)

    def ceil(self, at: datetime) -> int:
        return up(at - self.zero)

    def floor(self, at: datetime) -> int:
        return (at - self.zero) // SECOND

    def instant(self, second: int) -> datetime:
        return self.zero + timedelta(seconds=second)

    def _ways(self, travel: Travel) -> None:
        """Every way between two places, in seconds; each place once."""
        at: dict[Place, int] = {}
        self.home = [at.setdefault(e.home, len(at)) for e in self.engineers]
        self.at = [at.setdefault(j.place, len(at)) for j in self.jobs]
        self.places = list(at)
        self.legs = [[0 if a == b else up(travel(a, b)) for b in self.places] for a in self.places]

    # --- who ---

    def _able(self, job: Job) -> list[int]:
        """Engineers who have the skills and may go."""
        return [n for n, e in enumerate(self.engineers) if job.skills <= e.skills and e.pk not in job.refused]

    def extra(self, engineer: int, job: int) -> int:
        """Seconds of travel that it is worth to send another: not familiar, or not the one planned before."""
        asked, pk = self.jobs[job], self.engineers[engineer].pk
        cost = self.weights.familiar * MINUTE if asked.near and pk not in asked.near else 0
        before = self.before.get(asked.pk)
        return cost + (self.weights.moved * MINUTE if before is not None and before.engineer != pk else 0)

    # --- tours ---

    def _tours(self, engineer: int) -> Iterable[Tour]:
        """The spans of an engineer, round what is pinned.

        Where the pins of a span can be carried out they are stops of its tour. Where they cannot, the tour is cut: one
        part ends at the first of them, another begins at the last; nothing is planned between, and nothing at all
        where the tour's length or load is bounded: the parts could not know of each other.
        """
        asked, home = self.engineers[engineer], self.home[engineer]
        pins = sorted((n for n, j in enumerate(self.jobs) if j.pinned and j.pinned[0] == asked.pk), key=self.pin)
        bounded = asked.longest is not None or asked.room is not None
        for span in asked.spans:
            opens, closes = self.ceil(span[0]), self.floor(span[1])
            inside = [n for n in pins if opens <= self.pin(n) and self.pin(n) + self.work[n] <= closes]
            for n in (n for n in pins if n not in inside):
                if self.pin(n) <= opens:
                    opens = max(opens, self.pin(n) + self.work[n] + self.legs[self.at[n]][home])
                else:
                    closes = min(closes, self.pin(n) - self.legs[home][self.at[n]])
            if not inside or self._goes(engineer, inside, opens, closes):
                yield Tour(engineer, home, home, opens, closes, tuple(inside))
            elif not bounded:
                first, last = inside[0], max(inside, key=lambda n: self.pin(n) + self.work[n])
                yield Tour(engineer, home, self.at[first], opens, self.pin(first))
                yield Tour(engineer, self.at[last], home, self.pin(last) + self.work[last], closes)

    def pin(self, job: int) -> int:
        """When a pinned job begins."""
        pinned = self.jobs[job].pinned
        assert pinned is not None
        return self.floor(pinned[1])

    def _goes(self, engineer: int, pins: Sequence[int], opens: int, closes: int) -> bool:
        """Whether one can do these in turn, from home and back."""
        at, place = opens, self.home[engineer]
        for n in pins:
            if at + self.legs[place][self.at[n]] > self.pin(n):
                return False
            at, place = self.pin(n) + self.work[n], self.at[n]
        asked = self.engineers[engineer]
        back = at + self.legs[place][self.home[engineer]]
        out = self.pin(pins[0]) - self.legs[self.home[engineer]][self.at[pins[0]]]
        short = asked.longest is None or back - out <= asked.longest // SECOND
        return back <= closes and short and self.fits(engineer, pins)

    def fits(self, engineer: int, jobs: Iterable[int]) -> bool:
        """Whether it all goes into the car."""
        room = self.engineers[engineer].room
        return room is None or sum(self.jobs[n].load for n in jobs) <= room

    # --- when ---

    def reach(self, tour: Tour, job: int) -> tuple[int, int]:
        """First and last second at which an empty tour lets the job begin; the first is later where none does."""
        out, home = self.legs[tour.start][self.at[job]], self.legs[self.at[job]][tour.end]
        first, last = tour.opens + out, tour.closes - home - self.work[job]
        longest = self.engineers[tour.engineer].longest
        too_long = longest is not None and out + self.work[job] + home > longest // SECOND
        return (first, first - 1) if too_long else (first, last)

    def windows(self, job: int) -> list[tuple[int, int]]:
        """When the job may begin by the customer's word, overlaps joined."""
        asked = self.jobs[job]
        if not asked.windows:
            return [(0, 1 << 40)]
        return joined((self.ceil(a), self.floor(b)) for a, b in asked.windows)

    def open(self, job: int) -> list[tuple[int, int]]:
        """When it may begin so that somebody can be there."""
        found = []
        for tour in self.tours:
            if tour.engineer not in self.able[job] or not self.fits(tour.engineer, (job,)):
                continue
            first, last = self.reach(tour, job)
            found += [(max(a, first), min(b, last)) for a, b in self.windows(job)]
        return joined(found)

    def _worth(self) -> int:
        """What one more visit is worth, in seconds of travel: more than the soft wishes of all that it may disturb."""
        w, longest = self.weights, max((max(row) for row in self.legs), default=0)
        days = max((tour.closes for tour in self.tours), default=0) // DAY + 1
        soft = (w.familiar + w.moved + w.shifted + w.day * days) * MINUTE
        each = 2 * longest + soft + w.fair * (2 * longest + max(self.work, default=0))
        return max(1, each) * min(max(1, len(self.free)), CHAIN)

    def prize(self, job: int) -> int:
        """The least risk is left over (C4, D5, H3: the clocks in danger go first)."""
        return round(self.worth * (1 + self.jobs[job].risk))

    def _options(self, job: int) -> list[Option]:
        """Times to begin: on time is one, each step of lateness another, the time planned before a third.

        Lateness may cost half of the worth, so that a late visit is better than none.
        """
        due = None if self.jobs[job].due is None else self.floor(self.jobs[job].due)  # type: ignore[arg-type]
        before, found = self.before.get(self.jobs[job].pk), []
        other_time = 0 if before is None else self.weights.shifted * MINUTE
        opened = self.open(job)
        first = opened[0][0] if opened else 0
        for since, until in opened:
            for a, b, part in late_steps(since, until, due):
                later = (a - first) * self.weights.day * MINUTE // DAY
                found.append(Option(a, b, round(self.prize(job) * part) + later + other_time))
        if before is not None:
            at = self.ceil(before.begins)
            for option in list(found):
                if option.since <= at <= option.until:
                    nearly = option.cost - other_time + other_time // 4
                    found.append(Option(at, at, option.cost - other_time, kept=True))
                    found.append(Option(at, min(option.until, at + SLACK), nearly, kept=True))
        return found

    def late(self, job: int, begins: int) -> int:
        """Seconds after the promise."""
        due = self.jobs[job].due
        return 0 if due is None else max(0, begins - self.floor(due))


def late_steps(since: int, until: int, due: int | None) -> Iterable[tuple[int, int, float]]:
    """A window cut where a promise becomes late, and later: (since, until, part of the worth that is lost)."""
    if due is None or until <= due:
        yield since, until, 0.0
        return
    if since <= due:
        yield since, due, 0.0
    start = due
    for upto, part in LATE:
        a, b = max(since, start + 1), min(until, due + upto)
        if a <= b:
            yield a, b, part
        start = due + upto
    if until > start:
        yield max(since, start + 1), until, LATEST


def joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans that touch become one; empty ones fall away."""
    found: list[tuple[int, int]] = []
    for a, b in sorted(span for span in spans if span[0] <= span[1]):
        if found and a <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], b))
        else:
            found.append((a, b))
    return found
