"""The pages measured: what is asked, how many statements each sends, and what its bare SQL costs."""

import random
import statistics
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote as q

import psycopg

from bench.browse import Ask, timed
from bench.ground import Ground

CONTROL = ("BEGIN", "COMMIT", "ROLLBACK")


@dataclass(frozen=True)
class Aim:
    """What speed.md asks for at 100,000 requests: ms at one user, answers a second at eight users, statements."""

    p50: float
    per_second: float
    queries: int | None = None


@dataclass(frozen=True)
class Page:
    """A page, who asks for it, and with which requests."""

    name: str
    who: str
    asks: tuple[Ask, ...]
    aim: Aim | None = None
    wanted: int = 200


def pages(size: int, dice: random.Random) -> list[Page]:
    """The pages with addresses of rows that are there. The words searched for are those of bench/seed.py."""
    from shouhou.customers.models import Contact
    from shouhou.requests.models import ServiceRequest

    ids = ServiceRequest.objects.values_list("id", flat=True)
    top = ids.filter(id__lte=size).order_by("-id")[:1].get()
    some = list(ids.filter(id__in=[dice.randrange(1, top + 1) for _ in range(40)]))
    codes = list(ServiceRequest.objects.filter(id__in=some[:12]).values_list("subject", flat=True))
    contacts = list(Contact.objects.filter(id__lte=400).order_by("id").values_list("id", "customer_id")[:40])

    def search(*words: str) -> tuple[Ask, ...]:
        return tuple(Ask(f"/search/?q={word}") for word in words)

    return [
        Page("list, open", "agent", (Ask("/requests/"),), Aim(12, 180, 8)),
        Page("list, open, leader", "manager", (Ask("/requests/"),)),
        Page("list, open, one centre", "local", (Ask("/requests/"),)),
        Page("detail", "agent", tuple(Ask(f"/requests/{pk}/") for pk in some), Aim(8, 250, 14)),
        Page("search, frequent word", "agent", search(q("打印机"), q("登录")), Aim(25, 80)),
        Page("search, rare word", "agent", search(*(q(text.split()[-1]) for text in codes)), Aim(12, 150)),
        Page("search, rare, two letters", "agent", search(q("断针")), Aim(12, 150)),
        Page("search, nowhere", "agent", search(q("量子"), q("飞船"))),
        Page("search, inside a run", "agent", search(q("份认证平"), q("识别闸")), Aim(20, 80)),
        Page("search, one centre", "local", search(q("电子签章"))),
        Page("home", "agent", (Ask("/"),), Aim(8, 250)),
        Page("home, leader", "manager", (Ask("/"),)),
        Page("form for a new request", "agent", (Ask("/requests/take/"),)),
        Page("create", "agent", tuple(taken(*pair) for pair in contacts), Aim(7, 300, 16), wanted=302),
    ]


def taken(contact: int, customer: int) -> Ask:
    """The form of a new request, filled in, with the times told to the customer."""
    form = {
        "customer": str(customer), "contact": str(contact), "caller_phone": "", "channel": "phone", "kind": "fault",
        "subject": "二楼窗口打印机无法打印回执", "description": "重启后依旧。", "need": "尽快恢复",
        "impact": "medium", "urgency": "high", "promise_given": "on",
    }  # fmt: skip
    return Ask("/requests/take/", tuple(form.items()))


def session_of(username: str) -> tuple[Any, str]:
    """A Django test client signed in as this person, and the key of its session."""
    from django.test import Client

    from shouhou.people.models import User

    client = Client(HTTP_HOST="localhost", raise_request_exception=True)
    client.force_login(User.objects.get(username=username), backend="django.contrib.auth.backends.ModelBackend")
    return client, client.cookies["sessionid"].value


def statements(client: Any, ask: Ask) -> list[str]:
    """Every statement that the page sends when it is warm, with its values, without BEGIN and COMMIT."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    for _ in range(2):
        call(client, ask)
    with CaptureQueriesContext(connection) as captured:
        call(client, ask)
    return [q["sql"] for q in captured.captured_queries if not q["sql"].startswith(CONTROL)]


def call(client: Any, ask: Ask) -> Any:
    return client.post(ask.path, dict(ask.form)) if ask.form else client.get(ask.path)


def bare(url: str, sent: list[str], rounds: int = 30) -> tuple[float, list[tuple[float, str]]]:
    """Milliseconds (median) that the SELECTs take alone on one connection, and each SELECT's own median."""
    selects = [s for s in sent if s.lstrip("( ").upper().startswith(("SELECT", "WITH"))]
    took: list[list[float]] = [[] for _ in selects]
    with psycopg.connect(url, autocommit=True) as connection:
        for turn in range(rounds + 3):
            for n, text in enumerate(selects):
                begun = time.perf_counter()
                connection.execute(text).fetchall()
                if turn >= 3:
                    took[n].append((time.perf_counter() - begun) * 1000)
    each = [(statistics.median(times), text) for times, text in zip(took, selects, strict=True)]
    total = statistics.median([sum(turn) for turn in zip(*took, strict=True)]) if took else 0.0
    return total, sorted(each, reverse=True)


def measure(ground: Ground, page: Page) -> dict[str, Any]:
    """All figures of one page at the present size."""
    from django.conf import settings

    client, session = session_of(page.who)
    sent = statements(client, page.asks[0])
    figures = timed(ground.port, session, page.asks, wanted=page.wanted)
    url = ground.postgres.url("shouhou", str(settings.DATABASES["default"]["USER"]))
    total, each = bare(url, sent)
    found: dict[str, Any] = {
        "page": page.name, "who": page.who, "p50_ms": round(figures.p50, 2), "p95_ms": round(figures.p95, 2),
        "per_second_at_8": round(figures.per_second, 1), "queries": len(sent), "bare_sql_ms": round(total, 2),
        "times_bare_sql": round(figures.p50 / total, 1) if total else None,
        "slowest_select_ms": round(each[0][0], 2) if each else None,
        "slowest_select": each[0][1][max(each[0][1].find(" FROM "), 0) :][:1500] if each else None,
        "failures": figures.failures,
    }  # fmt: skip
    if page.aim:
        aim = page.aim
        found["aim"] = {"p50_ms": aim.p50, "per_second_at_8": aim.per_second, "queries": aim.queries}
        found["met"] = {
            "p50_ms": figures.p50 <= aim.p50, "per_second_at_8": figures.per_second >= aim.per_second,
            "queries": None if aim.queries is None else len(sent) <= aim.queries,
        }  # fmt: skip
    return found
