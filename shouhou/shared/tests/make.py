"""Builders that need no word of after-sales service: rows to record about, events, tampering."""

from hashlib import sha256
from typing import Any
from uuid import uuid4

import psycopg

from shouhou.shared.journal import record
from shouhou.shared.models import Blob, Event
from shouhou.shared.time import now


def blob(content: str = "", **fields: Any) -> Blob:
    """A row of the cellar that events can be about."""
    content = content or uuid4().hex
    return Blob.objects.create(
        **{
            "sha256": sha256(content.encode()).hexdigest(),
            "size": 1,
            "type": "text/plain",
            "stored_at": now(),
            **fields,
        }
    )


def events(count: int, about: Blob, kind: str = "probe.seen") -> list[Event]:
    """So many events, each in a transaction of its own where nothing holds one open."""
    return [record(kind, subject=about, data={"n": n}) for n in range(count)]


LATE = """
INSERT INTO shared_event (kind, subject_kind, subject_id, case_kind, case_id, audience, occurred_at, recorded_at,
    origin, key, was, "to", data)
VALUES ('probe.seen', 'b', 1, 'b', 1, 'internal', now(), now(), 'live', '', '', '', '{}') RETURNING id
"""


def write_late(connection: psycopg.Connection[Any]) -> int:
    """Record an event in somebody else's open transaction. Returns its id."""
    row = connection.execute(LATE).fetchone()
    assert row
    return int(row[0])
