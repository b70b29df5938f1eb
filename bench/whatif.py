"""What-if over the real log: seconds for all its cases under a preset's terms, and equal to the ordinary fold.

`python -m bench.whatif` loads the log into a database of its own and prints the figures as JSON; no log, no figures.
"""

import json
import lzma
import os
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.ground import Ground
from bench.imports import LOG
from shouhou.promises.rules.calendar import Calendar, Window
from shouhou.promises.rules.clock import Promise
from shouhou.promises.rules.fold import Terms
from shouhou.promises.rules.period import Period

FIRST, LAST = datetime(2016, 1, 1, tzinfo=UTC), datetime(2018, 1, 1, tzinfo=UTC)


def bench_whatif() -> dict[str, Any]:
    """Load, replay quickly, replay one by one, compare every case."""
    if not LOG.exists():
        return {"skipped": "the real incident log is not here"}
    with Ground() as ground:
        file = ground.folder / "incidents.csv"
        with lzma.open(LOG) as packed, file.open("wb") as plain:
            shutil.copyfileobj(packed, plain)
        return measured(file)


def measured(file: Path) -> dict[str, Any]:
    """The figures, in the database that this process works in."""
    from shouhou.desk.actions import adopt_standing, load_reference_data
    from shouhou.people.models import Organisation
    from shouhou.promises.actions import make_calendar, past_cases, replay_cases
    from shouhou.promises.rules.replay import one_by_one
    from shouhou.requests.actions.importing import import_incidents
    from shouhou.requests.models import ServiceRequest

    load_reference_data()
    company, days = Organisation.objects.create(name="总部", kind="headquarters"), Calendar.china()
    make_calendar(name="工作日历", days=days, organisation=company)
    adopt_standing(company, by=None)
    import_incidents(file, organisation=company)
    found: dict[str, Any] = {}
    for name, terms in {"of the log": of_the_log(days), **presets(days)}.items():
        cases = ServiceRequest.objects.all()
        began = time.perf_counter()
        quick = replay_cases(terms, cases=cases, since=FIRST, until=LAST, at=LAST, zone=days.zone)
        seconds = time.perf_counter() - began
        began, slow = time.perf_counter(), []
        for case, what, facts in past_cases(cases, terms, FIRST, LAST):
            slow += one_by_one(case, what, facts, terms, LAST)
        found[name] = {
            "promises": len(terms), "cases": quick.cases, "verdicts": len(quick.verdicts), "seconds": round(seconds, 2),
            "one_by_one_seconds": round(time.perf_counter() - began, 2), "equal": quick.verdicts == slow,
        }  # fmt: skip
    return found


def of_the_log(days: Calendar) -> list[Terms]:
    """Promises that every case of the log answers: taken up, solved, solved again after reopening, else within days."""
    office, reasons = Window.parse("09:00-12:00,13:00-18:00", "working"), ("customer", "postponed")

    def terms(code: str, within: str, start: str, *stop: str, window: Window | None = None, **more: Any) -> Terms:
        promise = Promise(Period.parse(within), days, window)
        return Terms(code, start, stop, ("request.cancelled", "request.merged"), promise, **more)

    received = "request.received"
    return [
        terms("taken", "30 min", received, "request.accepted", window=office),
        terms("solved", "16 h", received, "request.resolved", window=office, pause=reasons, warn=("50 %",)),
        terms("again", "2 wd", received, "request.resolved", repeat="cycle", pause=reasons, otherwise="late"),
        terms("late", "3 d", "again.broken", "request.closed", repeat="each", follow_on=True),
        terms("grave", "4 h", received, "fault.repaired", when={"severity": ["critical", "high"]}),
    ]


def presets(days: Calendar) -> dict[str, list[Terms]]:
    """The terms of every shipped service level, blanks filled with what it proposes, else 24 h."""
    from shouhou.agreements.actions import agreed, preset_of, tried
    from shouhou.agreements.models import ServiceLevel

    found = {}
    for level in ServiceLevel.objects.order_by("position"):
        preset = preset_of(level)
        filled = {c.key: c.proposed or "24 h" for c in preset.commitments}
        found[level.key] = [c.built(days) for c in tried(agreed(preset, None), filled)]
    return found


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    print(json.dumps(bench_whatif(), indent=2))
