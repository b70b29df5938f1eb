"""What is wrong with a plan, found without the solver's code: for its answers, and for plans dragged by hand.

Codes: `unknown_job`, `unknown_engineer`, `twice`, `missing`, `skill` (lacking), `refused`, `window` (minutes off the
nearest), `late` (minutes after the promise), `shortened` (minutes less than the work), `outside` the working time
(with the way from and to home; minutes), `overlap` (double booking; minutes), `travel` too short between two stops
(minutes lacking), `departure` (its own departs and arrives do not fit), `longest`, `load`, `pinned_moved`.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from shouhou.visits.rules.asked import ZERO, Engineer, Job, Offence, Stop
from shouhou.visits.rules.travel import Travel

# Wishes, not walls: a plan with these alone can be carried out.
SOFT = frozenset({"late"})


def check(
    engineers: Sequence[Engineer], jobs: Sequence[Job], travel: Travel, stops: Iterable[Stop],
    unplanned: Iterable[int] = (),
) -> list[Offence]:  # fmt: skip
    """Every offence of a plan, by engineer and time; then jobs that are neither planned nor in `unplanned`.

    Between two spans of working time an engineer may have gone home; whichever way is shorter has to fit.
    """
    people, asked = {e.pk: e for e in engineers}, {j.pk: j for j in jobs}
    rows = sorted(stops, key=lambda s: (s.engineer, s.begins, s.ends, s.departs or s.begins, s.job))
    found: list[Offence] = []
    seen: set[int] = set()
    mine: dict[int, list[Stop]] = defaultdict(list)
    for stop in rows:
        if stop.job in seen:
            found.append(Offence("twice", stop.job, stop.engineer))
        seen.add(stop.job)
        job, engineer = asked.get(stop.job), people.get(stop.engineer)
        if job is None:
            found.append(Offence("unknown_job", stop.job, stop.engineer))
            continue
        found += _of_job(stop, job)
        if engineer is None:
            found.append(Offence("unknown_engineer", stop.job, stop.engineer))
            continue
        found += _of_engineer(stop, job, engineer)
        mine[stop.engineer].append(stop)
    for pk, own in mine.items():
        found += _of_day(own, asked, people[pk], travel)
    left = set(unplanned)
    found += [Offence("missing", job.pk) for job in jobs if job.pk not in seen | left]
    found += [Offence("twice", job.pk) for job in jobs if job.pk in seen and job.pk in left]
    return found


def _minutes(span: timedelta) -> float:
    return round(span / timedelta(minutes=1), 2)


def _of_job(stop: Stop, job: Job) -> Iterator[Offence]:
    """What the customer was promised and said."""
    if job.pinned is not None and job.pinned != (stop.engineer, stop.begins):
        away = _minutes(stop.begins - job.pinned[1])
        yield Offence("pinned_moved", job.pk, stop.engineer, numbers={"from": job.pinned[0], "minutes": away})
    if job.windows and not any(start <= stop.begins <= end for start, end in job.windows):
        off = min(max(start - stop.begins, stop.begins - end) for start, end in job.windows)
        yield Offence("window", job.pk, stop.engineer, numbers={"minutes": _minutes(off)})
    arrives = stop.begins if stop.arrives is None else stop.arrives
    if job.due is not None and arrives > job.due:
        yield Offence("late", job.pk, stop.engineer, numbers={"minutes": _minutes(arrives - job.due)})
    if stop.ends - stop.begins < job.work:
        lacks = _minutes(job.work - (stop.ends - stop.begins))
        yield Offence("shortened", job.pk, stop.engineer, numbers={"minutes": lacks})


def _of_engineer(stop: Stop, job: Job, engineer: Engineer) -> Iterator[Offence]:
    """Whether this engineer may go there at all."""
    if lacking := sorted(job.skills - engineer.skills):
        yield Offence("skill", job.pk, engineer.pk, numbers={"lacking": lacking})
    if engineer.pk in job.refused:
        yield Offence("refused", job.pk, engineer.pk)


def _of_day(own: Sequence[Stop], asked: dict[int, Job], engineer: Engineer, travel: Travel) -> Iterator[Offence]:
    """One engineer's stops, in order of their beginning."""
    tours: dict[int, list[Stop]] = defaultdict(list)
    for stop in own:
        span = next((n for n, (a, b) in enumerate(engineer.spans) if a <= stop.begins and stop.ends <= b), None)
        if span is None:
            yield Offence("outside", stop.job, engineer.pk, numbers={"minutes": _outside(stop, engineer)})
        else:
            tours[span].append(stop)
    span_of = {id(stop): span for span, stops in tours.items() for stop in stops}
    last: Stop | None = None  # of those before, the one that ends last
    for stop in own:
        if last is not None:
            together = span_of.get(id(last), -1) == span_of.get(id(stop), -2)
            yield from _between(last, stop, asked, engineer, travel, together=together)
        if last is None or stop.ends > last.ends:
            last = stop
    for span, stops in tours.items():
        yield from _tour(engineer.spans[span], stops, asked, engineer, travel)


def _outside(stop: Stop, engineer: Engineer) -> float:
    """Minutes of the visit that lie outside the working time."""
    inside = sum((max(ZERO, min(b, stop.ends) - max(a, stop.begins)) for a, b in engineer.spans), ZERO)
    return _minutes(stop.ends - stop.begins - inside)


def _between(
    last: Stop, stop: Stop, asked: dict[int, Job], engineer: Engineer, travel: Travel, *, together: bool
) -> Iterator[Offence]:
    """Two stops on end: not at once, and with time for the way."""
    gap, start, end = stop.begins - last.ends, asked[last.job].place, asked[stop.job].place
    way = travel(start, end)
    if not together:
        way = min(way, travel(start, engineer.home) + travel(engineer.home, end))
    if gap < ZERO:
        yield Offence("overlap", stop.job, engineer.pk, last.job, {"minutes": _minutes(-gap)})
    elif gap < way:
        yield Offence("travel", stop.job, engineer.pk, last.job, {"minutes": _minutes(way - gap)})
    elif together and stop.departs is not None and stop.departs < last.ends:
        yield Offence("departure", stop.job, engineer.pk, last.job, {"minutes": _minutes(last.ends - stop.departs)})
    if together and stop.departs is not None and stop.arrives is not None and stop.arrives - stop.departs < way:
        yield Offence("departure", stop.job, engineer.pk, last.job, {"minutes": _minutes(way)})


def _tour(
    span: tuple[datetime, datetime], stops: Sequence[Stop], asked: dict[int, Job], engineer: Engineer, travel: Travel
) -> Iterator[Offence]:
    """From home, back at home, not too long, and with what fits into the car."""
    first, last = stops[0], max(stops, key=lambda s: s.ends)
    out, home = travel(engineer.home, asked[first.job].place), travel(asked[last.job].place, engineer.home)
    if (short := span[0] + out - first.begins) > ZERO:
        yield Offence("outside", first.job, engineer.pk, numbers={"minutes": _minutes(short), "way": "out"})
    elif first.departs is not None and first.departs < span[0]:
        yield Offence("departure", first.job, engineer.pk, numbers={"minutes": _minutes(span[0] - first.departs)})
    if first.departs is not None and first.arrives is not None and first.arrives - first.departs < out:
        yield Offence("departure", first.job, engineer.pk, numbers={"minutes": _minutes(out)})
    if (over := last.ends + home - span[1]) > ZERO:
        yield Offence("outside", last.job, engineer.pk, numbers={"minutes": _minutes(over), "way": "home"})
    whole = last.ends + home - (first.begins - out if first.departs is None else first.departs)
    if engineer.longest is not None and whole > engineer.longest:
        yield Offence("longest", last.job, engineer.pk, numbers={"minutes": _minutes(whole - engineer.longest)})
    load = sum(asked[stop.job].load for stop in stops)
    if engineer.room is not None and load > engineer.room:
        yield Offence("load", last.job, engineer.pk, numbers={"load": load, "room": engineer.room})
    yield from (
        Offence("departure", stop.job, engineer.pk, numbers={"minutes": _minutes(stop.arrives - stop.begins)})
        for stop in stops
        if stop.arrives is not None and stop.arrives > stop.begins
    )


def conflicts(
    engineers: Sequence[Engineer], jobs: Sequence[Job], travel: Travel, stops: Iterable[Stop], of: Collection[int]
) -> list[Offence]:
    """What stands in the way of some visits of a plan (`of`, pks of jobs), for example those that a person dragged.

    An offence between two counts for both; `missing` is left out.
    """
    told = [o for o in check(engineers, jobs, travel, stops) if o.code != "missing"]
    return [o for o in told if o.job in of or o.other in of]
