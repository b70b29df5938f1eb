"""The journal takes rows and never gives one back changed."""

import threading
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from shouhou.shared import journal
from shouhou.shared.facts import UnknownFact
from shouhou.shared.journal import record
from shouhou.shared.models import Event, Seal
from shouhou.shared.tests.make import blob

CHANGES = [
    "UPDATE shared_event SET kind = 'probe.forged'",
    "UPDATE shared_event SET kind = 'probe.forged' WHERE false",
    "DELETE FROM shared_event",
    "TRUNCATE shared_event",
    "INSERT INTO shared_event SELECT * FROM shared_event ON CONFLICT (id) DO UPDATE SET kind = 'probe.forged'",
    "MERGE INTO shared_event a USING shared_event b ON a.id = b.id WHEN MATCHED THEN DELETE",
    "UPDATE shared_seal SET position = position + 1",
    "DELETE FROM shared_seal",
    "TRUNCATE shared_seal",
]
WAYS_ROUND = [
    "SET session_replication_role = replica",
    "ALTER TABLE shared_event DISABLE TRIGGER ALL",
    "DROP TRIGGER event_append_only ON shared_event",
    "DROP TABLE shared_event",
    "SET ROLE shouhou_owner",
    "CREATE OR REPLACE FUNCTION shouhou_append_only() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
]


@pytest.fixture(scope="module")
def sealed(committed_once, probe):
    """One event with its seal."""
    event = record(probe, subject=blob())
    Seal.objects.create(position=1, event_id=event.pk, hash=b"a", previous=b"b")
    return committed_once


@pytest.mark.parametrize("statement", CHANGES)
def test_the_product_cannot_change_the_journal(sealed, statement):
    with pytest.raises(ProgrammingError, match=r"append-only|permission denied"), connection.cursor() as cursor:
        cursor.execute(statement)

    assert list(Event.objects.values_list("kind", flat=True)) == ["probe.seen"]
    assert Seal.objects.get().position == 1


@pytest.mark.parametrize("statement", CHANGES)
def test_triggers_stop_even_a_superuser(sealed, statement):
    with psycopg.connect(sealed, autocommit=True) as superuser:
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
            superuser.execute(statement)


@pytest.mark.parametrize("statement", WAYS_ROUND)
def test_the_product_cannot_switch_the_guard_off(sealed, statement):
    with pytest.raises(ProgrammingError), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db
def test_the_app_role_has_no_more_than_reading_and_appending():
    with connection.cursor() as cursor:
        for table in ("shared_event", "shared_seal"):
            for right, given in {"SELECT": 1, "INSERT": 1, "UPDATE": 0, "DELETE": 0, "TRUNCATE": 0}.items():
                cursor.execute("SELECT current_user, has_table_privilege(%s, %s)", [table, right])
                assert cursor.fetchone() == ("shouhou_app", bool(given)), (table, right)


@pytest.mark.django_db
def test_a_fact_that_no_room_declares_is_not_recorded():
    with pytest.raises(UnknownFact):
        record("nobody.knew", subject=blob())
    assert not Event.objects.exists()


@pytest.mark.django_db
def test_an_event_names_its_row_its_case_and_both_times(probe):
    happened = datetime(2026, 1, 5, 1, tzinfo=UTC)
    about, case = blob("a"), blob("b")

    event = record(probe, subject=about, case=case, occurred_at=happened, data={"n": 1})

    event.refresh_from_db()
    assert (event.subject_kind, event.subject_id, event.case_id) == ("shared.blob", about.pk, case.pk)
    assert event.occurred_at == happened
    assert timedelta() <= datetime.now(UTC) - event.recorded_at < timedelta(minutes=1)
    assert list(Event.objects.of(case)) == [event]
    assert not Event.objects.of(about).exists()


@pytest.mark.django_db
def test_a_key_is_taken_once_per_origin(probe):
    about = blob()
    record(probe, subject=about, key="k1", origin="device")
    with pytest.raises(IntegrityError), transaction.atomic():
        record(probe, subject=about, key="k1", origin="device")

    record(probe, subject=about, key="k1", origin="import")
    record(probe, subject=about)
    record(probe, subject=about)
    assert Event.objects.count() == 4


def test_of_two_simultaneous_records_with_one_key_one_stays(committed, probe, together):
    about = blob()
    results = together(*[lambda: record(probe, subject=about, key="once")] * 4)

    assert sorted(type(r).__name__ for r in results) == ["Event"] + ["IntegrityError"] * 3
    assert Event.objects.count() == 1


def test_an_event_of_a_transaction_that_fails_leaves_nothing(committed, probe):
    with transaction.atomic():
        record(probe, subject=blob())
        transaction.set_rollback(True)

    assert not Event.objects.exists()


def test_a_batch_writes_rows_with_ids_that_single_writes_never_take(committed, probe, together):
    batch = journal.Batch()
    about = blob()
    moment = datetime(2026, 1, 5, tzinfo=UTC)
    taken = threading.Event()

    def many() -> None:
        for n in range(1500):
            batch.add(
                journal.event_of(
                    probe, subject=about, occurred_at=moment, recorded_at=moment, origin="import", key=f"b{n}"
                )
            )
        taken.set()
        with transaction.atomic():
            assert batch.write() == 1500

    def singles() -> None:
        taken.wait(10)
        for _ in range(20):
            record(probe, subject=about)

    assert together(many, singles) == [None, None]
    assert Event.objects.count() == 1520
    assert Event.objects.filter(origin="import").exclude(xid=None).values("xid").distinct().count() == 1
