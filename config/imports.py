"""`./run import incidents FILE.csv`: load a service desk's event log, with a progress bar and a summary."""

import argparse
import json
import sys
import time
from pathlib import Path

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from shouhou.people.models import Organisation
from shouhou.requests.actions.importing import import_incidents
from shouhou.requests.rules.incident_log import BadLog
from shouhou.shared.lifecycle import Refused


def organisation_named(name: str) -> Organisation:
    """The organisation that the cases belong to; a system without a company gets a plain one."""
    from shouhou.desk.actions import adopt_standing, load_reference_data
    from shouhou.promises.actions import make_calendar
    from shouhou.promises.rules.calendar import Calendar as Days

    if name:
        found = Organisation.objects.filter(name=name).first()
        if not found:
            raise SystemExit(f"There is no organisation {name!r}.")
        return found
    if not Organisation.objects.exists():
        load_reference_data()
        made = Organisation.objects.create(name="Service desk", kind=Organisation.Kind.HEADQUARTERS)
        make_calendar(name="Service desk", days=Days.china(), organisation=made)
        adopt_standing(made, by=None)
    return Organisation.top()


def main(argv: list[str]) -> int:
    """The verb `import`."""
    parser = argparse.ArgumentParser(prog="run import", description="Load real data.")
    parser.add_argument("what", choices=["incidents"])
    parser.add_argument("file", type=Path)
    parser.add_argument("--zone", default="", help="the log's time zone; default the organisation's")
    parser.add_argument("--organisation", default="", help="whose cases they are; default headquarters")
    parser.add_argument("--json", action="store_true", help="print the summary as one line of JSON")
    chosen = parser.parse_args(argv)
    if not chosen.file.is_file():
        print(f"There is no file {chosen.file}.", file=sys.stderr)
        return 1
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
    )
    began = time.monotonic()
    try:
        with Progress(*columns, disable=chosen.json or not sys.stderr.isatty(), console=None) as progress:
            task = progress.add_task(chosen.file.name, total=None)
            run = import_incidents(
                chosen.file, organisation=organisation_named(chosen.organisation), zone=chosen.zone,
                told=lambda line, lines: progress.update(task, completed=line, total=lines),
            )  # fmt: skip
    except (BadLog, Refused) as trouble:
        print(f"{chosen.file}: {trouble}", file=sys.stderr)
        return 1
    if chosen.json:
        print(json.dumps(run.counts, ensure_ascii=False))
        return 0
    for name, value in run.counts.items():
        print(f"{name:22}{value}")
    print(f"{'seconds':22}{time.monotonic() - began:.1f}")
    return 0
