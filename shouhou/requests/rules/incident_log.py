"""Reading a service desk's event log (one row per update of an incident) without touching the database."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from shouhou.requests.rules.words import Channel, Grade, Severity

NEEDED = (
    "number",
    "incident_state",
    "reassignment_count",
    "reopen_count",
    "made_sla",
    "caller_id",
    "opened_at",
    "sys_updated_at",
    "contact_type",
    "location",
    "category",
    "subcategory",
    "u_symptom",
    "impact",
    "urgency",
    "priority",
    "assignment_group",
    "assigned_to",
    "closed_code",
)
CHANNELS = {
    "Phone": Channel.PHONE,
    "Self service": Channel.PORTAL,
    "Email": Channel.MAIL,
    "IVR": Channel.IVR,
    "Direct opening": Channel.DIRECT,
}
CHANNEL_NAMES = {"Direct opening": "Direct"}
SEVERITIES = {
    "1": Severity.CRITICAL,
    "2": Severity.MAJOR,
    "3": Severity.MEDIUM,
    "4": Severity.MINOR,
    "5": Severity.MINOR,
}
GRADES = {"1": Grade.HIGH, "2": Grade.MEDIUM, "3": Grade.LOW}
WAITING = {"Awaiting User Info": ("customer.asked", "customer"), "Awaiting Vendor": ("vendor.requested", "")}


class BadLog(ValueError):
    """A file that is no such log; the message names line and column."""


@dataclass(frozen=True, slots=True)
class Update:
    """One row of the log."""

    line: int
    at: datetime
    state: str
    reassignments: int
    reopenings: int
    made_sla: bool
    cells: dict[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Incident:
    """All rows of one incident, in the order of the file."""

    number: str
    opened_at: datetime
    updates: tuple[Update, ...]

    @property
    def last(self) -> Update:
        return self.updates[-1]

    @property
    def first(self) -> dict[str, str]:
        return self.updates[0].cells


def read_instant(text: str, zone: ZoneInfo, line: int, column: str) -> datetime:
    """29/2/2016 01:16, day first, in the log's zone. Raises BadLog."""
    try:
        day, clock = text.split(" ")
        d, m, y = day.split("/")
        hour, minute = clock.split(":")[:2]
        return datetime(int(y), int(m), int(d), int(hour), int(minute), tzinfo=zone).astimezone(UTC)
    except ValueError:
        raise BadLog(f"line {line}, column {column}: {text!r} is no time; expected D/M/YYYY HH:MM") from None


def read_number(text: str, line: int, column: str) -> int:
    if text == "?":
        return 0
    try:
        return int(text)
    except ValueError:
        raise BadLog(f"line {line}, column {column}: {text!r} is no whole number") from None


def updates(lines: Iterable[str], zone: ZoneInfo, skip_to: int = 1) -> Iterator[Update]:
    """Rows after line `skip_to`. Raises BadLog for a missing column or a cell that cannot be read."""
    reader = csv.reader(lines)
    head = next(reader, None)
    missing = [name for name in NEEDED if name not in (head or [])]
    if head is None or missing:
        raise BadLog(f"line 1: the column {missing[0] if missing else 'number'} is missing")
    for cells in reader:
        line = reader.line_num
        if line <= skip_to or not cells:
            continue
        if len(cells) != len(head):
            raise BadLog(f"line {line}: {len(cells)} fields where the head line has {len(head)}")
        row = dict(zip(head, cells, strict=True))
        yield Update(
            line,
            read_instant(row["sys_updated_at"], zone, line, "sys_updated_at"),
            row["incident_state"],
            read_number(row["reassignment_count"], line, "reassignment_count"),
            read_number(row["reopen_count"], line, "reopen_count"),
            row["made_sla"].lower() == "true",
            row,
        )


def incidents(lines: Iterable[str], zone: ZoneInfo, skip_to: int = 1) -> Iterator[Incident]:
    """The log grouped by incident; rows of an incident stand together."""
    for number, group in groupby(updates(lines, zone, skip_to), key=lambda u: u.cells["number"]):
        rows = tuple(group)
        yield Incident(number, read_instant(rows[0].cells["opened_at"], zone, rows[0].line, "opened_at"), rows)


def count(counts: dict[str, Any], incident: Incident) -> None:
    """Add an incident to the summary, from its last row as the source means it."""
    last = incident.last
    for name, amount in (
        ("incidents", 1),
        ("events", len(incident.updates)),
        ("reopened_incidents", last.reopenings > 0),
        ("reopenings", last.reopenings),
        ("reassigned_incidents", last.reassignments > 0),
        ("handovers", last.reassignments),
        ("sla_met", last.made_sla),
        ("sla_missed", not last.made_sla),
    ):
        counts[name] = counts.get(name, 0) + int(amount)
    channel = CHANNEL_NAMES.get(last.cells["contact_type"], last.cells["contact_type"])
    by_channel = counts.setdefault("by_channel", {})
    by_channel[channel] = by_channel.get(channel, 0) + 1
