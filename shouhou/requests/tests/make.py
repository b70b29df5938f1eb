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


def vendor_asked(case, by, *, way="link", signed=False):
    """A support request about the case to a vendor; `signed` by our representative."""
    from shouhou.people.models import Organisation
    from shouhou.records.actions.signing import sign
    from shouhou.records.tests.make import png
    from shouhou.requests.actions.support import Addressee, write_support_request

    maker, _new = Organisation.objects.get_or_create(name="建文软件", kind="vendor")
    to = Addressee(maker, "何工", "he@vendor.example.cn", "010-8888 1234", way)
    made = write_support_request(case, to=to, problem="无法打印", tried="重装驱动", wanted="补丁", by=by)
    if signed:
        sign(made.paper, role="representative", name="周敏", how="drawn", png=png(), by=by)
    return made
