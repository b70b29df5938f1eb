"""Gapless numbers, with real connections at the same moment."""

from datetime import date

import pytest
from django.db import connection, transaction

from shouhou.people.actions import appoint
from shouhou.people.models import Organisation, User
from shouhou.records.actions import filing
from shouhou.records.actions.making import next_place
from shouhou.records.actions.signing import sign
from shouhou.records.models import Counter, Record
from shouhou.records.tests.make import kinds, log, png, sheet
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Event
from shouhou.shared.tests.conftest import committed, together

__all__ = ["committed", "together"]  # fixtures
WRITERS = 32


@pytest.fixture
def ground(committed):
    kinds()
    top = Organisation.objects.create(name="华信软件", kind="headquarters")
    engineer = User.objects.create_user("engineer", name="王强")
    appoint(user=engineer, role="engineer", organisation=top, from_on=date(2020, 1, 1), by=None)
    return top, engineer


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def test_thirty_two_writers_at_once_get_each_number_once_though_every_third_fails(ground, together):
    top, engineer = ground
    rows = [log(top, engineer, f"第{n}份") for n in range(WRITERS)]

    class Dropped(Exception):
        pass

    def write(n):
        def act():
            record = fresh(rows[n])
            with transaction.atomic():
                filing.file(record, by=engineer)
                if n % 3 == 0:  # after its number was taken
                    raise Dropped
            return record.place

        return act

    done = together(*[write(n) for n in range(WRITERS)])
    places = [d for d in done if isinstance(d, int)]
    dropped = [d for d in done if isinstance(d, Dropped)]
    assert (len(places), len(dropped)) == (WRITERS - 11, 11), done
    assert sorted(places) == list(range(1, len(places) + 1))
    assert sorted(Record.objects.filed().values_list("place", flat=True)) == sorted(places)
    assert Counter.objects.get().last == len(places)
    assert Event.objects.filter(kind="record.filed").count() == len(places)
    assert filing.altered() == []

    for n in range(0, WRITERS, 3):  # those that failed come again: no number was lost
        filing.file(fresh(rows[n]), by=engineer)
    assert sorted(Record.objects.filed().values_list("place", flat=True)) == list(range(1, WRITERS + 1))


def test_two_who_file_one_record_at_once_give_it_one_number(ground, together):
    top, engineer = ground
    record = log(top, engineer)
    done = together(*[lambda: filing.file(fresh(record), by=engineer)] * 4)
    assert sorted(type(d).__name__ for d in done) == ["NoneType"] + ["Refused"] * 3
    assert Counter.objects.get().last == 1


def test_signing_and_filing_at_once_leave_no_signature_behind_the_filing(ground, together):
    top, engineer = ground
    for _ in range(4):
        record = sheet(top, engineer)
        sign(record, role="engineer", name="王强", how="drawn", png=png(), by=engineer)
        done = together(
            lambda record=record: (
                sign(fresh(record), role="customer", name="陈芳", how="drawn", png=png(), by=engineer).pk
            ),
            lambda record=record: filing.file(fresh(record), by=engineer),
        )
        assert isinstance(done[0], int)
        assert done[1] is None or isinstance(done[1], Refused)
    assert filing.altered() == []


def test_other_kinds_and_organisations_do_not_wait_for_each_other(ground, together):
    top, _engineer = ground
    other = Organisation.objects.create(name="成都服务中心", parent=top)
    with transaction.atomic():
        assert next_place("probe_log", organisation=top, year=2026) == 1
        got = together(
            lambda: fast(other, "probe_log", 2026), lambda: fast(top, "probe_sheet", 2026),
            lambda: fast(top, "probe_log", 2027),
        )  # fmt: skip
        assert got == [1, 1, 1]


def fast(organisation, kind, year) -> int:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '3s'")
        return next_place(kind, organisation=organisation, year=year)


def test_a_number_is_taken_within_a_transaction_only(ground):
    with pytest.raises(transaction.TransactionManagementError):
        next_place("probe_log", organisation=ground[0], year=2026)
