"""Telephone systems and a door to try the adapter on: both speak the real protocols, on the loopback address."""

import asyncio
import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks.webhooks import Webhook

SECRET = "whsec_" + "QUJD" * 8
PASSWORD = "a secret: 口令"
HOST = "127.0.0.1"


class Door:
    """Takes signed messages as our door does, and remembers them in the order in which it took them."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://{HOST}:{port}/hotline/door/1/"
        self.taken: dict[str, dict] = {}  # id -> message, once each
        self.knocks = 0
        self.answers: dict[str, tuple[int, dict]] = {}  # what it says to a kind of message instead of taking it
        self.server: ThreadingHTTPServer | None = None

    def open(self) -> None:
        door = self

        class Knock(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                door.knocks += 1
                status, said = door.take(dict(self.headers), body)
                self.send_response(status)
                if status == 302:
                    self.send_header("location", "/elsewhere/")
                self.end_headers()
                self.wfile.write(json.dumps(said).encode())

            def do_GET(self) -> None:
                raise AssertionError("a message must not become a question")

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer((HOST, self.port), Knock)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def take(self, headers: dict[str, str], body: str) -> tuple[int, dict]:
        message = Webhook(SECRET).verify(body, headers)  # raises, and so answers nothing, for a wrong signature
        status, said = self.answers.get(message["type"], (200, {}))
        if status == 200:
            self.taken.setdefault({k.lower(): v for k, v in headers.items()}["webhook-id"], message)
        return status, said

    def close(self) -> None:
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def by_call(self) -> dict[str, list[tuple[str, str]]]:
        """call -> (kind, extension) of its messages, in the order in which they came."""
        found = defaultdict(list)
        for message in self.taken.values():
            data = message["data"]
            found[data["call_id"]].append((message["type"].removeprefix("call."), data["extension"]))
        return dict(found)


class Exchange:
    """A telephone system that says what a test lets it say."""

    def __init__(self) -> None:
        self.port = 0
        self.channels: list[dict[str, str]] = []  # what exists, as it lists it
        self.listeners: list[asyncio.StreamWriter] = []  # who is logged in and hears events
        self.logins = 0
        self.silent = False
        self.server: asyncio.Server | None = None

    async def open(self) -> None:
        self.server = await asyncio.start_server(self.talk, HOST, self.port)
        self.port = self.server.sockets[0].getsockname()[1]

    async def drop(self) -> None:
        """All connections break, and nobody answers."""
        assert self.server
        self.server.close()
        for writer in self.listeners:
            writer.transport.abort()
        self.listeners.clear()

    async def say(self, *events: dict[str, str]) -> None:
        """In pieces that part words and messages, as a network does."""
        text = b"".join(self.frame(event) for event in events)
        for start in range(0, len(text), 301):
            for writer in self.listeners:
                writer.write(text[start : start + 301])
                await writer.drain()
            await asyncio.sleep(0)

    async def heard(self) -> None:
        """Until somebody listens."""
        await until(lambda: bool(self.listeners))

    def frame(self, event: dict[str, str]) -> bytes:
        raise NotImplementedError

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self.converse(reader, writer)
        except (OSError, EOFError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raise NotImplementedError


class Asterisk(Exchange):
    """The manager interface: a banner, then blocks of headers that end with an empty line."""

    reports = True  # whether the user has write=reporting

    def frame(self, event: dict[str, str]) -> bytes:
        return "".join(f"{header}: {value}\r\n" for header, value in event.items()).encode() + b"\r\n"

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"Asterisk Call Manager/9.0.0\r\n")
        while True:
            block = (await reader.readuntil(b"\r\n\r\n")).decode()
            asked = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
            if self.silent:
                continue
            for answer in self.answers(asked):
                writer.write(self.frame({**answer, "ActionID": asked["ActionID"]}))
            if asked["Action"] == "Login":
                if asked["Secret"] != PASSWORD:
                    return
                self.logins += 1
                self.listeners.append(writer)

    def answers(self, asked: dict[str, str]) -> Iterator[dict[str, str]]:
        match asked["Action"]:
            case "Login" if asked["Secret"] == PASSWORD and asked["Events"] == "call,agent":
                yield {"Response": "Success", "Message": "Authentication accepted"}
            case "Login":
                yield {"Response": "Error", "Message": "Authentication failed"}
            case "Ping":
                yield {"Response": "Success", "Ping": "Pong", "Timestamp": "1791421200.000000"}
            case "CoreShowChannels" if self.reports:
                yield {"Response": "Success", "EventList": "start", "Message": "Channels will follow"}
                yield from self.channels
                yield {"Event": "CoreShowChannelsComplete", "EventList": "Complete", "ListItems": "0"}
            case _:
                yield {"Response": "Error", "Message": "Permission denied"}


class Freeswitch(Exchange):
    """The event socket: it asks for a password, answers commands in their order, and sends events as JSON."""

    def frame(self, event: dict[str, str]) -> bytes:
        body = json.dumps(event, ensure_ascii=False).encode()
        return b"Content-Length: %d\nContent-Type: text/event-json\n\n%s" % (len(body), body)

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"Content-Type: auth/request\n\n")
        known = False
        while True:
            command = (await reader.readuntil(b"\n\n")).decode().strip()
            if self.silent:
                continue
            if not known and command not in (f"auth {PASSWORD}", f"userauth 801@pbx.example:{PASSWORD}"):
                writer.write(b"Content-Type: command/reply\nReply-Text: -ERR invalid\n\n")
                writer.write(b"Content-Type: text/disconnect-notice\nContent-Length: 0\n\n")
                return
            if not known:
                known = True
                self.logins += 1
                writer.write(b"Content-Type: command/reply\nReply-Text: +OK accepted\n\n")
            elif command.startswith("event json "):
                writer.write(b"Content-Type: command/reply\nReply-Text: +OK event listener enabled json\n\n")
                self.listeners.append(writer)
            elif command.startswith("api "):
                listed = {"row_count": len(self.channels)} | ({"rows": self.channels} if self.channels else {})
                body = json.dumps(listed) if "channels" in command else "0,1,2,3\n"
                writer.write(f"Content-Type: api/response\nContent-Length: {len(body)}\n\n{body}".encode())


@contextmanager
def opened(door: Door) -> Iterator[Door]:
    """The door, open for the time being."""
    door.open()
    try:
        yield door
    finally:
        door.close()


async def until(true, seconds: float = 8) -> None:
    """Wait for something to come true."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.01)


def renamed(events: list[dict[str, str]], old: str, new: str) -> list[dict[str, str]]:
    """The same events of another call."""
    return [{header: value.replace(old, new) for header, value in event.items()} for event in events]
