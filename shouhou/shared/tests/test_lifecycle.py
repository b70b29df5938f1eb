"""A row moves only along its table, one recorded move at a time, whoever else wants it at the same moment."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction

from shouhou.shared.lifecycle import Refused, UnrecordedWrite
from shouhou.shared.models import Event

# The cellar has no row of its own with a status; a problem is the plainest one upstairs.
EXPLAINED = "problem.explained"


def problem() -> Any:
    """A problem of a fresh organisation, open."""
    Organisation, User, Problem = (
        apps.get_model(*name) for name in (("people", "Organisation"), ("people", "User"), ("requests", "Problem"))
    )
    top, _made = Organisation.objects.get_or_create(name="华信", kind="headquarters")
    owner, _made = User.objects.get_or_create(username="owner", name="王强")
    return Problem.objects.create(
        organisation=top, owner=owner, title="短信通道单点", opened_at=datetime(2026, 1, 5, tzinfo=UTC)
    )


def events_of(row: Any) -> list[str]:
    return list(Event.objects.of(row).order_by("id").values_list("kind", flat=True))


@pytest.fixture
def row(committed_once):
    return problem()


def move(row: Any, to: str, words: str, by: Any = None) -> None:
    with row.moving(to, by=by):
        row.root_cause = words


def test_a_move_writes_the_row_and_its_event_together(row):
    with row.moving("explained", by=None, data={"n": 1}) as at:
        row.root_cause = "单线路"

    row.refresh_from_db()
    event = Event.objects.of(row).get()
    assert (row.status, row.root_cause) == ("explained", "单线路")
    assert (event.kind, event.was, event.to, event.occurred_at) == (EXPLAINED, "open", "explained", at)
    assert (event.case_kind, event.organisation_id, event.data) == ("problem", row.organisation_id, {"n": 1})


def test_a_move_that_is_not_in_the_table_is_refused_and_leaves_no_trace(row):
    with pytest.raises(Refused):
        move(row, "remedied", "x")

    assert (row.status, row.root_cause) == ("open", "")
    row.refresh_from_db()
    assert (row.status, events_of(row)) == ("open", [])


def test_who_may_not_move_it_is_refused(row):
    nobody = apps.get_model("people", "User").objects.get(username="owner")  # holds no role
    assert row.moves_for(nobody) == set()
    assert row.moves_for(None) == {"explained"}

    with pytest.raises(Refused):
        move(row, "explained", "x", by=nobody)
    assert events_of(row) == []


def test_a_body_that_fails_undoes_the_row_in_the_database_and_in_memory(row):
    def fail() -> None:
        with row.moving("explained", by=None):
            row.root_cause = "half"
            raise Refused("no")

    with pytest.raises(Refused, match="no"):
        fail()

    assert (row.status, row.root_cause, events_of(row)) == ("open", "", [])
    row.refresh_from_db()
    assert (row.status, row.root_cause) == ("open", "")


def test_of_two_simultaneous_moves_one_wins_and_the_other_is_refused(row, together):
    kind = type(row)
    results = together(*[lambda n=n: move(kind.objects.get(pk=row.pk), "explained", f"cause {n}") for n in range(4)])

    row.refresh_from_db()
    assert sorted(type(r).__name__ for r in results) == ["NoneType", "Refused", "Refused", "Refused"]
    assert row.root_cause == f"cause {results.index(None)}"
    assert events_of(row) == [EXPLAINED]


def test_a_stale_copy_sees_the_row_as_it_is_now(row):
    stale = type(row).objects.get(pk=row.pk)
    move(row, "explained", "单线路")

    with pytest.raises(Refused):
        move(stale, "explained", "again")
    with stale.moving("remedied", by=None):
        assert stale.root_cause == "单线路"
        stale.remedy = "双通道"
    assert events_of(row) == [EXPLAINED, "problem.remedied"]


def test_notes_at_the_same_time_all_stay_and_lose_no_column(row, together):
    """Each appends to the same column; without the lock one would overwrite the other."""
    kind = type(row)

    def note(n: int) -> None:
        mine = kind.objects.get(pk=row.pk)
        with mine.noting("problem.opened", by=None, data={"n": n}):
            mine.workaround += str(n)

    assert together(*[lambda n=n: note(n) for n in range(5)]) == [None] * 5
    row.refresh_from_db()
    assert sorted(row.workaround) == list("01234")
    assert events_of(row) == ["problem.opened"] * 5
    assert row.status == "open"


def test_a_move_and_an_outer_transaction_fail_together(row):
    with transaction.atomic():
        move(row, "explained", "单线路")
        transaction.set_rollback(True)

    row.refresh_from_db()
    assert (row.status, events_of(row)) == ("open", [])


def test_status_cannot_be_saved_past_the_journal(row):
    row.status = "explained"
    for way in ({}, {"update_fields": ["status"]}, {"update_fields": ["status", "title"]}):
        with pytest.raises(UnrecordedWrite):
            row.save(**way)

    row.title = "短信"
    row.save(update_fields=["title"])
    row.refresh_from_db()
    assert (row.status, row.title) == ("open", "短信")


def test_a_row_that_was_never_saved_cannot_move(committed_once):
    with pytest.raises(UnrecordedWrite):
        move(apps.get_model("requests", "Problem")(title="x"), "explained", "x")


def test_inside_a_lock_the_values_are_fresh_and_unsaved_edits_are_dropped(row):
    type(row).objects.filter(pk=row.pk).update(workaround="set elsewhere")
    row.workaround = "typed, not saved"
    with row.locked():
        assert row.workaround == "set elsewhere"


def test_a_move_may_bear_the_time_at_which_it_happened(row):
    then = datetime(2026, 2, 3, 4, 5, tzinfo=UTC)
    with row.moving("explained", by=None, occurred_at=then, origin="device", key=f"phone-{row.pk}") as at:
        row.root_cause = "x"
    event = Event.objects.of(row).get()
    assert at == then == event.occurred_at
    assert event.recorded_at.date() >= date(2026, 11, 1)
    assert (event.origin, event.key) == ("device", f"phone-{row.pk}")
