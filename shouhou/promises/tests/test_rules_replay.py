"""Incremental equals replay: a clock depends on which facts there are, never on the order in which they arrived."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from shouhou.promises.rules.calendar import Calendar, Window
from shouhou.promises.rules.clock import Promise
from shouhou.promises.rules.fold import Fact, Terms, fold
from shouhou.promises.rules.period import Period

START = datetime(2026, 10, 11, 16, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
REASONS = ("customer", "force_majeure", "postponed")
KINDS = [
    "fault.reported", "fault.repaired", "request.resolved", "request.rejected", "request.closed", "request.reopened",
    "request.cancelled", "customer.asked", "customer.answered", "message.received", "clock.paused", "clock.resumed",
    "contact.attempted", "request.merged",
]  # fmt: skip


@st.composite
def journals(draw):
    """A dozen facts, some at the same instant, some late, some corrections."""
    found = []
    for id in range(1, draw(st.integers(1, 12)) + 1):
        kind = draw(st.sampled_from(KINDS)) if id > 1 else "fault.reported"
        occurred = START + MINUTE * 30 * draw(st.integers(0, 40))
        data = {"reason": draw(st.sampled_from(REASONS))} if kind.startswith("clock") else {}
        corrects = draw(st.one_of(st.none(), st.integers(1, 12))) if id > 3 and draw(st.booleans()) else None
        found.append(
            Fact(
                kind,
                occurred,
                START + HOUR * draw(st.integers(0, 30)),
                f"{draw(st.integers(0, 3))}-{id}",
                id,
                data,
                corrects,
            )
        )
    return found


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_advancing_event_by_event_equals_replaying_in_any_order_of_arrival(data):
    facts = data.draw(journals())
    window = data.draw(st.sampled_from([None, Window.parse("09:00-12:00,13:00-18:00", "working")]))
    within = Period.parse(data.draw(st.sampled_from(["4 h", "90 min", "1 wd", "2 d", "same day"])))
    told = Terms(
        code="t",
        start="fault.reported",
        stop=("fault.repaired",),
        cancel=("request.cancelled", "request.merged", "request.closed"),
        promise=Promise(within, Calendar.china(), window),
        pause=REASONS,
        attempts=data.draw(st.booleans()),
        repeat=data.draw(st.sampled_from(["first", "each", "cycle"])),
        warn=("50 %",),
    )
    now = START + HOUR * data.draw(st.integers(0, 200))
    replayed = fold(told, {}, facts, now)
    arrived = []
    for fact in data.draw(st.permutations(facts)):
        arrived.insert(0, fact)
        advanced = fold(told, {}, arrived, now)
    assert advanced == replayed
    for reading in replayed:
        assert reading.next_at is None or reading.next_at >= now
        assert (reading.paused_reason is not None) is (reading.state == "paused")
        assert reading.state != "running" or (reading.next_at is not None)
