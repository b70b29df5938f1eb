"""Due times a second, beside the peers, on the same cases in the same run: 16 working hours, Chinese calendar.

`python -m bench.due` prints the figures; `bench_due()` returns them.
"""

import json
import random
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from shouhou.promises.rules.calendar import Calendar, Window
from shouhou.promises.rules.clock import Promise, due, due_many
from shouhou.promises.rules.explain import explain
from shouhou.promises.rules.period import Period

ZONE = ZoneInfo("Asia/Shanghai")
NEED = timedelta(hours=16)
OPENINGS = ((9, 12), (13, 18))
WINDOW = "09:00-12:00,13:00-18:00"
Count = Callable[[Sequence[datetime]], list[datetime]]


def cases(number: int, *, seed: int = 1) -> list[datetime]:
    """Random starts of the years 2023 to 2025, in the zone of the service organisation."""
    draw, first = random.Random(seed), datetime(2023, 1, 1, tzinfo=UTC)
    return [(first + timedelta(seconds=draw.randrange(3 * 365 * 86400))).astimezone(ZONE) for _ in range(number)]


def ours() -> Promise:
    """The promise that every side counts."""
    return Promise(Period.parse("16 h"), Calendar.china(), Window.parse(WINDOW, "working"))


def loop_over_holidays() -> Count:
    """What one writes first: the library `holidays`, its make-up days, and a loop over days."""
    import holidays

    days = holidays.country_holidays("CN", years=range(2022, 2028))
    make_up = set(days.weekend_workdays)

    def one(start: datetime) -> datetime:
        at, left, day = start, NEED, start.date()
        while True:
            if day in make_up or (day.weekday() < 5 and day not in days):
                for opens, closes in OPENINGS:
                    begin = max(at, datetime(day.year, day.month, day.day, opens, tzinfo=ZONE))
                    end = datetime(day.year, day.month, day.day, closes, tzinfo=ZONE)
                    if begin < end:
                        if end - begin >= left:
                            return begin + left
                        left -= end - begin
            day += timedelta(days=1)

    return lambda starts: [one(start) for start in starts]


def businesstimedelta_rule() -> Count:
    """businesstimedelta with a rule of its own, since its holiday rule knows no make-up days."""
    import businesstimedelta
    import holidays
    import pytz  # type: ignore[import-untyped]
    from businesstimedelta.rules.rule import Rule

    days = holidays.country_holidays("CN", years=range(2022, 2028))
    make_up = set(days.weekend_workdays)
    tz = pytz.timezone("Asia/Shanghai")

    class ChineseHours(Rule):
        def next(self, dt: datetime) -> tuple[datetime, datetime]:
            local = dt.astimezone(self.tz)
            day: date = local.date()
            while True:
                if day in make_up or (day.weekday() < 5 and day not in days):
                    for opens, closes in OPENINGS:
                        end = self.tz.localize(datetime(day.year, day.month, day.day, closes))  # noqa: DTZ001
                        if end > local:
                            begin = self.tz.localize(datetime(day.year, day.month, day.day, opens))  # noqa: DTZ001
                            return max(begin, local), end
                day += timedelta(days=1)

    span = businesstimedelta.BusinessTimeDelta(ChineseHours(tz), hours=16)
    return lambda starts: [start + span for start in starts]


def rate(count: Count, starts: Sequence[datetime], *, rounds: int) -> float:
    """Due times a second, the best of several rounds."""
    best = 0.0
    for _ in range(rounds):
        begun = time.perf_counter()
        count(starts)
        best = max(best, len(starts) / (time.perf_counter() - begun))
    return best


def bench_due(*, number: int = 100_000, slow: int = 3_000, rounds: int = 3) -> dict[str, Any]:
    """Due times a second, one at a time and in a batch, and how many times that is of each peer in the same run.

    A peer that is not installed has the figure None and a line in "skipped"; "wrong" counts its wrong due times.
    """
    promise, starts = ours(), cases(number)
    truth = due_many(promise, starts)
    one = rate(lambda s: [end for at in s if (end := due(promise, at).at)], starts, rounds=rounds)
    found: dict[str, Any] = {
        "case": f"16 h, {WINDOW} on working days, China 2023-2025",
        "one_at_a_time": round(one),
        "batch": round(rate(lambda s: due_many(promise, s), starts, rounds=rounds)),
        "batch_utc": round(rate(lambda s: due_many(promise, s), [at.astimezone(UTC) for at in starts], rounds=rounds)),
        "explained": round(rate(lambda s: [explain(promise, at)[-1].end for at in s], starts[:slow], rounds=1)),
        "peers": {},
        "skipped": [],
    }
    makers: dict[str, tuple[Callable[[], Count], int]] = {
        "holidays and a loop": (loop_over_holidays, number),
        "businesstimedelta, own rule": (businesstimedelta_rule, slow),
    }
    for name, (make, size) in makers.items():
        try:
            count = make()
        except ImportError as missing:
            found["peers"][name] = None
            found["skipped"].append(f"{name}: {missing.name} is not installed")
            continue
        per_second = rate(count, starts[:size], rounds=rounds if size == number else 1)
        found["peers"][name] = {
            "per_second": round(per_second),
            "wrong": sum(a != b for a, b in zip(count(starts[:slow]), truth, strict=False)),
            "times_faster_one_at_a_time": round(one / per_second, 1),
            "times_faster_batch": round(found["batch"] / per_second, 1),
        }
    return found


if __name__ == "__main__":
    print(json.dumps(bench_due(), indent=2, ensure_ascii=False))
