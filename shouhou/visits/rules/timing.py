"""When each stop of a tour is reached: the earliest times, leaving as late as that allows."""

from collections.abc import Sequence
from dataclasses import dataclass

from shouhou.visits.rules.numbered import Option, Problem, Tour
from shouhou.visits.rules.travel import SECOND


@dataclass(frozen=True, slots=True)
class Visit:
    """A job in a tour, with the times at which it may begin, in order."""

    job: int
    times: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Timed:
    """Seconds at which each visit begins, when the tour leaves, and when it is back."""

    begins: tuple[int, ...]
    leaves: int
    back: int


def visit(problem: Problem, job: int, option: Option | None = None) -> Visit:
    """A job at the times of one option, or of any; a pinned one at its own."""
    if problem.jobs[job].pinned is not None:
        return Visit(job, ((problem.pin(job), problem.pin(job)),))
    if option is not None:
        return Visit(job, ((option.since, option.until),))
    return Visit(job, tuple((o.since, o.until) for o in sorted(problem.options[job], key=lambda o: o.since)))


def timed(problem: Problem, tour: Tour, visits: Sequence[Visit]) -> Timed | None:
    """The earliest times of these visits in this order, or None where they do not fit."""
    at, place, legs = tour.opens, tour.start, problem.legs
    begins: list[int] = []
    latest: list[int] = []
    for stop in visits:
        arrives = at + legs[place][problem.at[stop.job]]
        window = next((w for w in stop.times if w[1] >= arrives), None)
        if window is None:
            return None
        begins.append(max(arrives, window[0]))
        latest.append(window[1])
        at, place = begins[-1] + problem.work[stop.job], problem.at[stop.job]
    back = at + legs[place][tour.end]
    if back > tour.closes or not problem.fits(tour.engineer, (stop.job for stop in visits)):
        return None
    if not visits:
        return Timed((), tour.opens, tour.opens)
    found = Timed(tuple(begins), begins[0] - legs[tour.start][problem.at[visits[0].job]], back)
    longest = problem.engineers[tour.engineer].longest
    if longest is None or back - found.leaves <= longest // SECOND:
        return found
    found = _later(problem, tour, visits, found, latest)
    return found if found.back - found.leaves <= longest // SECOND else None


def _later(problem: Problem, tour: Tour, visits: Sequence[Visit], found: Timed, latest: Sequence[int]) -> Timed:
    """The same end with a later start: the shortest tour that ends then."""
    following, place = found.back, tour.end
    begins: list[int] = []
    for stop, bound in zip(reversed(visits), reversed(latest), strict=True):
        here = problem.at[stop.job]
        begins.append(min(bound, following - problem.legs[here][place] - problem.work[stop.job]))
        following, place = begins[-1], here
    return Timed(tuple(reversed(begins)), following - problem.legs[tour.start][place], found.back)
