"""Making a record, changing a draft, declaring one void, and giving numbers."""

from collections.abc import Mapping
from typing import Any

from django.db import connection, models, transaction
from django.utils.translation import gettext as _

from shouhou.customers.models import Customer
from shouhou.people.models import Organisation, User
from shouhou.records.models import Record
from shouhou.records.rules.content import NOT_STORED, clean, digest_of
from shouhou.records.rules.kinds import kind_called
from shouhou.shared.journal import made_before, record
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import kind_of
from shouhou.shared.time import now


def _title(text: str) -> str:
    title = " ".join(NOT_STORED.sub("", text).split())
    if not title:
        raise Refused(_("A document needs a title."))
    return title[:300]


@transaction.atomic
def make_record(
    kind: str, *, organisation: Organisation, title: str, content: Mapping[str, Any], by: User | None,
    customer: Customer | None = None, case: models.Model | None = None, language: str = "zh-hans", key: str = "",
) -> Record:  # fmt: skip
    """A draft of a registered kind. `case` is any row of a room above that the document belongs to; `key` makes a
    repeated act harmless. Raises UnknownKind, UnknownField, TypeError (see rules.content.clean), Refused.
    """
    sort = kind_called(kind)
    if key and (known := made_before(key, "record.made")):
        return Record.objects.get(pk=known)
    at, kept, called = now(), clean(sort, content), _title(title)
    row = Record.objects.create(
        kind=kind, organisation=organisation, customer=customer, internal=sort.internal, title=called, content=kept,
        language=language, digest=digest_of(kind=kind, title=called, content=kept), made_by=by, made_at=at,
        case_kind=kind_of(case) if case is not None else "", case_id=case.pk if case is not None else None,
        number="" if sort.gapless else loose_number(sort.pattern, year=at.astimezone(organisation.tz).year),
    )  # fmt: skip
    record(
        "record.made", subject=row, by=by, occurred_at=at, key=f"{key}:record.made" if key else None,
        data={"kind": kind, "digest": row.digest},
    )  # fmt: skip
    return row


def revise(row: Record, *, content: Mapping[str, Any], by: User | None, title: str | None = None) -> None:
    """Change what a draft says; whoever signed the former content has to sign again. Raises Refused."""
    kept, called = clean(row.known_kind, content), _title(title) if title is not None else row.title
    digest = digest_of(kind=row.kind, title=called, content=kept)
    with row.noting("record.revised", by=by, data={"digest": digest}):
        if row.status != Record.Status.DRAFT:
            raise Refused(row.refusal(Record.Status.DRAFT))
        row.content, row.title, row.digest = kept, called, digest


def void(row: Record, *, reason: str, by: User | None) -> None:
    """Declare a record void that is not filed. Raises Refused without a reason."""
    if not reason.strip():
        raise Refused(_("Say why the document is void."))
    with row.moving(Record.Status.VOID, by=by) as at:
        row.voided_at, row.void_reason = at, reason.strip()[:2000]


def loose_number(pattern: str, *, year: int) -> str:
    """A number from the common sequence: gaps are allowed, and nobody waits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('record_number')")
        return pattern.format(year=year, n=cursor.fetchone()[0])


def next_place(kind: str, *, organisation: Organisation, year: int) -> int:
    """The next gapless number of a kind in an organisation and year, from 1.

    The counter's row stays locked until the transaction ends, and goes back with it: take it last.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("A gapless number is taken inside a transaction.")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO records_counter (organisation_id, kind, year, last) VALUES (%s, %s, %s, 1)"
            " ON CONFLICT (organisation_id, kind, year) DO UPDATE SET last = records_counter.last + 1 RETURNING last",
            [organisation.pk, kind, year],
        )
        return int(cursor.fetchone()[0])
