"""Dispatch: who goes where, promises, pins, fairness, what is left and why, planning anew, the process of its own."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from shouhou.shared.apart import NoAnswer
from shouhou.visits.rules.apart import in_a_process
from shouhou.visits.rules.checking import check
from shouhou.visits.rules.planning import Engineer, GreatCircle, Job, Matrix, Plan, Stop, Weights, propose

CHINA = ZoneInfo("Asia/Shanghai")
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
# Places in a row: each a quarter of an hour from the next.
ROW = Matrix([[900 * abs(a - b) for b in range(12)] for a in range(12)])


def at(hour: float, day: int = 24) -> datetime:
    return datetime(2026, 11, day, tzinfo=CHINA) + hour * HOUR


def engineer(pk, home=0, start=8.0, end=17.0, **more) -> Engineer:
    return Engineer(pk, home, ((at(start), at(end)),), **more)


def job(pk, place=1, hours=1.0, **more) -> Job:
    return Job(pk, place, hours * HOUR, **more)


def plan(engineers, jobs, **more) -> Plan:
    return propose(engineers, jobs, ROW, **{"effort": 300, "seconds": 60, **more})


def codes(found: Plan, pk: int) -> list[str]:
    stop = [s for s in found.stops if s.job == pk]
    return [r.code for r in (stop[0].reasons if stop else left(found, pk).reasons)]


def left(found: Plan, pk: int):
    return next(u for u in found.unplanned if u.job == pk)


def numbers(found: Plan, pk: int, code: str) -> dict:
    reasons = [r for s in found.stops if s.job == pk for r in s.reasons]
    reasons += [r for u in found.unplanned if u.job == pk for r in u.reasons]
    return dict(next(r.numbers for r in reasons if r.code == code))


def who(found: Plan) -> dict[int, int]:
    return {stop.job: stop.engineer for stop in found.stops}


# --- where and when -------------------------------------------------------------------------------


def test_a_visit_has_its_way_there_and_the_tour_its_way_back():
    found = plan([engineer(1)], [job(1, place=2)])
    (route,) = found.routes
    (stop,) = route.stops
    assert (stop.departs, stop.arrives, stop.begins, stop.ends) == (at(8), at(8.5), at(8.5), at(9.5))
    assert (route.returns, found.travel) == (at(10), HOUR)
    assert stop.begins.tzinfo is UTC


def test_one_leaves_no_earlier_than_the_agreed_time_needs():
    found = plan([engineer(1)], [job(1, windows=((at(10), at(12)),))])
    assert (found.stops[0].departs, found.stops[0].begins) == (at(9.75), at(10))


def test_the_nearest_qualified_engineer_goes():
    people = [engineer(1, 0, skills={"db"}), engineer(2, 5), engineer(3, 8, skills={"db"})]
    found = plan(people, [job(1, place=6, skills={"db"})])
    assert who(found) == {1: 3}
    assert numbers(found, 1, "nearest") == {"minutes": 60.0, "next": 180.0, "qualified": 2}


def test_who_alone_is_qualified_is_said_to_be_the_only_one():
    assert codes(plan([engineer(1), engineer(2, skills={"db"})], [job(1, skills={"db"})]), 1)[0] == "only"


def test_a_familiar_engineer_goes_although_another_is_a_little_nearer():
    people = [engineer(1, 0), engineer(2, 1)]
    jobs = [job(1, place=2, near={1})]
    assert who(plan(people, jobs, weights=Weights(familiar=60))) == {1: 1}
    assert who(plan(people, jobs, weights=Weights(familiar=5))) == {1: 2}
    assert "familiar" in codes(plan(people, jobs, weights=Weights(familiar=60)), 1)


@pytest.mark.clause("H2")
def test_who_serves_the_case_from_afar_does_not_go():
    found = plan([engineer(1, 1), engineer(2, 9)], [job(1, refused={1})])
    assert who(found) == {1: 2}
    alone = plan([engineer(1, 1)], [job(1, refused={1})])
    assert codes(alone, 1) == ["refused"]
    assert left(alone, 1).engineers == {1: "refused"}


def test_the_load_is_shared_where_one_could_do_it_all():
    people, jobs = [engineer(1), engineer(2)], [job(pk) for pk in range(6)]
    load = list(who(plan(people, jobs)).values())
    assert (load.count(1), load.count(2)) == (3, 3)
    assert len(set(who(plan(people, jobs, weights=Weights(fair=0))).values())) == 1


def test_who_carried_more_on_the_days_before_gets_less_now():
    people, jobs = [engineer(1, carried=4 * HOUR), engineer(2)], [job(pk) for pk in range(6)]
    load = list(who(plan(people, jobs)).values())
    assert load.count(1) < load.count(2)


def test_the_clock_change_moves_nothing():
    berlin = ZoneInfo("Europe/Berlin")  # the night of 29 March 2026 has no third hour
    span = (datetime(2026, 3, 29, 1, tzinfo=berlin), datetime(2026, 3, 29, 4, tzinfo=berlin))
    found = plan([Engineer(1, 0, (span,))], [job(1, place=0, hours=2), job(2, place=0, hours=1)])
    assert len(found.stops) == 1  # two hours in truth, not three


def test_what_does_not_fit_into_the_car_goes_in_another():
    people = [engineer(1, room=3), engineer(2, room=3)]
    found = plan(people, [job(1, load=2), job(2, load=2)], weights=Weights(fair=0))
    assert sorted(who(found).values()) == [1, 2]
    assert codes(plan(people, [job(1, load=4)]), 1) == ["load"]


def test_a_tour_is_no_longer_than_one_may_be_on_the_road():
    windows = [((at(8), at(9)),), ((at(15), at(16)),)]
    jobs = [job(n, windows=w) for n, w in enumerate(windows)]
    assert len(plan([engineer(1)], jobs).stops) == 2
    assert len(plan([engineer(1, longest=6 * HOUR)], jobs).stops) == 1
    one = plan([engineer(1, longest=7 * HOUR + 30 * MINUTE)], jobs)  # leaves later to be no longer on the road
    assert [s.begins for s in one.stops] == [at(9), at(15)]


# --- promises -------------------------------------------------------------------------------------


@pytest.mark.clause("D5", "C4", "H9")
def test_a_promised_arrival_goes_first_and_says_its_margin():
    jobs = [job(1, place=1), job(2, place=2), job(3, place=8, due=at(10.5))]
    found = plan([engineer(1)], jobs)
    assert found.stops[0].job == 3
    assert numbers(found, 3, "promise") == {"minutes": 30.0}
    assert found.late == timedelta()


@pytest.mark.clause("D5")
def test_a_promise_that_cannot_be_kept_is_planned_at_the_earliest_and_says_how_late():
    found = plan([engineer(1, start=13)], [job(1, place=2, due=at(12)), job(2, place=1)])
    first = found.stops[0]
    assert (first.job, first.begins, found.late) == (1, at(13.5), 1.5 * HOUR)
    assert numbers(found, 1, "late") == {"minutes": 90.0, "earliest": "2026-11-24T05:30:00+00:00"}


def test_a_promise_that_no_window_lets_be_kept_is_explained():
    people = [engineer(1, start=13)]
    found = plan(people, [job(1, windows=((at(8), at(9)),), due=at(9))])
    assert codes(found, 1) == ["away", "promise"]
    assert numbers(found, 1, "promise")["earliest"] == "2026-11-24T05:15:00+00:00"


# --- what is left ---------------------------------------------------------------------------------


def test_the_least_risk_is_left():
    jobs = [job(1, hours=3, risk=0.5), job(2, hours=3, risk=3), job(3, hours=3, risk=1)]
    found = plan([engineer(1)], jobs)
    assert [u.job for u in found.unplanned] == [1]
    assert numbers(found, 1, "room") == {"minutes": 210.0, "left": 150.0, "risk": 0.5}


def test_a_skill_that_nobody_has_is_named():
    found = plan([engineer(1, skills={"db"})], [job(1, skills={"db", "network"})])
    assert numbers(found, 1, "skill") == {"lacking": ["network"]}


def test_skills_that_nobody_has_together_are_named():
    people = [engineer(1, skills={"db"}), engineer(2, skills={"network"})]
    assert numbers(plan(people, [job(1, skills={"db", "network"})]), 1, "skill") == {"lacking": ["db", "network"]}


def test_everybody_with_the_skill_is_away():
    people = [engineer(1, skills={"db"}, start=13), engineer(2)]
    found = plan(people, [job(1, skills={"db"}, windows=((at(8), at(12)),))])
    assert (codes(found, 1), left(found, 1).engineers) == (["away"], {1: "away", 2: "skill"})
    assert numbers(found, 1, "away") == {"engineers": 1}


def test_work_longer_than_the_day_says_what_it_needs():
    assert numbers(plan([engineer(1)], [job(1, hours=8.6)]), 1, "too_long") == {"minutes": 546.0}


def test_without_engineers_everything_is_left():
    found = plan([], [job(1), job(2)])
    assert (found.routes, [codes(found, pk) for pk in (1, 2)]) == ((), [["unstaffed"], ["unstaffed"]])


def test_without_jobs_there_is_an_empty_plan():
    assert plan([engineer(1)], []) == Plan((), (), (), timedelta(), timedelta())


@pytest.mark.parametrize("wrong", [
    lambda: engineer(1, start=9, end=8),
    lambda: Engineer(1, 0, ((at(8), at(12)), (at(11), at(13)))),
    lambda: Engineer(1, 0, ((datetime(2026, 1, 1), datetime(2026, 1, 2)),)),  # noqa: DTZ001
    lambda: job(1, hours=0),
    lambda: job(1, risk=-1),
    lambda: job(1, risk=float("nan")),
    lambda: plan([engineer(1), engineer(1)], []),
    lambda: plan([], [job(1), job(1)]),
    lambda: GreatCircle(speed_kmh=0),
    lambda: Matrix([[0, 1]]),
    lambda: Matrix([[-1]]),
    lambda: GreatCircle()((91.0, 0.0), (0.0, 0.0)),
])  # fmt: skip
def test_what_cannot_be_asked_is_refused(wrong):
    with pytest.raises(ValueError):
        wrong()


def test_a_place_that_the_matrix_does_not_have_is_refused():
    with pytest.raises(LookupError):
        plan([engineer(1)], [job(1, place=12)])


# --- pinned ---------------------------------------------------------------------------------------


def test_a_pinned_visit_keeps_engineer_and_start_and_the_rest_goes_round_it():
    pin = at(10) + timedelta(microseconds=1)
    jobs = [job(1, place=5, pinned=(1, pin)), *(job(pk, place=2) for pk in (2, 3, 4))]
    found = plan([engineer(1)], jobs)
    stop = next(s for s in found.stops if s.job == 1)
    assert (stop.engineer, stop.begins, stop.ends) == (1, pin, pin + HOUR)
    assert len(found.stops) == 4
    assert check([engineer(1)], jobs, ROW, found.stops) == []


def test_pins_that_overlap_stay_and_the_conflict_is_named():
    jobs = [job(1, pinned=(1, at(10))), job(2, pinned=(1, at(10.5))), job(3), job(4)]
    found = plan([engineer(1)], jobs)
    assert {s.job: s.begins for s in found.stops if s.job < 3} == {1: at(10), 2: at(10.5)}
    assert [(o.code, o.job, o.other, dict(o.numbers)) for o in found.conflicts] == [("overlap", 2, 1, {"minutes": 30})]
    assert len(found.stops) == 4
    assert {o.code for o in check([engineer(1)], jobs, ROW, found.stops)} == {"overlap"}


@pytest.mark.parametrize(("pin", "more", "code"), [
    ((1, at(18)), {}, "outside"),
    ((1, at(7.5)), {}, "outside"),
    ((1, at(8)), {"place": 4}, "outside"),  # too far from home for the start of the day
    ((9, at(10)), {}, "unknown_engineer"),
    ((1, at(10)), {"skills": {"db"}}, "skill"),
    ((1, at(10)), {"refused": {1}}, "refused"),
    ((1, at(10)), {"windows": ((at(13), at(15)),)}, "window"),
    ((1, at(10)), {"due": at(9)}, "late"),
])  # fmt: skip
def test_a_pin_against_the_rules_stays_and_is_named(pin, more, code):
    jobs = [job(1, pinned=pin, **more), job(2)]
    found = plan([engineer(1)], jobs)
    assert next((s.engineer, s.begins) for s in found.stops if s.job == 1) == pin
    assert code in {o.code for o in found.conflicts}
    assert {o.job for o in check([engineer(1)], jobs, ROW, found.stops)} == {1}  # the other one is in order


def test_round_a_pin_outside_the_working_time_there_is_time_for_the_way():
    people = [engineer(1, 0, start=8, end=12)]
    early, late = job(1, place=4, pinned=(1, at(7.5))), job(2, place=4, pinned=(1, at(11.75)))
    found = plan(people, [early, late, *(job(pk, place=0, hours=0.25) for pk in range(3, 9))])
    mine = [s for s in found.stops if s.job > 2]
    assert (mine[0].begins, mine[-1].ends) == (at(9.5), at(10.75))  # an hour home, an hour there
    assert {(o.code, o.job) for o in found.conflicts} == {("outside", 1), ("outside", 2)}


# --- planning anew --------------------------------------------------------------------------------


def test_an_urgent_visit_breaks_in_and_as_little_as_possible_moves():
    people = [engineer(1), engineer(2, 6)]
    jobs = [job(pk, place=pk, windows=((at(8), at(16)),)) for pk in range(1, 9)]
    before = plan(people, jobs)
    first = before.stops[0]
    jobs[first.job - 1] = replace(jobs[first.job - 1], pinned=(first.engineer, first.begins))
    urgent = job(99, place=3, due=at(11), risk=9, windows=((at(9), at(16)),))
    after = plan(people, [*jobs, urgent], previous=before)
    was, now = {s.job: s for s in before.stops}, {s.job: s for s in after.stops}
    assert now[99].begins <= at(11)
    assert (now[first.job].engineer, now[first.job].begins) == (first.engineer, first.begins)
    assert was.keys() <= now.keys()
    assert sum(now[pk].engineer != was[pk].engineer for pk in was) <= 1
    assert "kept" in codes(after, before.stops[-1].job)


def test_without_anything_new_nothing_moves_although_better_plans_exist():
    people = [engineer(1), engineer(2, 1)]
    jobs = [job(pk, place=pk % 4) for pk in range(8)]
    stops = [Stop(pk, pk % 2 + 1, at(8.5 + 2 * (pk // 2)), at(9.5 + 2 * (pk // 2))) for pk in range(8)]
    after = plan(people, jobs, previous=Plan.before(stops))
    times = {s.job: (s.engineer, s.begins) for s in after.stops}
    assert times == {s.job: (s.engineer, s.begins) for s in stops}
    assert after.travel > plan(people, jobs).travel
    assert {r.code for s in after.stops for r in s.reasons} >= {"kept"}


def test_a_visit_whose_engineer_falls_ill_moves_and_says_from_whom():
    before = Plan.before([Stop(1, 1, at(9), at(10)), Stop(2, 2, at(9), at(10))])
    found = plan([engineer(2)], [job(1), job(2)], previous=before)
    assert who(found) == {1: 2, 2: 2}
    assert numbers(found, 1, "moved") == {"from": 1, "to": 2}
    assert "kept" in codes(found, 2)


# --- ways and processes ---------------------------------------------------------------------------


def test_great_circle_with_its_detour():
    beijing, tianjin = (39.9042, 116.4074), (39.0842, 117.2009)
    hours = GreatCircle(speed_kmh=60, detour=1.0)(beijing, tianjin) / HOUR
    assert hours * 60 == pytest.approx(114, abs=1)  # kilometres as the crow flies
    assert GreatCircle(speed_kmh=60, detour=1.5)(beijing, tianjin) / HOUR == pytest.approx(1.5 * hours)


def test_the_same_question_has_the_same_answer_also_in_a_process_of_its_own():
    people = [
        Engineer(1, (39.9, 116.4), ((at(8), at(17)),), {"db"}, longest=8 * HOUR, room=9, carried=HOUR),
        Engineer(2, (39.95, 116.3), ((at(8), at(12)), (at(13), at(17)))),
    ]
    jobs = [
        Job(n, (39.8 + n / 50, 116.35), HOUR, ((at(8), at(12)), (at(14), at(16))), {"db"} if n % 3 == 0 else set(),
            due=at(10) if n % 2 else None, risk=n % 4, near={2}, refused={1} if n == 4 else set(), load=1)
        for n in range(9)
    ]  # fmt: skip
    jobs.append(Job(20, (39.9, 116.41), HOUR, skills={"none"}))
    jobs.append(Job(21, (39.9, 116.42), HOUR, pinned=(2, at(16.5))))
    before = propose(people, jobs[:4], GreatCircle(), effort=100, seconds=60)
    here = propose(people, jobs, GreatCircle(), previous=before, effort=100, seconds=60)
    there = in_a_process(people, jobs, GreatCircle(), previous=before, effort=100, seconds=60, timeout=100)
    assert there == here
    assert here == propose(people, jobs, GreatCircle(), previous=before, effort=100, seconds=60)
    assert here.conflicts
    assert here.unplanned


def test_a_process_that_takes_too_long_is_ended():
    with pytest.raises(NoAnswer):
        in_a_process([engineer(1)], [job(1)], ROW, timeout=0.01)
