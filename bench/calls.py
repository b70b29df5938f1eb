"""A real call centre's day through the telephone door, sixty times as fast: what is lost, how soon it pops up."""

import csv
import json
import lzma
import math
import random
import statistics
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException
from typing import Any

from standardwebhooks.webhooks import Webhook

from bench.ground import ROOT, Ground

LOG = ROOT.parent / "shared" / "data" / "calls" / "call_center_1999-02.tsv.xz"
DAY = "990216"
SPEED = 60
NEVER = "0:00:00"
AGENTS = 24


@dataclass
class Told:
    """One call as it really was: what is said of it, and what must be known of it afterwards."""

    ref: str
    messages: list[tuple[float, str, dict[str, Any]]] = field(default_factory=list)  # second of the day, kind, data
    answered: bool = False
    rings: int | None = None


def seconds_of(text: str) -> int:
    hours, minutes, seconds = (int(part) for part in text.split(":"))
    return hours * 3600 + minutes * 60 + seconds


def real_day(dice: random.Random) -> list[Told]:
    """The calls of one day. The log has no rings: each answered call rang for a while that is drawn here."""
    with lzma.open(LOG, "rt", encoding="ascii", newline="") as packed:
        rows = [r for r in csv.DictReader(packed, delimiter="\t") if r["date"] == DAY and r["outcome"] != "PHANTOM"]
    return [told_of(row["call_id"] or str(n), row, f"{800 + n % AGENTS}", dice) for n, row in enumerate(rows)]


def told_of(ref: str, row: dict[str, str], extension: str, dice: random.Random) -> Told:
    """What the telephone system says of one row of the log."""
    call = Told(ref=f"{ref}-{row['vru_entry']}", answered=row["outcome"] == "AGENT")
    caller = f"139{int(row['customer_id']) % 10**8:08}" if row["customer_id"] != "0" else ""
    entered = seconds_of(row["vru_entry"])
    call.messages.append((entered, "ringing", {"caller": caller, "dialled": "4001234567"}))
    if not call.answered:
        left = max(entered, *(seconds_of(row[name]) for name in ("vru_exit", "q_exit") if row[name] != NEVER))
        call.messages.append((left, "abandoned", {}))
        return call
    answered = max(entered + 1, seconds_of(row["ser_start"]))
    rang = min(dice.randrange(1, 24), answered - entered)
    how = dice.choice(("count", "seconds", "instants"))
    call.rings = math.floor(rang / 5) + 1
    data: dict[str, Any] = {"extension": extension}
    data |= {"count": {"rings": call.rings}, "seconds": {"ring_seconds": rang}, "instants": {}}[how]
    call.messages.append((answered - rang, "ringing", {"extension": extension}))
    call.messages.append((answered, "answered", data))
    call.messages.append((max(answered, seconds_of(row["ser_exit"])), "hung_up", {"extension": extension}))
    return call


def generated_day(dice: random.Random, calls: int = 400) -> list[Told]:
    """A day of the same shape, where the real one is absent."""
    rows = []
    for n in range(calls):
        start = 8 * 3600 + n * 9
        answered = dice.random() < 0.82
        queue, talk = dice.randrange(1, 90), dice.randrange(5, 400)
        clock = [str(timedelta(seconds=s)) for s in (start, start + queue, start + queue + talk)]
        rows.append({
            "call_id": str(n), "customer_id": str(n % 70), "vru_entry": clock[0], "vru_exit": clock[1],
            "q_exit": clock[1], "ser_start": clock[1], "ser_exit": clock[2], "outcome": "AGENT" if answered else "HANG",
        })  # fmt: skip
    return [told_of(row["call_id"], row, f"{800 + n % AGENTS}", dice) for n, row in enumerate(rows)]


class Desk(threading.Thread):
    """An agent's open page: hears that something moved, and fetches what rings."""

    def __init__(self, port: int, session: str, topic: str) -> None:
        super().__init__(daemon=True)
        self.port, self.cookie, self.topic = port, {"Cookie": f"sessionid={session}"}, topic
        self.waiting: dict[str, float] = {}  # caller's number -> when the message left the telephone system
        self.took: list[float] = []
        self.ready = threading.Event()

    def run(self) -> None:
        stream = HTTPConnection("localhost", self.port, timeout=3600)
        stream.request("GET", f"/events?topic={self.topic}", headers=self.cookie)
        answer = stream.getresponse()
        page = HTTPConnection("localhost", self.port, timeout=60)
        self.ready.set()
        for line in iter(answer.readline, b""):
            if not line.startswith(b"data:") or not self.waiting:
                continue
            shown, at = fetched(page, self.cookie), time.perf_counter()
            for number in [n for n in self.waiting if n in shown]:
                self.took.append((at - self.waiting.pop(number)) * 1000)


def fetched(page: HTTPConnection, cookie: dict[str, str]) -> str:
    """What rings at the desk. A connection that idled too long was closed: a browser opens another, and so do we."""
    for last in (False, True):
        try:
            page.request("GET", "/hotline/ringing/", headers=cookie)
            return page.getresponse().read().decode()
        except (OSError, HTTPException):
            page.close()
            if last:
                raise
    return ""


def say(connection: HTTPConnection, path: str, hook: Webhook, name: str, body: dict[str, Any]) -> int:
    """Send one signed message; the status of the answer. A connection that was closed meanwhile is opened anew, as any
    telephone system does: the message keeps its id, so that it counts once.
    """
    text, stamp = json.dumps(body), datetime.now(UTC)
    headers = {
        "webhook-id": name, "webhook-timestamp": str(int(stamp.timestamp())), "content-type": "application/json",
        "webhook-signature": hook.sign(name, stamp, text),
    }  # fmt: skip
    try:
        connection.request("POST", path, text, headers)
        answer = connection.getresponse()
    except (OSError, HTTPException):
        connection.close()
        connection.request("POST", path, text, headers)
        answer = connection.getresponse()
    answer.read()
    return answer.status


def bench_calls(speed: float = SPEED) -> dict[str, Any]:
    """Replay the day and count what became of every call."""
    dice = random.Random(1)
    day = real_day(dice) if LOG.exists() else generated_day(dice)
    with Ground() as ground:
        from bench.company import found_company

        company = found_company()
        from bench.pages import session_of
        from shouhou.hotline.models import Door, Extension, Line
        from shouhou.people.actions import appoint
        from shouhou.people.models import User
        from shouhou.people.rules import Role

        Line.objects.create(organisation=company.top, name="服务热线", number="400-123-4567")
        door = Door.objects.create(organisation=company.top, name="总机")
        agents = []
        for n in range(AGENTS):
            user = User.objects.create_user(f"desk{n}", "x", name=f"坐席{n}")
            long_ago = datetime(2020, 1, 1, tzinfo=UTC).date()
            appoint(user=user, role=Role.AGENT, organisation=company.top, from_on=long_ago, by=None)
            Extension.objects.create(door=door, number=str(800 + n), user=user)
            agents.append((session_of(f"desk{n}")[1], f"desk:{user.pk}"))
        ground.restart(loading=False)
        with ground.serving():
            found = replay(ground.port, day, door, [Desk(ground.port, session, topic) for session, topic in agents],
                           dice, speed)  # fmt: skip
        return {"log": "real" if LOG.exists() else "generated (the real log is not here: skipped)", "speed": speed,
                **found, **judged(day, door)}  # fmt: skip


def replay(
    port: int, day: list[Told], door: Any, desks: list[Desk], dice: random.Random, speed: float
) -> dict[str, Any]:
    """Send every message at its time, some twice and some late; all instants lie in the past day."""
    for desk in desks:
        desk.start()
        desk.ready.wait(30)
    line = sorted(
        ((second, n, kind, data) for n, call in enumerate(day) for second, kind, data in call.messages),
        key=lambda m: (m[0], m[1]),
    )
    first, midnight = line[0][0], datetime.now(UTC) - timedelta(days=1, hours=1)
    hook, path = Webhook(door.secret), f"/hotline/door/{door.pk}/"
    connection = HTTPConnection("localhost", port, timeout=60)
    statuses: dict[int, int] = {}
    answers: list[float] = []
    late: list[tuple[str, dict[str, Any]]] = []
    begun = time.perf_counter()
    for number, (second, n, kind, data) in enumerate(line):
        time.sleep(max(0.0, (second - first) / speed - (time.perf_counter() - begun)))
        body = {
            "type": f"call.{kind}", "timestamp": (midnight + timedelta(seconds=second)).isoformat(),
            "data": {"call_id": day[n].ref, **data},
        }  # fmt: skip
        name = f"m{number}"
        if kind != "ringing" and dice.random() < 0.03:
            late.append((name, body))
            continue
        if kind == "ringing" and "extension" in data:
            caller = day[n].messages[0][2]["caller"]
            if caller:
                desks[int(data["extension"]) - 800].waiting[caller] = time.perf_counter()
        at = time.perf_counter()
        status = say(connection, path, hook, name, body)
        answers.append((time.perf_counter() - at) * 1000)
        statuses[status] = statuses.get(status, 0) + 1
        if dice.random() < 0.05:
            say(connection, path, hook, name, body)  # told twice
        if late and dice.random() < 0.1:
            say(connection, path, hook, *late.pop(0))
    for name, body in late:
        say(connection, path, hook, name, body)
    time.sleep(2)
    took = sorted(ms for desk in desks for ms in desk.took)
    return {
        "calls": len(day), "messages": len(line), "seconds": round(time.perf_counter() - begun, 1),
        "statuses": statuses, "answer_p50_ms": round(statistics.median(answers), 1),
        "answer_p95_ms": round(sorted(answers)[int(len(answers) * 0.95)], 1), "pops": len(took),
        "pop_p50_ms": round(statistics.median(took), 1) if took else None,
        "pop_p95_ms": round(took[int(len(took) * 0.95)], 1) if took else None,
    }  # fmt: skip


def judged(day: list[Told], door: Any) -> dict[str, Any]:
    """What became of every call, compared with what really happened."""
    from shouhou.hotline.models import Call

    rows = {row.call_ref: row for row in Call.objects.filter(door=door)}
    owed = set(Call.objects.without_record().values_list("call_ref", flat=True))
    back = set(Call.objects.to_call_back().values_list("call_ref", flat=True))
    return {
        "lost": sum(1 for call in day if call.ref not in rows),
        "doubled": len(rows) - len({call.ref for call in day} & set(rows)),
        "neither_record_nor_task": sum(1 for call in day if call.ref not in owed | back),
        "wrong_phase": sum(
            1 for c in day if c.ref in rows and rows[c.ref].phase != ("ended" if c.answered else "abandoned")
        ),
        "wrong_rings": sum(1 for c in day if c.ref in rows and rows[c.ref].rings != c.rings),
    }
