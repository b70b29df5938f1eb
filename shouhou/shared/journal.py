"""Writing to the journal: one call per fact, in the writer's own transaction."""

import json
from datetime import datetime
from typing import Any

from django.db import connection, models

from shouhou.shared.facts import DECLARED, UnknownFact
from shouhou.shared.models import Event, kind_of
from shouhou.shared.time import now


def event_of(
    kind: str,
    *,
    subject: models.Model,
    case: models.Model | None = None,
    by: Any = None,
    occurred_at: datetime,
    recorded_at: datetime,
    origin: str = "live",
    key: str | None = None,
    audience: str = "internal",
    corrects_id: int | None = None,
    was: str = "",
    to: str = "",
    data: dict[str, Any] | None = None,
) -> Event:
    """Build the row of a fact without writing it. Raises UnknownFact for a kind that no room declares."""
    if kind not in DECLARED:
        raise UnknownFact(kind)
    case = case if case is not None else subject
    return Event(
        kind=kind, subject_kind=kind_of(subject), subject_id=subject.pk, case_kind=kind_of(case), case_id=case.pk,
        customer_id=getattr(case, "customer_id", None), organisation_id=getattr(case, "organisation_id", None),
        by_id=by.pk if by is not None else None, occurred_at=occurred_at, recorded_at=recorded_at, origin=origin,
        key=key or "", audience=audience, corrects_id=corrects_id, was=was, to=to, data=data or {},
    )  # fmt: skip


def record(
    kind: str, *, subject: models.Model, case: models.Model | None = None, by: Any = None,
    occurred_at: datetime | None = None, origin: str = "live", key: str | None = None, audience: str = "internal",
    corrects_id: int | None = None, was: str = "", to: str = "", data: dict[str, Any] | None = None,
) -> Event:  # fmt: skip
    """Record a declared fact. `occurred_at` (aware) is when it happened, by default now.

    `data` holds ids, codes and numbers only: words about people live in rows that can be erased.
    """
    at = now()
    event = event_of(
        kind, subject=subject, case=case, by=by, occurred_at=occurred_at or at, recorded_at=at, origin=origin, key=key,
        audience=audience, corrects_id=corrects_id, was=was, to=to, data=data,
    )  # fmt: skip
    event.save(force_insert=True)
    return event


def made_before(key: str, kind: str) -> int | None:
    """The case that an act with this key has made before; whoever comes at the same moment with it waits here.

    The act records its making as `kind` under the key `<key>:<kind>`.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
    event = Event.objects.filter(key=f"{key}:{kind}").first()
    return event.case_id if event else None


class Batch:
    """Writes many cases with their events at once: the rows are built in memory by the same rules as single moves.

    Ids are taken from the tables' own sequences beforehand, so that clocks can name the events that started them.
    Call `write` inside the transaction that also saves how far the source has been read.
    """

    def __init__(self) -> None:
        self.rows: dict[type[models.Model], list[models.Model]] = {}
        self.spare: dict[type[models.Model], list[int]] = {}

    def add(self, row: models.Model) -> None:
        """Take a row along, giving it its id."""
        if row.pk is None:
            row.pk = self.next_id(type(row))
        self.rows.setdefault(type(row), []).append(row)

    def next_id(self, model: type[models.Model]) -> int:
        """An id from the table's sequence; fetched a thousand at a time."""
        spare = self.spare.setdefault(model, [])
        if not spare:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, 1000)",
                    [model._meta.db_table],
                )
                spare.extend(row[0] for row in reversed(cursor.fetchall()))
        return spare.pop()

    def write(self) -> int:
        """Write everything collected, table by table in the order in which the first row of each came."""
        written = 0
        for model, rows in self.rows.items():
            copy_rows(model, rows)
            written += len(rows)
        self.rows = {}
        return written


def copy_rows(model: type[models.Model], rows: list[models.Model]) -> None:
    """COPY rows into their table; columns that the database fills itself are left to it."""
    fields = [f for f in model._meta.concrete_fields if f.db_default is models.NOT_PROVIDED or f.primary_key]
    table, columns = model._meta.db_table, ", ".join(f'"{f.column}"' for f in fields)
    names = [(f.attname, isinstance(f, models.JSONField)) for f in fields]
    with connection.cursor() as cursor, cursor.copy(f'COPY "{table}" ({columns}) FROM STDIN') as copy:
        for row in rows:
            values = row.__dict__
            copy.write_row(
                [json.dumps(values[n], ensure_ascii=False) if is_json else values[n] for n, is_json in names]
            )
