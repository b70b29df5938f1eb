"""Every offence of a plan is found, and plans of the solver have none: random small questions, beside brute force."""

from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shouhou.visits.rules.checking import SOFT, check, conflicts
from shouhou.visits.rules.planning import Engineer, Job, Matrix, Stop, propose

MINUTE = timedelta(minutes=1)
HOUR = 60 * MINUTE
DAY = datetime(2026, 11, 24, tzinfo=UTC)
ROW = Matrix([[900 * abs(a - b) for b in range(9)] for a in range(9)])


def at(hour: float) -> datetime:
    return DAY + hour * HOUR


PEOPLE = [
    Engineer(1, 0, ((at(8), at(12)), (at(13), at(17))), {"db"}),
    Engineer(2, 4, ((at(8), at(17)),), longest=4 * HOUR, room=2),
]
JOBS = [
    Job(1, 1, HOUR, ((at(8), at(10)),)), Job(2, 2, HOUR, skills={"db"}, due=at(10)), Job(3, 3, HOUR, refused={1}),
    Job(4, 1, HOUR, pinned=(1, at(14))), Job(5, 4, HOUR, load=3),
]  # fmt: skip


def stop(job: int, engineer: int, begins: float, hours: float = 1.0, **ways: datetime) -> Stop:
    return Stop(job, engineer, at(begins), at(begins + hours), **ways)


GOOD = [stop(1, 1, 8.5), stop(2, 1, 9.75), stop(3, 2, 9), stop(4, 1, 14)]


def found(stops: list[Stop], unplanned=(5,)) -> list[tuple]:
    return [(o.code, o.job, o.engineer, o.other, dict(o.numbers)) for o in check(PEOPLE, JOBS, ROW, stops, unplanned)]


def test_a_good_plan_has_no_offence():
    assert found(GOOD) == []


@pytest.mark.parametrize(("stops", "expected"), [
    ([stop(1, 1, 11)], ("window", 1, 1, None, {"minutes": 60})),
    ([stop(1, 1, 8)], ("outside", 1, 1, None, {"minutes": 15, "way": "out"})),
    ([stop(3, 2, 16)], ("outside", 3, 2, None, {"minutes": 15, "way": "home"})),
    ([stop(3, 2, 16.5)], ("outside", 3, 2, None, {"minutes": 30})),
    ([stop(1, 1, 11.5)], ("outside", 1, 1, None, {"minutes": 30})),
    ([stop(2, 2, 9)], ("skill", 2, 2, None, {"lacking": ["db"]})),
    ([stop(2, 1, 10.5)], ("late", 2, 1, None, {"minutes": 30})),
    ([stop(3, 1, 9)], ("refused", 3, 1, None, {})),
    ([stop(4, 1, 13.5)], ("pinned_moved", 4, 1, None, {"from": 1, "minutes": -30})),
    ([stop(4, 2, 14)], ("pinned_moved", 4, 2, None, {"from": 1, "minutes": 0})),
    ([stop(1, 1, 8.5), stop(1, 2, 9)], ("twice", 1, 2, None, {})),
    ([stop(5, 1, 9)], ("twice", 5, None, None, {})),  # planned, and said not to be
    ([stop(1, 1, 8.5, 0.5)], ("shortened", 1, 1, None, {"minutes": 30})),
    ([stop(1, 1, 8.5), stop(2, 1, 9)], ("overlap", 2, 1, 1, {"minutes": 30})),
    ([stop(1, 1, 8.5), stop(2, 1, 9.5)], ("travel", 2, 1, 1, {"minutes": 15})),
    ([stop(1, 2, 9), stop(3, 2, 14)], ("longest", 3, 2, None, {"minutes": 180})),
    ([stop(5, 2, 9)], ("load", 5, 2, None, {"load": 3, "room": 2})),
    ([stop(9, 1, 9)], ("unknown_job", 9, 1, None, {})),
    ([stop(1, 7, 9)], ("unknown_engineer", 1, 7, None, {})),
    ([stop(1, 1, 9, departs=at(7.5), arrives=at(9))], ("departure", 1, 1, None, {"minutes": 30})),
    ([stop(1, 1, 9, departs=at(8.9), arrives=at(9))], ("departure", 1, 1, None, {"minutes": 15})),
    ([stop(1, 1, 9, departs=at(8), arrives=at(9.25))], ("departure", 1, 1, None, {"minutes": 15})),
])  # fmt: skip
def test_each_offence_is_found_with_its_numbers(stops, expected):
    assert expected in found(stops)


def test_between_two_spans_the_way_may_lead_home():
    far = Matrix([[0, 60, 60], [60, 0, 7200], [60, 7200, 0]])
    person = Engineer(1, 0, ((at(8), at(12)), (at(13), at(17))))
    jobs = [Job(1, 1, HOUR), Job(2, 2, HOUR)]
    assert check([person], jobs, far, [stop(1, 1, 10.9), stop(2, 1, 13.1)]) == []
    assert [o.code for o in check([person], jobs, far, [stop(1, 1, 9), stop(2, 1, 10.5)])] == ["travel"]


def test_a_job_that_is_nowhere_is_missing():
    assert found(GOOD[1:]) == [("missing", 1, None, None, {})]


def test_two_overlaps_behind_a_long_visit_are_both_found():
    long = stop(1, 1, 8.5, 3)
    codes = [(o[0], o[1], o[3]) for o in found([long, stop(3, 1, 9), stop(2, 1, 10)])]
    assert ("overlap", 3, 1) in codes
    assert ("overlap", 2, 1) in codes


def test_a_dragged_visit_is_told_what_it_meets_also_where_the_other_is_the_later_one():
    dragged = [stop(1, 1, 8.5), stop(2, 1, 9.5)]
    assert [o.code for o in conflicts(PEOPLE, JOBS, ROW, dragged, {1})] == ["travel"]
    assert conflicts(PEOPLE, JOBS, ROW, dragged, {3}) == []


# --- any small question ---------------------------------------------------------------------------


@st.composite
def ways(draw, size: int) -> Matrix:
    """Shortest ways between places, which need not be the same there and back."""
    legs = [[0 if a == b else draw(st.integers(1, 90)) * 60 for b in range(size)] for a in range(size)]
    for middle in range(size):
        for a in range(size):
            for b in range(size):
                legs[a][b] = min(legs[a][b], legs[a][middle] + legs[middle][b])
    return Matrix(legs)


@st.composite
def questions(draw, pins: bool, most: int = 6):
    places = draw(st.integers(2, 5))
    place = st.integers(0, places - 1)
    skills = st.sets(st.sampled_from("ab"))
    people = []
    for pk in range(draw(st.integers(1, 3))):
        starts = draw(st.lists(st.integers(0, 11), unique=True, max_size=2).map(sorted))
        ends = [min(s + draw(st.integers(1, 8)), *(t for t in (*starts, 24) if t > s)) for s in starts]
        people.append(Engineer(
            pk, draw(place), tuple((at(a), at(b)) for a, b in zip(starts, ends, strict=True)), draw(skills),
            longest=draw(st.none() | st.integers(1, 8).map(lambda n: n * HOUR)),
            room=draw(st.none() | st.integers(0, 3)),
        ))  # fmt: skip
    jobs = []
    for pk in range(draw(st.integers(1, most))):
        windows = [(at(a), at(a + draw(st.integers(0, 6)))) for a in draw(st.lists(st.integers(0, 14), max_size=2))]
        pin = None
        if pins and draw(st.booleans()):
            micros = draw(st.integers(0, 3)) * timedelta(microseconds=333333)
            pin = (draw(st.integers(0, 3)), at(draw(st.integers(0, 14))) + micros)
        jobs.append(Job(
            pk, draw(place), draw(st.integers(1, 150)) * MINUTE + draw(st.integers(0, 1)) * timedelta(microseconds=7),
            tuple(windows), draw(st.sets(st.sampled_from("abc"), max_size=1)),
            due=draw(st.none() | st.integers(0, 16).map(at)), risk=draw(st.integers(0, 9)),
            near=draw(st.sets(st.integers(0, 3), max_size=1)), refused=draw(st.sets(st.integers(0, 3), max_size=1)),
            pinned=pin, load=draw(st.integers(0, 2)),
        ))  # fmt: skip
    return people, jobs, draw(ways(places))


SMALL = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
EFFORT = {"effort": 200, "seconds": 60}


def explained(plan, people) -> bool:
    """Everything has a reason, and every engineer is named for what is left."""
    whole = all(stop.reasons for stop in plan.stops)
    return whole and all(u.reasons and set(u.engineers) == {p.pk for p in people} for u in plan.unplanned)


@SMALL
@given(questions(pins=False))
def test_no_plan_of_the_solver_has_an_offence_and_everything_is_explained(question):
    people, jobs, travel = question
    plan = propose(*question, **EFFORT)
    wrong = check(people, jobs, travel, plan.stops, [u.job for u in plan.unplanned])
    assert [o for o in wrong if o.code not in SOFT] == []
    assert explained(plan, people)
    assert plan.conflicts == ()
    assert plan.late == sum((o.numbers["minutes"] * MINUTE for o in wrong), timedelta()) or any(
        j.work % MINUTE for j in jobs
    )


@SMALL
@given(questions(pins=True))
def test_what_is_pinned_never_moves_and_only_it_is_ever_in_conflict(question):
    people, jobs, travel = question
    plan = propose(*question, **EFFORT)
    now = {s.job: (s.engineer, s.begins) for s in plan.stops}
    pins = {j.pk: j.pinned for j in jobs if j.pinned}
    assert {pk: now[pk] for pk in pins} == pins
    wrong = check(people, jobs, travel, plan.stops, [u.job for u in plan.unplanned])
    assert all(o.code in SOFT or {o.job, o.other} <= {*pins, None} for o in wrong)
    assert [o for o in wrong if o.job in pins or o.other in pins] == list(plan.conflicts)
    assert explained(plan, people)


@SMALL
@given(questions(pins=True), st.integers(0, 5))
def test_planning_anew_breaks_no_rule_either(question, ill):
    people, jobs, travel = question
    before = propose(*question, **EFFORT)
    rest = [p for p in people if p.pk != ill]
    plan = propose(rest, jobs, travel, previous=before, **EFFORT)
    pins = {j.pk for j in jobs if j.pinned}
    wrong = check(rest, jobs, travel, plan.stops, [u.job for u in plan.unplanned])
    assert all(o.code in SOFT or {o.job, o.other} <= {*pins, None} for o in wrong)
    assert explained(plan, rest)


# --- beside brute force ---------------------------------------------------------------------------


def best_of(people, jobs, travel) -> float:
    """The greatest sum of (1 + risk) that can be done at all: every set, every order, every tour."""

    @cache
    def possible(engineer: int, span: int, chosen: frozenset[int]) -> bool:
        return any(_fits(people[engineer], span, [jobs[n] for n in row], travel) for row in permutations(chosen))

    everything = frozenset(range(len(jobs)))
    subsets = [frozenset(n for n in everything if bits >> n & 1) for bits in range(1 << len(jobs))]
    reach = {frozenset()}
    for e, person in enumerate(people):
        for span in range(len(person.spans)):
            able = [s for s in subsets if possible(e, span, s)]
            reach |= {a | b for a in reach for b in able if not a & b}
    return max(sum(1 + jobs[n].risk for n in chosen) for chosen in reach)


def _fits(person, span, row, travel) -> bool:
    """Whether one engineer can do these in this order within a span."""
    if person.room is not None and sum(j.load for j in row) > person.room:
        return False
    now, place = person.spans[span][0], person.home
    for job in row:
        if job.skills - person.skills or person.pk in job.refused:
            return False
        now += travel(place, job.place)
        starts = [max(a, now) for a, b in job.windows if b >= now] if job.windows else [now]
        if not starts:
            return False
        now, place = min(starts) + job.work, job.place
    return now + travel(place, person.home) <= person.spans[span][1]


@SMALL
@given(questions(pins=False, most=5))
def test_as_much_is_done_as_brute_force_finds(question):
    people, jobs, travel = question
    people = [Engineer(p.pk, p.home, p.spans, p.skills, room=p.room) for p in people]
    jobs = [Job(j.pk, j.place, j.work // MINUTE * MINUTE, j.windows, j.skills, None, j.risk, j.near, j.refused,
                load=j.load) for j in jobs]  # fmt: skip
    plan = propose(people, jobs, travel, effort=1000, seconds=60)
    risk = {j.pk: j.risk for j in jobs}
    assert sum(1 + risk[s.job] for s in plan.stops) == best_of(people, jobs, travel)
