"""What a telephone system says of one call, folded into how the call stands. Pure: no database, no clock.

Messages come late, twice, and in any order; the fold gives the same call for every order of the same messages.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from math import floor
from typing import Any

RINGING, ANSWERED, HELD, RESUMED, ABANDONED, HUNG_UP = "ringing", "answered", "held", "resumed", "abandoned", "hung_up"
KINDS = (RINGING, ANSWERED, HELD, RESUMED, ABANDONED, HUNG_UP)  # also the order of messages of one instant
CADENCE = (1.0, 4.0)  # seconds of ring and of pause (spec: periods, rings)


@dataclass(frozen=True, slots=True)
class Signal:
    """One message. `at` (aware) is when it happened; `extension` whose telephone; `rings` counted on that telephone."""

    id: str
    kind: str
    at: datetime
    extension: str = ""
    rings: int | None = None
    ring_seconds: float | None = None
    queued_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(self.kind)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a call stands. Instants are aware; `held` is seconds; `rings` None where neither count nor time is known."""

    phase: str = RINGING  # ringing | active | held | ended | abandoned
    queued_at: datetime | None = None
    ringing_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    extension: str = ""
    rings: int | None = None
    held: float = 0.0
    queueing: bool = False  # given up before any agent's telephone rang


def fold(signals: Iterable[Signal], cadence: tuple[float, float] = CADENCE) -> Standing:
    """The call that these messages tell of; a message with an id that was there already counts once."""
    once = {signal.id: signal for signal in sorted(signals, key=_order)}
    line = sorted(once.values(), key=_order)
    if not line:
        return Standing()
    rang = [s for s in line if s.kind == RINGING]
    own = [s for s in rang if s.extension]  # legs of agents; without an extension the call only reached us
    answered = next((s for s in line if s.kind == ANSWERED), None)
    last = [s for s in line if s.kind in (HUNG_UP, ABANDONED)]
    waited = [s.at for s in rang if own and not s.extension]
    queued = min([*waited, *(s.queued_at for s in line if s.queued_at)], default=None)
    if answered is None:
        return _unanswered(line, own or rang, last, queued)
    # The leg that rings before it is answered: in a group of telephones each rings, one answers.
    legs = [s for s in own if s.at <= answered.at and s.extension == answered.extension] or own or rang
    leg = legs[-1] if legs else None
    ended = next((s.at for s in reversed(last) if s.kind == HUNG_UP and s.at >= answered.at), None)
    first = (own or rang or [answered])[0].at
    standing = Standing(
        phase="ended" if ended else "active", queued_at=queued, ringing_at=min(first, answered.at),
        answered_at=answered.at, ended_at=ended, extension=answered.extension,
        rings=ring_count(answered, leg, cadence),
    )  # fmt: skip
    return _with_holds(standing, [s for s in line if s.kind in (HELD, RESUMED) and s.at >= answered.at])


def _order(signal: Signal) -> tuple[Any, ...]:
    """By time, then by nature, then by id: every order of arrival gives this one."""
    rings, seconds = signal.rings, signal.ring_seconds
    return (
        signal.at, KINDS.index(signal.kind), signal.id, signal.extension,
        -1 if rings is None else rings, -1.0 if seconds is None else seconds,
        str(signal.queued_at or ""),
    )  # fmt: skip


def _unanswered(line: list[Signal], rang: list[Signal], last: list[Signal], queued: datetime | None) -> Standing:
    """Ringing, given up, or hung up by a system that has no word for giving up."""
    given_up = last[0] if last else None
    return Standing(
        phase="abandoned" if given_up else "ringing", queued_at=queued, ringing_at=rang[0].at if rang else line[0].at,
        ended_at=given_up.at if given_up else None, extension=rang[-1].extension if rang else "",
        queueing=bool(given_up) and not any(s.extension for s in rang),
    )  # fmt: skip


def ring_count(answered: Signal, leg: Signal | None, cadence: tuple[float, float]) -> int | None:
    """How often the answering telephone rang: as counted, else from the ring time, else from the two instants."""
    if answered.rings is not None:
        return answered.rings
    seconds = answered.ring_seconds
    if seconds is None:
        if leg is None:
            return None
        seconds = (answered.at - leg.at).total_seconds()
    return floor(seconds / sum(cadence)) + 1 if seconds >= 0 else None


def _with_holds(standing: Standing, holds: list[Signal]) -> Standing:
    """Seconds on hold; whoever is on hold when the call ends was so until then."""
    held, since = 0.0, None
    end = standing.ended_at
    for signal in holds:
        at = min(signal.at, end) if end else signal.at
        if signal.kind == HELD and since is None:
            since = at
        elif signal.kind == RESUMED and since is not None:
            held, since = held + (at - since).total_seconds(), None
    if since is not None and end:
        held, since = held + (end - since).total_seconds(), None
    return replace(standing, held=held, phase="held" if since is not None else standing.phase)


def facts_of(
    standing: Standing, cadence: tuple[float, float] = CADENCE
) -> dict[str, tuple[datetime, Mapping[str, Any]]]:
    """What the journal should hold of the call: fact -> when, and what the promises read of it.

    While a call only queues nothing has rung yet: the three rings count on the telephone of an agent (A3.9).
    """
    found: dict[str, tuple[datetime, Mapping[str, Any]]] = {}
    if standing.ringing_at and (standing.extension or standing.phase != "ringing"):
        found["call.ringing"] = (standing.ringing_at, {"cadence": list(cadence)})
    if standing.answered_at:
        found["call.answered"] = (standing.answered_at, {"rings": standing.rings})
        if standing.ended_at:
            found["call.ended"] = (standing.ended_at, {"held": round(standing.held)})
    elif standing.ended_at:
        found["call.abandoned"] = (standing.ended_at, {"queueing": standing.queueing})
    return found
