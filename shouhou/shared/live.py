"""Live screens: one reader per web process polls the settled tail of the journal while anyone watches.

No NOTIFY: it takes a global lock through every commit. This also works behind a connection pooler.
"""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import sync_to_async
from django.db import close_old_connections

from shouhou.shared.models import Event
from shouhou.shared.pump import settled_before

EVERY = 0.25
PING = 15.0
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Reader:
    """Reads the tail for all watchers of this process and tells each which topics moved."""

    def __init__(self) -> None:
        self.watchers: dict[asyncio.Queue[str], frozenset[str]] = {}
        self.task: asyncio.Task[None] | None = None
        self.xid = 0

    def watch(self, topics: frozenset[str]) -> asyncio.Queue[str]:
        """Subscribe; the first watcher starts the reading."""
        queue: asyncio.Queue[str] = asyncio.Queue(maxsize=100)
        self.watchers[queue] = topics
        if self.task is None or self.task.done():
            self.xid = 0
            self.task = asyncio.get_running_loop().create_task(self.read())
        return queue

    def leave(self, queue: asyncio.Queue[str]) -> None:
        """Unsubscribe; without watchers the reading stops."""
        self.watchers.pop(queue, None)

    async def read(self) -> None:
        """Poll until nobody watches; a database that restarts is waited for."""
        while self.watchers:
            try:
                moved = await sync_to_async(self.moved, thread_sensitive=False)()
            except Exception:  # the database may be restarting; the next round tries again
                moved = set()
                await asyncio.sleep(1)
            for queue, topics in list(self.watchers.items()):
                for topic in moved & topics:
                    with contextlib.suppress(asyncio.QueueFull):
                        queue.put_nowait(topic)
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
                for kind, pk, organisation in rows.values_list("case_kind", "case_id", "organisation_id")[:5000]:
                    topics.update((f"{kind}:{pk}", f"board:{organisation}"))
                self.xid = until
            return topics
        finally:
            close_old_connections()


READER = Reader()


async def stream(receive: Callable[[], Awaitable[dict[str, Any]]], send: Send, topics: frozenset[str]) -> None:
    """Send named server-sent events until the browser leaves. Topics of one moment are coalesced."""
    headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store"), (b"x-accel-buffering", b"no")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"retry: 3000\n\n", "more_body": True})
    queue = READER.watch(topics)
    gone = asyncio.ensure_future(_until_gone(receive))
    try:
        while True:
            waiting = asyncio.ensure_future(queue.get())
            done, _pending = await asyncio.wait({waiting, gone}, timeout=PING, return_when=asyncio.FIRST_COMPLETED)
            if gone in done:
                waiting.cancel()
                return
            if waiting not in done:
                waiting.cancel()
                await send({"type": "http.response.body", "body": b": ping\n\n", "more_body": True})
                continue
            moved = {waiting.result()}
            while not queue.empty():
                moved.add(queue.get_nowait())
            body = f"event: moved\ndata: {json.dumps(sorted(moved))}\n\n"
            await send({"type": "http.response.body", "body": body.encode(), "more_body": True})
    finally:
        READER.leave(queue)
        gone.cancel()


async def _until_gone(receive: Callable[[], Awaitable[dict[str, Any]]]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
