"""The search for good tours (PyVRP's iterated local search), and plain insertion, from which it sets out.

A job that may begin in several windows is a group of clients of which at most one is visited; all are optional and
bring a prize. What an engineer may not serve is out of reach on that engineer's own map, on which soft wishes are
longer ways. Time on the road beyond a fair part is overtime, which costs.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from shouhou.visits.rules.numbered import MINUTE, Option, Problem, Tour
from shouhou.visits.rules.timing import Timed, Visit, timed, visit

MOST = 1_000_000.0  # penalty of a second too late, at most: more than a visit's worth for a minute


@dataclass(frozen=True, slots=True)
class Chosen:
    """The visits of one tour, in order, with their times."""

    visits: tuple[Visit, ...]
    times: Timed


Solved = dict[int, Chosen]  # by the tour's position; every tour has its entry


# --- plain insertion --------------------------------------------------------------------------------


def at_hand(problem: Problem, start: Solved | None = None) -> Solved:
    """A plan without search: each job where it costs least, those with the most risk and the fewest ways first.

    With `start` only what is missing there is put in. Pinned visits are in it from the beginning, and visits of the
    plan before are first tried at their old time and engineer.
    """
    found = start if start is not None else _pinned(problem)
    if start is None:
        _as_before(problem, found)
    done = {v.job for chosen in found.values() for v in chosen.visits}
    missing = [n for n in problem.free if n not in done and problem.options[n]]
    for n in sorted(missing, key=lambda n: (-problem.prize(n), len(problem.able[n]), problem.options[n][0].since)):
        best = min(places(problem, found, n), default=None, key=lambda place: place[0])
        if best is not None:
            found[best[1]] = best[2]
    return found


def _pinned(problem: Problem) -> Solved:
    """Tours with nothing but what does not move."""
    found = {}
    for t, tour in enumerate(problem.tours):
        visits = tuple(visit(problem, n) for n in tour.pinned)
        times = timed(problem, tour, visits)
        found[t] = Chosen(visits, times or Timed((), tour.opens, tour.opens))
    return found


def _as_before(problem: Problem, found: Solved) -> None:
    """Every visit of the plan before whose engineer and time are still possible."""
    for n in sorted(problem.free, key=lambda n: -problem.prize(n)):
        before = problem.before.get(problem.jobs[n].pk)
        if before is None or before.engineer not in problem.place_of:
            continue
        engineer = problem.place_of[before.engineer]
        tours = [t for t, tour in enumerate(problem.tours) if tour.engineer == engineer]
        ways = [way for o in problem.options[n] if o.kept for way in places(problem, found, n, tours, o)]
        if ways:
            best = min(ways, key=lambda way: way[0])
            found[best[1]] = best[2]


def places(
    problem: Problem, found: Solved, job: int, tours: Iterable[int] | None = None, option: Option | None = None
) -> Iterable[tuple[int, int, Chosen]]:
    """Where a job fits beside what is planned: cost in seconds of travel, tour, and the tour with it.

    Without an `option` the earliest time that is left counts, by the costs of its window.
    """
    for t in range(len(problem.tours)) if tours is None else tours:
        tour = problem.tours[t]
        if tour.engineer not in problem.able[job] or not problem.fits(tour.engineer, (job,)):
            continue
        visits, new = found[t].visits, visit(problem, job, option)
        for n in range(len(visits) + 1):
            row = (*visits[:n], new, *visits[n:])
            times = timed(problem, tour, row)
            if times is not None:
                cost = detour(problem, tour, visits, job, n) + problem.extra(tour.engineer, job)
                yield cost + _cost_at(problem, job, times.begins[n], option), t, Chosen(row, times)


def detour(problem: Problem, tour: Tour, visits: Sequence[Visit], job: int, n: int) -> int:
    """Seconds that the way grows by going to the job before the n-th of these visits."""
    here, legs = problem.at[job], problem.legs
    start = problem.at[visits[n - 1].job] if n else tour.start
    end = problem.at[visits[n].job] if n < len(visits) else tour.end
    direct = 0 if not visits and tour.start == tour.end else legs[start][end]
    return legs[start][here] + legs[here][end] - direct


def _cost_at(problem: Problem, job: int, begins: int, option: Option | None) -> int:
    if option is not None:
        return option.cost
    return min((o.cost for o in problem.options[job] if o.since <= begins <= o.until), default=0)


# --- the search -------------------------------------------------------------------------------------


def search(problem: Problem, start: Solved, *, seconds: float, effort: int | None, idle: int, seed: int) -> Solved:
    """Better tours than `start`, in at most so many seconds and iterations, ended after `idle` ones in vain."""
    import pyvrp
    from pyvrp.stop import MaxIterations, MaxRuntime, MultipleCriteria, NoImprovement

    if not any(problem.options[n] for n in problem.free) or not problem.tours or seconds <= 0:
        return start
    built = _Built(problem)
    stops: list[Any] = [MaxRuntime(seconds), NoImprovement(idle)]
    if effort is not None:
        stops.append(MaxIterations(effort))
    params = pyvrp.SolveParams(penalty=pyvrp.PenaltyParams(max_penalty=MOST))
    result = pyvrp.solve(
        built.data, stop=MultipleCriteria(stops), seed=seed, collect_stats=False, display=False, params=params,
        initial_solution=built.solution(start),
    )  # fmt: skip
    return built.read(result.best) if result.is_feasible() else start


class _Built:
    """The problem in PyVRP's terms, and the way back."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.clients: list[tuple[int, Option | None]] = []
        self.client_of: dict[tuple[int, Option | None], int] = {}
        self.jobs = [n for n in problem.free if problem.options[n]]
        self.jobs += [n for tour in problem.tours for n in tour.pinned]
        self.spots = sorted({place for tour in problem.tours for place in (tour.start, tour.end)})
        self.kinds, self.members = self._kinds()
        self.data = self._data()

    def _kinds(self) -> tuple[list[tuple[Tour, tuple[int, ...], int]], list[list[int]]]:
        """Tours that differ in nothing are one type of vehicle: (an example, its map, fair part), and the tours."""
        maps = {e: self._map(e) for e in {tour.engineer for tour in self.problem.tours}}
        fair = fair_parts(self.problem)
        kinds: dict[Any, list[int]] = defaultdict(list)
        for t, tour in enumerate(self.problem.tours):
            asked = self.problem.engineers[tour.engineer]
            if tour.closes >= tour.opens:
                same = (tour.start, tour.end, tour.opens, tour.closes, asked.longest, asked.room, maps[tour.engineer],
                        fair[t], tour.pinned)  # fmt: skip
                kinds[same].append(t)
        example = [(self.problem.tours[ts[0]], same[6], same[7]) for same, ts in kinds.items()]
        return example, list(kinds.values())

    def _map(self, engineer: int) -> tuple[int, ...]:
        """For each job what it costs beside the way to go there; -1 where this engineer may not."""
        p = self.problem
        pinned = {n for tour in p.tours if tour.engineer == engineer for n in tour.pinned}
        return tuple(
            (0 if n in pinned else -1) if p.jobs[n].pinned else (p.extra(engineer, n) if engineer in p.able[n] else -1)
            for n in self.jobs
        )

    def _data(self) -> Any:
        import numpy
        import pyvrp

        p = self.problem
        room = any(p.engineers[tour.engineer].room is not None for tour in p.tours)
        at = [*self.spots, *(p.at[n] for n in self.jobs)]
        legs = numpy.array(p.legs, dtype=numpy.int64)[numpy.ix_(at, at)]
        maps = list(dict.fromkeys(kind[1] for kind in self.kinds))
        ways, durations = zip(*(self._matrices(legs, row) for row in maps), strict=True)
        clients, groups = self._clients(room)
        everything = sum(p.jobs[n].load for n in self.jobs)
        types = []
        for (tour, row, fair), members in zip(self.kinds, self.members, strict=True):
            asked = p.engineers[tour.engineer]
            most = tour.whole if asked.longest is None else min(tour.whole, int(asked.longest.total_seconds()))
            fair = min(fair, most)
            types.append(pyvrp.VehicleType(
                num_available=len(members), capacity=[everything if asked.room is None else asked.room] if room else [],
                start_depot=self.spots.index(tour.start), end_depot=self.spots.index(tour.end), tw_early=tour.opens,
                tw_late=tour.closes, shift_duration=fair, max_overtime=most - fair, unit_overtime_cost=p.weights.fair,
                profile=maps.index(row),
            ))  # fmt: skip
        return pyvrp.ProblemData(
            [pyvrp.Location(0, 0) for _ in at], clients, [pyvrp.Depot(n) for n in range(len(self.spots))], types,
            list(ways), list(durations), groups,
        )  # fmt: skip

    def _matrices(self, legs: Any, row: tuple[int, ...]) -> tuple[Any, Any]:
        """Ways and durations of one map."""
        p, ways, durations = self.problem, legs.copy(), legs.copy()
        far = 2 * max((tour.closes for tour in p.tours), default=0) + int(legs.max()) + 1
        dear = 2 * p.worth * 10 + far
        for column, extra in enumerate(row, start=len(self.spots)):
            ways[:, column] += dear if extra < 0 else extra
            if extra < 0:
                durations[:, column] = far
            ways[column, column] = durations[column, column] = 0
        return ways, durations

    def _clients(self, room: bool) -> tuple[list[Any], list[Any]]:
        import pyvrp

        clients: list[Any] = []
        groups: list[Any] = []
        for location, n in enumerate(self.jobs, start=len(self.spots)):
            job = self.problem.jobs[n]
            load = [job.load] if room else []
            options: Sequence[Option | None] = [None] if job.pinned else self.problem.options[n]
            group = None
            if len(options) > 1:
                group = len(groups)
                groups.append(pyvrp.ClientGroup([len(clients) + n for n in range(len(options))], required=False))
            for option in options:
                since, until = (
                    (self.problem.pin(n), self.problem.pin(n)) if option is None else (option.since, option.until)
                )
                prize = 0 if option is None else max(0, self.problem.prize(n) - option.cost)
                self.client_of[n, option] = len(clients)
                self.clients.append((n, option))
                clients.append(pyvrp.Client(
                    location, delivery=load, service_duration=self.problem.work[n], tw_early=since, tw_late=until,
                    prize=prize, required=option is None, group=group,
                ))  # fmt: skip
        return clients, groups

    def solution(self, start: Solved) -> Any:
        """Our plan as theirs."""
        import pyvrp

        routes = []
        for kind, members in enumerate(self.members):
            for t in members:
                row = [
                    self.client_of[v.job, self._option(v, b)]
                    for v, b in zip(start[t].visits, start[t].times.begins, strict=True)
                ]
                if row:
                    routes.append(pyvrp.Route(self.data, row, kind))
        return pyvrp.Solution(self.data, routes)

    def _option(self, stop: Visit, begins: int) -> Option | None:
        if self.problem.jobs[stop.job].pinned:
            return None
        fitting = [o for o in self.problem.options[stop.job] if o.since <= begins <= o.until]
        return min(fitting, key=lambda o: o.cost)

    def read(self, best: Any) -> Solved:
        """Their plan as ours, timed anew."""
        p = self.problem
        found = {t: Chosen((), Timed((), tour.opens, tour.opens)) for t, tour in enumerate(p.tours)}
        free = [list(members) for members in self.members]
        for route in best.routes():
            t = free[route.vehicle_type()].pop(0)
            row = [self.clients[stop.idx] for stop in route if stop.is_client()]
            exact = tuple(visit(p, n, option) for n, option in row)
            # Another window may have become free on the way there; the time planned before is kept as it is.
            early = tuple(visit(p, n, option if option is None or option.kept else None) for n, option in row)
            for visits in (early, exact):
                times = timed(p, p.tours[t], visits)
                if times is not None:
                    found[t] = Chosen(visits, times)
                    break
        return found


def fair_parts(problem: Problem) -> list[int]:
    """Seconds on the road that each tour would have if all carried the same, by its working time.

    What somebody carried on the days before is taken off; the way is guessed as the shortest to each job. A tour of the
    plan before is fair as it was: nobody's appointment moves to make an engineer's day shorter.
    """
    jobs = [n for n in problem.free if problem.options[n]] + [n for tour in problem.tours for n in tour.pinned]
    near = {n: min((problem.legs[t.start][problem.at[n]] for t in problem.tours), default=0) for n in jobs}
    whole = sum(problem.work[n] + near[n] for n in jobs)
    time: dict[int, int] = defaultdict(int)
    for tour in problem.tours:
        time[tour.engineer] += max(0, tour.whole)
    carried = {e: int(problem.engineers[e].carried.total_seconds()) for e in time}
    everything = whole + sum(carried.values())
    hours = sum(time.values()) or 1
    found = []
    for tour in problem.tours:
        share = max(0, everything * time[tour.engineer] // hours - carried[tour.engineer])
        part = share * max(0, tour.whole) // (time[tour.engineer] or 1)
        found.append(min(max(0, tour.whole), max(part // MINUTE * MINUTE, _was(problem, tour))))
    return found


def _was(problem: Problem, tour: Tour) -> int:
    """Seconds on the road of a tour in the plan before, by its first and its last visit."""
    pk, stops = problem.engineers[tour.engineer].pk, []
    for n, job in enumerate(problem.jobs):
        before = problem.before.get(job.pk)
        if before is not None and before.engineer == pk:
            begins, ends = problem.floor(before.begins), problem.ceil(before.ends)
            if tour.opens <= begins and ends <= tour.closes:
                stops.append((begins - problem.legs[tour.start][problem.at[n]], begins, ends, n))
    if not stops:
        return 0
    last = max(stops, key=lambda stop: stop[2])
    return last[2] + problem.legs[problem.at[last[3]]][tour.end] - min(stop[0] for stop in stops)
