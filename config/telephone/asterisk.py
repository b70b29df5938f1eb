"""Listening to an Asterisk on its manager interface, with panoramisk. Imported only by who does so."""

import asyncio
from typing import Any

from panoramisk import Manager

from config.telephone import switchboard
from config.telephone.switchboard import LostLine, Switchboard
from shouhou.hotline.rules.asterisk import seen

TIMEOUT = 10.0  # seconds for an answer


class OneConnection(Manager):
    """panoramisk's client for one connection: when to connect anew is decided in one place, for both kinds."""

    def __init__(self, **config: Any) -> None:
        super().__init__(**config)
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, made: "asyncio.Task[Any]") -> None:
        if not made.cancelled() and made.exception() is None:
            super().connection_made(made)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.lost.done():
            self.lost.set_result(None)

    def ping(self) -> None:
        """Not panoramisk's, which does not care for an answer."""

    async def ask(self, action: dict[str, str]) -> Any:
        """The answer to an action: a message, or a list of them. Raises LostLine when none comes."""
        return await self.answer(self.send_action(action), action["Action"])

    async def answer(self, future: "asyncio.Future[Any]", what: str) -> Any:
        """Wait for an answer without cancelling it: panoramisk reads the future later."""
        await asyncio.wait({future, self.lost}, timeout=TIMEOUT, return_when=asyncio.FIRST_COMPLETED)
        if future.done():
            return future.result()
        raise LostLine("Asterisk closed the connection" if self.lost.done() else f"Asterisk does not answer to {what}")


async def listen(board: Switchboard, *, host: str, port: int, user: str, password: str) -> None:
    """Log in and pass every event on, until the connection is lost: LostLine or OSError."""
    manager = OneConnection(
        loop=asyncio.get_running_loop(), host=host, port=port, username=user, secret=password, events="call,agent"
    )
    manager.register_event("*", lambda _manager, event: board.hear(event))
    try:
        async with asyncio.timeout(TIMEOUT):
            await manager.connect()
        login = await manager.answer(manager.authenticated_future, "Login")
        if not login.success:
            raise LostLine(f"Asterisk refuses the user or the password ({login.message})")
        board.connected()
        board.catch_up(await _channels(manager))
        while True:
            await asyncio.wait({manager.lost}, timeout=switchboard.PING)
            await manager.ask({"Action": "Ping"})
    finally:
        manager.close()


async def _channels(manager: OneConnection) -> Any:
    """The channels that exist; None where the user lacks write=reporting."""
    rows = await manager.ask({"Action": "CoreShowChannels"})
    if not isinstance(rows, list):
        return None
    return seen(row for row in rows if row.event == "CoreShowChannel")
