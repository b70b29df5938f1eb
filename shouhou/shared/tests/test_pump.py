"""Listeners hear of every settled event, in the order of transactions, each once where nothing crashes."""

import threading

import psycopg
import pytest
from django.db import transaction
from django.db.models import Max

from shouhou.shared import pump
from shouhou.shared.facts import Listener
from shouhou.shared.journal import record
from shouhou.shared.models import Cursor, Event
from shouhou.shared.tests.make import blob, events, write_late

START = [0]


@pytest.fixture
def listener(committed_once, probe, monkeypatch):
    """Register listeners in place of the rooms' own: listener("a") gives the list of what a hears."""
    registered: dict[str, Listener] = {}
    Cursor.objects.all().delete()
    START[0] = Event.objects.aggregate(last=Max("id"))["last"] or 0
    monkeypatch.setattr(pump, "LISTENERS", registered)

    def make(name: str, fails=lambda event: False) -> list[int]:
        heard: list[int] = []
        writing = threading.Lock()

        def hear(event: Event) -> None:
            if fails(event):
                raise ValueError(f"{name} cannot take {event.pk}")
            with writing:
                heard.append(event.pk)

        registered[name] = Listener(name, frozenset({probe}), hear)
        pump.install_cursors()
        return heard

    return make


def all_ids() -> list[int]:
    """The events of this test."""
    return list(Event.objects.filter(id__gt=START[0]).order_by("id").values_list("id", flat=True))


def test_each_listener_hears_everything_once_in_order(listener):
    one, other = listener("one"), listener("other")
    events(7, blob())

    assert pump.pump() == 14
    assert pump.pump() == 0
    assert one == other == all_ids()


def test_a_listener_hears_only_its_kinds(listener, monkeypatch):
    from shouhou.shared.facts import DECLARED, Declared

    monkeypatch.setitem(DECLARED, "probe.lost", Declared("probe.lost", "Lost"))
    heard = listener("one")
    record("probe.lost", subject=blob())
    assert (pump.pump(), heard) == (0, [])


def test_a_new_listener_hears_from_now_on(listener):
    events(3, blob())
    heard = listener("new")
    after = events(2, blob("later"))

    pump.pump()
    assert heard == [event.pk for event in after]


def test_two_pumps_at_once_deliver_each_event_once(listener, together, monkeypatch):
    monkeypatch.setattr(pump, "BATCH", 20)
    heard = {name: listener(name) for name in ("one", "two", "three")}
    about = blob()
    events(150, about)

    def work() -> None:
        for _ in range(10):
            pump.pump()

    def write() -> None:
        for _ in range(30):
            with transaction.atomic():
                events(3, about)

    assert together(work, work, write) == [None, None, None]
    pump.pump()
    for name, ids in heard.items():
        assert sorted(ids) == all_ids(), name
        assert len(ids) == len(set(ids)) == 240


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 11])
def test_batches_end_at_the_border_of_a_transaction(listener, monkeypatch, size):
    monkeypatch.setattr(pump, "BATCH", 3)
    heard = listener("one")
    about = blob()
    for _ in range(4):
        with transaction.atomic():
            events(size, about)

    pump.pump()
    assert heard == all_ids()
    assert pump.pump() == 0


def test_a_failing_listener_stops_no_other_and_loses_nothing(listener):
    broken = True
    bad = listener("bad", fails=lambda event: broken and event.data["n"] == 2)
    good = listener("good")
    events(5, blob())

    with pytest.raises(ExceptionGroup) as trouble:
        pump.pump()

    assert [str(e).split()[0] for e in trouble.value.exceptions] == ["bad"]
    assert good == all_ids()
    broken = False
    bad.clear()
    pump.pump()
    assert bad == all_ids()  # the whole batch again: at least once
    assert good == all_ids()


def test_what_a_listener_wrote_before_it_failed_is_undone(listener):
    about = blob()

    def writes(event: Event) -> bool:
        Cursor.objects.create(name=f"trace {event.pk}")
        return event.data["n"] == 1

    listener("writer", fails=writes)
    events(2, about)

    with pytest.raises(ExceptionGroup):
        pump.pump()
    assert not Cursor.objects.filter(name__startswith="trace").exists()


def test_an_event_that_commits_late_is_not_passed_over(listener, committed_once):
    heard = listener("one")
    about = blob()
    early = record("probe.seen", subject=about)
    with psycopg.connect(committed_once) as slow:
        late = write_late(slow)
        quick = record("probe.seen", subject=about)
        assert late < quick.pk
        pump.pump()
        assert heard == [early.pk]  # what is younger than an open transaction waits for it
        slow.commit()

    pump.pump()
    assert heard == [early.pk, late, quick.pk]


def test_an_event_of_a_transaction_that_began_early_and_wrote_late_is_heard(listener, committed_once):
    heard = listener("one")
    about = blob()
    with psycopg.connect(committed_once) as slow:
        slow.execute("SELECT pg_current_xact_id()")  # takes its number now, its row comes after others were delivered
        first = record("probe.seen", subject=about)
        pump.pump()
        late = write_late(slow)
        slow.commit()

    pump.pump()
    assert sorted(heard) == [first.pk, late]
    assert first.pk < late


def test_an_event_that_was_rolled_back_is_never_heard(listener, committed_once):
    heard = listener("one")
    with psycopg.connect(committed_once) as slow:
        write_late(slow)
        slow.rollback()
    kept = record("probe.seen", subject=blob())

    pump.pump()
    assert heard == [kept.pk]
