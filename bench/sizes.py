"""One database grown through the sizes, and everything measured at each.

What needs Django is imported inside: settings are read only when the database of the benchmark has its name.
"""

import random
import sys
import time
from typing import Any

from bench.ground import Ground, cpu_of_tree

SEEDED, PER_CUSTOMER = 10_000, 50


def calm(ground: Ground, serving: dict[str, int], timeout: float = 120) -> None:
    """Wait until nothing is left of the making: clocks that came due meanwhile are rung, and nobody works any more.

    "Nobody works" is less than a tenth of one processor over three seconds, in all processes that serve.
    """
    from shouhou.promises.models import Clock
    from shouhou.shared.time import now

    end = time.monotonic() + timeout
    while time.monotonic() < end:
        before = sum(cpu_of_tree(pid) for pid in ground.trees(serving).values())
        time.sleep(3)
        worked = sum(cpu_of_tree(pid) for pid in ground.trees(serving).values()) - before
        if worked < 0.3 and not Clock.objects.ringing(now()).exists():
            return
    print("  The worker did not come to rest: figures may be too high.", file=sys.stderr, flush=True)


def bench_pages(sizes: list[int], *, keep: Any = None) -> list[dict[str, Any]]:
    """Grow one database through the sizes and measure every page at each; `keep(ground)` looks around at the end."""
    dice = random.Random(1)
    found: list[dict[str, Any]] = []
    with Ground() as ground:
        from bench.company import found_company, win_customers
        from bench.grow import Copier, settle_journal
        from bench.seed import seed

        begun, copies = time.perf_counter(), 0
        company = found_company()
        win_customers(company, SEEDED // PER_CUSTOMER, dice)
        seed(company, SEEDED, dice)
        copier = Copier(ground.superuser())
        for size in sizes:
            wanted = round(size / SEEDED) - 1
            if wanted > copies or not found:
                ground.restart(loading=True)
                copier.copy(copies + 1, wanted)
                copies = max(wanted, copies)
                settle_journal()
            made = time.perf_counter() - begun
            ground.restart(loading=False)
            found.append(at_size(ground, size, made))
            begun = time.perf_counter()
        if keep:
            keep(ground)
    return found


def at_size(ground: Ground, size: int, made: float) -> dict[str, Any]:
    """Every page and the memory at one size; `made` is how many seconds the new rows took."""
    from bench.pages import measure, pages

    dice = random.Random(size)
    rows: list[dict[str, Any]] = []
    with ground.serving() as serving:
        calm(ground, serving)
        for page in pages(size, dice):
            rows.append(measure(ground, page))
            print(f"  {size:>9,}  {page.name:28}{rows[-1]['p50_ms']:>9} ms", file=sys.stderr, flush=True)
        memory = ground.pss(serving)
    return {
        "requests": size,
        "seconds_to_make": round(made, 1),
        "pages": rows,
        "memory_mb": memory,
        "memory_aim_mb": 350,
    }
