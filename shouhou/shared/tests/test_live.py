"""A live stream tells what moved, makes room, and ends when the person may watch no longer."""

import asyncio
import json
from collections.abc import Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from shouhou.shared import live

BOARD = frozenset({"board:1"})


class Browser:
    """One page with a live stream."""

    def __init__(self, allowed: live.Allowed) -> None:
        self.heard: list[dict[str, Any]] = []
        self.left = asyncio.Event()
        self.task = asyncio.ensure_future(live.stream(self.receive, self.send, allowed))

    async def receive(self) -> dict[str, Any]:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        self.heard.append(message)

    @property
    def status(self) -> int:
        return int(self.heard[0]["status"])

    @property
    def words(self) -> str:
        return b"".join(m.get("body", b"") for m in self.heard).decode()

    async def until(self, true: Callable[[], bool]) -> bool:
        for _try in range(300):
            if true():
                return True
            await asyncio.sleep(0.01)
        return False


def who(person: int, topics: frozenset[str] = BOARD) -> live.Allowed:
    async def allowed() -> tuple[int, frozenset[str]]:
        return person, topics

    return allowed


@pytest.fixture
def moving(monkeypatch) -> list[str]:
    """What the journal says has moved."""
    topics: list[str] = []

    def moved(self: live.Reader) -> set[str]:
        found = set(topics)
        topics.clear()
        return found

    monkeypatch.setattr(live.Reader, "moved", moved)
    monkeypatch.setattr(live, "EVERY", 0.01)
    return topics


@asynccontextmanager
async def browsers(*asked: live.Allowed):
    """Pages, opened one after the other; all are left at the end."""
    live.READER = live.Reader()
    pages = []
    for allowed in asked:
        pages.append(Browser(allowed))
        await asyncio.sleep(0.01)
    try:
        yield pages
    finally:
        for page in pages:
            page.left.set()
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*(p.task for p in pages)), 5)
        if live.READER.task:
            await live.READER.task
    assert live.READER.watchers == []


def test_a_stream_tells_what_moved_of_its_own_topics(moving):
    async def walk() -> None:
        async with browsers(who(1), who(2, frozenset({"board:2"}))) as (one, two):
            moving.append("board:1")
            assert await one.until(lambda: "moved" in one.words)
            assert json.loads(one.words.split("data: ")[1]) == ["board:1"]
            assert "moved" not in two.words

    asyncio.run(walk())


def test_of_one_person_s_streams_the_oldest_makes_room_and_comes_back_later(moving):
    async def walk() -> None:
        asked = [who(1)] * (live.PER_PERSON + 1) + [who(2)]
        async with browsers(*asked) as (first, *others):
            assert await first.until(first.task.done)
            assert first.words.endswith(f"retry: {live.COME_BACK_LATER}\n\n")
            assert first.heard[-1]["more_body"] is False
            assert not any(page.task.done() for page in others)
            assert len(live.READER.watchers) == live.PER_PERSON + 1

    asyncio.run(walk())


def test_a_process_that_is_full_says_so(moving, monkeypatch):
    monkeypatch.setattr(live, "PER_PROCESS", 2)

    async def walk() -> None:
        async with browsers(who(1), who(2), who(3)) as (one, two, three):
            assert await three.until(three.task.done)
            assert (one.status, two.status, three.status) == (200, 200, 503)

    asyncio.run(walk())


@pytest.mark.parametrize("busy", [False, True])
def test_a_stream_ends_when_the_session_does_even_on_a_busy_board(moving, monkeypatch, busy):
    monkeypatch.setattr(live, "PING", 0.1)
    session: list[tuple[int, frozenset[str]] | None] = [(1, BOARD)]

    async def allowed() -> tuple[int, frozenset[str]] | None:
        return session[0]

    async def walk() -> None:
        async with browsers(allowed) as (page,):
            assert await page.until(lambda: ": ping" in page.words)
            session[0] = None
            for _moment in range(100):
                if busy:
                    moving.append("board:1")
                await asyncio.sleep(0.01)
            assert page.task.done()
            assert page.heard[-1]["more_body"] is False

    asyncio.run(walk())


def test_a_topic_that_is_lost_is_not_told_any_more(moving, monkeypatch):
    monkeypatch.setattr(live, "PING", 0.05)
    topics = [frozenset({"board:1", "board:2"})]

    async def allowed() -> tuple[int, frozenset[str]]:
        return 1, topics[0]

    async def walk() -> None:
        async with browsers(allowed) as (page,):
            assert await page.until(lambda: ": ping" in page.words)
            topics[0] = BOARD
            assert await page.until(lambda: live.READER.watchers[0].topics == BOARD)
            moving.extend(["board:1", "board:2"])
            assert await page.until(lambda: "moved" in page.words)
            assert "board:2" not in page.words

    asyncio.run(walk())


@pytest.mark.parametrize(("found", "status"), [(None, 403), ((1, frozenset()), 404)])
def test_a_stranger_gets_no_stream(moving, found, status):
    async def allowed() -> Any:
        return found

    async def walk() -> None:
        async with browsers(allowed) as (page,):
            assert await page.until(page.task.done)
            assert page.status == status

    asyncio.run(walk())
