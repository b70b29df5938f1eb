"""What a FreeSWITCH says on its event socket (ESL), read into messages for our door. Pure: no I/O, no clock.

Channel events and those of mod_callcenter. A leg names its caller's line as the other leg, or as its call; an agent's
leg of a queue only in a variable.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

from shouhou.hotline.rules import pbx
from shouhou.hotline.rules.pbx import Call, Calls, Channel, Step, Told

CONTEXTS = ("public",)  # where calls from outside arrive, unless the dial plan was changed
EVENTS = (
    "CHANNEL_CREATE", "CHANNEL_PROGRESS", "CHANNEL_PROGRESS_MEDIA", "CHANNEL_ANSWER", "CHANNEL_BRIDGE", "CHANNEL_HOLD",
    "CHANNEL_UNHOLD", "CHANNEL_HANGUP_COMPLETE",
)  # fmt: skip
QUEUES = "callcenter::info"
# Which header names the caller's line, the surest first.
CALL_HEADERS = (
    "CC-Member-Session-UUID", "variable_cc_member_session_uuid", "Other-Leg-Unique-ID", "Channel-Call-UUID",
    "Unique-ID",
)  # fmt: skip
Event = Mapping[str, object]


def hear(calls: Calls, event: Event, arrived: datetime, contexts: Iterable[str] = CONTEXTS) -> Told:
    """The calls after one event, and what the door is told of it. `arrived` (aware) stands in for a missing time."""
    kind = word(event, "Event-Name")
    if kind == "CUSTOM":
        kind = word(event, "CC-Action") if word(event, "Event-Subclass") == QUEUES else ""
    read = READERS.get(kind)
    if read is None:
        return calls, []
    return read(calls, event, moment(event, "Event-Date-Timestamp", arrived), tuple(contexts))


def word(event: Event, header: str) -> str:
    """A header's text; "" where the event has none."""
    value = event.get(header)
    return value if isinstance(value, str) else ""


def moment(event: Event, header: str, otherwise: datetime) -> datetime:
    """An instant (aware) that FreeSWITCH writes in microseconds; 0 means that it has not come."""
    try:
        micros = int(word(event, header))
        return datetime.fromtimestamp(micros / 1_000_000, UTC) if micros > 0 else otherwise
    except (ValueError, OverflowError, OSError):
        return otherwise


def extension(event: Event) -> str:
    """Whose telephone a leg is: whom the dial plan called, else the number dialled, else the channel's name."""
    for header in ("variable_dialed_user", "Channel-Presence-ID", "Caller-Destination-Number"):
        if found := word(event, header).partition("@")[0]:
            return found
    return word(event, "Channel-Name").rpartition("/")[2].partition("@")[0]


def is_relay(channel: str) -> bool:
    """Whether this is no telephone but FreeSWITCH's own way to one."""
    return channel.startswith("loopback/")


def seen(rows: Iterable[Event]) -> dict[str, Channel]:
    """The channels that `show channels as json` lists, by UUID."""
    return {
        word(row, "uuid"): Channel(
            call=word(row, "call_uuid"), relay=is_relay(word(row, "name")),
            extension=(word(row, "presence_id") or word(row, "dest")).partition("@")[0],
            up=word(row, "callstate") in ("ACTIVE", "HELD"),
        )
        for row in rows
    }  # fmt: skip


def _create(calls: Calls, event: Event, at: datetime, contexts: tuple[str, ...]) -> Told:
    """A line: a caller's own, or one that is called on a caller's behalf."""
    its = word(event, "Unique-ID")
    if word(event, "Call-Direction") != "inbound":
        call = _call_of(calls, event)
        return (calls, []) if call is None else (pbx.put(calls, call.id, _reached(call, event, at)), [])
    if not its or its in calls:
        return calls, []
    caller = pbx.number(word(event, "Caller-Caller-ID-Number"))
    dialled = pbx.number(word(event, "Caller-Destination-Number"))
    ours = pbx.matches(word(event, "Caller-Context"), contexts)
    return pbx.put(calls, its, Call(its, its, caller=caller, dialled=dialled, ours=ours)), []


def _progress(calls: Calls, event: Event, at: datetime, contexts: tuple[str, ...]) -> Told:
    """A telephone rings; the caller's own line says the same of what the caller hears."""
    call = _call_of(calls, event)
    leg = word(event, "Unique-ID")
    if call is None or leg == call.channel:
        return calls, []
    return _put(calls, call.id, pbx.rings(_reached(call, event, at), leg, at))


def _answer(calls: Calls, event: Event, at: datetime, contexts: tuple[str, ...]) -> Told:
    """Picked up. Two may pick up at once: who talks with the caller is who is bridged."""
    call = _call_of(calls, event)
    leg = word(event, "Unique-ID")
    if call is None or leg == call.channel:
        return calls, []
    return pbx.put(calls, call.id, pbx.picks_up(_reached(call, event, at), leg, at)), []


def _bridge(calls: Calls, event: Event, at: datetime, contexts: tuple[str, ...]) -> Told:
    """The caller is put through to a leg."""
    one, other = word(event, "Bridge-A-Unique-ID"), word(event, "Bridge-B-Unique-ID")
    for caller, leg in ((one, other), (other, one)):
        call = calls.get(caller)
        if call is not None and call.ours and leg:
            # Unknown here is a leg of another call: somebody put the caller through, or took the call from elsewhere.
            whose = calls[leg].caller if leg in calls else word(event, "Other-Leg-Destination-Number")
            return _put(calls, caller, pbx.answers(pbx.reaches(call, leg, whose, at), leg, at))
    return calls, []


def _join(calls: Calls, event: Event, at: datetime, contexts: tuple[str, ...]) -> Told:
    """Who waits in a queue is the caller: also one whom a colleague has put through to it."""
    its = word(event, "CC-Member-Session-UUID") or word(event, "Unique-ID")
    if not its:
        return calls, []
    caller = pbx.number(word(event, "CC-Member-CID-Number"))
    return _put(calls, its, pbx.joins_queue(calls.get(its) or Call(its, its, caller=caller), at))


def _connect(calls: Calls, event: Event, at: datetime, contexts: tuple[str, ...]) -> Told:
    """A queue puts the caller through to an agent; one who stands by on an open line has no leg that rang."""
    call = _call_of(calls, event)
    leg = word(event, "CC-Agent-UUID")
    if call is None or not leg:
        return calls, []
    call = pbx.reaches(call, leg, word(event, "CC-Agent").partition("@")[0], at)
    return _put(calls, call.id, pbx.answers(call, leg, at))


def _hold(calls: Calls, event: Event, at: datetime, contexts: tuple[str, ...]) -> Told:
    """Only what a telephone of ours does: a caller who puts us on hold is not waiting."""
    call = _call_of(calls, event)
    if call is None:
        return calls, []
    step = pbx.holds if word(event, "Event-Name") == "CHANNEL_HOLD" else pbx.resumes
    return _put(calls, call.id, step(call, word(event, "Unique-ID"), at))


def _hangup(calls: Calls, event: Event, at: datetime, contexts: tuple[str, ...]) -> Told:
    """The caller's line ends the call, any other only its leg. The event comes once all is settled: later than it."""
    its = word(event, "Unique-ID")
    at = moment(event, "Caller-Channel-Hangup-Time", at)
    for call in calls.values():
        if call.channel == its:
            return _put(calls, call.id, pbx.ends(call, at))
        if its in call.legs:
            return _put(calls, call.id, pbx.loses(call, its, at))
    return calls, []


def _call_of(calls: Calls, event: Event) -> Call | None:
    """The call that an event is of: one that it names, or whose leg it comes from."""
    leg = word(event, "Unique-ID")
    for call in calls.values():
        if leg in call.legs:
            return call
    return next((calls[named] for header in CALL_HEADERS if (named := word(event, header)) in calls), None)


def _reached(call: Call, event: Event, at: datetime) -> Call:
    leg, channel = word(event, "Unique-ID"), word(event, "Channel-Name")
    return pbx.reaches(call, leg, extension(event), at, relay=is_relay(channel))


def _put(calls: Calls, known: str, step: Step) -> Told:
    call, told = step
    return pbx.put(calls, known, call), told


Reader = Callable[[Calls, Event, datetime, tuple[str, ...]], Told]
READERS: dict[str, Reader] = {
    "CHANNEL_CREATE": _create, "CHANNEL_PROGRESS": _progress, "CHANNEL_PROGRESS_MEDIA": _progress,
    "CHANNEL_ANSWER": _answer, "CHANNEL_BRIDGE": _bridge, "CHANNEL_HOLD": _hold, "CHANNEL_UNHOLD": _hold,
    "CHANNEL_HANGUP_COMPLETE": _hangup, "member-queue-start": _join, "member-queue-resume": _join,
    "bridge-agent-start": _connect,
}  # fmt: skip
