"""An incident log is loaded by the moves and folds of single actions, once, whatever happens on the way."""

import csv
import lzma
import os
import signal
import subprocess
import sys
from collections import Counter
from itertools import groupby, islice
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from shouhou.notices.models import Notice
from shouhou.promises.models import Clock
from shouhou.requests.actions import importing
from shouhou.requests.actions.importing import import_incidents
from shouhou.requests.models import ImportRun, ServiceRequest
from shouhou.requests.rules.incident_log import NEEDED, BadLog
from shouhou.requests.tests.make import at, kinds
from shouhou.shared.models import Event
from shouhou.shared.tests.conftest import database_of_its_own

ROOT = Path(__file__).resolve().parents[3]
REAL = ROOT.parent / "shared" / "data" / "incidents" / "incident_event_log.csv.xz"
COLUMNS = (*NEEDED, "opened_by")
PLAIN = {
    "reassignment_count": "0", "reopen_count": "0", "made_sla": "true", "caller_id": "Caller 1",
    "opened_at": "29/2/2016 01:16", "contact_type": "Phone", "location": "Location 143", "category": "Category 55",
    "subcategory": "Subcategory 170", "u_symptom": "?", "impact": "2 - Medium", "urgency": "2 - Medium",
    "priority": "3 - Moderate", "assignment_group": "Group 56", "assigned_to": "?", "closed_code": "code 5",
    "opened_by": "Opened by  8",
}  # fmt: skip


def incident(number: str, *steps: dict, **same) -> list[dict]:
    """Rows of one incident, a minute apart; each step names what it changes and keeps the rest."""
    rows, now = [], {**PLAIN, **same, "number": number}
    for minute, step in enumerate(steps):
        now = {**now, "sys_updated_at": f"29/2/2016 02:{minute:02}", **step}
        rows.append(dict(now))
    return rows


def state(name: str, **more) -> dict:
    return {"incident_state": name, **more}


LOG = [
    *incident("INC1", state("New"), state("Active", assigned_to="Resolver 9"), state("Resolved"), state("Closed")),
    *incident(
        "INC2", state("New"), state("Active", reassignment_count="1"), state("Awaiting User Info"), state("Active"),
        state("Active", reassignment_count="3"), state("Resolved"), state("Active", reopen_count="1"),
        state("Resolved", made_sla="false"), state("Closed"), contact_type="Email", location="?", caller_id="?",
    ),
    *incident("INC3", state("Resolved"), state("Closed"), contact_type="Self service", priority="1 - Critical"),
    *incident(
        "INC4", state("Active"), state("Closed"), state("Active", reopen_count="1"), state("Active", reopen_count="2"),
        state("Resolved"), state("Closed"), contact_type="IVR", made_sla="false",
    ),
    *incident("INC5", state("-100"), state("Active"), state("Closed"), contact_type="Direct opening"),
]  # fmt: skip


def counted(rows: list[dict]) -> dict:
    """The summary, counted from the file alone."""
    last = [list(group)[-1] for _number, group in groupby(rows, key=lambda r: r["number"])]
    again, passed = ([int(row[c]) for row in last] for c in ("reopen_count", "reassignment_count"))
    met = sum(row["made_sla"].lower() == "true" for row in last)
    channels = Counter(row["contact_type"].replace("Direct opening", "Direct") for row in last)
    return {
        "incidents": len(last), "events": len(rows), "reopened_incidents": sum(n > 0 for n in again),
        "reopenings": sum(again), "reassigned_incidents": sum(n > 0 for n in passed), "handovers": sum(passed),
        "sla_met": met, "sla_missed": len(last) - met, "by_channel": dict(channels),
    }  # fmt: skip


@pytest.fixture
def write(tmp_path):
    def make(rows: list[dict], name: str = "log.csv") -> Path:
        path = tmp_path / name
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)
        return path

    return make


def case(number: str) -> ServiceRequest:
    return ServiceRequest.objects.get(external_ref=number)


def test_the_summary_equals_an_independent_count(company, write):
    run = import_incidents(write(LOG), organisation=company)
    assert run.counts == counted(LOG)
    assert run.ended_at is not None


def test_a_plain_incident_becomes_a_request_with_the_logs_own_times(company, write):
    import_incidents(write(LOG), organisation=company)
    row = case("INC1")
    assert (row.status, row.channel, row.severity, row.owner.name) == ("closed", "phone", "medium", "Resolver 9")
    assert (row.customer.name, row.contact.name, row.subject) == (
        "Location 143", "Caller 1", "Category 55 · Subcategory 170",
    )  # fmt: skip
    assert row.reported_at == at("2016-02-29 01:16")
    assert kinds(row) == [
        "request.received", "request.accepted", "request.resolved", "fault.repaired", "request.confirmed",
        "request.closed", "request.imported_verdict",
    ]  # fmt: skip
    accepted = Event.objects.of(row).get(kind="request.accepted")
    assert (accepted.occurred_at, accepted.origin) == (at("2016-02-29 02:01"), "import")
    assert row.confirmed_how == "source"
    assert (row.resolved_at, row.closed_at) == (at("2016-02-29 02:02"), at("2016-02-29 02:03"))


def test_the_logs_zone_can_be_named(company, write):
    import_incidents(write(LOG), organisation=company, zone="UTC")
    assert case("INC1").reported_at == at("2016-02-29 09:16")


def test_reopening_reassignment_and_waiting_are_the_facts_of_single_actions(company, write):
    import_incidents(write(LOG), organisation=company)
    row = case("INC2")
    assert (row.reopenings, row.reassignments, row.status, row.waiting) == (1, 3, "closed", "")
    assert kinds(row, "request.rejected", "customer.asked", "customer.answered", "reassignment.accepted") == [
        "reassignment.accepted", "customer.asked", "customer.answered", "reassignment.accepted", "request.rejected",
    ]  # fmt: skip
    handed = [e.data["count"] for e in Event.objects.of(row).filter(kind="reassignment.accepted").order_by("id")]
    assert handed == [1, 3]
    assert row.customer.name == "Unknown location"


@pytest.mark.parametrize(
    ("number", "moves"),
    [
        ("INC3", [("new", "resolved")]),  # first seen resolved
        ("INC4", [("working", "closed"), ("closed", "working")]),  # closed without a solution, reopened after closing
        ("INC5", [("working", "closed")]),
    ],
)
def test_irregular_moves_are_taken_over_and_marked(company, write, number, moves):
    import_incidents(write(LOG), organisation=company)
    adopted = Event.objects.of(case(number)).filter(kind="request.adopted").order_by("id")
    assert [(e.was, e.to) for e in adopted] == moves
    assert case(number).status == "closed"


def test_the_sources_verdict_is_shown_and_never_computed(company, write):
    import_incidents(write(LOG), organisation=company)
    found = {r.external_ref: Clock.objects.of(r).get() for r in ServiceRequest.objects.all()}
    assert {number: clock.state for number, clock in found.items()} == {
        "INC1": "met", "INC2": "broken", "INC3": "met", "INC4": "broken", "INC5": "met",
    }  # fmt: skip
    for clock in found.values():
        assert (clock.external, clock.due_at, clock.next_at, clock.commitment.within) == (True, None, None, "external")
        assert clock.explanation() == []


def test_every_row_leaves_at_least_one_event_with_its_place_in_the_file(company, write):
    import_incidents(write(LOG), organisation=company)
    places = {int(key.split(":")[1]) for key in Event.objects.filter(origin="import").values_list("key", flat=True)}
    assert places == set(range(2, len(LOG) + 2))


def test_loading_tells_nobody_and_defers_nothing(company, write, manager, pump):
    jobs = ProcrastinateJob.objects.count()
    import_incidents(write(LOG), organisation=company)
    pump()
    assert (Notice.objects.count(), ProcrastinateJob.objects.count()) == (0, jobs)


def test_the_same_file_again_loads_nothing_whatever_it_is_called(company, write):
    first = import_incidents(write(LOG), organisation=company)
    events = Event.objects.count()
    second = import_incidents(write(LOG, "again.csv"), organisation=company)
    assert (second.pk, Event.objects.count(), ServiceRequest.objects.count()) == (first.pk, events, 5)


def test_stopped_in_the_middle_it_goes_on_where_it_stopped(company, write, monkeypatch):
    monkeypatch.setattr(importing, "EVENTS_PER_BATCH", 5)
    path = write(LOG)

    def stop(line, lines):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_incidents(path, organisation=company, told=stop)
    half = ImportRun.objects.get()
    assert (half.ended_at, 0 < half.line < len(LOG) + 1) == (None, True)
    assert ServiceRequest.objects.count() == half.counts["incidents"] < 5

    told = []
    run = import_incidents(path, organisation=company, told=lambda line, lines: told.append((line, lines)))

    assert (run.counts, ServiceRequest.objects.count()) == (counted(LOG), 5)
    assert told[-1] == (len(LOG) + 1, len(LOG) + 1)
    assert Event.objects.filter(kind="request.received", origin="import").count() == 5


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        ({"sys_updated_at": "2016-02-29 02:00"}, "line 3, column sys_updated_at"),
        ({"reopen_count": "many"}, "line 3, column reopen_count"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named_and_its_batch_is_not_half_loaded(company, write, spoil, words):
    rows = [dict(row) for row in LOG]
    rows[1].update(spoil)
    with pytest.raises(BadLog, match=words):
        import_incidents(write(rows), organisation=company)
    assert ServiceRequest.objects.count() == 0


def test_a_file_without_a_needed_column_is_refused(company, tmp_path):
    path = tmp_path / "other.csv"
    path.write_text("number,subject\n1,x\n", encoding="utf-8")
    with pytest.raises(BadLog, match="the column incident_state is missing"):
        import_incidents(path, organisation=company)


CHILD = """
import sys, time, django
django.setup()
from pathlib import Path
from shouhou.people.models import Organisation
from shouhou.promises.actions import make_calendar
from shouhou.promises.rules.calendar import Calendar
from shouhou.requests.actions import importing
importing.EVENTS_PER_BATCH = 40
if not Organisation.objects.exists():
    top = Organisation.objects.create(name="Desk", kind="headquarters")
    make_calendar(name="Desk", days=Calendar.china(), organisation=top)
def told(line, lines):
    print(line, flush=True)
    if sys.argv[2] == "hang" and line > 200:
        time.sleep(60)
run = importing.import_incidents(Path(sys.argv[1]), organisation=Organisation.top(), told=told)
print("END", flush=True)
"""


def test_killed_without_warning_and_started_again_nothing_is_there_twice(django_db_blocker, write):
    rows = [row for n in range(100) for row in incident(f"INC{n}", state("New"), state("Active"), state("Resolved"),
                                                        state("Closed", reassignment_count=str(n % 3)))]  # fmt: skip
    path = write(rows)
    with database_of_its_own(django_db_blocker) as url:
        address = urlsplit(os.environ["DATABASE_URL"])._replace(path=urlsplit(url).path).geturl()  # as the app role
        environment = {**os.environ, "DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "config.settings"}
        start = {"cwd": ROOT, "env": environment, "stdout": subprocess.PIPE, "text": True}
        first = subprocess.Popen([sys.executable, "-c", CHILD, str(path), "hang"], **start)
        assert first.stdout is not None
        for line in first.stdout:
            if int(line) > 200:
                break
        first.send_signal(signal.SIGKILL)
        first.wait()
        first.stdout.close()
        half = ServiceRequest.objects.count()
        again = subprocess.run([sys.executable, "-c", CHILD, str(path), "go"], check=True, **start)

        assert 0 < half < 100
        assert again.stdout.split()[-1] == "END"
        assert ImportRun.objects.get().counts == counted(rows)
        assert ServiceRequest.objects.count() == 100
        assert Event.objects.filter(kind="request.received").count() == 100
        assert Clock.objects.count() == 100


def test_a_real_desks_log_comes_in_as_it_is(company, write):
    if not REAL.exists():
        pytest.skip(f"the public incident log {REAL} is not on this machine")
    with lzma.open(REAL, "rt", encoding="utf-8", newline="") as file:
        rows = list(islice(csv.DictReader(file), 3000))
    rows = [row for row in rows if row["number"] != rows[-1]["number"]]  # whole incidents only

    run = import_incidents(write(rows), organisation=company)

    assert run.counts == counted(rows)
    assert ServiceRequest.objects.filter(status="closed").count() == run.counts["incidents"]
    kept = Counter(Clock.objects.filter(case_kind="request").values_list("state", flat=True))
    assert kept == {"met": run.counts["sla_met"], "broken": run.counts["sla_missed"]}
    assert not Notice.objects.exists()
