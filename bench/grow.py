"""More of the same: the seeded rows copied by SQL with shifted ids, numbers, names and times.

Every row of a copy points at rows of the same copy, except at organisations, colleagues and what the company shares.
Copies skip the checks of foreign keys (their originals passed them) and get their indexes at the end, in one go.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import psycopg
from psycopg import sql

STEP = "interval '11 seconds'"  # each copy is so much older than the one before
ROOMY = 200  # copies that the ids leave room for; sequences go on after them


@dataclass(frozen=True)
class Table:
    """How one table is copied: which columns hold ids of which table, and which are written by SQL of their own."""

    name: str
    ids: dict[str, str] = field(default_factory=dict)  # column -> table whose ids it holds
    kept: tuple[str, ...] = ()  # id columns that stay where they are below the first copied id
    words: dict[str, str] = field(
        default_factory=dict
    )  # column -> SQL; {k} is the copy's number, {shift} the id's shift


NEW_ID = "(t.id + {shift})::text"
NUMBER = f"left(t.number, 8) || lpad({NEW_ID}, greatest(6, length({NEW_ID})), '0')"
CODE = f"'K' || lpad({NEW_ID}, 7, '0')"
OLD_CODE = "'K' || lpad(t.id::text, 7, '0')"
REQUEST, CUSTOMER, SET = "requests_servicerequest", "customers_customer", "promises_commitmentset"
TABLES = (
    Table(CUSTOMER, words={"name": "t.name || ' ' || {k} || '分院'", "number": "t.number || '-' || {k}"}),
    Table("customers_site", {"customer_id": CUSTOMER}),
    Table("customers_contact", {"customer_id": CUSTOMER, "site_id": "customers_site"}),
    Table("customers_phone", {"contact_id": "customers_contact"}, words={
        "e164": f"'+86139' || lpad({NEW_ID}, 8, '0')", "written": f"'139' || lpad({NEW_ID}, 8, '0')",
    }),
    Table(SET),
    Table("promises_commitment", {"set_id": SET}),
    Table("agreements_agreement", {"customer_id": CUSTOMER, "commitment_set_id": SET}, words={
        "number": "t.number || '-' || {k}",
    }),
    Table(REQUEST, {
        "customer_id": CUSTOMER, "contact_id": "customers_contact", "site_id": "customers_site",
        "agreement_id": "agreements_agreement", "commitment_set_id": SET,
    }, kept=("commitment_set_id",), words={
        "number": NUMBER, "subject": f"replace(t.subject, {OLD_CODE}, {CODE})",
        "next_due_at": "t.next_due_at" f" - CASE WHEN t.next_due_at < '9000-01-01' THEN {{k}} ELSE 0 END * {STEP}",
        "search": f"ts_delete(t.search, ARRAY[lower(t.number), lower({OLD_CODE})]) "
                  f"|| array_to_tsvector(ARRAY[lower({NUMBER}), lower({CODE}), {{k}}::text, '分院'])",
    }),
    Table("shared_event", {"subject_id": REQUEST, "case_id": REQUEST, "customer_id": CUSTOMER}, words={
        "key": "CASE WHEN t.key = '' THEN '' ELSE t.key || '/' || {k} END",
        "data": "CASE WHEN t.kind LIKE 'clock.%' "
                "THEN t.data || jsonb_build_object('clock', (t.data->>'clock')::bigint + {promises_clock}) "
                "WHEN t.kind = 'message.sent' "
                "THEN jsonb_build_object('message', (t.data->>'message')::bigint + {requests_message}) ELSE t.data END",
    }),
    Table("promises_clock", {
        "case_id": REQUEST, "customer_id": CUSTOMER, "commitment_id": "promises_commitment",
        "start_event_id": "shared_event", "stop_event_id": "shared_event",
    }, kept=("commitment_id",)),
    Table("requests_message", {"request_id": REQUEST, "event_id": "shared_event", "contact_id": "customers_contact"}),
    Table("feedback_followup", {"customer_id": CUSTOMER, "request_id": REQUEST}),
    Table("notices_notice", {"case_id": REQUEST, "event_id": "shared_event"}),
)  # fmt: skip


class Copier:
    """Knows the seeded rows of each table and copies them."""

    def __init__(self, url: str) -> None:
        """Remember where the seeded rows end, and let the sequences go on far behind the room of the copies."""
        self.url = url
        self.spans: dict[str, tuple[int, int]] = {}
        with psycopg.connect(url, autocommit=True) as connection:
            for table in TABLES:
                self.spans[table.name] = self._span(connection, table.name)
                last = self.spans[table.name][1] * (ROOMY + 1)
                connection.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [table.name, last])
            connection.execute("SELECT setval('request_number', %s)", [self.spans[REQUEST][1] * (ROOMY + 1)])

    @staticmethod
    def _span(connection: psycopg.Connection, name: str) -> tuple[int, int]:
        """The first and last id to copy: of what the company shares and of other cases nothing is copied."""
        where = {
            SET: "id IN (SELECT commitment_set_id FROM agreements_agreement)",
            "promises_commitment": "set_id IN (SELECT commitment_set_id FROM agreements_agreement)",
            "shared_event": "case_kind = 'request'",
        }.get(name, "true")
        row = connection.execute(f"SELECT min(id), max(id) FROM {name} WHERE {where}").fetchone()
        assert row is not None
        return row[0], row[1]

    def copy(self, first: int, last: int) -> None:
        """Copies `first` to `last` of every seeded row, indexes built again, statistics fresh."""
        assert last <= ROOMY
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute("SET synchronous_commit = off")
            indexes = dropped_indexes(connection) if last > 20 else []
            for table in TABLES:
                columns = connection.execute(
                    "SELECT column_name, data_type FROM information_schema.columns "
                    "WHERE table_name = %s AND column_name <> 'xid' ORDER BY ordinal_position",
                    [table.name],
                ).fetchall()
                connection.execute(self.statement(table, columns, first, last))
            for definition in indexes:
                connection.execute(sql.SQL(definition))
            connection.execute("VACUUM ANALYZE")
            connection.execute("CHECKPOINT")

    def statement(self, table: Table, columns: Sequence[tuple[str, ...]], first: int, last: int) -> sql.SQL:
        """INSERT … SELECT of one table for a run of copies."""
        names = {other: f"k.n * {self.spans[other][1]}" for other in self.spans}
        values = []
        for name, kind in columns:
            other = table.name if name == "id" else table.ids.get(name)
            if name in table.words:
                value = table.words[name].format(k="k.n", shift=names[table.name], **names)
            elif other:
                value = f"t.{name} + {names[other]}"
                if name in table.kept:
                    value = f"CASE WHEN t.{name} < {self.spans[other][0]} THEN t.{name} ELSE {value} END"
            elif kind == "timestamp with time zone":
                value = f"t.{name} - k.n * {STEP}"
            else:
                value = f't."{name}"'
            values.append(value)
        low, high = self.spans[table.name]
        extra = " AND t.case_kind = 'request'" if table.name == "shared_event" else ""
        into = ", ".join(f'"{name}"' for name, _kind in columns)
        return sql.SQL(
            f"INSERT INTO {table.name} ({into}) SELECT {', '.join(values)} "
            f"FROM generate_series({first}, {last}) AS k(n), {table.name} t "
            f"WHERE t.id BETWEEN {low} AND {high}{extra} ORDER BY k.n, t.id"
        )


def dropped_indexes(connection: psycopg.Connection) -> list[str]:
    """Drop the indexes that no constraint stands on, and return how to make them again."""
    names = [table.name for table in TABLES]
    found = connection.execute(
        "SELECT i.indexname, i.indexdef FROM pg_indexes i WHERE i.tablename = ANY(%s) "
        "AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = format('%%I', i.indexname)::regclass)",
        [names],
    ).fetchall()
    for name, _definition in found:
        connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
    return [definition for _name, definition in found]


def settle_journal() -> None:
    """Tell sealer and listeners that all this is old news, so that they do not work it off while we measure.

    The last link stands on an event of a small transaction of its own: the sealer reads the last link's transaction
    again each time, and the copies are one transaction of millions of events, as no product ever writes.
    """
    from shouhou.promises.models import Calendar
    from shouhou.shared.journal import record
    from shouhou.shared.models import Cursor, Seal
    from shouhou.shared.pump import install_cursors, settled_before

    last = record("calendar.published", subject=Calendar.objects.order_by("pk")[:1].get())
    install_cursors()
    Cursor.objects.update(xid=settled_before())
    link = Seal.objects.order_by("-position").first()
    position = link.position + 1 if link else 1
    Seal.objects.create(position=position, event_id=last.pk, hash=b"\0" * 32, previous=b"\0" * 32)
