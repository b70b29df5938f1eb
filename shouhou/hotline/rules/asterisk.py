"""What an Asterisk says on its manager interface (AMI), read into messages for our door. Pure: no I/O, no clock.

Of the event classes `call` and `agent`, Asterisk 13 and newer. Events of one call share its Linkedid.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from shouhou.hotline.rules import pbx
from shouhou.hotline.rules.pbx import Call, Calls, Channel, Step, Told

# Where calls from outside arrive, as FreePBX and its kin name these parts of the dial plan.
CONTEXTS = ("from-trunk*", "from-pstn*", "from-external*", "from-did*", "from-dahdi*")
STATE_RINGING, STATE_UP = "5", "6"
Event = Mapping[str, object]


def hear(calls: Calls, event: Event, arrived: datetime, contexts: Iterable[str] = CONTEXTS) -> Told:
    """The calls after one event, and what the door is told of it.

    It happened at the event's own Timestamp (timestampevents=yes in manager.conf), else when it `arrived` (aware).
    """
    read = READERS.get(word(event, "Event"))
    if read is None:
        return calls, []
    return read(calls, event, moment(event, arrived), tuple(contexts))


def word(event: Event, header: str) -> str:
    """A header's text; "" where the event has none."""
    value = event.get(header)
    return value if isinstance(value, str) else ""


def moment(event: Event, arrived: datetime) -> datetime:
    """When it happened, aware."""
    try:
        return datetime.fromtimestamp(float(word(event, "Timestamp")), UTC)
    except (ValueError, OverflowError, OSError):
        return arrived


def is_relay(channel: str) -> bool:
    """Whether this is no telephone but Asterisk's own way to one."""
    return channel.startswith("Local/")


def extension(channel: str) -> str:
    """Whose telephone a channel is: PJSIP/801-0000001a and Local/801@queue-00000001;1 are both 801."""
    inner = channel.partition("/")[2].partition(";")[0]
    if is_relay(channel):
        return inner.partition("@")[0]
    return inner.rpartition("-")[0] or inner


def seen(rows: Iterable[Event]) -> dict[str, Channel]:
    """The channels that CoreShowChannels lists, by Uniqueid."""
    return {
        word(row, "Uniqueid"): Channel(
            call=word(row, "Linkedid"), extension=extension(word(row, "Channel")),
            relay=is_relay(word(row, "Channel")),
            up=word(row, "ChannelState") == STATE_UP and bool(word(row, "BridgeId")),
        )
        for row in rows
    }  # fmt: skip


def _new_channel(calls: Calls, event: Event, at: datetime, contexts: tuple[str, ...]) -> Told:
    """The first channel of a call is its caller's; what it dials follows with other events."""
    its = word(event, "Uniqueid")
    if not its or its != word(event, "Linkedid") or its in calls:
        return calls, []
    ours = pbx.matches(word(event, "Context"), contexts)
    dialled = pbx.number(word(event, "Exten"))
    call = Call(its, its, caller=pbx.number(word(event, "CallerIDNum")), dialled=dialled, ours=ours)
    return pbx.put(calls, its, call), []


def _join(calls: Calls, event: Event, at: datetime, contexts: tuple[str, ...]) -> Told:
    """Who waits in a queue is the caller: also one whom a colleague has put through to it."""
    linked, its = word(event, "Linkedid") or word(event, "Uniqueid"), word(event, "Uniqueid")
    known = calls.get(linked)
    caller = pbx.number(word(event, "CallerIDNum"))
    if known is None or (known.channel != its and not known.ours):
        known = Call(linked, its, caller=caller)
    elif not known.caller:
        known = replace(known, caller=caller)
    return _put(calls, linked, pbx.joins_queue(known, at))


def _dial(calls: Calls, event: Event, at: datetime, contexts: tuple[str, ...]) -> Told:
    """A telephone is called on the caller's behalf; DialState and AgentRingNoAnswer may say more."""
    call = _call_of(calls, event)
    leg = word(event, "DestUniqueid")
    if call is None or not leg:
        return calls, []
    call = _reached(call, event, at, "Dest")
    if word(event, "DialStatus") == "RINGING":
        return _put(calls, call.id, pbx.rings(call, leg, at))
    return pbx.put(calls, call.id, call), []


def _state(calls: Calls, event: Event, at: datetime, contexts: tuple[str, ...]) -> Told:
    """A channel of the call rings."""
    call = _call_of(calls, event)
    leg = word(event, "Uniqueid")
    if call is None or leg == call.channel or word(event, "ChannelState") != STATE_RINGING:
        return calls, []
    return _put(calls, call.id, pbx.rings(_reached(call, event, at, ""), leg, at))


def _dial_end(calls: Calls, event: Event, at: datetime, contexts: tuple[str, ...]) -> Told:
    """Picked up, or not. A relay that is picked up proves nothing: the telephone behind it says so itself."""
    call = _call_of(calls, event)
    leg = word(event, "DestUniqueid")
    if call is None or not leg:
        return calls, []
    if word(event, "DialStatus") != "ANSWER":
        return _put(calls, call.id, pbx.loses(call, leg, at))
    call = _reached(call, event, at, "Dest")
    if is_relay(word(event, "DestChannel")):
        return pbx.put(calls, call.id, call), []
    # A colleague who picks the call up elsewhere takes the leg over: it then bears that telephone's name.
    return _put(calls, call.id, pbx.answers(call, leg, at, extension(word(event, "DestChannel"))))


def _connect(calls: Calls, event: Event, at: datetime, contexts: tuple[str, ...]) -> Told:
    """A queue has put the caller through to an agent."""
    call = _call_of(calls, event)
    if call is None:
        return calls, []
    call = _reached(call, event, at, "Dest")
    return _put(calls, call.id, pbx.answers(call, word(event, "DestUniqueid"), at))


def _no_answer(calls: Calls, event: Event, at: datetime, contexts: tuple[str, ...]) -> Told:
    call = _call_of(calls, event)
    return (calls, []) if call is None else _put(calls, call.id, pbx.loses(call, word(event, "DestUniqueid"), at))


def _hold(calls: Calls, event: Event, at: datetime, contexts: tuple[str, ...]) -> Told:
    """Only what a telephone of ours does: a caller who puts us on hold is not waiting."""
    call = _call_of(calls, event)
    if call is None:
        return calls, []
    step = pbx.holds if word(event, "Event") == "Hold" else pbx.resumes
    return _put(calls, call.id, step(call, word(event, "Uniqueid"), at))


def _hangup(calls: Calls, event: Event, at: datetime, contexts: tuple[str, ...]) -> Told:
    """The caller's line ends the call, any other only its leg."""
    its = word(event, "Uniqueid")
    for call in calls.values():
        if call.channel == its:
            return _put(calls, call.id, pbx.ends(call, at))
        if its in call.legs:
            return _put(calls, call.id, pbx.loses(call, its, at))
    return calls, []


def _call_of(calls: Calls, event: Event) -> Call | None:
    """The call that an event is of: by its Linkedid, or by a line of the call whose Linkedid a transfer has changed."""
    for header in ("Linkedid", "DestLinkedid"):
        if (known := calls.get(word(event, header))) is not None:
            return known
    lines = {word(event, "Uniqueid"), word(event, "DestUniqueid")} - {""}
    return next((call for call in calls.values() if call.channel in lines or lines & call.legs.keys()), None)


def _reached(call: Call, event: Event, at: datetime, prefix: str) -> Call:
    channel = word(event, f"{prefix}Channel")
    return pbx.reaches(call, word(event, f"{prefix}Uniqueid"), extension(channel), at, relay=is_relay(channel))


def _put(calls: Calls, known: str, step: Step) -> Told:
    call, told = step
    return pbx.put(calls, known, call), told


Reader = Callable[[Calls, Event, datetime, tuple[str, ...]], Told]
READERS: dict[str, Reader] = {
    "Newchannel": _new_channel, "Newstate": _state, "QueueCallerJoin": _join, "AgentCalled": _dial, "DialBegin": _dial,
    "DialState": _dial, "DialEnd": _dial_end, "AgentConnect": _connect, "AgentRingNoAnswer": _no_answer,
    "Hold": _hold, "Unhold": _hold, "Hangup": _hangup,
}  # fmt: skip
