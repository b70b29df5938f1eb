"""`./run verify`: whatever a superuser does behind the product's back shows."""

import psycopg
import pytest
from django.db import connection, transaction

from shouhou.shared import seal
from shouhou.shared.journal import record
from shouhou.shared.models import Event, Seal
from shouhou.shared.tests.make import blob, events, write_late


@pytest.fixture(scope="module")
def nine(superuser_once, probe):
    """Nine sealed events: four single ones, then three and two in one transaction each."""
    about = blob()
    events(4, about)
    for size in (3, 2):
        with transaction.atomic():
            events(size, about)
    assert seal.seal() == 9


@pytest.fixture
def tamper(nine):
    """Do as a superuser does who has switched the guards off; undone after the test. Gives the number of rows."""

    def run(statement: str, values: tuple[object, ...] = ()) -> int:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return int(cursor.rowcount)

    with transaction.atomic():
        run("SET LOCAL session_replication_role = replica")
        yield run
        transaction.set_rollback(True)


def ids() -> list[int]:
    return list(Event.objects.order_by("id").values_list("id", flat=True))


def test_an_untouched_chain_is_whole(tamper):
    verdict = seal.verify()
    assert (verdict.sealed, verdict.unsealed, verdict.troubles) == (9, 0, [])


def test_the_unsealed_tail_is_counted_apart(tamper):
    events(2, blob("other"))
    verdict = seal.verify()
    assert (verdict.sealed, verdict.unsealed, verdict.troubles) == (9, 2, [])


def test_sealing_goes_on_where_it_stopped_and_a_slice_may_cut_a_transaction(committed, probe):
    with transaction.atomic():
        events(5, blob())
    assert [seal.seal(limit=2), seal.seal(limit=2), seal.seal(limit=2), seal.seal(limit=2)] == [2, 2, 1, 0]
    assert list(Seal.objects.order_by("position").values_list("event_id", flat=True)) == ids()
    assert seal.verify().troubles == []


ALTERED = [
    "kind = 'probe.forged'", "subject_kind = 'x'", "subject_id = 77", "case_kind = 'x'", "case_id = 77",
    "customer_id = 77", "organisation_id = 77", "audience = 'customer'", "by_id = 77", "on_behalf_of = 77",
    "occurred_at = occurred_at - interval '1 microsecond'", "recorded_at = recorded_at + interval '1 second'",
    "origin = 'device'", "key = 'x'", "corrects_id = 77", "was = 'new'", '"to" = \'closed\'', "data = '{\"n\": 8}'",
    "data = data || '{\"m\": null}'",
]  # fmt: skip


@pytest.mark.parametrize("change", ALTERED)
def test_an_altered_row_is_named(tamper, change):
    victim = ids()[4]
    assert tamper(f"UPDATE shared_event SET {change} WHERE id = %s", (victim,)) == 1
    assert seal.verify().troubles == [f"event {victim} was altered"]


def test_every_column_of_the_journal_is_under_the_seal():
    columns = {field.attname for field in Event._meta.concrete_fields}
    assert columns - set(seal.COLUMNS) == {"xid"}  # the machine's own number of the transaction
    assert len(ALTERED) >= len(seal.COLUMNS) - 1


@pytest.mark.parametrize("place", [0, 4, 8])
def test_a_removed_row_is_named(tamper, place):
    victim = ids()[place]
    tamper("DELETE FROM shared_event WHERE id = %s", (victim,))
    assert seal.verify().troubles == [f"event {victim} was removed"]


def test_a_row_removed_with_its_link_leaves_a_gap(tamper):
    victim = ids()[3]
    tamper("DELETE FROM shared_event WHERE id = %s", (victim,))
    tamper("DELETE FROM shared_seal WHERE event_id = %s", (victim,))
    assert seal.verify().troubles == ["links 4 to 4 are missing", "link 5 does not follow the one before it"]


def test_closing_the_gap_by_moving_the_links_up_shows_too(tamper):
    victim = ids()[3]
    tamper("DELETE FROM shared_event WHERE id = %s", (victim,))
    tamper("DELETE FROM shared_seal WHERE event_id = %s", (victim,))
    for position in range(5, 10):
        tamper("UPDATE shared_seal SET position = position - 1 WHERE position = %s", (position,))
    assert seal.verify().troubles == ["link 4 does not follow the one before it"]


INSERTED = """
INSERT INTO shared_event (id, kind, subject_kind, subject_id, case_kind, case_id, audience, occurred_at, recorded_at,
    origin, key, xid, was, "to", data)
SELECT %s, kind, subject_kind, subject_id, case_kind, case_id, audience, occurred_at, recorded_at, origin, '', xid,
    '', '', data FROM shared_event WHERE id = %s
"""


@pytest.mark.parametrize(
    ("beside", "before"),
    [(0, True), (4, True), (4, False), (8, True)],
    ids=["first", "in a transaction", "after it", "in the last transaction"],
)
def test_a_row_slipped_in_between_sealed_ones_is_named(tamper, beside, before):
    new = -1 if before else 10_000
    tamper(INSERTED, (new, ids()[beside]))
    verdict = seal.verify()
    assert verdict.troubles == [f"event {new} was inserted behind the seal"]
    assert verdict.unsealed == 0


def test_two_rows_that_changed_places_are_named(tamper):
    one, other = ids()[1], ids()[2]
    for old, new in ((one, -5), (other, one), (-5, other)):
        tamper("UPDATE shared_event SET id = %s WHERE id = %s", (new, old))
    assert seal.verify().troubles == [f"event {one} was altered", f"event {other} was altered"]


def test_two_links_that_changed_places_are_named(tamper):
    for old, new in ((2, 99), (3, 2), (99, 3)):
        tamper("UPDATE shared_seal SET position = %s WHERE position = %s", (new, old))
    assert len(seal.verify().troubles) == 3


def test_a_forger_who_also_writes_the_hash_anew_breaks_the_next_link(tamper):
    victim = ids()[4]
    tamper("UPDATE shared_event SET kind = 'probe.forged' WHERE id = %s", (victim,))
    link = Seal.objects.get(event_id=victim)
    forged = seal.digest(Event.objects.get(pk=victim), bytes(link.previous))
    tamper("UPDATE shared_seal SET hash = %s WHERE event_id = %s", (forged, victim))
    assert seal.verify().troubles == ["link 6 does not follow the one before it"]


def test_two_sealers_make_one_chain(committed, probe, together):
    events(60, blob())

    def work() -> int:
        return sum(seal.seal(limit=7) for _ in range(20))

    made = together(work, work, work)

    while seal.seal():
        pass
    assert all(isinstance(n, int) for n in made), made
    verdict = seal.verify()
    assert (verdict.sealed, verdict.unsealed, verdict.troubles) == (60, 0, [])


def test_an_event_that_commits_late_is_sealed_when_it_has_settled(committed, probe):
    about = blob()
    with psycopg.connect(committed) as other:  # an open transaction, older than what follows
        write_late(other)
        record(probe, subject=about)
        assert seal.seal() == 0
        other.commit()
    assert seal.seal() == 2
    assert seal.verify().troubles == []
