"""Builders for tests of requests: instants of Shanghai, clocks by code, the sweep as the worker runs it."""

from datetime import datetime
from zoneinfo import ZoneInfo

from procrastinate.contrib.django import app

from shouhou.shared.models import Event

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(text: str) -> datetime:
    """2026-09-30 17:50 in Shanghai; 24:00 is written as the next day's 00:00."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def clock(case, code: str):
    return case.clocks().get(commitment__code=code)


def states(case) -> dict[str, str]:
    return {c.commitment.code: c.state for c in case.clocks()}


def kinds(case, *names: str) -> list[str]:
    """The facts of a case in the order of recording, all or the named ones."""
    found = Event.objects.of(case).order_by("id").values_list("kind", flat=True)
    return [kind for kind in found if not names or kind in names]


def sweep() -> None:
    """What the worker does every five seconds."""
    app.tasks["shouhou.promises.jobs.sweep_clocks"].func(timestamp=0)
