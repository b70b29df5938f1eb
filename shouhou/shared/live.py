"""Live screens: one reader per web process polls the settled tail of the journal while anyone watches.

No NOTIFY: it takes a global lock through every commit. This also works behind a connection pooler.
"""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from asgiref.sync import sync_to_async
from django.db import close_old_connections

from shouhou.shared.models import Event
from shouhou.shared.pump import settled_before

EVERY = 0.15  # a call must pop up within 300 ms of ringing
PING = 15.0  # as often the person is asked again for the right to watch
PER_PERSON, PER_PROCESS = 6, 2000  # open streams: each holds a connection for as long as its page is open
COME_BACK = 3000  # ms, after which a browser opens an ended stream again
COME_BACK_LATER = 60_000  # for a stream that had to make room, else more pages than streams would chase each other
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
# -> the person and the topics that they may watch now; None for a stranger
Allowed = Callable[[], Awaitable[tuple[int, frozenset[str]] | None]]


@dataclass(eq=False)
class Watcher:
    """One open stream."""

    person: int
    topics: frozenset[str]
    moved: asyncio.Queue[str] = field(default_factory=lambda: asyncio.Queue(maxsize=100))
    must_go: asyncio.Event = field(default_factory=asyncio.Event)


class Reader:
    """Reads the tail for all watchers of this process and tells each which topics moved."""

    def __init__(self) -> None:
        self.watchers: list[Watcher] = []  # the oldest first
        self.task: asyncio.Task[None] | None = None
        self.xid = 0

    def watch(self, person: int, topics: frozenset[str]) -> Watcher:
        """Subscribe; the first watcher starts the reading. Of one person's streams the oldest makes room."""
        own = [w for w in self.watchers if w.person == person and not w.must_go.is_set()]
        for old in own[: max(0, len(own) - PER_PERSON + 1)]:
            old.must_go.set()
        watcher = Watcher(person, topics)
        self.watchers.append(watcher)
        if self.task is None or self.task.done():
            self.xid = 0
            self.task = asyncio.get_running_loop().create_task(self.read())
        return watcher

    def leave(self, watcher: Watcher) -> None:
        """Unsubscribe; without watchers the reading stops."""
        with contextlib.suppress(ValueError):
            self.watchers.remove(watcher)

    async def read(self) -> None:
        """Poll until nobody watches; a database that restarts is waited for."""
        while self.watchers:
            try:
                moved = await sync_to_async(self.moved, thread_sensitive=False)()
            except Exception:  # the database may be restarting; the next round tries again
                moved = set()
                await asyncio.sleep(1)
            for watcher in self.watchers:
                for topic in moved & watcher.topics:
                    with contextlib.suppress(asyncio.QueueFull):
                        watcher.moved.put_nowait(topic)
            await asyncio.sleep(EVERY)

    def moved(self) -> set[str]:
        """The topics of what has settled since the last look."""
        try:
            until = settled_before()
            if not self.xid:
                self.xid = until
            topics: set[str] = set()
            if until > self.xid:
                rows = Event.objects.filter(xid__gte=self.xid, xid__lt=until)
                for kind, pk, organisation, desks in rows.values_list(
                    "case_kind", "case_id", "organisation_id", "data__desks"
                )[:5000]:
                    topics.update((f"{kind}:{pk}", f"board:{organisation}"))
                    topics.update(f"desk:{person}" for person in desks or ())  # whose own screens should hear of it
                self.xid = until
            return topics
        finally:
            close_old_connections()


READER = Reader()


async def stream(receive: Receive, send: Send, allowed: Allowed) -> None:
    """Send named server-sent events until the browser leaves or the person may watch no longer.

    Topics of one moment are coalesced. A browser that is answered with anything but a stream does not ask again.
    """
    found = await allowed()
    if not found or not found[1]:
        await _refuse(send, 403 if found is None else 404)
        return
    if len(READER.watchers) >= PER_PROCESS:
        await _refuse(send, 503)
        return
    headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store"), (b"x-accel-buffering", b"no")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await _say(send, f"retry: {COME_BACK}\n\n")
    watcher = READER.watch(*found)
    gone = asyncio.ensure_future(_until_gone(receive))
    pushed = asyncio.ensure_future(watcher.must_go.wait())
    try:
        await _tell(send, watcher, allowed, {gone, pushed})
        if not gone.done():
            await _say(send, f"retry: {COME_BACK_LATER}\n\n" if pushed.done() else "", more=False)
    finally:
        READER.leave(watcher)
        gone.cancel()
        pushed.cancel()


async def _tell(send: Send, watcher: Watcher, allowed: Allowed, ends: set[asyncio.Future[Any]]) -> None:
    """Until one of the ends comes, or the person signed out, left, or lost the right."""
    clock = asyncio.get_running_loop().time
    ask_at = clock() + PING
    while True:
        waiting = asyncio.ensure_future(watcher.moved.get())
        done, _pending = await asyncio.wait(
            {waiting, *ends}, timeout=max(0, ask_at - clock()), return_when=asyncio.FIRST_COMPLETED
        )
        if waiting not in done:
            waiting.cancel()
        if done & ends:
            return
        if clock() >= ask_at:  # by the clock, not after a silence: a busy board would never be asked again
            ask_at = clock() + PING
            found = await allowed()
            if not found or not found[1]:
                return
            watcher.topics = found[1]
            await _say(send, ": ping\n\n")
        if waiting in done:
            moved = {waiting.result()}
            while not watcher.moved.empty():
                moved.add(watcher.moved.get_nowait())
            moved &= watcher.topics
            if moved:
                await _say(send, f"event: moved\ndata: {json.dumps(sorted(moved))}\n\n")


async def _say(send: Send, words: str, *, more: bool = True) -> None:
    await send({"type": "http.response.body", "body": words.encode(), "more_body": more})


async def _refuse(send: Send, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/plain")]})
    await _say(send, "", more=False)


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
