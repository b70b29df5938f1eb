"""Messages on their way to the door: what it refuses, what it cannot take, and what has no room."""

import asyncio
from datetime import UTC, datetime

import pytest

from config.telephone.outbox import Outbox
from config.tests.exchange import SECRET, Door, opened, until
from shouhou.hotline.rules.pbx import Message
from tests.live import free_port

AT = datetime(2026, 10, 8, 1, 0, tzinfo=UTC)


@pytest.fixture
def door():
    return Door(free_port())


def message(kind, call="c1", n=0):
    return Message(f"{call}_{kind}_{n}", kind, call, AT, caller="13800138000")


def sent(door, messages, true, *, url="", most=1000):
    """Send until something is true of the outbox; what it said, and the outbox."""
    said = []

    async def walk():
        outbox = Outbox(url or door.url, SECRET, say=said.append, shortest=0.02, most=most)
        for one in messages:
            outbox.put(one)
        sending = asyncio.create_task(outbox.run())
        try:
            await until(lambda: true(outbox))
        finally:
            sending.cancel()
        return outbox

    with opened(door):
        return said, asyncio.run(walk())


def test_what_the_door_does_not_understand_is_named_in_full_and_the_next_is_sent(door):
    door.answers = {"call.held": (400, {"error": "Not understood.", "fields": {"type": "no"}})}
    said, outbox = sent(door, [message("held"), message("hung_up")], lambda outbox: not outbox.count)
    assert (outbox.sent, outbox.dropped) == (1, 1)
    assert list(door.taken) == ["c1_hung_up_0"]
    (line,) = said
    assert line.startswith("LOST")
    assert message("held").body() in line


def test_a_400_that_is_not_the_doors_own_loses_nothing(door):
    """A proxy, or a host name that the server does not know."""
    door.answers = {"call.held": (400, {})}
    said, outbox = sent(door, [message("held")], lambda _outbox: door.knocks > 3)
    assert (outbox.count, outbox.dropped) == (1, 0)
    assert "400" in said[0]


def test_one_call_in_trouble_does_not_keep_the_others(door):
    door.answers = {"call.held": (500, {})}
    messages = [message("ringing"), message("held"), message("hung_up"), message("ringing", "c2")]
    _said, outbox = sent(door, messages, lambda outbox: outbox.sent == 2 and door.knocks > 5)
    assert [one.kind for one in outbox.left()] == ["held", "hung_up"]
    assert set(door.taken) == {"c1_ringing_0", "c2_ringing_0"}


@pytest.mark.parametrize(("status", "hint"), [(401, "secret"), (403, "refuses"), (404, "address"), (302, "302")])
def test_a_setting_that_is_wrong_is_named_once_and_can_be_mended(door, status, hint):
    door.answers = {"call.held": (status, {})}
    said, outbox = sent(door, [message("held")], lambda _outbox: door.knocks > 3)
    assert len(said) == 1
    assert hint in said[0]
    assert outbox.count == 1
    door.answers = {}
    _said, outbox = sent(door, outbox.left(), lambda outbox: not outbox.count)
    assert outbox.sent == 1


def test_when_all_room_is_taken_the_oldest_call_goes_and_is_named(door):
    said = []
    outbox = Outbox(door.url, SECRET, say=said.append, most=4)
    for one in (message("ringing"), message("hung_up"), *(message("held", "c2", n) for n in range(3))):
        outbox.put(one)
    assert [one.call_id for one in outbox.left()] == ["c2"] * 3
    assert (outbox.count, outbox.dropped) == (3, 2)
    assert ["no more room" in line and "c1_" in line for line in said] == [True, True]


def test_at_the_end_what_waits_is_tried_once_more_without_delay(door):
    async def walk(opens):
        outbox = Outbox(door.url, SECRET, say=lambda _: None, shortest=60)
        outbox.put(message("ringing"))
        outbox.put(message("hung_up"))
        sending = asyncio.create_task(outbox.run())
        await until(lambda: outbox.trouble)
        if opens:
            door.open()
        left = await outbox.drain(0.5)
        sending.cancel()
        return left

    assert asyncio.run(walk(False)) == 2
    assert asyncio.run(walk(True)) == 0
    door.close()
    assert list(door.taken) == ["c1_ringing_0", "c1_hung_up_0"]
