"""Calls with their legs as any telephone system has them, and what our door is told of each. Pure: no I/O, no clock.

A telephone system's own words are read in asterisk.py and freeswitch.py, which take the steps below. Each step gives
the call as it then stands (None: it is over) and the messages to send; instants are aware.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from fnmatch import fnmatchcase

from shouhou.hotline.rules.telephony import ABANDONED, ANSWERED, HELD, HUNG_UP, RESUMED, RINGING

NO_NUMBER = frozenset(
    {"", "<unknown>", "unknown", "anonymous", "restricted", "unavailable", "private", "s", "h", "i", "t"}
)
LONGEST_NAME = 200  # of a call and of a message, at our door
LONGEST_EXTENSION = 40


@dataclass(frozen=True, slots=True)
class Message:
    """One message to our door. `id` is made of the telephone system's own names: sent twice, it counts once."""

    id: str
    kind: str
    call_id: str
    at: datetime
    caller: str = ""
    dialled: str = ""
    extension: str = ""
    queued_at: datetime | None = None

    def body(self) -> str:
        """The JSON that is signed and sent."""
        data = {"call_id": self.call_id, "caller": self.caller, "dialled": self.dialled, "extension": self.extension}
        if self.queued_at:
            data["queued_at"] = self.queued_at.isoformat()
        return json.dumps({"type": f"call.{self.kind}", "timestamp": self.at.isoformat(), "data": data})


@dataclass(frozen=True, slots=True)
class Leg:
    """A telephone that a call reaches. A relay is no telephone but the system's own way to one (Local, loopback)."""

    extension: str
    relay: bool = False
    rings: bool = False
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A caller's line and the legs that it reached.

    `channel` is the caller's own line: the call lasts as long as it. `ours`: it comes from outside or waits in a queue;
    nothing is told of any other. `tried_at` is when the first telephone was called; `holder` the leg that holds it.
    """

    id: str
    channel: str
    caller: str = ""
    dialled: str = ""
    ours: bool = False
    tried_at: datetime | None = None
    told: bool = False
    queued: bool = False
    answered: bool = False
    holder: str = ""
    holds: int = 0
    legs: Mapping[str, Leg] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Channel:
    """A line that exists in the telephone system now; `call` names the call that it is of, `up`: it is talked on."""

    call: str
    extension: str
    relay: bool = False
    up: bool = False


Calls = Mapping[str, Call]
Step = tuple[Call | None, list[Message]]
Told = tuple[Calls, list[Message]]


def number(text: str) -> str:
    """A number as we may pass it on; "" where the system has only a word for having none."""
    plain = printable(text)[:LONGEST_NAME]
    return "" if plain.lower() in NO_NUMBER else plain


def printable(text: str) -> str:
    """Without what our door would refuse."""
    return "".join(letter for letter in text if letter.isprintable()).strip()


def matches(context: str, patterns: Iterable[str]) -> bool:
    """Whether calls in this part of the dial plan come from outside."""
    return any(fnmatchcase(context, pattern) for pattern in patterns)


def name(*parts: str) -> str:
    """The id of a message: the same parts give the same id, fit for an HTTP header and for our door."""
    # A dot parts the id from what follows it in the text that is signed.
    text = "_".join(parts).replace(".", "_")
    if len(text) <= LONGEST_NAME and text.isascii() and text.isprintable() and " " not in text:
        return text
    return hashlib.sha256(text.encode()).hexdigest()


def tell(call: Call, kind: str, at: datetime, *parts: str, extension: str = "", queued: bool = False) -> Message:
    """A message of the call; `parts` tell it from others of its kind."""
    return Message(
        name(call.id, kind, *parts), kind, call.id[:LONGEST_NAME], at, caller=call.caller, dialled=call.dialled,
        extension=printable(extension)[:LONGEST_EXTENSION], queued_at=at if queued else None,
    )  # fmt: skip


def joins_queue(call: Call, at: datetime) -> Step:
    """The caller waits; whoever waits in a queue is a caller of ours. Told once: a second queue is the same waiting."""
    if call.queued or call.answered:
        return replace(call, ours=True), []
    call = replace(call, ours=True, told=True, queued=True)
    return call, [tell(call, RINGING, at, "queue", queued=True)]


def reaches(call: Call, leg: str, extension: str, at: datetime, *, relay: bool = False) -> Call:
    """A telephone is called; it need not ring yet, nor ever."""
    if leg in call.legs or leg == call.channel:
        return call
    return replace(call, tried_at=call.tried_at or at, legs={**call.legs, leg: Leg(extension, relay)})


def rings(call: Call, leg: str, at: datetime) -> Step:
    """A telephone rings. One telephone behind two legs rings once; a relay rings only where no telephone does."""
    its = call.legs.get(leg)
    if its is None or its.rings or call.answered or not call.ours:
        return call, []
    others = [one for one in call.legs.values() if one.rings]
    if any(one.extension == its.extension or (its.relay and not one.relay) for one in others):
        return _with(call, leg, replace(its, rings=True)), []
    call = replace(_with(call, leg, replace(its, rings=True)), told=True)
    return call, [tell(call, RINGING, at, leg, extension=its.extension)]


def picks_up(call: Call, leg: str, at: datetime) -> Call:
    """A telephone is picked up; whether the caller is put through to it is not settled yet."""
    its = call.legs.get(leg)
    return call if its is None or its.answered_at else _with(call, leg, replace(its, answered_at=at))


def answers(call: Call, leg: str, at: datetime, extension: str = "") -> Step:
    """The caller talks with whom this leg belongs to, since that one picked up; `extension` where it is another's."""
    its = call.legs.get(leg)
    if its is None or call.answered or not call.ours:
        return call, []
    call = replace(call, answered=True, told=True)
    return call, [tell(call, ANSWERED, its.answered_at or at, extension=extension or its.extension)]


def holds(call: Call, leg: str, at: datetime) -> Step:
    """Somebody of ours puts the caller on hold."""
    its = call.legs.get(leg)
    if its is None or call.holder or not call.answered:
        return call, []
    call = replace(call, holder=leg, holds=call.holds + 1)
    return call, [tell(call, HELD, at, str(call.holds), extension=its.extension)]


def resumes(call: Call, leg: str, at: datetime) -> Step:
    """Who held the caller takes the line back."""
    if not leg or call.holder != leg:
        return call, []
    its = call.legs.get(leg, Leg(""))
    call = replace(call, holder="")
    return call, [tell(call, RESUMED, at, str(call.holds), extension=its.extension)]


def loses(call: Call, leg: str, at: datetime) -> Step:
    """A leg ends while the caller stays: unanswered, or put through to somebody else, by which a hold ends too."""
    call, told = _still(resumes(call, leg, at))
    return replace(call, legs={one: its for one, its in call.legs.items() if one != leg}), told


def ends(call: Call, at: datetime) -> Step:
    """The caller's line is put down: hung up after talking, else given up.

    A call that no telephone rang for though it was meant for one is told too: no caller is lost over a dead telephone.
    """
    if not call.ours or not (call.told or call.tried_at):
        return None, []
    told = []
    if not call.told and call.tried_at:
        told.append(tell(call, RINGING, call.tried_at, "tried"))
    told.append(tell(call, HUNG_UP if call.answered else ABANDONED, at))
    return None, told


def resync(calls: Calls, before: Iterable[str], now: Mapping[str, Channel], at: datetime) -> Told:
    """What must have happened while nobody listened: `before` names the calls known until then, `now` what exists.

    When exactly is not known: `at`, when listening went on, stands for it.
    """
    told: list[Message] = []
    for known in before:
        call = calls.get(known)
        if call is None:
            continue
        after, said = ends(call, at) if call.channel not in now else _caught_up(call, now, at)
        calls = put(calls, known, after)
        told += said
    return calls, told


def _caught_up(call: Call, now: Mapping[str, Channel], at: datetime) -> Step:
    """A call that went on: legs that ended are lost, new ones are taken in, and one that is talked on has answered."""
    told: list[Message] = []
    for leg in [leg for leg in call.legs if leg not in now]:
        call, said = _still(loses(call, leg, at))
        told += said
    for leg, channel in now.items():
        if channel.call == call.id or leg in call.legs:
            call = reaches(call, leg, channel.extension, at, relay=channel.relay)
            if channel.up and leg in call.legs and not channel.relay:
                call, said = _still(answers(call, leg, at))
                told += said
    return call, told


def put(calls: Calls, known: str, call: Call | None) -> Calls:
    """The calls with this one as it stands now, or without it."""
    if call is not None:
        return {**calls, known: call}
    return {one: its for one, its in calls.items() if one != known}


def _with(call: Call, leg: str, its: Leg) -> Call:
    return replace(call, legs={**call.legs, leg: its})


def _still(step: Step) -> tuple[Call, list[Message]]:
    """A step after which the call goes on."""
    call, told = step
    assert call is not None
    return call, told
