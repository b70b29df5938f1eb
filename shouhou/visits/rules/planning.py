"""Which engineer goes where and when: as many visits as possible, promises kept, ways short, work shared.

What cannot be planned comes back with why. Pinned visits never move; what they are in conflict with is named. Pages do
not call this: a job does, through `apart.in_a_process`.
"""

from collections.abc import Sequence
from datetime import timedelta

from shouhou.visits.rules import checking
from shouhou.visits.rules.asked import (
    Engineer,
    Job,
    Offence,
    Plan,
    Reason,
    Route,
    Stop,
    Unplanned,
    Weights,
)  # fmt: skip
from shouhou.visits.rules.numbered import Problem
from shouhou.visits.rules.reasoning import loads, why, why_not
from shouhou.visits.rules.routing import Solved, at_hand, search
from shouhou.visits.rules.travel import GreatCircle, Matrix, Place, Travel

__all__ = [
    "Engineer", "GreatCircle", "Job", "Matrix", "Offence", "Place", "Plan", "Reason", "Route", "Stop", "Travel",
    "Unplanned", "Weights", "propose",
]  # fmt: skip

PATIENCE = 8.0  # seconds
REPLAN = 2.5  # seconds: somebody waits for the answer
IDLE = 1000  # iterations without anything better after which the search ends, or for each job:
IDLE_EACH, IDLE_AGAIN = 200, 50  # the second where there was a plan before


def propose(
    engineers: Sequence[Engineer], jobs: Sequence[Job], travel: Travel, *, previous: Plan | None = None,
    seconds: float | None = None, seed: int = 1, effort: int | None = None, weights: Weights | None = None,
) -> Plan:  # fmt: skip
    """Plan the jobs. With `previous` it is planned anew round what has come up, with as few moves as that allows.

    First the sum of (1 + risk) over what is done counts, promises within it; then travel with the soft wishes of
    `weights`. A promised arrival (`due`) is kept where it can be; where not, the visit is as early as possible and
    says how late. `seconds` of the clock (8, or 2.5 to plan anew) and `effort`, iterations of the search, both bound
    the work; where the first is not reached, the same question with the same seed has the same answer anywhere.

    Raises ValueError for an engineer or a job that is there twice, LookupError for a place without a way to it.
    """
    if seconds is None:
        seconds = PATIENCE if previous is None else REPLAN
    problem = Problem(engineers, jobs, travel, previous, weights)
    start = at_hand(problem)
    idle = max(IDLE, len(jobs) * (IDLE_EACH if previous is None else IDLE_AGAIN))
    found = search(problem, dict(start), seconds=seconds, effort=effort, idle=idle, seed=seed)
    return _plan(problem, at_hand(problem, found), travel)


def _plan(problem: Problem, found: Solved, travel: Travel) -> Plan:
    """The answer in instants, with its reasons and the conflicts of what is pinned."""
    load = loads(problem, found)
    routes = [route for t in found for route in _route(problem, found, t, load)]
    done = {stop.job for route in routes for stop in route.stops}
    loose = [_loose(problem, n) for n, job in enumerate(problem.jobs) if job.pinned and job.pk not in done]
    routes += [Route(stop.engineer, (stop,), stop.ends) for stop in loose]
    routes.sort(key=lambda route: (route.engineer, route.stops[0].begins))
    stops = [stop for route in routes for stop in route.stops]
    pinned = {job.pk for job in problem.jobs if job.pinned}
    left = [n for n in problem.free if problem.jobs[n].pk not in done]
    at = {job.pk: n for n, job in enumerate(problem.jobs)}
    return Plan(
        tuple(routes),
        tuple(why_not(problem, found, n) for n in left),
        tuple(checking.conflicts(problem.engineers, problem.jobs, travel, stops, pinned)),
        sum((_on_the_way(route) for route in routes), timedelta()),
        timedelta(seconds=sum(problem.late(at[stop.job], problem.floor(stop.begins)) for stop in stops)),
    )


def _route(problem: Problem, found: Solved, t: int, load: dict[int, int]) -> list[Route]:
    """A tour in instants; one leaves for a stop as late as its beginning allows."""
    tour, chosen, place = problem.tours[t], found[t], problem.tours[t].start
    stops = []
    for n, (stop, second) in enumerate(zip(chosen.visits, chosen.times.begins, strict=True)):
        job = problem.jobs[stop.job]
        begins = problem.instant(second) if job.pinned is None else job.pinned[1]
        way = timedelta(seconds=problem.legs[place][problem.at[stop.job]])
        reasons = why(problem, found, t, n, load)
        engineer = problem.engineers[tour.engineer].pk
        stops.append(Stop(job.pk, engineer, begins, begins + job.work, begins - way, begins, reasons))
        place = problem.at[stop.job]
    returns = problem.instant(chosen.times.back)
    return [Route(stops[0].engineer, tuple(stops), returns)] if stops else []


def _loose(problem: Problem, n: int) -> Stop:
    """A pinned visit that fits into no tour: it stays as it is, and its way is not planned."""
    job = problem.jobs[n]
    assert job.pinned is not None
    engineer, begins = job.pinned
    return Stop(job.pk, engineer, begins, begins + job.work, reasons=(Reason("pinned"),))


def _on_the_way(route: Route) -> timedelta:
    ways = [s.arrives - s.departs for s in route.stops if s.arrives is not None and s.departs is not None]
    return sum(ways, timedelta()) + (route.returns - route.stops[-1].ends)
