"""The fold of what a telephone system says: the same call for every order of arrival."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shouhou.hotline.rules.telephony import KINDS, Signal, facts_of, fold

NINE = datetime(2026, 10, 8, 1, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NINE + timedelta(seconds=seconds)


def said(kind: str, seconds: float, **more) -> Signal:
    return Signal(more.pop("id", f"{kind}{seconds}"), kind, at(seconds), **more)


signals = st.lists(
    st.builds(
        Signal,
        id=st.sampled_from("abcdefgh"),
        kind=st.sampled_from(KINDS),
        at=st.integers(0, 120).map(at),
        extension=st.sampled_from(["", "801", "802"]),
        rings=st.one_of(st.none(), st.integers(0, 9)),
        ring_seconds=st.one_of(st.none(), st.floats(0, 60)),
        queued_at=st.one_of(st.none(), st.integers(0, 120).map(at)),
    ),
    max_size=12,
)


@given(signals, st.randoms(use_true_random=False))
def test_any_order_and_any_repetition_gives_the_same_call(line, dice):
    again = [*line, *dice.sample(line, k=len(line) // 2)]
    dice.shuffle(again)
    assert fold(again) == fold(line)


@given(signals)
def test_what_it_tells_never_contradicts_itself(line):
    call = fold(line)
    facts = facts_of(call)
    assert not {"call.abandoned", "call.answered"} <= set(facts)
    assert (call.phase == "abandoned") == ("call.abandoned" in facts)
    if call.answered_at:
        assert call.ringing_at <= call.answered_at
        assert call.ended_at is None or call.ended_at >= call.answered_at
        assert call.held >= 0
    assert call.rings is None or call.rings >= 0


@pytest.mark.clause("A3.9")
@pytest.mark.parametrize(
    ("details", "rings"),
    [({"rings": 2}, 2), ({"ring_seconds": 9.9}, 2), ({"ring_seconds": 10.0}, 3), ({"rings": 2, "ring_seconds": 60}, 2)],
)
def test_rings_are_counted_or_reckoned_from_the_ring_time(details, rings):
    call = fold([said("ringing", 0, extension="801"), said("answered", 30, extension="801", **details)])
    assert call.rings == rings


@pytest.mark.clause("A3.9")
def test_without_count_and_time_the_two_instants_tell_on_the_leg_that_answered():
    line = [
        said("ringing", 0),  # reached us, queues
        said("ringing", 40, extension="801"),  # rings at one desk, nobody there
        said("ringing", 60, extension="802"),
        said("answered", 66, extension="802"),
    ]
    call = fold(line)
    assert call.rings == 2  # 6 s on the telephone that answered: the second ring
    assert call.queued_at == at(0)
    assert call.ringing_at == at(40)


def test_another_cadence_counts_other_rings():
    line = [said("ringing", 0, extension="801"), said("answered", 12, extension="801")]
    assert fold(line).rings == 3
    assert fold(line, (1.0, 2.0)).rings == 5


def test_holding_is_added_up_and_ends_with_the_call():
    line = [said("ringing", 0), said("answered", 5), said("held", 10), said("resumed", 25), said("held", 40)]
    assert fold(line).phase == "held"
    ended = fold([*line, said("hung_up", 50)])
    assert (ended.phase, ended.held) == ("ended", 25.0)


@pytest.mark.clause("A3.9")
def test_who_gives_up_before_any_telephone_rang_was_queueing():
    assert fold([said("ringing", 0), said("abandoned", 90)]).queueing
    assert not fold([said("ringing", 0), said("ringing", 10, extension="801"), said("abandoned", 90)]).queueing


def test_a_system_without_a_word_for_giving_up_hangs_up():
    assert fold([said("ringing", 0, extension="801"), said("hung_up", 20)]).phase == "abandoned"


def test_while_a_call_only_queues_nothing_has_rung_yet():
    assert facts_of(fold([said("ringing", 0)])) == {}
    assert set(facts_of(fold([said("ringing", 0), said("ringing", 30, extension="801")]))) == {"call.ringing"}


def test_a_word_that_no_telephone_system_has_is_refused():
    with pytest.raises(ValueError, match="whistled"):
        said("whistled", 0)
