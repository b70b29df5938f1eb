"""The planning of visits on instances whose best-known cost is published, and the time of planning anew.

They go through our own model of engineers and jobs, as dispatch does; nothing is read by PyVRP's own readers. A second
stands for the instance's unit of cost: a tenth of the distance, truncated, for Solomon; a thousandth, rounded, where a
vehicle may serve only some customers. Each answer is checked by `checking`, which does not know the solver, and its
cost is counted once more from the distances.
"""

import io
import math
import random
import tarfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from bench.ground import ROOT
from shouhou.visits.rules.apart import in_a_process
from shouhou.visits.rules.checking import SOFT, check
from shouhou.visits.rules.planning import Engineer, GreatCircle, Job, Matrix, Plan, Weights, propose

FOLDER = ROOT.parent / "shared" / "data" / "routing"
SOLOMON, TECHNICIANS = "solomon.tar.xz", "sdvrptw-mdvrptw.tar.xz"
# The widest windows of each class, hence the hardest, and the site-dependent ones of 48, 96 and 144 visits.
NAMES = ("C104", "R104", "RC104", "C204", "R204", "RC204", "SD_PR01", "SD_PR02", "SD_PR03")
SECONDS = 30.0
SEEDS = (1, 2, 3)  # of the made-up days
ZERO = datetime(2026, 1, 1, tzinfo=UTC)
DISTANCE_ALONE = Weights(familiar=0, moved=0, shifted=0, day=0, fair=0)


@dataclass(frozen=True, slots=True)
class Instance:
    """One published question, in our terms, and what is known of it."""

    name: str
    engineers: list[Engineer]
    jobs: list[Job]
    ways: list[list[int]]
    best: int


def span(start: float, end: float) -> tuple[datetime, datetime]:
    return ZERO + timedelta(seconds=start), ZERO + timedelta(seconds=end)


def ways_of(points: list[tuple[float, float]], unit: Callable[[float], int]) -> list[list[int]]:
    return [[unit(math.dist(a, b)) for b in points] for a in points]


def solomon(name: str, pack: tarfile.TarFile) -> Instance:
    """A file of Solomon's own form; the best cost is that of distance alone."""
    rows = [line.split() for line in text_of(pack, f"solomon/solomon/{name}.txt").splitlines()]
    cars, room = next((int(r[0]), int(r[1])) for r in rows if len(r) == 2 and r[0].isdigit())
    sites = [[float(cell) for cell in row] for row in rows if len(row) == 7 and row[0].isdigit()]
    known = dict(line.split(" = ") for line in text_of(pack, "solomon/solomon-100.sol").splitlines() if " = " in line)
    depot = sites[0]
    engineers = [Engineer(n, 0, (span(10 * depot[4], 10 * depot[5]),), room=room) for n in range(cars)]
    jobs = [
        Job(n, n, timedelta(seconds=10 * row[6]), (span(10 * row[4], 10 * row[5]),), load=int(row[3]))
        for n, row in enumerate(sites)
        if n
    ]
    ways = ways_of([(row[1], row[2]) for row in sites], lambda d: math.floor(10 * d))
    return Instance(name, engineers, jobs, ways, round(10 * float(known[name])))


def technicians(name: str, pack: tarfile.TarFile) -> Instance:
    """A file of VRPLIB's form: vehicles that may serve some customers only, as engineers with skills."""
    head, parts = sections(text_of(pack, f"sdvrptw-mdvrptw/{name}.vrp"))
    longest = timedelta(seconds=1000 * int(head["VEHICLES_MAX_DURATION"]))
    allowed = {int(row[0]): {int(cell) for cell in row[1:]} for row in parts["VEHICLES_ALLOWED_CLIENTS_SECTION"]}
    points = [(float(x), float(y)) for _n, x, y in parts["NODE_COORD_SECTION"]]
    load, work = ({int(n): int(v) for n, v in parts[key]} for key in ("DEMAND_SECTION", "SERVICE_TIME_SECTION"))
    window = {int(n): span(1000 * int(a), 1000 * int(b)) for n, a, b in parts["TIME_WINDOW_SECTION"]}
    # A skill is "site n": whoever may serve it has it.
    engineers = [
        Engineer(car, 0, (window[1],), frozenset(map(str, allowed[car])), longest, int(room))
        for car, room in ((int(n), v) for n, v in parts["CAPACITY_SECTION"])
    ]
    jobs = [
        Job(n, n - 1, timedelta(seconds=1000 * work[n]), (window[n],), frozenset((str(n),)), load=load[n])
        for n in range(2, len(points) + 1)
    ]
    known = text_of(pack, f"sdvrptw-mdvrptw/{name}.sol").split("Cost:")[1]
    return Instance(name, engineers, jobs, ways_of(points, lambda d: round(1000 * d)), int(known))


def sections(text: str) -> tuple[dict[str, str], dict[str, list[list[str]]]]:
    """The heading and the sections of a VRPLIB file."""
    head: dict[str, str] = {}
    parts: dict[str, list[list[str]]] = {}
    inside = ""
    for line in text.splitlines():
        if line.strip().endswith("_SECTION"):
            inside = line.strip()
            parts[inside] = []
        elif ":" in line:
            key, _colon, value = line.partition(":")
            head[key.strip()] = value.strip()
        elif inside and line.strip() != "EOF" and line.strip():
            parts[inside].append(line.split())
    return head, parts


def text_of(pack: tarfile.TarFile, path: str) -> str:
    file = pack.extractfile(path)
    if file is None:
        raise LookupError(path)
    return io.TextIOWrapper(file, encoding="utf-8").read()


def instances(names: tuple[str, ...] = NAMES) -> Iterator[Instance]:
    """Those of `names` whose archive is there."""
    for archive, reader, marked in ((SOLOMON, solomon, False), (TECHNICIANS, technicians, True)):
        if (FOLDER / archive).exists():
            with tarfile.open(FOLDER / archive) as pack:
                for name in names:
                    if name.startswith("SD_") == marked:
                        yield reader(name, pack)


def solved(asked: Instance, seconds: float = SECONDS, seed: int = 1, effort: int | None = None) -> dict[str, Any]:
    """One instance: visits done, offences, and the cost over the best known."""
    travel = Matrix(asked.ways)
    begun = time.perf_counter()
    plan = propose(
        asked.engineers, asked.jobs, travel, seconds=seconds, seed=seed, effort=effort, weights=DISTANCE_ALONE
    )  # fmt: skip
    took = time.perf_counter() - begun
    cost = cost_of(plan, asked)
    wrong = check(asked.engineers, asked.jobs, travel, plan.stops, [u.job for u in plan.unplanned])
    return {
        "name": asked.name, "visits": len(asked.jobs), "planned": len(plan.stops), "offences": len(wrong),
        "gap_percent": round(100 * (cost / asked.best - 1), 2), "seconds": round(took, 1),
    }  # fmt: skip


def cost_of(plan: Plan, asked: Instance) -> int:
    """The way of all tours, counted from the instance's own distances; all begin and end at its depot."""
    places = {job.pk: job.place for job in asked.jobs if isinstance(job.place, int)}
    whole = 0
    for route in plan.routes:
        row = [0, *(places[stop.job] for stop in route.stops), 0]
        whole += sum(asked.ways[a][b] for a, b in pairwise(row))
    return whole


# --- planning anew ----------------------------------------------------------------------------------


def a_day(visits: int, engineers: int, dice: random.Random) -> tuple[list[Engineer], list[Job]]:
    """Two days of a made-up centre: three skills, half-days that suit, promises, customers who know somebody."""
    start = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)
    hour, skills = timedelta(hours=1), ("software", "hardware", "database")

    def somewhere() -> tuple[float, float]:
        return 39.9 + dice.uniform(-0.15, 0.15), 116.4 + dice.uniform(-0.2, 0.2)

    people = [
        Engineer(
            n, (39.9, 116.4) if n % 2 else somewhere(),
            tuple((start + d * 24 * hour, start + (d * 24 + 9) * hour) for d in range(2)),
            frozenset(dice.sample(skills, 2)),
        )
        for n in range(engineers)
    ]  # fmt: skip
    halves = [(start + (d * 24 + a) * hour, start + (d * 24 + b) * hour) for d in range(2) for a, b in ((0, 4), (5, 9))]
    jobs = [
        Job(
            n, somewhere(), timedelta(minutes=dice.choice((45, 60, 90))),
            tuple(dice.sample(halves, dice.randint(1, 4))), frozenset(dice.sample(skills, 1)),
            due=start + dice.choice((4, 9, 28, 33)) * hour if dice.random() < 0.4 else None,
            risk=dice.choice((0, 1, 3)),
            near=frozenset(dice.sample(range(engineers), 2)) if dice.random() < 0.3 else frozenset(),
        )
        for n in range(visits)
    ]  # fmt: skip
    return people, jobs


def planned_anew(visits: int = 100, engineers: int = 12, seed: int = 1) -> dict[str, Any]:
    """An urgent visit two hours ahead (H3, H9) at eleven: what began is pinned, the rest stays where it can."""
    dice = random.Random(seed)
    people, jobs = a_day(visits, engineers, dice)
    travel = GreatCircle()
    plan = propose(people, jobs, travel, seconds=SECONDS / 2, seed=seed)
    now = people[0].spans[0][0] + timedelta(hours=3)
    pins = {stop.job: (stop.engineer, stop.begins) for stop in plan.stops if stop.begins < now}
    jobs = [replace(job, pinned=pins.get(job.pk)) for job in jobs]
    urgent = Job(visits, (39.95, 116.35), timedelta(minutes=90), ((now, now + timedelta(hours=6)),),
                 frozenset({"database"}), due=now + timedelta(hours=2), risk=9)  # fmt: skip
    jobs.append(urgent)
    begun = time.perf_counter()
    anew = in_a_process(people, jobs, travel, previous=plan, timeout=20)
    took = time.perf_counter() - begun
    before = {stop.job: stop for stop in plan.stops}
    after = {stop.job: stop for stop in anew.stops}
    both = before.keys() & after.keys()
    wrong = check(people, jobs, travel, anew.stops, [u.job for u in anew.unplanned])
    return {
        "visits": visits, "engineers": engineers, "pinned": len(pins), "seconds": round(took, 1),
        "urgent_minutes_to_promise": round((urgent.due - after[visits].begins) / timedelta(minutes=1))
        if urgent.due and visits in after else None,
        "other_engineer": sum(before[pk].engineer != after[pk].engineer for pk in both),
        "other_time": sum(before[pk].begins != after[pk].begins for pk in both),
        "dropped": len(before) - len(both), "offences": sum(o.code not in SOFT for o in wrong),
        "pinned_moved": sum((after[pk].engineer, after[pk].begins) != pin for pk, pin in pins.items()),
        "travel_ratio": round(anew.travel / plan.travel, 3),
    }  # fmt: skip


def bench_routing() -> dict[str, Any]:
    """Gaps to the best-known costs, and the time of planning anew."""
    found = [solved(asked) for asked in instances()]
    days = [planned_anew(seed=seed) for seed in SEEDS]
    missing = [name for name in NAMES if name not in {row["name"] for row in found}]
    return {
        "seconds_each": SECONDS, "instances": found, "anew": days,
        "skipped": [f"{name}: its archive is not in shared/data/routing" for name in missing],
    }  # fmt: skip
