"""Asking for pages over HTTP as a signed-in person does, and timing the answers."""

import http.client
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

TOKEN = "b" * 32
HURRY = 3.0  # seconds that the eight users work


@dataclass(frozen=True)
class Ask:
    """One request: a path, and a form when something is posted."""

    path: str
    form: tuple[tuple[str, str], ...] = ()


@dataclass
class Timed:
    """What one page took: milliseconds at one user, answers a second at eight."""

    p50: float
    p95: float
    per_second: float
    failures: list[str] = field(default_factory=list)


class Browser:
    """One person with one connection that stays open."""

    def __init__(self, port: int, session: str) -> None:
        self.connection = http.client.HTTPConnection("localhost", port, timeout=120)
        self.headers = {
            "Host": f"localhost:{port}", "Origin": f"http://localhost:{port}", "Accept-Encoding": "identity",
            "Cookie": f"sessionid={session}; csrftoken={TOKEN}",
        }  # fmt: skip

    def get(self, ask: Ask) -> int:
        """The status of the answer, read to its end."""
        if ask.form:
            body = urlencode([*ask.form, ("csrfmiddlewaretoken", TOKEN)])
            head = {**self.headers, "Content-Type": "application/x-www-form-urlencoded"}
            self.connection.request("POST", ask.path, body, head)
        else:
            self.connection.request("GET", ask.path, headers=self.headers)
        answer = self.connection.getresponse()
        answer.read()
        return answer.status

    def close(self) -> None:
        self.connection.close()


def timed(port: int, session: str, asks: Sequence[Ask], *, wanted: int, number: int = 80) -> Timed:
    """Warm up with eight connections, time `number` answers at one user, then let eight work at once.

    An answer other than `wanted` is a failure: its time would mean nothing.
    """
    failures: list[str] = []

    def ask(browser: Browser, n: int) -> None:
        status = browser.get(asks[n % len(asks)])
        if status != wanted:
            failures.append(f"{asks[n % len(asks)].path}: {status} instead of {wanted}")

    together(port, session, 8, lambda browser, n: ask(browser, n), rounds=4)
    browser, took = Browser(port, session), []
    for n in range(number):
        begun = time.perf_counter()
        ask(browser, n)
        took.append((time.perf_counter() - begun) * 1000)
    browser.close()
    begun = time.perf_counter()
    answers = together(port, session, 8, ask, seconds=HURRY)
    rate = answers / (time.perf_counter() - begun)
    took.sort()
    return Timed(took[len(took) // 2], took[int(len(took) * 0.95)], rate, sorted(set(failures)))


def together(
    port: int, session: str, users: int, ask: Callable[[Browser, int], None], *, rounds: int = 0, seconds: float = 0
) -> int:
    """Several people at once, for some rounds or some seconds each. Returns how many answers came.

    Raises what one of them met, at the end.
    """
    end = time.perf_counter() + seconds
    done, troubles = [0] * users, []

    def work(user: int) -> None:
        browser = Browser(port, session)
        try:
            while done[user] < rounds or time.perf_counter() < end:
                ask(browser, user * 7919 + done[user])
                done[user] += 1
        except Exception as trouble:
            troubles.append(trouble)
        finally:
            browser.close()

    threads = [threading.Thread(target=work, args=(user,)) for user in range(users)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if troubles:
        raise troubles[0]
    return sum(done)
