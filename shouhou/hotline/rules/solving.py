"""The constraint model of a roster (OR-Tools CP-SAT): the rules of `resting` as walls, and three aims one by one.

First as few empty seats as possible, and few shifts with nobody at all; then a fair share; then the same kind of shift
on following days. Each aim is sought without giving up what the one before it reached.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, timedelta
from itertools import combinations
from typing import Any

from shouhou.hotline.rules.wanted import MOMENT, Burden, Problem, Slot, hindrance

WORKERS = 8
TURN = 120  # a night or a day of rest weighs as so many minutes
SHARES = (0.3, 0.8, 1.0)  # of the effort that is left, for each aim
DAY = timedelta(days=1)

Seat = tuple[int, int]  # person and slot, by their places in the problem


def solve(problem: Problem, *, effort: float, seconds: float, seed: int) -> tuple[list[Seat], bool]:
    """Who takes which empty seat, and whether it is proven that nothing better exists.

    `effort` is in the solver's deterministic seconds: the same question has the same answer, on any machine that does
    it within `seconds` of the clock, the second bound.
    """
    from ortools.sat.python import cp_model

    found, best = at_hand(problem), True
    if not problem.free:
        return found, best
    model = cp_model.CpModel()
    sits = {seat: model.new_bool_var("") for seat in problem.free}
    lacks = _walls(model, problem, sits)
    aims: Sequence[Callable[[], Any]] = (
        lambda: _emptiness(model, problem, lacks),
        lambda: _unfairness(model, problem, sits, found),
        lambda: _unsteadiness(model, problem, sits),
    )
    for share, aim in zip(SHARES, aims, strict=True):
        penalty = aim()
        if isinstance(penalty, int):  # nothing to choose in
            continue
        if effort <= 0 or seconds <= 0:
            return found, False
        solver = cp_model.CpSolver()
        solver.parameters.random_seed = seed
        solver.parameters.num_workers = WORKERS
        solver.parameters.interleave_search = True  # strategies take turns: the answer depends on no race
        solver.parameters.max_deterministic_time = effort * share
        solver.parameters.max_time_in_seconds = seconds * share
        solver.parameters.symmetry_level = 0
        model.minimize(penalty)
        model.clear_hints()
        for seat, var in sits.items():
            model.add_hint(var, seat in found)
        status = solver.solve(model)
        best &= status == cp_model.OPTIMAL
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            break
        found = [seat for seat, var in sits.items() if solver.value(var)]
        model.add(penalty <= round(solver.objective_value))
        effort -= solver.response_proto.deterministic_time
        seconds -= solver.wall_time
    return found, best


def at_hand(problem: Problem) -> list[Seat]:
    """A roster without search, from which the solver sets out: seat by seat, who has the least lately."""
    chosen: list[Seat] = []
    own = {person.pk: list(problem.own[person.pk]) for person in problem.people}
    load = {person.pk: _lately(problem, person.pk, _burden_minutes) for person in problem.people}
    for s, slot in enumerate(problem.slots):
        able = [problem.people[who] for who, where in problem.free if where == s]
        places = {person.pk: p for p, person in enumerate(problem.people)}
        missing = problem.empty(slot)
        for person in sorted(able, key=lambda person: load[person.pk]):
            if not missing:
                break
            if hindrance(person, own[person.pk], slot, problem.limits) is None:
                own[person.pk].append(slot.duty(person.pk))
                load[person.pk] += slot.minutes
                chosen.append((places[person.pk], s))
                missing -= 1
    return chosen


# --- walls ----------------------------------------------------------------------------------------


def _walls(model: Any, problem: Problem, sits: Mapping[Seat, Any]) -> list[Any]:
    """Every hard rule. What breaks beside the fixed shifts has no variable; returns how many each slot lacks."""
    lacks = []
    for s, slot in enumerate(problem.slots):
        lack = model.new_int_var(0, problem.empty(slot), "")
        model.add(sum(var for (_p, where), var in sits.items() if where == s) + lack == problem.empty(slot))
        lacks.append(lack)
    for p in range(len(problem.people)):
        mine = {s: var for (who, s), var in sits.items() if who == p}
        _rested(model, problem, mine)
        _weekly(model, problem, p, mine)
        _running(model, problem, p, mine)
    return lacks


def _rested(model: Any, problem: Problem, mine: Mapping[int, Any]) -> None:
    """No two shifts at once, or without the rest between them."""
    for a, b in combinations(sorted(mine), 2):
        gap = problem.slots[b].starts - problem.slots[a].ends
        if gap < problem.limits.rest:
            model.add_at_most_one([mine[a], mine[b]])


def _weekly(model: Any, problem: Problem, p: int, mine: Mapping[int, Any]) -> None:
    """No more than the hours of a week; exact, so that what the solver leaves empty has its reason."""
    for week in sorted({problem.week(problem.slots[s]) for s in mine}):
        inside = [s for s in mine if problem.week(problem.slots[s]) == week]
        left = problem.left(problem.people[p], week) // MOMENT
        model.add(sum(problem.slots[s].worked // MOMENT * mine[s] for s in inside) <= left)


def _running(model: Any, problem: Problem, p: int, mine: Mapping[int, Any]) -> None:
    """No more days in a row than allowed, those before and after the slots included."""
    taken = {problem.day(duty) for duty in problem.own[problem.people[p].pk]}
    most, worked = problem.limits.days_running, {}
    for day in sorted({problem.day(problem.slots[s]) for s in mine} - taken):
        worked[day] = model.new_bool_var("")
        for s in mine:
            if problem.day(problem.slots[s]) == day:
                model.add_implication(mine[s], worked[day])
    for first in sorted({day - n * DAY for day in worked for n in range(most + 1)}):
        row = [first + n * DAY for n in range(most + 1)]
        known, new = sum(day in taken for day in row), [worked[day] for day in row if day in worked]
        if known + len(new) > most:
            model.add(sum(new) <= max(0, most - known))


# --- aims -----------------------------------------------------------------------------------------


def _emptiness(model: Any, problem: Problem, lacks: Sequence[Any]) -> Any:
    """Empty seats; among rosters with equally many, shifts with nobody at all."""
    deserted = []
    for slot, lack in zip(problem.slots, lacks, strict=True):
        if problem.empty(slot) == slot.needed > 1:
            nobody = model.new_bool_var("")
            model.add(lack - nobody <= slot.needed - 1)
            deserted.append(nobody)
    return (len(deserted) + 1) * sum(lacks) + sum(deserted)


def _minutes(slot: Slot) -> int:
    return slot.minutes


def _burden_minutes(burden: Burden) -> int:
    return burden.minutes


MEASURES: tuple[tuple[int, int, Callable[[Slot], int], Callable[[Burden], int]], ...] = (
    # weight of a unit, parts of a unit, what a slot counts, what was carried
    (1, 1, _minutes, _burden_minutes),
    (TURN // 10, 10, lambda slot: int(slot.night), lambda burden: burden.nights),
    (TURN // 10, 10, lambda slot: int(slot.rest_day), lambda burden: burden.rest_days),
)


def _lately(problem: Problem, person: int, of_burden: Callable[[Burden], int]) -> int:
    """What somebody carried in the weeks before."""
    return of_burden(problem.burden.get(person, Burden()))


def _fixed(problem: Problem, person: int, of_slot: Callable[[Slot], int]) -> int:
    """What somebody is fixed for in the weeks of the slots."""
    nights = {slot.kind for slot in problem.slots if slot.night}
    rest_days = {problem.day(slot) for slot in problem.slots if slot.rest_day}
    return sum(
        of_slot(Slot(d.kind, d.starts, d.ends, 1, d.break_minutes, d.kind in nights, problem.day(d) in rest_days))
        for d in problem.own[person]
        if problem.week(d) in problem.weeks
    )


def _unfairness(model: Any, problem: Problem, sits: Mapping[Seat, Any], found: Collection[Seat]) -> Any:
    """How far apart the most and the least loaded are, measured from what each should carry.

    That is an equal part of what was carried lately, and of the weeks at hand a part in proportion to being there: who
    is away for three days of seven carries less in them. Beside the spread, what lies above the fair part counts, so
    that the others are equal too where one cannot be.
    """
    able = sorted({p for p, _s in sits})
    shares = {p: problem.share(problem.people[p]) for p in able}
    whole, terms = sum(shares.values()) or 1.0, []
    for weight, parts, of_slot, of_burden in MEASURES:
        new = sum(of_slot(problem.slots[s]) for _p, s in found)
        lately = {p: _lately(problem, problem.people[p].pk, of_burden) for p in able}
        now = {p: _fixed(problem, problem.people[p].pk, of_slot) for p in able}
        bound = parts * (
            sum(lately.values()) + sum(now.values()) + sum(of_slot(problem.slots[s]) for _p, s in sits) + 1
        )
        most, least = model.new_int_var(-bound, bound, ""), model.new_int_var(-bound, bound, "")
        terms.append(weight * len(able) * (most - least))
        for p in able:
            fair = sum(lately.values()) / len(able) + (sum(now.values()) + new) * shares[p] / whole
            gains = sum(of_slot(problem.slots[s]) * var for (who, s), var in sits.items() if who == p)
            over = parts * gains + parts * (lately[p] + now[p]) - round(parts * fair)
            model.add(most >= over)
            model.add(least <= over)
            above = model.new_int_var(0, bound, "")
            model.add(above >= over)
            terms.append(weight * above)
    return sum(terms)


def _unsteadiness(model: Any, problem: Problem, sits: Mapping[Seat, Any]) -> Any:
    """Less for every shift after one of the same kind on the day before, fixed or new."""
    at: dict[tuple[int, date], int] = {(slot.kind, problem.day(slot)): s for s, slot in enumerate(problem.slots)}
    pairs = []
    for (p, s), var in sits.items():
        slot = problem.slots[s]
        beside = {(d.kind, problem.day(d)) for d in problem.own[problem.people[p].pk]}
        pairs += [var for step in (-DAY, DAY) if (slot.kind, problem.day(slot) + step) in beside]
        after = sits.get((p, at.get((slot.kind, problem.day(slot) + DAY), -1)))
        if after is not None:
            both = model.new_bool_var("")
            model.add_implication(both, var)
            model.add_implication(both, after)
            pairs.append(both)
    return -sum(pairs)
