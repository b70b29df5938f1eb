"""What both kinds of telephone system share: the calls as they stand, and listening on when a connection is lost."""

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from config.telephone.outbox import Say
from shouhou.hotline.rules.pbx import Calls, Channel, Message, resync

SHORTEST, LONGEST = 1.0, 30.0  # seconds between two attempts to connect
PING = 20.0  # seconds of silence after which a telephone system is asked whether it is still there

Hear = Callable[[Calls, Mapping[str, Any], datetime], tuple[Calls, list[Message]]]


class LostLine(Exception):
    """The connection to the telephone system is gone, or was never had; the message says why."""


class Switchboard:
    """The calls of one telephone system, and where its messages go."""

    def __init__(self, hear: Hear, put: Callable[[Message], None], say: Say) -> None:
        self.read = hear
        self.put = put
        self.say = say
        self.calls: Calls = {}
        self.before: tuple[str, ...] = ()
        self.connections = 0

    def connected(self) -> None:
        """Logged in: from now on events come."""
        self.connections += 1
        self.before = tuple(self.calls)
        self.say("Connected to the telephone system." if self.connections == 1 else "Connected again.")

    def hear(self, event: Mapping[str, Any]) -> None:
        """Take in one event."""
        try:
            self.calls, told = self.read(self.calls, event, datetime.now(UTC))
        except Exception:  # one event that we misread must not silence all that follow
            self.say(f"This event could not be read: {event!r}\n{traceback.format_exc()}")
            return
        for message in told:
            self.put(message)

    def catch_up(self, channels: Mapping[str, Channel] | None) -> None:
        """Compare the calls known before with the channels that exist now; None: the system does not say."""
        if channels is None:
            if self.before:
                self.say(
                    f"The telephone system does not say which channels exist: what became of {len(self.before)} calls"
                    " while the connection was down stays unknown until they go on."
                )
            return
        self.calls, told = resync(self.calls, self.before, channels, datetime.now(UTC))
        for message in told:
            self.put(message)


async def listen_on(
    listen: Callable[[Switchboard], Awaitable[None]], board: Switchboard, *, shortest: float = SHORTEST
) -> None:
    """Listen until cancelled; connect anew whenever the line is lost, ever more slowly while it cannot be had."""
    pause, trouble = shortest, ""
    while True:
        connections = board.connections
        try:
            await listen(board)
        except (LostLine, OSError, EOFError) as lost:
            if board.connections > connections:
                pause, trouble = shortest, ""
            if str(lost) != trouble:
                trouble = str(lost)
                board.say(f"No connection to the telephone system: {lost or type(lost).__name__}. It is tried again.")
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST)
