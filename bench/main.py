"""`./run bench`: due times, pages at growing sizes, import, routes, search; a table for people or one JSON document."""

import argparse
import json
import signal
import sys
from collections.abc import Callable
from typing import Any

PARTS = ("due", "pages", "import", "calls", "routing", "search")


def size_of(text: str) -> int:
    """10k, 100k, 1M or a plain number, in requests; a multiple of ten thousand."""
    factor = {"k": 1000, "m": 1_000_000}.get(text[-1:].lower(), 1)
    try:
        size = int(text[:-1] if factor > 1 else text) * factor
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no size: write 10k, 100k or 1M") from None
    if size % 10_000 or not 10_000 <= size <= 2_000_000:
        raise argparse.ArgumentTypeError(f"{text!r}: a multiple of 10k up to 2M")
    return size


def sizes_of(text: str) -> list[int]:
    """The sizes in growing order: one database grows through them."""
    return sorted({size_of(part.strip()) for part in text.split(",") if part.strip()})


def main(arguments: list[str]) -> int:
    """The verb `bench`. A benchmark measures; it never fails for being slow."""
    parser = argparse.ArgumentParser(prog="run bench", description="Measure this system beside its aims and peers.")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of tables")
    parser.add_argument(
        "--sizes", type=sizes_of, default=sizes_of("10k,100k,1M"), help="requests, for example 10k,100k,1M"
    )
    parser.add_argument("--only", choices=PARTS, help="one part alone")
    chosen = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # so that all is stopped and removed
    found: dict[str, Any] = {}
    for part in PARTS:
        if chosen.only in (None, part):
            found[part] = measured(part, chosen.sizes)
            if not chosen.json:
                print("\n".join(TABLES[part](found[part])), flush=True)
    if chosen.json:
        print(json.dumps(found, indent=2, ensure_ascii=False))
    return 0


def measured(part: str, sizes: list[int]) -> Any:
    """Run one part; imported late, since a part needs Django only after its database has a name."""
    if part == "due":
        from bench.due import bench_due

        return bench_due()
    if part == "pages":
        from bench.sizes import bench_pages

        print("Making requests and measuring; minutes for a million.", file=sys.stderr, flush=True)
        return bench_pages(sizes)
    if part == "calls":
        from bench.calls import bench_calls

        print("A call centre's day at sixty times its pace: some 25 minutes.", file=sys.stderr, flush=True)
        return bench_calls()
    if part == "search":
        from bench.search import bench_search

        return bench_search(sizes)
    if part == "routing":
        from bench.routing import bench_routing

        print("Nine instances, half a minute each, and a day planned anew.", file=sys.stderr, flush=True)
        return bench_routing()
    from bench.imports import bench_import

    return bench_import()


def verdict(met: bool | None) -> str:
    return "" if met is None else "met" if met else "MISSED"


def due_table(found: dict[str, Any]) -> list[str]:
    """Due times: our figures, and ours over each peer's."""
    one, batch = found["one_at_a_time"], found["batch"]
    lines = [
        f"DUE TIMES a second: {found['case']}",
        f"  one at a time  {one:>12,}   aim > 400,000    {verdict(one > 400_000)}",
        f"  in a batch     {batch:>12,}   aim > 1,000,000  {verdict(batch > 1_000_000)}",
        f"  explained      {found['explained']:>12,}",
    ]
    for name, peer in found["peers"].items():
        if peer:
            lines.append(
                f"  {name:28}{peer['per_second']:>10,}   ours x {peer['times_faster_one_at_a_time']:g} one at a time, "
                f"x {peer['times_faster_batch']:g} in a batch; its wrong due times: {peer['wrong']}"
            )
    return [*lines, *(f"  skipped: {line}" for line in found["skipped"])]


def pages_table(found: list[dict[str, Any]]) -> list[str]:
    """A table per size, then how each page grew."""
    lines = []
    for size in found:
        lines += [
            "",
            f"PAGES at {size['requests']:,} requests (made in {size['seconds_to_make']:.0f} s); aims are for 100,000",
        ]
        lines.append(f"  {'page':28}{'p50 ms':>8}{'aim':>6}{'':>8}{'p95 ms':>8}{'/s at 8':>9}{'aim':>6}{'':>8}"
                     f"{'queries':>8}{'aim':>5}{'':>8}{'SQL ms':>8}{'x SQL':>7}")  # fmt: skip
        lines += [page_line(row) for row in size["pages"]]
        memory, aim = size["memory_mb"], size["memory_aim_mb"]
        parts = ", ".join(f"{name} {'?' if mb is None else f'{mb:.0f}'}" for name, mb in memory.items())
        together = memory["together"]
        lines.append(
            f"  memory, PSS in MB: {parts}; aim < {aim}  {verdict(None if together is None else together < aim)}"
        )
    return [*lines, *growth_table(found)]


def page_line(row: dict[str, Any]) -> str:
    aim, met = row.get("aim", {}), row.get("met", {})

    def pair(name: str, width: int) -> str:
        figure = f"{aim[name]:g}" if aim.get(name) else ""
        return f"{figure:>{width}} {verdict(met.get(name)):<7}"

    line = (
        f"  {row['page']:28}{row['p50_ms']:>8.1f}{pair('p50_ms', 6)}{row['p95_ms']:>8.1f}{row['per_second_at_8']:>9.0f}"
        f"{pair('per_second_at_8', 6)}{row['queries']:>8}{pair('queries', 5)}"
        f"{row['bare_sql_ms']:>8.2f}{row['times_bare_sql'] or 0:>7.1f}"
    )
    return line + (f"  FAILED: {row['failures'][0]}" if row["failures"] else "")


def growth_table(found: list[dict[str, Any]]) -> list[str]:
    """p50 at the largest size over p50 at the smallest; the aim is 1.5."""
    if len(found) < 2:
        return []
    first, last = found[0], found[-1]
    lines = ["", f"GROWTH of p50 from {first['requests']:,} to {last['requests']:,} requests; aim <= 1.5"]
    for small, large in zip(first["pages"], last["pages"], strict=True):
        times = large["p50_ms"] / small["p50_ms"]
        lines.append(f"  {small['page']:28}x {times:<8.2f}{verdict(times <= 1.5)}")
    return lines


def import_table(found: dict[str, Any]) -> list[str]:
    """The import's own figures."""
    return ["", f"IMPORT ({found['log']}): {found['events']:,} events in {found['seconds']:.1f} s = "
                f"{found['events_per_second']:,} a second"]  # fmt: skip


def calls_table(found: dict[str, Any]) -> list[str]:
    """A day at the telephone door: what was lost, and how soon a call pops up at a desk."""
    pop = found["pop_p95_ms"]
    faults = ("lost", "doubled", "neither_record_nor_task", "wrong_phase", "wrong_rings")
    return [
        "",
        f"CALLS ({found['log']} day, x {found['speed']:g}): {found['calls']:,} calls, {found['messages']:,} messages "
        f"in {found['seconds']:.0f} s; answers {found['statuses']}, p50 {found['answer_p50_ms']} ms, "
        f"p95 {found['answer_p95_ms']} ms",
        "  " + ", ".join(f"{name.replace('_', ' ')} {found[name]}" for name in faults),
        f"  screen pop: {found['pops']:,} seen, p50 {found['pop_p50_ms']} ms, p95 {pop} ms; aim < 300  "
        f"{verdict(None if pop is None else pop < 300)}",
    ]  # fmt: skip


def routing_table(found: dict[str, Any]) -> list[str]:
    """Visits: how far above the best-known cost, and how soon a day is planned anew."""
    lines = ["", f"ROUTES, {found['seconds_each']:g} s each; gap to the best-known cost in percent"]
    lines += [
        f"  {row['name']:10}{row['planned']:>5} of {row['visits']:<5}offences {row['offences']:<4}"
        f"gap {row['gap_percent']:>6.2f}"
        for row in found["instances"]
    ]
    lines += [
        f"  planned anew after an urgent visit: {day['visits']} visits, {day['pinned']} pinned, in {day['seconds']} s; "
        f"aim < 5  {verdict(day['seconds'] < 5)}; another engineer {day['other_engineer']}, another time "
        f"{day['other_time']}, dropped {day['dropped']}, offences {day['offences']}, pins moved "
        f"{day['pinned_moved']}; urgent one {day['urgent_minutes_to_promise']} min before its promise"
        for day in found["anew"]
    ]
    return [*lines, *(f"  skipped: {line}" for line in found["skipped"])]


def search_table(found: dict[str, Any]) -> list[str]:
    """Where the right article stood, ours beside the plain ways; then how soon it comes among many."""
    lines = []
    for name, ways in found["quality"].items():
        lines += ["", f"SEARCH: {name}, {ways['ours']['questions']:,} questions"]
        lines += [
            f"  {way:18}first {row['hit_1']:>6.2f} %  among ten {row['recall_10']:>6.2f} %  MRR@10 {row['mrr_10']:.4f}"
            f"  {row['ms']:>6.1f} ms"
            for way, row in ways.items()
        ]
    lines += [
        f"  among {row['texts']:,} texts: p50 {row['p50_ms']} ms, p95 {row['p95_ms']} ms, slowest {row['max_ms']} ms; "
        f"aim p95 < 50  {verdict(row['p95_ms'] < 50)}"
        for row in found["speed"]
    ]
    return [*lines, *(f"  skipped: {line}" for line in found["skipped"])]


TABLES: dict[str, Callable[[Any], list[str]]] = {
    "due": due_table,
    "pages": pages_table,
    "import": import_table,
    "calls": calls_table,
    "routing": routing_table,
    "search": search_table,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
