"""Events a second of `./run import incidents`, as the import itself reports them."""

import csv
import lzma
import os
import random
import shutil
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bench.ground import ROOT, Ground
from config.roles import create_database

LOG = ROOT.parent / "shared" / "data" / "incidents" / "incident_event_log.csv.xz"
HEAD = (
    "number", "incident_state", "reassignment_count", "reopen_count", "made_sla", "caller_id", "opened_at",
    "sys_updated_at", "contact_type", "location", "category", "subcategory", "u_symptom", "impact", "urgency",
    "priority", "assignment_group", "assigned_to", "closed_code",
)  # fmt: skip


def bench_import() -> dict[str, Any]:
    """Load the real log where it is, else a generated one of the same shape, into an empty database."""
    with Ground(prepared=False) as ground:
        file = ground.folder / "incidents.csv"
        real = LOG.exists()
        if real:
            with lzma.open(LOG) as packed, file.open("wb") as plain:
                shutil.copyfileobj(packed, plain)
        else:
            sample(file)
        ground.restart(loading=False)
        create_database(ground.postgres.url(), "imported")
        environment = {**os.environ, "DATABASE_URL": ground.superuser("imported")}
        command = [sys.executable, "-m", "config.verbs", "import", "incidents", str(file)]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"The import failed: {done.stderr[-2000:]}")
    told = dict(line.split(None, 1) for line in done.stdout.splitlines() if len(line.split(None, 1)) == 2)
    events, seconds = int(told["events"]), float(told["seconds"])
    return {
        "log": "real, 141,712 events" if real else "generated (the real log is not here: skipped)", "events": events,
        "seconds": seconds, "events_per_second": round(events / seconds) if seconds else None,
    }  # fmt: skip


def sample(file: Path, incidents: int = 4000) -> None:
    """A log of the same columns: each incident opened, worked, resolved, closed."""
    dice, first = random.Random(1), datetime(2016, 3, 1)  # noqa: DTZ001 - the log writes local times
    with file.open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(HEAD)
        for n in range(incidents):
            opened = first + timedelta(minutes=5 * n)
            for step, state in enumerate(("New", "Active", "Active", "Resolved", "Closed")):
                at = opened + timedelta(hours=step * dice.randrange(1, 9))
                rows.writerow([
                    f"INC{n:07}", state, max(0, step - 1), 0, "true", f"Caller {n % 900}",
                    f"{opened:%d/%m/%Y %H:%M}", f"{at:%d/%m/%Y %H:%M}",
                    "Phone", f"Location {n % 60}", f"Category {n % 26}", f"Subcategory {n % 174}", "?",
                    "2 - Medium", "2 - Medium",
                    "3 - Moderate", f"Group {n % 30}", f"Resolver {n % 120}", "code 6",
                ])  # fmt: skip
