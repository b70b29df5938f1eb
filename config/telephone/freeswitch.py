"""Listening to a FreeSWITCH on its event socket. Why without a library: docs/decisions/0010."""

import asyncio
import json
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from config.telephone import switchboard
from config.telephone.switchboard import LostLine, Switchboard
from shouhou.hotline.rules.freeswitch import EVENTS, QUEUES, seen

TIMEOUT = 10.0  # seconds for an answer
LONGEST_BODY = 16 * 1024 * 1024  # bytes
GOODBYES = ("text/disconnect-notice", "text/rude-rejection")


@dataclass(frozen=True, slots=True)
class Frame:
    """One message of the event socket: its headers, and its body as bytes."""

    headers: dict[str, str]
    body: bytes

    @property
    def type(self) -> str:
        return self.headers.get("Content-Type", "")


async def read_frame(reader: asyncio.StreamReader) -> Frame:
    """The next message. Raises EOFError at the end, ValueError for what no event socket writes."""
    headers: dict[str, str] = {}
    while True:
        line = (await reader.readuntil(b"\n")).decode("utf-8", "replace").rstrip("\r\n")
        if not line and headers:
            break
        header, _, value = line.partition(":")
        if header:
            headers[header] = value.strip()
    length = int(headers.get("Content-Length", 0))
    if not 0 <= length <= LONGEST_BODY:
        raise ValueError(f"a body of {length} bytes")
    return Frame(headers, await reader.readexactly(length))


class EventSocket:
    """One connection: commands are answered in their order, events come in between."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, board: Switchboard) -> None:
        self.reader = reader
        self.writer = writer
        self.board = board
        self.asked: deque[asyncio.Future[Any]] = deque()
        self.greeted: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.lost: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    async def read(self) -> None:
        """Read until the connection is lost, and remember why."""
        why = "FreeSWITCH closed the connection"
        try:
            while True:
                frame = await read_frame(self.reader)
                if frame.type in GOODBYES and frame.headers.get("Content-Disposition") != "linger":
                    if frame.type == GOODBYES[1]:
                        why = "FreeSWITCH turns this address away (acl.conf.xml, apply-inbound-acl)"
                    break
                self._take(frame)
        except (ValueError, asyncio.LimitOverrunError) as wrong:
            why = f"this is no event socket ({wrong})"
        except (OSError, EOFError):
            pass
        finally:
            if not self.lost.done():
                self.lost.set_result(why)

    def _take(self, frame: Frame) -> None:
        if frame.type == "auth/request" and not self.greeted.done():
            self.greeted.set_result(None)
        elif frame.type == "text/event-json":
            try:  # names of callers come in whatever encoding their telephones speak
                event = json.loads(frame.body.decode("utf-8", "replace"), strict=False)
            except ValueError as wrong:
                self.board.say(f"An event could not be read ({wrong}).")
            else:
                self.board.hear(event)
        elif frame.type in ("command/reply", "api/response") and self.asked:
            waiting = self.asked.popleft()
            if not waiting.done():
                waiting.set_result(frame)

    async def ask(self, command: str) -> Frame:
        """The answer to a command. Raises LostLine when none comes."""
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.asked.append(answer)
        self.writer.write(f"{command}\n\n".encode())
        await asyncio.wait([answer, self.lost], timeout=TIMEOUT, return_when=asyncio.FIRST_COMPLETED)
        if answer.done():
            return answer.result()
        raise LostLine(self.lost.result() if self.lost.done() else "FreeSWITCH does not answer")

    async def log_in(self, user: str, password: str) -> None:
        """With the socket's password, or as a user of the directory (801@example.com)."""
        command = f"userauth {user}:{password}" if user else f"auth {password}"
        said = (await self.ask(command)).headers.get("Reply-Text", "")
        if not said.startswith("+OK"):
            raise LostLine(f"FreeSWITCH refuses the password ({said})")


async def listen(board: Switchboard, *, host: str, port: int, user: str, password: str) -> None:
    """Log in and pass every event on, until the connection is lost: LostLine, OSError or EOFError."""
    async with asyncio.timeout(TIMEOUT):
        reader, writer = await asyncio.open_connection(host, port)
    socket = EventSocket(reader, writer, board)
    reading = asyncio.create_task(socket.read())
    try:
        await asyncio.wait([socket.greeted, socket.lost], timeout=TIMEOUT, return_when=asyncio.FIRST_COMPLETED)
        await socket.log_in(user, password)
        said = (await socket.ask(f"event json {' '.join(EVENTS)} CUSTOM {QUEUES}")).headers.get("Reply-Text", "")
        if not said.startswith("+OK"):
            raise LostLine(f"FreeSWITCH does not send events ({said})")
        board.connected()
        board.catch_up(_channels(await socket.ask("api show channels as json")))
        while True:
            await asyncio.wait({socket.lost}, timeout=switchboard.PING)
            await socket.ask("api uptime")
    finally:
        writer.close()
        reading.cancel()
        with suppress(asyncio.CancelledError, OSError):
            await reading


def _channels(frame: Frame) -> Any:
    """The channels that exist; None where this user may not ask."""
    try:
        return seen(json.loads(frame.body).get("rows", []))
    except (ValueError, AttributeError):
        return None
