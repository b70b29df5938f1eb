"""What the web server runs: pages through Django's WSGI side, /events as a raw stream.

Native Django ASGI costs a fifth more CPU per page; one blocking thread per process serves the pages.
A body is counted and timed while it comes in: Django would see it only after all of it lay on the disk.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from http.cookies import CookieError, SimpleCookie
from typing import Any

from asgiref.wsgi import WsgiToAsgi

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext_noop

from config.wsgi import application as pages_wsgi
from shouhou.desk.views import events
from shouhou.shared.middleware import LANGUAGE_COOKIE

KB, MB = 1024, 1024 * 1024
SMALL = 64 * KB  # a form without files; also all that a visitor without a session may send
API = MB
LARGE = 4 * settings.UPLOAD_MAX_BYTES + MB  # several files at once
FOR_ANYBODY = ("/accounts/", "/portal/confirm/", "/people/language/", "/setup/")
HELD_AT_ONCE = 1024 * MB  # bodies of one process on the disk, which the database needs too
PAUSE, WHOLE, REST = 30.0, 600.0, 10.0  # seconds: between two pieces, for all, for what is thrown away

TOO_LARGE = gettext_noop("This is too much at once: at most %(limit)s can be sent here. Send less, or in parts.")
TOO_SLOW = gettext_noop("What you sent came too slowly and was not taken: try again.")
BUSY = gettext_noop("Too much is being sent at this moment: try again in a minute.")

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
pages = WsgiToAsgi(pages_wsgi)


class NotTaken(Exception):
    """A body that is not read to its end."""

    def __init__(self, status: int, words: str) -> None:
        self.status, self.words = status, words


class Left(Exception):
    """The browser went away in the middle."""


class Body:
    """One request's body while it comes in."""

    held = 0  # of all bodies of this process

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.headers = dict(scope["headers"])
        self.cookies = cookies_of(self.headers)
        self.limit = limit_for(scope["path"], settings.SESSION_COOKIE_NAME in self.cookies)
        self.raw, self.size, self.until = receive, 0, asyncio.get_running_loop().time() + WHOLE

    def check(self) -> None:
        """What the browser says about the size; it is counted all the same."""
        said = self.headers.get(b"content-length", b"0")
        if said.isdigit() and int(said) > self.limit:
            raise NotTaken(413, TOO_LARGE)

    async def receive(self) -> dict[str, Any]:
        """The next piece, within size and time. Raises NotTaken or Left."""
        left = self.until - asyncio.get_running_loop().time()
        if left <= 0:  # a body that drips never lets the wait below run out
            raise NotTaken(408, TOO_SLOW)
        try:
            message = await asyncio.wait_for(self.raw(), min(PAUSE, left))
        except TimeoutError:
            raise NotTaken(408, TOO_SLOW) from None
        if message["type"] != "http.request":
            raise Left
        length = len(message.get("body", b""))
        self.size += length
        Body.held += length
        if self.size > self.limit:
            raise NotTaken(413, TOO_LARGE)
        if Body.held > HELD_AT_ONCE:
            raise NotTaken(503, BUSY)
        return message

    async def throw_away(self) -> None:
        """Read on for a moment: a browser shows an answer only when it could send what it wanted to."""
        try:
            async with asyncio.timeout(REST):
                more = True
                while more:
                    message = await self.raw()
                    more = message["type"] == "http.request" and message.get("more_body", False)
        except TimeoutError:
            return


def cookies_of(headers: dict[bytes, bytes]) -> SimpleCookie:
    try:
        return SimpleCookie(headers.get(b"cookie", b"").decode("latin-1"))
    except CookieError:
        return SimpleCookie()


def limit_for(path: str, has_session: bool) -> int:
    """How many bytes may be sent to an address."""
    if path.startswith(FOR_ANYBODY) or not has_session:
        return SMALL
    return API if path.startswith("/api/") else LARGE


async def refuse(send: Send, body: Body, refusal: NotTaken) -> None:
    """A plain sentence in the visitor's language."""
    chosen = body.cookies[LANGUAGE_COOKIE].value if LANGUAGE_COOKIE in body.cookies else ""
    language = chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
    limit = f"{body.limit // MB} MB" if body.limit >= MB else f"{body.limit // KB} KB"
    with translation.override(language):
        words = translation.gettext(refusal.words) % {"limit": limit}
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": words.encode()})


async def serve_page(scope: Scope, receive: Receive, send: Send) -> None:
    """One page, if what was sent with its request is neither too large nor too slow."""
    body = Body(scope, receive)

    async def answer(message: dict[str, Any]) -> None:
        """The server's own `send` is not marked as a coroutine function, which asgiref warns about in the log."""
        await send(message)

    try:
        body.check()
        await pages(scope, body.receive, answer)
    except Left:
        return
    except NotTaken as refusal:  # before any answer: the body is read first
        if refusal.status == 413:
            await body.throw_away()
        await refuse(send, body, refusal)
    finally:
        Body.held -= body.size


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Route one connection."""
    if scope["type"] == "http" and scope["path"] == "/events":
        await events(scope, receive, send)
    elif scope["type"] == "http":
        await serve_page(scope, receive, send)
    elif scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
