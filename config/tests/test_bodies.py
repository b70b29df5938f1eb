"""What is sent to the server is counted and timed while it comes in."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from config import asgi

LOGIN, REQUESTS = "/accounts/login/", "/requests/take/"
SESSION = b"sessionid=x"


@pytest.fixture
def reached(monkeypatch) -> list[int]:
    """Sizes of the bodies that reached Django."""
    sizes: list[int] = []

    async def pages(scope: Any, receive: Any, send: Any) -> None:
        size, more = 0, True
        while more:
            message = await receive()
            size, more = size + len(message["body"]), message["more_body"]
        sizes.append(size)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    monkeypatch.setattr(asgi, "pages", pages)
    monkeypatch.setattr(asgi, "REST", 0.2)
    return sizes


def pieces(size: int, step: int = 256 * 1024) -> Iterator[dict[str, Any]]:
    while size > step:
        size -= step
        yield {"type": "http.request", "body": b"x" * step, "more_body": True}
    yield {"type": "http.request", "body": b"x" * size, "more_body": False}


def post(path: str, messages: Any, *, cookie: bytes = b"", says: int | None = None) -> tuple[int, str]:
    """Status and words of the answer; (0, "") for none."""
    heard: list[dict[str, Any]] = []
    source = iter(messages)

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0)
        try:
            return next(source)
        except StopIteration:
            await asyncio.sleep(3600)
            raise

    async def send(message: dict[str, Any]) -> None:
        heard.append(message)

    headers = [(b"cookie", cookie)] + ([(b"content-length", str(says).encode())] if says is not None else [])
    asyncio.run(asgi.application({"type": "http", "path": path, "headers": headers}, receive, send))
    assert asgi.Body.held == 0
    return (heard[0]["status"], heard[1]["body"].decode()) if heard else (0, "")


@pytest.mark.parametrize(
    ("path", "cookie", "limit"),
    [
        (LOGIN, b"", asgi.SMALL), (LOGIN, SESSION, asgi.SMALL), (REQUESTS, b"", asgi.SMALL),
        (REQUESTS, SESSION, asgi.LARGE), ("/api/requests", SESSION, asgi.API), ("/imports/", b"x=1", asgi.SMALL),
    ],
)  # fmt: skip
@pytest.mark.parametrize("says", [True, False], ids=["said", "not said"])
def test_no_address_takes_more_than_its_limit(reached, path, cookie, limit, says):
    assert post(path, pieces(limit), cookie=cookie, says=limit if says else None)[0] == 200
    assert reached == [limit]
    status, words = post(path, pieces(limit + 1), cookie=cookie, says=limit + 1 if says else None)
    assert (status, reached) == (413, [limit])
    assert "MB" in words or "KB" in words


def test_a_lie_about_the_size_helps_nothing(reached):
    assert post(LOGIN, pieces(asgi.SMALL + 1), says=5)[0] == 413
    assert reached == []


def test_the_sentence_is_in_the_visitors_language(reached):
    english = post(LOGIN, pieces(asgi.SMALL + 1), cookie=b"language=en")[1]
    assert english == "This is too much at once: at most 64 KB can be sent here. Send less, or in parts."


def test_a_body_that_stops_coming_is_given_up(reached, monkeypatch):
    monkeypatch.setattr(asgi, "PAUSE", 0.2)
    status, _words = post(LOGIN, [{"type": "http.request", "body": b"abc", "more_body": True}])
    assert (status, reached) == (408, [])


def test_a_body_that_drips_is_given_up(reached, monkeypatch):
    monkeypatch.setattr(asgi, "WHOLE", 0.2)
    endless = ({"type": "http.request", "body": b"", "more_body": True} for _n in iter(int, 1))
    assert post(LOGIN, endless)[0] == 408


def test_a_browser_that_leaves_is_no_error(reached):
    messages = [{"type": "http.request", "body": b"abc", "more_body": True}, {"type": "http.disconnect"}]
    assert (post(LOGIN, messages), reached) == ((0, ""), [])


def test_all_bodies_together_leave_room_on_the_disk(reached, monkeypatch):
    monkeypatch.setattr(asgi, "HELD_AT_ONCE", 1000)
    assert post(LOGIN, pieces(1001))[0] == 503
    assert post(LOGIN, pieces(1000))[0] == 200
