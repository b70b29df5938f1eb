"""What a FreeSWITCH says of calls, and what our door is told."""

from datetime import timedelta

import pytest

from shouhou.hotline.rules import freeswitch, telephony
from shouhou.hotline.rules.pbx import resync
from shouhou.hotline.tests.make_freeswitch import (
    CALLER,
    LEG,
    OTHER_LEG,
    QUEUED,
    START,
    arrives,
    bridges,
    centre,
    event,
    flat,
    hangs_up,
    leg,
    queue_connects,
    rung,
)  # fmt: skip


def told(*events, contexts=freeswitch.CONTEXTS):
    """(kind, seconds after START, extension) of each message; nothing is left of a call that is over."""
    calls, messages = {}, []
    for one in flat(*events):
        calls, said = freeswitch.hear(calls, one, START + timedelta(hours=1), contexts)
        messages += said
    assert len({m.id for m in messages}) == len(messages)
    return [(m.kind, (m.at - START).total_seconds(), m.extension) for m in messages], calls, messages


def standing(messages):
    """How the door's own fold reads them."""
    return telephony.fold(telephony.Signal(m.id, m.kind, m.at, m.extension, queued_at=m.queued_at) for m in messages)


def test_a_call_through_a_queue_is_told_from_waiting_to_hanging_up():
    said, calls, messages = told(
        *QUEUED, hangs_up(90, LEG), centre("bridge-agent-end", 90, LEG), hangs_up(91),
        centre("member-queue-end", 91.5, CC_Cause="Terminated"),
    )  # fmt: skip
    assert said == [("ringing", 2, ""), ("ringing", 4, "801"), ("answered", 11, "801"), ("hung_up", 91, "")]
    assert calls == {}
    assert {(m.call_id, m.caller, m.dialled) for m in messages} == {(CALLER, "13800138000", "4001234567")}
    call = standing(messages)
    assert (call.phase, call.extension, call.rings, call.queued_at) == ("ended", "801", 2, START + timedelta(seconds=2))


def test_the_same_events_make_the_same_ids():
    first, again = (told(*QUEUED, hangs_up(90))[2] for _ in range(2))
    assert [(m.id, m.body()) for m in first] == [(m.id, m.body()) for m in again]


def test_two_agents_are_rung_in_turn():
    said, _calls, messages = told(
        *QUEUED[:5], hangs_up(24, LEG), rung(30, OTHER_LEG, "802", queue=True),
        leg("CHANNEL_ANSWER", 33, OTHER_LEG, "802", queue=True), queue_connects(33, OTHER_LEG, "802@default"),
        hangs_up(60), hangs_up(60, OTHER_LEG),
    )  # fmt: skip
    assert said[1:] == [("ringing", 4, "801"), ("ringing", 30, "802"), ("answered", 33, "802"), ("hung_up", 60, "")]
    assert (standing(messages).extension, standing(messages).rings) == ("802", 1)


def test_of_two_who_pick_up_at_once_the_one_that_is_put_through_has_answered():
    said, _calls, _messages = told(
        *QUEUED[:5], rung(4, OTHER_LEG, "802", queue=True), leg("CHANNEL_ANSWER", 9, queue=True),
        leg("CHANNEL_ANSWER", 9.25, OTHER_LEG, "802", queue=True), queue_connects(9.5, OTHER_LEG, "802@default"),
        hangs_up(10, LEG), hangs_up(60),
    )  # fmt: skip
    assert said[3:] == [("answered", 9.25, "802"), ("hung_up", 60, "")]


def test_a_caller_who_gives_up_in_the_queue_is_told_so():
    said, _calls, messages = told(
        *QUEUED[:3], centre("member-queue-end", 40, CC_Cause="Cancel", CC_Cancel_Reason="BREAK_OUT"), hangs_up(40)
    )
    assert said == [("ringing", 2, ""), ("abandoned", 40, "")]
    assert standing(messages).queueing


def test_a_caller_who_gives_up_while_a_telephone_rings_is_told_so():
    said, _calls, messages = told(*QUEUED[:5], hangs_up(12), hangs_up(12, LEG), centre("member-queue-end", 12))
    assert said == [("ringing", 2, ""), ("ringing", 4, "801"), ("abandoned", 12, "")]
    assert not standing(messages).queueing


def test_who_leaves_the_queue_for_its_time_is_not_lost_yet():
    said, _calls, _messages = told(
        *QUEUED[:3], centre("member-queue-end", 30, CC_Cause="Cancel", CC_Cancel_Reason="TIMEOUT"), rung(31),
        leg("CHANNEL_ANSWER", 35), bridges(35), hangs_up(50),
    )  # fmt: skip
    assert [kind for kind, *_ in said] == ["ringing", "ringing", "answered", "hung_up"]


def test_a_hold_is_told_with_its_end():
    said, _calls, messages = told(
        *QUEUED, leg("CHANNEL_HOLD", 20, queue=True), leg("CHANNEL_UNHOLD", 35, queue=True),
        event("CHANNEL_HOLD", 40), event("CHANNEL_UNHOLD", 50), hangs_up(90),
    )  # fmt: skip
    assert said[3:5] == [("held", 20, "801"), ("resumed", 35, "801")]
    assert standing(messages).held == 15


def test_a_hold_ends_when_the_caller_is_put_through_to_a_colleague():
    """The colleague was called on a second line, whose leg then talks with the caller."""
    second = "0a5d1b0c-7a55-4f3d-9d3e-000000000002"
    colleague = leg("CHANNEL_CREATE", 25, OTHER_LEG, "802") | {
        "Other-Leg-Unique-ID": second, "Channel-Call-UUID": second,
    }  # fmt: skip
    said, calls, messages = told(
        *QUEUED, leg("CHANNEL_HOLD", 20, queue=True),
        arrives(24, context="default", dialled="802", caller="801") | {"Unique-ID": second}, colleague,
        bridges(50, OTHER_LEG), hangs_up(50, LEG), hangs_up(50, second), hangs_up(90), hangs_up(90, OTHER_LEG),
    )  # fmt: skip
    assert said[3:] == [("held", 20, "801"), ("resumed", 50, "801"), ("hung_up", 90, "")]
    assert calls == {}
    assert standing(messages).held == 30


def test_a_call_without_a_queue_rings_at_once():
    said, _calls, messages = told(
        arrives(), rung(2), event("CHANNEL_PROGRESS", 2), leg("CHANNEL_ANSWER", 6), bridges(6), hangs_up(30)
    )
    assert said == [("ringing", 2, "801"), ("answered", 6, "801"), ("hung_up", 30, "")]
    assert standing(messages).queued_at is None


def test_a_call_whose_telephone_is_dead_is_not_lost():
    said, _calls, _messages = told(arrives(), leg("CHANNEL_CREATE", 1), hangs_up(2, LEG), hangs_up(8))
    assert said == [("ringing", 1, ""), ("abandoned", 8, "")]


def test_a_colleague_who_takes_a_ringing_call_from_elsewhere_has_answered_it():
    own = arrives(5, context="default", dialled="*8", caller="803") | {"Unique-ID": OTHER_LEG}
    said, _calls, _messages = told(arrives(), rung(2), own, bridges(6, OTHER_LEG), hangs_up(6, LEG), hangs_up(30))
    assert said[1] == ("answered", 6, "803")


def test_an_agent_on_an_open_line_answers_without_ringing():
    said, _calls, _messages = told(*QUEUED[:3], queue_connects(5), hangs_up(60))
    assert said == [("ringing", 2, ""), ("answered", 5, "801"), ("hung_up", 60, "")]


def test_an_agents_own_call_and_a_colleagues_are_not_told():
    out = [
        arrives(context="default", dialled="013900139000", caller="801"), rung(1, OTHER_LEG, "013900139000"),
        leg("CHANNEL_ANSWER", 5, OTHER_LEG), bridges(5, OTHER_LEG), event("CHANNEL_HOLD", 6), hangs_up(9),
        hangs_up(9, OTHER_LEG),
    ]  # fmt: skip
    assert told(*out)[:2] == ([], {})


def test_which_part_of_the_dial_plan_is_outside_can_be_said():
    lines = (arrives(context="trunks"), rung(2), hangs_up(9))
    assert told(*lines)[0] == []
    assert [kind for kind, *_ in told(*lines, contexts=("trunk?",))[0]] == ["ringing", "abandoned"]


@pytest.mark.parametrize(
    ("headers", "extension"),
    [
        ({"variable_dialed_user": "801", "Caller-Destination-Number": "gw7k"}, "801"),
        ({"Channel-Presence-ID": "801@pbx.example", "Caller-Destination-Number": "x"}, "801"),
        ({"Caller-Destination-Number": "801"}, "801"),
        ({"Channel-Name": "sofia/internal/801@10.0.0.5:5060"}, "801"),
    ],
)
def test_whose_telephone_a_leg_is(headers, extension):
    assert freeswitch.extension(headers) == extension


@pytest.mark.parametrize("time", ["", "0", "soon", "9" * 40])
def test_without_a_time_of_its_own_the_arrival_counts(time):
    lines = [one | {"Event-Date-Timestamp": time} for one in (arrives(), centre("member-queue-start", 2))]
    assert told(*lines)[0] == [("ringing", 3600, "")]


def test_events_that_come_without_their_beginning_say_nothing():
    """The adapter was started in the middle of a call."""
    assert told(*QUEUED[4:], leg("CHANNEL_HOLD", 20, queue=True), hangs_up(90))[0] == []


def row(its, *, call=CALLER, user="801", state="ACTIVE"):
    name = f"sofia/internal/{user}@10.0.0.5"
    return {"uuid": its, "call_uuid": call, "name": name, "presence_id": f"{user}@pbx", "callstate": state}


def after_a_gap(events, *rows):
    _said, calls, _messages = told(*events)
    calls, messages = resync(calls, tuple(calls), freeswitch.seen(rows), START + timedelta(minutes=2))
    return [(m.kind, m.extension) for m in messages], calls


def test_a_call_that_ended_while_nobody_listened_is_ended():
    assert after_a_gap(QUEUED) == ([("hung_up", "")], {})
    assert after_a_gap(QUEUED[:5]) == ([("abandoned", "")], {})


def test_a_call_that_was_answered_while_nobody_listened_is_no_lost_call():
    assert after_a_gap(QUEUED[:5], row(CALLER), row(LEG, call=LEG))[0] == [("answered", "801")]
    assert after_a_gap((arrives(), rung(2)), row(CALLER), row(OTHER_LEG, user="802"))[0] == [("answered", "802")]


def test_a_call_that_still_rings_goes_on_ringing():
    said, calls = after_a_gap(QUEUED[:5], row(CALLER), row(LEG, call=LEG, state="RINGING"))
    assert (said, list(calls)) == ([], [CALLER])
