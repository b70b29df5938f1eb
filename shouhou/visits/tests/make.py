"""What tests of visits make: operations as a phone makes them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest

from shouhou.requests.actions.visits import Where, ask_for_visit
from shouhou.shared.time import moved_to
from shouhou.visits.actions import planning
from shouhou.visits.actions.syncing import Sent, take_operations
from shouhou.visits.rules.sheet import Operation
from shouhou.visits.rules.steps import ORDER

EIGHT = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)  # eight in China
WHOLE: dict[str, dict[str, str]] = {
    "prepare": {"able": "yes", "address": "yes"},
    "badge": {"worn": "yes"},
    "meet": {"whom": "陈芳"},
    "verify": {"found": "三号机卡纸", "shown": "yes"},
    "backup": {"what": "业务数据库", "where": "NAS /backup/1123", "by": "王强"},
    "fix": {"cause": "进纸辊老化", "remedy": "更换进纸辊", "outcome": "solved"},
    "trial": {"by": "陈芳", "passed": "yes"},
    "explain": {"precautions": "使用 80 克纸"},
    "sign": {"name": "陈芳", "signature": "ab12"},
    "leave": {"normal": "yes"},
}


class Phone:
    """A device that numbers what is done on it; a minute passes with each."""

    def __init__(self, device: str = "p1", by: int = 1, start: datetime = EIGHT) -> None:
        self.device, self.by, self.at, self.seq = device, by, start, 0
        self.done: list[Operation] = []

    def do(self, kind: str, **data: Any) -> Operation:
        self.seq, self.at = self.seq + 1, self.at + timedelta(minutes=1)
        made = Operation(f"{self.device}-{self.seq}", self.device, self.seq, kind, self.at, self.by, data)
        self.done.append(made)
        return made

    def step(self, step: str, **other: str) -> None:
        """Fill a step in and say that it is done."""
        if step == "meet":
            self.do("arrive", how="location", lat=30.6, lon=104.0)
        for name, value in {**WHOLE[step], **other}.items():
            self.do("field", name=f"{step}.{name}", value=value)
        self.do("done", step=step)

    def steps(self, until: str) -> "Phone":
        """All steps before one."""
        for step in before(until):
            self.step(step)
        return self


def before(step: str) -> Iterator[str]:
    yield from ORDER[: ORDER.index(step)]


# --- fixtures: a visit planned for two o'clock tomorrow, and its engineer's phone -----------------

PLACE = Where("市民中心", "天府大道 1 号", "陈芳", "028-1")
NINE, HOUR = EIGHT + timedelta(hours=1), timedelta(hours=1)
TWO = EIGHT + timedelta(hours=30)  # the appointment: 14:00 on the 24th in China
SPACE = UUID("00000000-0000-7000-8000-000000000000")


@pytest.fixture
def ask(agreement, take, agent):
    """A maker of on-site service requests, agreed to at nine."""
    agreement("application_maintenance")

    def make(wish="agreed", available=("2026-11-24 pm",), wanted="", **fields):
        with moved_to(NINE):
            case = take(**fields)
            case.give_promise(by=agent)
            return ask_for_visit(case, wish=wish, where=PLACE, wanted=wanted, available=available, by=agent)

    return make


@pytest.fixture
def plan(manager, engineer):
    def make(wanted, starts=TWO, who=engineer, **fields):
        with moved_to(NINE + HOUR):
            return planning.plan_visit(
                wanted, engineer=who, starts_at=starts, ends_at=starts + HOUR, by=manager, **fields
            )

    return make


def uid(name: str) -> UUID:
    return uuid5(SPACE, name)


def sent(visit, phone, operations=None, offset=timedelta()):
    """What the phone sends of a visit; its clock is behind ours by `offset`."""
    return [
        Sent(
            uid(f"{visit.pk}:{o.uid}"), visit.pk, o.seq, o.kind, dict(o.data), o.at - offset,
            round(offset.total_seconds() * 1000), o.by,
        )
        for o in (operations if operations is not None else phone.done)
    ]  # fmt: skip


@pytest.fixture
def visit(ask, plan, engineer, norm):
    """Planned for two o'clock tomorrow; a visit within three days was promised."""
    return plan(ask())


@pytest.fixture
def phone(engineer):
    return Phone(by=engineer.pk, start=TWO - timedelta(minutes=20))


def whole(phone, **changes):
    phone.do("set_out")
    for step in ORDER:
        phone.step(step, **changes.get(step, {}))
    return phone


def take(visit, phone, by, at=TWO + timedelta(hours=3), **more):
    with moved_to(at):
        return take_operations(sent(visit, phone, **more), device=phone.device, by=by)
