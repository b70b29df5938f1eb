"""What tests of visits make: operations as a phone makes them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

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
