"""What an Asterisk says of calls, and what our door is told."""

import itertools
from datetime import timedelta

import pytest

from shouhou.hotline.rules import asterisk, telephony
from shouhou.hotline.rules.pbx import resync
from shouhou.hotline.tests.make_asterisk import (
    AGENT,
    ANSWERED,
    CUSTOMER,
    LEG,
    LINKED,
    OTHER,
    OTHER_LEG,
    START,
    arrives,
    called,
    connects,
    dial_ends,
    event,
    flat,
    hangs_up,
    joins,
    rings,
)  # fmt: skip


def told(*events, contexts=asterisk.CONTEXTS):
    """(kind, seconds after START, extension) of each message; nothing is left of a call that is over."""
    calls, messages = {}, []
    for one in flat(*events):
        calls, said = asterisk.hear(calls, one, START + timedelta(hours=1), contexts)
        messages += said
    assert len({m.id for m in messages}) == len(messages)
    return [(m.kind, (m.at - START).total_seconds(), m.extension) for m in messages], calls, messages


def standing(messages):
    """How the door's own fold reads them."""
    return telephony.fold(telephony.Signal(m.id, m.kind, m.at, m.extension, queued_at=m.queued_at) for m in messages)


def test_a_call_through_a_queue_is_told_from_waiting_to_hanging_up():
    said, calls, messages = told(*ANSWERED)
    assert said == [("ringing", 2, ""), ("ringing", 4, "801"), ("answered", 11, "801"), ("hung_up", 91, "")]
    assert calls == {}
    assert {(m.call_id, m.caller, m.dialled) for m in messages} == {(LINKED, "13800138000", "4001234567")}
    call = standing(messages)
    assert (call.phase, call.extension, call.rings, call.queued_at) == ("ended", "801", 2, START + timedelta(seconds=2))


def test_the_same_events_make_the_same_ids_and_these_fit_a_header():
    first, again = (told(*ANSWERED)[2] for _ in range(2))
    assert [m.id for m in first] == [m.id for m in again]
    assert [m.body() for m in first] == [m.body() for m in again]
    assert all(m.id.isascii() and m.id.isprintable() and "." not in m.id and len(m.id) <= 200 for m in first)


def test_two_agents_are_rung_in_turn():
    said, _calls, messages = told(
        arrives(), joins(2), called(3), rings(4), dial_ends(24, "NOANSWER"),
        event("AgentRingNoAnswer", 24, DestChannel=AGENT, DestUniqueid=LEG, RingTime="20000"), hangs_up(24, AGENT, LEG),
        called(29, OTHER, OTHER_LEG), rings(30, OTHER, OTHER_LEG), dial_ends(33, "ANSWER", OTHER, OTHER_LEG),
        connects(33, OTHER, OTHER_LEG), hangs_up(60), hangs_up(60, OTHER, OTHER_LEG),
    )  # fmt: skip
    assert said[1:] == [("ringing", 4, "801"), ("ringing", 30, "802"), ("answered", 33, "802"), ("hung_up", 60, "")]
    assert (standing(messages).extension, standing(messages).rings) == ("802", 1)


def test_two_telephones_ring_together_and_one_answers():
    said, _calls, messages = told(
        arrives(), called(1), called(1, OTHER, OTHER_LEG), rings(2), rings(2, OTHER, OTHER_LEG),
        dial_ends(9, "CANCEL"), dial_ends(9, "ANSWER", OTHER, OTHER_LEG), hangs_up(9, AGENT, LEG), hangs_up(20),
    )  # fmt: skip
    assert said == [("ringing", 2, "801"), ("ringing", 2, "802"), ("answered", 9, "802"), ("hung_up", 20, "")]
    assert standing(messages).rings == 2


def test_a_caller_who_gives_up_in_the_queue_is_told_so():
    said, _calls, messages = told(
        arrives(), joins(2), event("QueueCallerAbandon", 40, Queue="support", HoldTime="38"), hangs_up(40)
    )
    assert said == [("ringing", 2, ""), ("abandoned", 40, "")]
    assert standing(messages).queueing


def test_a_caller_who_gives_up_while_a_telephone_rings_is_told_so():
    said, _calls, messages = told(
        arrives(), joins(2), called(3), rings(4), event("QueueCallerAbandon", 12), hangs_up(12), dial_ends(12, "CANCEL")
    )
    assert said == [("ringing", 2, ""), ("ringing", 4, "801"), ("abandoned", 12, "")]
    assert not standing(messages).queueing


def test_a_queue_that_gives_the_caller_back_has_not_lost_the_call():
    """Asterisk says "abandoned" also of whom it leads on, after the queue's own time."""
    said, _calls, _messages = told(
        arrives(), joins(2), event("QueueCallerAbandon", 30), event("QueueCallerLeave", 30), called(31), rings(32),
        dial_ends(35, "ANSWER"), hangs_up(50),
    )  # fmt: skip
    assert [kind for kind, *_ in said] == ["ringing", "ringing", "answered", "hung_up"]


def test_a_hold_is_told_with_its_end_and_each_hold_for_itself():
    def hold(kind, second):
        return event(kind, second, channel=AGENT, its=LEG)

    said, _calls, messages = told(
        *ANSWERED[:6], hold("Hold", 20), hold("Unhold", 35), hold("Hold", 40), hold("Unhold", 45), hangs_up(90)
    )
    assert said[3:7] == [("held", 20, "801"), ("resumed", 35, "801"), ("held", 40, "801"), ("resumed", 45, "801")]
    assert standing(messages).held == 20


def test_a_caller_who_holds_us_is_not_on_hold():
    said, _calls, _messages = told(*ANSWERED[:6], event("Hold", 20), event("Unhold", 30), hangs_up(90))
    assert [kind for kind, *_ in said] == ["ringing", "ringing", "answered", "hung_up"]


def test_a_hold_ends_when_the_caller_is_put_through_to_a_colleague():
    said, _calls, messages = told(
        *ANSWERED[:6], event("Hold", 20, channel=AGENT, its=LEG), hangs_up(50, AGENT, LEG), hangs_up(90)
    )
    assert said[3:] == [("held", 20, "801"), ("resumed", 50, "801"), ("hung_up", 90, "")]
    assert standing(messages).held == 30


def test_a_call_without_a_queue_rings_at_once():
    said, _calls, messages = told(arrives(), called(1)[1], rings(2), dial_ends(6, "ANSWER"), hangs_up(30))
    assert said == [("ringing", 2, "801"), ("answered", 6, "801"), ("hung_up", 30, "")]
    assert standing(messages).queued_at is None


def test_a_call_whose_telephones_are_dead_is_not_lost():
    said, _calls, messages = told(arrives(), called(1)[1], dial_ends(1.2, "CHANUNAVAIL"), hangs_up(8))
    assert said == [("ringing", 1, ""), ("abandoned", 8, "")]
    assert standing(messages).phase == "abandoned"


def test_who_only_hears_the_menu_is_no_call_of_the_hotline():
    assert told(arrives(), hangs_up(8))[:2] == ([], {})


def test_an_agents_own_call_and_a_colleagues_are_not_told():
    mine = {"channel": AGENT, "its": LEG, "linked": LEG}
    out = [
        event("Newchannel", **mine, Context="from-internal", Exten="013900139000"),
        event("DialBegin", 1, **mine, DestChannel=CUSTOMER, DestUniqueid=LINKED, DestLinkedid=LEG),
        event("Newstate", 2, channel=CUSTOMER, its=LINKED, linked=LEG, ChannelState="5"),
        event("DialEnd", 9, **mine, DestChannel=CUSTOMER, DestUniqueid=LINKED, DialStatus="ANSWER"),
        event("Hold", 12, **mine), event("Unhold", 14, **mine),
        event("Hangup", 20, channel=CUSTOMER, its=LINKED, linked=LEG), event("Hangup", 20, **mine),
    ]  # fmt: skip
    assert told(out)[:2] == ([], {})


def test_which_part_of_the_dial_plan_is_outside_can_be_said():
    lines = (arrives(context="trunks"), called(1)[1], rings(2), hangs_up(9))
    assert told(*lines)[0] == []
    assert [kind for kind, *_ in told(*lines, contexts=("trunk?",))[0]] == ["ringing", "abandoned"]


def test_a_telephone_behind_a_local_channel_rings_and_answers_once():
    local, leg, half = "Local/801@from-queue-00000003;1", "1791421200.19", "1791421200.20"
    inner = {"channel": "Local/801@from-queue-00000003;2", "its": half}
    said, _calls, _messages = told(
        arrives(), joins(2), called(3, local, leg),
        event("DialBegin", 3, **inner, DestChannel=AGENT, DestUniqueid=LEG), rings(4), rings(4, local, leg),
        event("DialEnd", 11, **inner, DestChannel=AGENT, DestUniqueid=LEG, DialStatus="ANSWER"),
        dial_ends(11, "ANSWER", local, leg), connects(11, local, leg), hangs_up(60),
    )  # fmt: skip
    assert said == [("ringing", 2, ""), ("ringing", 4, "801"), ("answered", 11, "801"), ("hung_up", 60, "")]


def test_an_agent_who_waits_on_an_open_line_has_only_the_local_channel():
    local, leg = "Local/1001@agents-00000003;1", "1791421200.19"
    said, _calls, _messages = told(
        arrives(), joins(2), called(3, local, leg), rings(3, local, leg), dial_ends(5, "ANSWER", local, leg),
        connects(6, local, leg), hangs_up(60),
    )  # fmt: skip
    assert said[1:] == [("ringing", 3, "1001"), ("answered", 6, "1001"), ("hung_up", 60, "")]


def test_who_picks_a_colleagues_call_up_has_answered_it():
    said, _calls, _messages = told(arrives(), called(1), rings(2), dial_ends(5, "ANSWER", OTHER, LEG), hangs_up(30))
    assert said[1] == ("answered", 5, "802")


def test_a_caller_whom_a_colleague_puts_into_the_queue_is_a_caller_of_ours():
    """The colleague's line gave the call its Linkedid, and is gone."""
    own = {"channel": AGENT, "its": LEG, "linked": LEG}
    theirs = {"channel": CUSTOMER, "its": LINKED, "linked": LEG}
    said, calls, messages = told(
        event("Newchannel", **own, Context="from-internal", Exten="013900139000"),
        event("QueueCallerJoin", 10, **theirs, Queue="support"), event("Hangup", 10, **own),
        event("DialBegin", 11, **theirs, DestChannel=OTHER, DestUniqueid=OTHER_LEG, DestLinkedid=LEG),
        event("DialState", 12, **theirs, DestChannel=OTHER, DestUniqueid=OTHER_LEG, DialStatus="RINGING"),
        event("DialEnd", 14, **theirs, DestChannel=OTHER, DestUniqueid=OTHER_LEG, DialStatus="ANSWER"),
        event("Hangup", 40, **theirs),
    )  # fmt: skip
    assert said == [("ringing", 10, ""), ("ringing", 12, "802"), ("answered", 14, "802"), ("hung_up", 40, "")]
    assert calls == {}
    assert {m.caller for m in messages} == {"13800138000"}


def test_without_a_time_stamp_the_arrival_counts():
    calls, _ = asterisk.hear({}, arrives(stamped=False), START)
    _calls, (message,) = asterisk.hear(calls, event("QueueCallerJoin", stamped=False), START + timedelta(seconds=3))
    assert message.at == START + timedelta(seconds=3)


@pytest.mark.parametrize("text", ["<unknown>", "anonymous", "", "\x00"])
def test_a_caller_without_a_number_has_none(text):
    _said, _calls, (message, *_) = told(arrives(CallerIDNum=text), event("QueueCallerJoin", 2, CallerIDNum=text))
    assert message.caller == ""


@pytest.mark.parametrize(
    ("channel", "extension"),
    [
        ("PJSIP/801-0000001a", "801"), ("SIP/office-801-00000001", "office-801"), ("Local/801@q-00000001;2", "801"),
        ("Agent/1001", "1001"), ("IAX2/801-77", "801"), ("", ""),
    ],
)  # fmt: skip
def test_whose_telephone_a_channel_is(channel, extension):
    assert asterisk.extension(channel) == extension


def test_events_that_come_without_their_beginning_say_nothing():
    """The adapter was started in the middle of a call."""
    assert told(rings(4), dial_ends(11, "ANSWER"), connects(11), event("Hold", 12, its=LEG), hangs_up(91))[0] == []


def test_events_in_any_order_never_fail():
    for order in itertools.permutations(flat(arrives(), joins(2), called(3)[1], rings(4)[1], hangs_up(20))):
        told(*order)


def row(channel, its, *, up=True, linked=LINKED):
    state = {"ChannelState": "6" if up else "5", "BridgeId": "b1" if up else ""}
    return {"Event": "CoreShowChannel", "Channel": channel, "Uniqueid": its, "Linkedid": linked, **state}


def after_a_gap(events, *rows):
    _said, calls, _messages = told(*events)
    at = START + timedelta(minutes=2)
    calls, messages = resync(calls, tuple(calls), asterisk.seen(rows), at)
    assert {m.at for m in messages} <= {at}
    return [(m.kind, m.extension) for m in messages], calls


def test_a_call_that_ended_while_nobody_listened_is_ended():
    assert after_a_gap(ANSWERED[:6]) == ([("hung_up", "")], {})
    assert after_a_gap(ANSWERED[:4]) == ([("abandoned", "")], {})


def test_a_call_that_was_answered_while_nobody_listened_is_no_lost_call():
    said, calls = after_a_gap(ANSWERED[:4], row(CUSTOMER, LINKED), row(OTHER, OTHER_LEG))
    assert said == [("answered", "802")]
    assert list(calls[LINKED].legs) == [OTHER_LEG]


def test_a_call_that_still_waits_goes_on_waiting():
    said, calls = after_a_gap(ANSWERED[:4], row(CUSTOMER, LINKED), row(AGENT, LEG, up=False))
    assert (said, list(calls)) == ([], [LINKED])
