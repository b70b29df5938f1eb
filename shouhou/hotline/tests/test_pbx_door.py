"""From the events of a telephone system to the call at our door."""

import pytest

from shouhou.hotline.models import Call
from shouhou.hotline.rules import asterisk, freeswitch
from shouhou.hotline.tests import make_asterisk, make_freeswitch
from shouhou.hotline.tests.make import post, telephones
from shouhou.promises.models import Clock

pytestmark = pytest.mark.django_db

FREESWITCH = make_freeswitch.flat(*make_freeswitch.QUEUED, make_freeswitch.hangs_up(91))
ASTERISK = make_asterisk.flat(*make_asterisk.ANSWERED)


@pytest.fixture
def house(company, agent):
    return telephones(company, n801=agent)


def tell(client, door, hear, events):
    """The answers of the door to what these events make us say, each message sent twice."""
    calls, said = {}, []
    for event in events:
        calls, messages = hear(calls, event, make_asterisk.START)
        for message in messages:
            for _ in range(2):
                answer = post(client, door, message.body(), message_id=message.id)
                assert answer.status_code == 200, answer.content
                said.append((message.kind, answer.json()["taken"]))
    return said


@pytest.mark.clause("A3.9")
@pytest.mark.parametrize(("hear", "events"), [(asterisk.hear, ASTERISK), (freeswitch.hear, FREESWITCH)])
def test_a_call_of_a_telephone_system_stands_at_our_door(client, house, agent, customer, contact, hear, events):
    line, door = house
    said = tell(client, door, hear, events)
    assert said == [
        (kind, when) for kind in ("ringing", "ringing", "answered", "hung_up") for when in ("now", "before")
    ]
    call = Call.objects.get()
    assert (call.line, call.agent, call.customer, call.contact) == (line, agent, customer, contact)
    assert (call.phase, call.rings, call.held_seconds) == ("ended", 2, 0)
    assert [(at - make_asterisk.START).seconds for at in (call.queued_at, call.ringing_at, call.answered_at)] == [
        2, 4, 11,
    ]  # fmt: skip
    assert Clock.objects.get(case_kind="call", commitment__clause="A3.9").state == "met"


@pytest.mark.clause("A3.9")
@pytest.mark.parametrize(
    ("hear", "events"),
    [
        (asterisk.hear, make_asterisk.flat(*make_asterisk.ANSWERED[:2], make_asterisk.hangs_up(40))),
        (freeswitch.hear, make_freeswitch.flat(*make_freeswitch.QUEUED[:3], make_freeswitch.hangs_up(40))),
    ],
)
def test_a_caller_who_gave_up_in_the_queue_is_to_be_called_back(client, house, hear, events):
    _line, door = house
    tell(client, door, hear, events)
    call = Call.objects.to_call_back().get()
    assert (call.phase, call.caller_number) == ("abandoned", "13800138000")
    assert Clock.objects.get(case_kind="call", commitment__clause="A3.9").state == "broken"


@pytest.mark.parametrize(("hear", "events"), [(asterisk.hear, ASTERISK), (freeswitch.hear, FREESWITCH)])
def test_while_it_rings_the_call_is_at_the_desk_whose_telephone_it_is(client, house, agent, hear, events):
    _line, door = house
    half = next(n for n in range(len(events)) if len(tell_dry(hear, events[:n])) == 2)
    tell(client, door, hear, events[:half])
    call = Call.objects.get()
    assert (call.phase, call.rung, call.agent) == ("ringing", agent, None)


def tell_dry(hear, events):
    calls, told = {}, []
    for event in events:
        calls, messages = hear(calls, event, make_asterisk.START)
        told += messages
    return told
