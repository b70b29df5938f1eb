"""Messages on their way to the door: signed, in order for each call, again and again until the door has taken them."""

import asyncio
import json
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from http.client import HTTPException
from typing import Any

from standardwebhooks.webhooks import Webhook

from shouhou.hotline.rules.pbx import Message

MOST = 100_000  # messages kept while the door does not answer: some fifty megabytes
TIMEOUT = 10.0  # seconds for one message
SHORTEST, LONGEST = 0.5, 30.0  # seconds between two tries
HINTS = {
    401: "the signature does not fit: check the secret and this machine's clock",
    403: "something before the door refuses the message",
    404: "no door is there: check the address",
}

Say = Callable[[str], None]


class Trouble(Exception):
    """The door did not take a message, but may later; the message says why."""


class Refusal(Exception):
    """The door will never take this message, because it does not understand it."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Following one would turn the message into a question without a body."""

    def redirect_request(self, *_: Any) -> None:
        return None


class Outbox:
    """Keeps messages by call and sends one at a time. A call in trouble lets the others go first."""

    def __init__(self, url: str, secret: str, *, say: Say, most: int = MOST, shortest: float = SHORTEST) -> None:
        self.url = url
        self.webhook = Webhook(secret)
        self.say = say
        self.most = most
        self.shortest = shortest
        self.waiting: dict[str, deque[Message]] = {}
        self.count = 0
        self.dropped = 0
        self.sent = 0
        self.trouble = ""
        self._opener = urllib.request.build_opener(_NoRedirect)
        self._news = asyncio.Event()
        self._hurry = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()

    def put(self, message: Message) -> None:
        """Take one message in. When all room is taken, the call that has waited longest goes, message by message."""
        while self.count >= self.most:
            call = next(iter(self.waiting))
            for lost in self.waiting.pop(call):
                self.count -= 1
                self._drop(lost, "there is no more room")
        self.waiting.setdefault(message.call_id, deque()).append(message)
        self.count += 1
        self._empty.clear()
        self._news.set()

    async def run(self) -> None:
        """Send until cancelled."""
        pause = self.shortest
        while True:
            while not self.waiting:
                self._empty.set()
                self._news.clear()
                await self._news.wait()
            call = next(iter(self.waiting))
            message = self.waiting[call][0]
            try:
                await asyncio.to_thread(self._post, message)
            except Trouble as trouble:
                self._tell(str(trouble))
                if call in self.waiting:
                    self.waiting[call] = self.waiting.pop(call)
                hurried = await self._rest(pause)
                pause = self.shortest if hurried else min(pause * 2, LONGEST)
                continue
            except Refusal as refusal:
                self._drop(message, str(refusal))
            else:
                self.sent += 1
                self._tell("")
                pause = self.shortest
            self._done(call, message)

    async def drain(self, within: float) -> int:
        """Try at once whatever still waits; how many messages are left after that many seconds."""
        self._hurry.set()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._empty.wait(), within)
        return self.count

    def left(self) -> list[Message]:
        """What has not been sent, call by call."""
        return [message for line in self.waiting.values() for message in line]

    def _done(self, call: str, message: Message) -> None:
        line = self.waiting.get(call)
        if line and line[0] is message:  # else it was dropped for want of room while it was under way
            line.popleft()
            self.count -= 1
            if not line:
                del self.waiting[call]

    async def _rest(self, seconds: float) -> bool:
        """Wait before the next try; True when a drain has cut it short."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._hurry.wait(), seconds)
        hurried = self._hurry.is_set()
        self._hurry.clear()
        return hurried

    def _post(self, message: Message) -> None:
        """Sign and send, in a thread of its own. Signed anew at each try: a signature holds for five minutes."""
        body = message.body()
        now = datetime.now(UTC)
        signature = self.webhook.sign(message.id, now, body)
        headers = {
            "content-type": "application/json", "user-agent": "shouhou-telephone", "webhook-id": message.id,
            "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signature,
        }  # fmt: skip
        request = urllib.request.Request(self.url, body.encode(), headers)
        try:
            with self._opener.open(request, timeout=TIMEOUT) as answer:
                answer.read()
        except urllib.error.HTTPError as answer:
            with answer:
                self._read_refusal(answer)
        except (OSError, HTTPException) as error:
            raise Trouble(f"The door does not answer ({getattr(error, 'reason', '') or error})") from None

    @staticmethod
    def _read_refusal(answer: urllib.error.HTTPError) -> None:
        """Only the door itself names the fields that it does not understand; all else may pass."""
        if answer.code == 400:
            with suppress(ValueError, AttributeError, OSError, HTTPException):
                if fields := json.loads(answer.read(10_000)).get("fields"):
                    raise Refusal(f"the door does not understand it: {fields}")
        raise Trouble(f"The door answers {answer.code}: {HINTS.get(answer.code, answer.reason)}")

    def _tell(self, trouble: str) -> None:
        """Say what is wrong when it begins, when it changes, and when it is over."""
        if trouble and trouble != self.trouble:
            self.say(f"{trouble}. {self.count} messages wait; they are sent as soon as it takes them.")
        elif self.trouble and not trouble:
            self.say(f"The door takes messages again; {self.count - 1} still wait.")
        self.trouble = trouble

    def _drop(self, message: Message, why: str) -> None:
        self.dropped += 1
        self.say(f"LOST, {why}: {message.id} {message.body()}")
