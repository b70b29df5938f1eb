"""Filed is filed: the product cannot change it, and whoever holds the database is found out."""

from datetime import date

import psycopg
import pytest
from django.conf import settings as django_settings
from django.db import ProgrammingError, connection, transaction
from django.test import override_settings

from shouhou.people.actions import appoint
from shouhou.people.models import Organisation, User
from shouhou.records.actions import filing
from shouhou.records.actions.signing import sign
from shouhou.records.models import Record
from shouhou.records.tests.make import kinds, log, png, sheet
from shouhou.shared.tests.conftest import committed_once

__all__ = ["committed_once"]  # fixtures

CHANGES = [
    "UPDATE records_record SET content = '{}'::jsonb WHERE status = 'filed'",
    "UPDATE records_record SET number = 'X' WHERE status = 'filed'",
    "UPDATE records_record SET status = 'draft' WHERE status = 'filed'",
    "UPDATE records_record SET retain_until_on = NULL WHERE status = 'filed'",
    "UPDATE records_record SET status = 'filed' WHERE status = 'filed'",
    "DELETE FROM records_record",
    "TRUNCATE records_record CASCADE",
    "UPDATE records_signature SET name = '别人'",
    "DELETE FROM records_signature",
    "TRUNCATE records_signature",
    "UPDATE records_counter SET last = last + 2",
    "UPDATE records_counter SET last = last - 1",
    "DELETE FROM records_counter",
    "INSERT INTO records_signature (record_id, role, name, how, reason, signed_at, occurred_at, device,"
    " digest, salt, key)"
    " SELECT id, 'witness', '别人', 'link', '', now(), now(), '', digest, '', '' FROM records_record"
    " WHERE status = 'filed' LIMIT 1",
]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    """One folder of files for the whole module, as the database is."""
    return str(tmp_path_factory.mktemp("shelf"))


@pytest.fixture(autouse=True)
def _same_shelf(shelf, settings):
    settings.STORAGES = {**settings.STORAGES, "default": on(shelf)}


def on(shelf: str) -> dict:
    return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": shelf}}


@pytest.fixture(scope="module")
def archive(committed_once, shelf):
    """A filed sheet with two signatures, a filed log, a draft; really committed. Gives the superuser's address."""
    kinds()
    with override_settings(STORAGES={**django_settings.STORAGES, "default": on(shelf)}):
        fill()
    return committed_once


def fill() -> None:
    top = Organisation.objects.create(name="华信软件", kind="headquarters")
    engineer = User.objects.create_user("engineer", name="王强")
    appoint(user=engineer, role="engineer", organisation=top, from_on=date(2020, 1, 1), by=None)
    record = sheet(top, engineer)
    for role in ("customer", "engineer"):
        sign(record, role=role, name=role, how="drawn", png=png(), by=engineer)
    filing.file(record, by=engineer)
    filing.file(log(top, engineer), by=engineer)
    sheet(top, engineer, title="草稿")


def state() -> list[tuple]:
    rows = []
    with connection.cursor() as cursor:
        for table in ("records_record", "records_signature", "records_counter"):
            cursor.execute(f"SELECT * FROM {table} ORDER BY id")
            rows += cursor.fetchall()
    return rows


@pytest.mark.clause("I6")
@pytest.mark.parametrize("statement", CHANGES)
def test_the_product_cannot_change_what_is_filed(archive, statement):
    before = state()
    with pytest.raises(ProgrammingError, match=r"cannot be|kept as|counted up|permission denied"):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert state() == before


@pytest.mark.clause("I6")
@pytest.mark.parametrize("statement", CHANGES)
def test_triggers_stop_even_a_superuser(archive, statement):
    with psycopg.connect(archive, autocommit=True) as superuser:
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match=r"cannot be|kept as|counted up"):
            superuser.execute(statement)


def test_a_draft_is_still_open(archive):
    assert Record.objects.filter(status="draft").update(title="新题目") == 1


TAMPERED = {
    "UPDATE records_record SET content = '{}'::jsonb WHERE kind = 'probe_sheet'": "content",
    "UPDATE records_record SET title = '改' WHERE kind = 'probe_sheet'": "content",
    "UPDATE records_record SET number = 'PS-1' WHERE number LIKE 'PS-%'": "row",
    "UPDATE records_record SET filed_at = filed_at - interval '1 day' WHERE kind = 'probe_sheet'": "row",
    "UPDATE records_record SET filed_by_id = NULL WHERE kind = 'probe_sheet'": "row",
    "UPDATE records_record r SET pdf_id = l.pdf_id FROM records_record l"
    " WHERE r.kind = 'probe_sheet' AND l.kind = 'probe_log'": "pdf",
    "UPDATE records_record SET status = 'draft' WHERE kind = 'probe_sheet' AND status = 'filed'": "removed",
    "UPDATE records_signature SET name = '别人' WHERE role = 'customer'": "signatures",
    "UPDATE records_signature SET occurred_at = occurred_at - interval '1 day' WHERE role = 'customer'": "signatures",
    "DELETE FROM records_signature WHERE role = 'customer'": "signatures",
    "UPDATE records_record SET place = 7 WHERE kind = 'probe_log'": "gap",
    "DELETE FROM records_record WHERE kind = 'probe_log'": "removed",
}


@pytest.mark.parametrize("statement", TAMPERED)
def test_what_a_superuser_changes_behind_the_triggers_is_found_and_named(archive, statement):
    """The superuser switches the triggers off, changes, looks with our own reader, and takes it back."""
    kinds()
    assert filing.altered() == []
    settings = connection.settings_dict
    user = settings["USER"]
    connection.close()
    settings["USER"] = "postgres"
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL session_replication_role = replica")
                cursor.execute(statement)
                assert cursor.rowcount >= 1
            codes = {found.code for found in filing.altered()}
            transaction.set_rollback(True)
    finally:
        connection.close()
        settings["USER"] = user
    assert TAMPERED[statement] in codes
    assert filing.altered() == []
