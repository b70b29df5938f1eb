"""Why somebody goes, and why nobody does: codes and numbers, found in the finished plan."""

from collections.abc import Mapping

from shouhou.visits.rules.asked import Reason, Stop, Unplanned
from shouhou.visits.rules.numbered import MINUTE, Problem
from shouhou.visits.rules.routing import Solved, detour, places
from shouhou.visits.rules.timing import timed, visit


def minutes(seconds: float) -> float:
    return round(seconds / MINUTE, 1)


# --- planned ----------------------------------------------------------------------------------------


def loads(problem: Problem, found: Solved) -> dict[int, int]:
    """Seconds on the road of each engineer in the plan and, as far as is known, on the days before."""
    carried = {n: int(e.carried.total_seconds()) for n, e in enumerate(problem.engineers)}
    for t, chosen in found.items():
        carried[problem.tours[t].engineer] += chosen.times.back - chosen.times.leaves
    return carried


def why(problem: Problem, found: Solved, t: int, n: int, load: Mapping[int, int]) -> tuple[Reason, ...]:
    """Why the n-th visit of a tour is this engineer's, at this time. Never empty."""
    tour, chosen = problem.tours[t], found[t]
    job, begins = chosen.visits[n].job, chosen.times.begins[n]
    asked, engineer = problem.jobs[job], problem.engineers[tour.engineer]
    if asked.pinned is not None:
        return (Reason("pinned"), *_on_time(problem, job, begins))
    reasons = []
    if engineer.pk in asked.near:
        reasons.append(Reason("familiar"))
    reasons += _since(problem, job, begins, engineer.pk)
    chosen_for = _compared(problem, found, t, n)
    if chosen_for is not None:
        reasons.append(chosen_for)
    mean = sum(load[e] for e in problem.able[job]) / max(1, len(problem.able[job]))
    if load[tour.engineer] < mean:
        reasons.append(Reason("shares", {"minutes": minutes(load[tour.engineer]), "mean": minutes(mean)}))
    return (*reasons, *_on_time(problem, job, begins))


def _since(problem: Problem, job: int, begins: int, engineer: int) -> list[Reason]:
    """What became of the plan before."""
    before: Stop | None = problem.before.get(problem.jobs[job].pk)
    if before is None:
        return []
    found = []
    if before.engineer != engineer:
        found.append(Reason("moved", {"from": before.engineer, "to": engineer}))
    away = begins - problem.ceil(before.begins)
    if away:
        found.append(Reason("shifted", {"minutes": minutes(away)}))
    return found or [Reason("kept")]


def _compared(problem: Problem, found: Solved, t: int, n: int) -> Reason | None:
    """How this engineer stands beside the others who may go and could be there no later than promised."""
    tour, chosen = problem.tours[t], found[t]
    job, able = chosen.visits[n].job, problem.able[chosen.visits[n].job]
    if len(able) == 1:
        return Reason("only")
    rest = (*chosen.visits[:n], *chosen.visits[n + 1 :])
    own = detour(problem, tour, rest, job, n)
    late = problem.late(job, chosen.times.begins[n])
    others = [u for u, other in enumerate(problem.tours) if other.engineer != tour.engineer]
    ways = []
    for _cost, u, with_it in places(problem, found, job, others):
        at = next(k for k, v in enumerate(with_it.visits) if v.job == job)
        if problem.late(job, with_it.times.begins[at]) <= late:
            ways.append(detour(problem, problem.tours[u], found[u].visits, job, at))
    if not ways:
        return Reason("free", {"qualified": len(able)})
    if own <= min(ways):
        numbers = {"minutes": minutes(own), "next": minutes(min(ways)), "qualified": len(able)}
        return Reason("nearest", numbers)
    return Reason("whole", {"minutes": minutes(own - min(ways))})


def _on_time(problem: Problem, job: int, begins: int) -> list[Reason]:
    """The promise: kept with a margin, or late by so much, and whether anybody could have been earlier."""
    due = problem.jobs[job].due
    if due is None:
        return []
    late = problem.late(job, begins)
    if not late:
        return [Reason("promise", {"minutes": minutes(problem.floor(due) - begins)})]
    return [Reason("late", {"minutes": minutes(late), "earliest": _iso(problem, job)})]


# --- not planned ------------------------------------------------------------------------------------


def why_not(problem: Problem, found: Solved, job: int) -> Unplanned:
    """What keeps each engineer from it, and what that comes to."""
    asked = problem.jobs[job]
    each = {e.pk: _hindrance(problem, n, job) for n, e in enumerate(problem.engineers)}
    codes = set(each.values())
    reasons: list[Reason] = []
    if not each:
        reasons.append(Reason("unstaffed"))
    elif codes == {"skill"}:
        held = frozenset().union(*(e.skills for e in problem.engineers))
        reasons.append(Reason("skill", {"lacking": sorted(asked.skills - held) or sorted(asked.skills)}))
    elif codes <= {"skill", "refused"}:
        reasons.append(Reason("refused", {"engineers": sorted(asked.refused & each.keys())}))
    elif codes <= {"skill", "refused", "away"}:
        reasons.append(Reason("away", {"engineers": sum(code == "away" for code in each.values())}))
    elif "room" in codes:
        reasons.append(_room(problem, found, job))
    else:
        code = "too_long" if "too_long" in codes else "load"
        reasons.append(Reason(code, {"minutes": minutes(_whole(problem, job))}))
    promise = None if asked.due is None else problem.floor(asked.due)
    if promise is not None and problem.able[job] and all(o.since > promise for o in problem.options[job]):
        reasons.append(Reason("promise", {"due": problem.instant(promise).isoformat(), "earliest": _iso(problem, job)}))
    return Unplanned(asked.pk, tuple(reasons), each)


def _hindrance(problem: Problem, engineer: int, job: int) -> str:
    """What keeps one engineer from a job, were nothing else planned; `room` if only what is planned does."""
    asked, person = problem.jobs[job], problem.engineers[engineer]
    if asked.skills - person.skills:
        return "skill"
    if person.pk in asked.refused:
        return "refused"
    tours = [tour for tour in problem.tours if tour.engineer == engineer and tour.opens <= tour.closes]
    there = [tour for tour in tours if any(a <= tour.closes and b >= tour.opens for a, b in problem.windows(job))]
    if not there:
        return "away"
    if not problem.fits(engineer, (job,)):
        return "load"
    for tour in there:
        first, last = problem.reach(tour, job)
        if any(max(a, first) <= min(b, last) for a, b in problem.windows(job)):
            return "room"
    return "too_long"


def _whole(problem: Problem, job: int) -> int:
    """Seconds with the shortest way there and back of those who may go."""
    ways = [
        problem.legs[t.start][problem.at[job]] + problem.legs[problem.at[job]][t.end]
        for t in problem.tours
        if t.engineer in problem.able[job]
    ]
    return problem.work[job] + min(ways, default=0)


def _room(problem: Problem, found: Solved, job: int) -> Reason:
    """What it needs, and what is left to the one who has most."""
    left = [
        problem.tours[t].whole - (chosen.times.back - chosen.times.leaves)
        for t, chosen in found.items()
        if problem.tours[t].engineer in problem.able[job]
    ]
    risk = problem.jobs[job].risk
    needs = minutes(_whole(problem, job))
    return Reason("room", {"minutes": needs, "left": minutes(max(0, max(left, default=0))), "risk": risk})


def alone(problem: Problem, job: int) -> int | None:
    """The earliest second at which anybody who may go could begin, beside nothing but what is pinned.

    Within the customer's windows if that is possible at all, else without regard to them.
    """
    if problem.options.get(job):
        return min(_first_beside_pins(problem, job), default=problem.open(job)[0][0])
    reach = [problem.reach(tour, job) for tour in problem.tours if tour.engineer in problem.able[job]]
    return min((first for first, last in reach if first <= last), default=None)


def _iso(problem: Problem, job: int) -> str | None:
    at = alone(problem, job)
    return None if at is None else problem.instant(at).isoformat()


def _first_beside_pins(problem: Problem, job: int) -> list[int]:
    found = []
    for tour in problem.tours:
        if tour.engineer not in problem.able[job]:
            continue
        pins = tuple(visit(problem, n) for n in tour.pinned)
        for n in range(len(pins) + 1):
            times = timed(problem, tour, (*pins[:n], visit(problem, job), *pins[n:]))
            if times is not None:
                found.append(times.begins[n])
    return found
