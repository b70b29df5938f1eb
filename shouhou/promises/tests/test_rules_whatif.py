"""The quick replay of past cases equals the ordinary fold, verdict by verdict, and counts what it found."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from shouhou.promises.rules.calendar import Calendar, Window
from shouhou.promises.rules.clock import Promise
from shouhou.promises.rules.fold import Fact, Terms
from shouhou.promises.rules.period import Period
from shouhou.promises.rules.replay import Bench, kinds_of, one_by_one, sums_of
from shouhou.promises.tests.test_rules_replay import REASONS, START, journals

HOUR, CHINA = timedelta(hours=1), Calendar.china()
WINDOW = Window.parse("09:00-12:00,13:00-18:00", "working")


def terms(code="t", within="4 h", *, window=None, start="fault.reported", stop=("fault.repaired",), **more):
    promise = Promise(Period.parse(within), CHINA, window)
    cancel = ("request.cancelled", "request.merged", "request.closed")
    return Terms(code, start, stop, cancel, promise, **more)


@st.composite
def any_terms(draw, code):
    return terms(
        code, draw(st.sampled_from(["4 h", "90 min", "1 wd", "2 d", "same day", "3 rings", "external"])),
        window=draw(st.sampled_from([None, WINDOW])), pause=draw(st.sampled_from([(), REASONS, ("customer",)])),
        attempts=draw(st.booleans()), repeat=draw(st.sampled_from(["first", "each", "cycle"])), warn=("50 %",),
        when=draw(st.sampled_from([{}, {"severity": ["high"]}, {"remote_failed": True}])), otherwise="z",
    )  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_the_quick_replay_equals_the_ordinary_fold(data):
    told = [data.draw(any_terms(code)) for code in ("a", "b")]
    told.append(terms("z", "2 wd", start="a.broken|b.broken", repeat="each", follow_on=True))
    now = START + HOUR * data.draw(st.integers(0, 200))
    bench = Bench(told, now)
    for case in range(3):
        what = {"severity": data.draw(st.sampled_from(["high", "low"])),
                "remote_failed": data.draw(st.sampled_from([None, True, False]))}  # fmt: skip
        facts = data.draw(journals())
        assert bench.judge(case, what, facts) == one_by_one(case, what, facts, told, now)


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_facts_of_other_kinds_change_no_verdict(data):
    told = [data.draw(any_terms("a"))]
    facts, now = data.draw(journals()), START + HOUR * 200
    noise = [Fact("request.edited", START + HOUR * n, START, f"n{n}", 100 + n) for n in range(3)]
    read = [f for f in facts if f.kind in kinds_of(told) or f.corrects_id is not None]
    assert one_by_one(1, {}, [*facts, *noise], told, now) == Bench(told, now).judge(1, {}, read)


def fact(kind, hour, id):
    occurred = datetime(2026, 10, 12, tzinfo=UTC) + HOUR * hour
    return Fact(kind, occurred, occurred, f"{id:06}", id)


def test_verdicts_and_their_sums_by_local_hour():
    told, now = [terms()], datetime(2026, 10, 20, tzinfo=UTC)
    bench = Bench(told, now)
    logs = {
        1: [fact("fault.reported", 1, 1), fact("fault.repaired", 5, 2)],  # at the very due instant
        2: [fact("fault.reported", 1, 1), fact("fault.repaired", 8, 2)],
        3: [fact("fault.reported", 17, 1)],  # 01:00 in Shanghai, never repaired
        4: [fact("fault.reported", 2, 1), fact("request.cancelled", 3, 2)],
    }
    found = [v for case, facts in logs.items() for v in bench.judge(case, {}, facts)]
    assert [(v.answer, v.late) for v in found] == [
        ("kept", None), ("missed", 3 * HOUR), ("missed", None), ("off", None),
    ]  # fmt: skip
    (row,) = sums_of(told, found, "Asia/Shanghai")
    assert (row.kept, row.missed, row.open, row.off, row.share) == (1, 2, 0, 1, 1 / 3)
    assert (row.missed_by_hour[9], row.missed_by_hour[1], row.decided_by_hour[9]) == (1, 1, 2)
    assert sum(row.decided_by_hour) == 3


def test_a_clock_that_still_runs_is_open_and_nothing_decided_has_no_share():
    facts = [fact("fault.reported", 1, 1)]
    now = facts[0].occurred_at + HOUR
    (verdict,) = Bench([terms()], now).judge(1, {}, facts)
    (row,) = sums_of([terms()], [verdict], "Asia/Shanghai")
    assert (verdict.answer, row.open, row.share) == ("open", 1, None)
