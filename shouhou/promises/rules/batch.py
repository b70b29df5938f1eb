"""`./run due`: due times with their explanation, for a person and, as JSON lines, for machines."""

import argparse
import json
import re
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from math import isfinite
from typing import Any, NamedTuple, TextIO
from zoneinfo import ZoneInfo

from shouhou.promises.rules.calendar import SHANGHAI, BadWindow, Calendar, TooFar, Window
from shouhou.promises.rules.clock import Pause, Promise, due
from shouhou.promises.rules.explain import Segment, explain, words
from shouhou.promises.rules.period import EXTERNAL, BadPeriod, Period
from shouhou.promises.rules.promise import opening

FIELDS = ("id", "start", "within", "window", "days", "roll", "holidays", "zone", "pauses")
OF_THIS_MACHINE = frozenset({"localtime", "posixrules", "Factory"})  # would mean something else elsewhere
LONGEST = 1_000_000  # characters of a line
LINE_ENDS = {0x85: "\\u0085", 0x2028: "\\u2028", 0x2029: "\\u2029"}  # some readers end a line there


TWICE = "\x00twice"  # no field has this name
NOT_UTF8 = re.compile("[\udc80-\udcff]")  # bytes that could not be read


class BadLine(ValueError):
    """A line that cannot be counted; the message names the field and the remedy."""


class Answer(NamedTuple):
    """A due instant (None while paused) and its explanation, in the zone in which they are shown."""

    at: datetime | None
    provisional: bool
    segments: list[Segment]
    zone: ZoneInfo


def read_zone(value: object) -> str:
    """An IANA zone; null is Asia/Shanghai. Raises BadLine."""
    if value is None:
        return SHANGHAI
    try:
        if isinstance(value, str) and value and len(value) < 100:
            key = ZoneInfo(value).key
            if key not in OF_THIS_MACHINE:
                return key
    except (KeyError, OSError, ValueError):
        pass
    raise BadLine(f"zone: {_shown(value)} is no time zone; write for example 'Asia/Shanghai'")


def read_instant(value: object, zone: str, name: str) -> datetime:
    """An ISO 8601 instant; a naive one is read in `zone`: in a gap the later, in a fold the first. Raises BadLine."""
    try:
        if isinstance(value, str) and len(value) < 100:
            text, end_of_day = value.strip(), False
            if text[10:] in (" 24:00", "T24:00", " 24:00:00", "T24:00:00"):
                text, end_of_day = text[:10], True
            at = datetime.fromisoformat(text) + timedelta(days=end_of_day)
            if 1900 <= at.year <= 9000:
                return at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))
    except (ValueError, OverflowError):
        pass
    raise BadLine(f"{name}: {_shown(value)} is no time between 1900 and 9000; write for example '2026-09-30 17:50'")


def read_pauses(value: object, zone: str) -> list[Pause]:
    """[[from, to, reason], …]; `to` null is a pause that has not ended. Raises BadLine."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise BadLine("pauses: write a list of [from, to, reason]; to is null while it has not ended")
    found = []
    for i, part in enumerate(value):
        if not isinstance(part, list) or not 2 <= len(part) <= 3:
            raise BadLine(f"pauses[{i}]: write [from, to, reason]; to is null while it has not ended")
        start = read_instant(part[0], zone, f"pauses[{i}][0]")
        end = None if part[1] is None else read_instant(part[1], zone, f"pauses[{i}][1]")
        if end is not None and end < start:
            raise BadLine(f"pauses[{i}]: it ends before it starts; write the earlier time first")
        reason = part[2] if len(part) == 3 else None
        if reason is not None and not isinstance(reason, str):
            raise BadLine(f"pauses[{i}][2]: the reason is {_shown(reason)}; write a text")
        found.append(Pause(start, end, reason or ""))
    return found


def read_promise(line: Mapping[str, object], zone: str) -> Promise:
    """The promise that a line asks for. Raises BadLine."""
    within, window, days, roll = line.get("within"), line.get("window"), line.get("days"), line.get("roll")
    if not isinstance(within, str):
        raise BadLine(f"within: {_shown(within)} is no period; write '24 h', '3 d', '2 wd' or 'same day'")
    if window is not None and not isinstance(window, str):
        raise BadLine(f"window: {_shown(window)} is no window; write a text such as '09:00-18:00', or null")
    if days not in (None, "daily", "working"):
        raise BadLine(f"days: {_shown(days)} is unknown; write 'daily' or 'working'")
    if roll is not None and not isinstance(roll, bool):
        raise BadLine(f"roll: {_shown(roll)} is neither true nor false; write one of them")
    if line.get("holidays") not in (None, "CN"):
        raise BadLine(f"holidays: {_shown(line['holidays'])} is unknown; write 'CN' or null")
    return _promise(within, window, str(days or "daily"), roll, line.get("holidays") == "CN", zone)


@lru_cache(maxsize=1024)
def _promise(within: str, window: str | None, days: str, roll: bool | None, china: bool, zone: str) -> Promise:
    """Lines mostly repeat a few promises."""
    try:
        period = Period.parse(within)
    except BadPeriod as trouble:
        raise BadLine(f"within: {trouble}") from None
    if period.unit == EXTERNAL:
        raise BadLine(
            "within: 'external' is a verdict of another system and never counted; write a period such as '24 h'"
        )
    try:
        open_in = Window.parse(window, days) if window == "" else opening(window, days, period)
    except BadWindow as trouble:
        raise BadLine(f"window: {trouble}") from None
    return Promise(period, Calendar.china(zone) if china else Calendar.plain(zone), open_in, roll)


def count(line: object) -> Answer:
    """What one line asks for. Raises BadLine."""
    if not isinstance(line, dict):
        raise BadLine('line: this is no object; write for example {"start": "2026-09-30 17:50", "within": "24 h"}')
    if TWICE in line:
        raise BadLine(f"{_shown(line[TWICE])[1:-1]}: it is written twice; write it once")
    unknown = [name for name in line if name not in FIELDS]
    if unknown:
        raise BadLine(f"{_shown(unknown[0])[1:-1]}: unknown field; write only {', '.join(FIELDS)}")
    for name in ("start", "within"):
        if line.get(name) is None:
            raise BadLine(
                f"{name}: it is missing; write for example {'2026-09-30 17:50' if name == 'start' else '24 h'!r}"
            )
    zone = read_zone(line.get("zone"))
    start = read_instant(line["start"], zone, "start")
    promise, pauses = read_promise(line, zone), read_pauses(line.get("pauses"), zone)
    try:
        end = due(promise, start, pauses)
        return Answer(end.at, end.provisional, explain(promise, start, pauses), promise.calendar.tz)
    except (TooFar, OverflowError):
        raise BadLine("within: the due time lies too far away; write a shorter period or a wider window") from None


def answer(line: object) -> dict[str, Any]:
    """The JSON answer to a line: due, explanation; provisional and state where they say something. Raises BadLine."""
    at, provisional, segments, zone = count(line)
    found: dict[str, Any] = {"due": _iso(at, zone), "explanation": []}
    for s in segments:
        if s.why == "unpublished":  # a mark, no stretch of time
            continue
        end = None if s.why == "open_pause" else _iso(s.end, zone)
        found["explanation"].append({"from": _iso(s.start, zone), "to": end, "counted": s.counted, "why": words(s)})
    if at is None:
        found["state"] = "paused"
    if provisional:
        found["provisional"] = True
        found["note"] = words(segments[-1])
    return found


def run_batch(lines_in: Iterable[str], out: TextIO) -> int:
    """Answer each line, in order; a bad one gets an error and stops nothing; blank ones are passed over.

    Returns the exit status: 1 after an error.
    """
    status = 0
    for text in lines_in:
        text = text.lstrip("\ufeff").strip()
        if not text:
            continue
        line: object = None
        try:
            line = _parsed(text)
            found = answer(line)
        except BadLine as trouble:
            found, status = {"error": str(trouble)}, 1
        if isinstance(line, dict) and "id" in line:
            found = {"id": line["id"], **found}
        out.write(_written(found) + "\n")
    return status


def _parsed(text: str) -> object:
    if len(text) > LONGEST:
        raise BadLine(f"line: it has {len(text)} characters; write at most {LONGEST}")
    if not text.isascii() and NOT_UTF8.search(text):
        raise BadLine("line: this is no UTF-8; write the text as UTF-8")
    try:
        # What JSON has no number for comes through as its own text, so that the field check can name it.
        return json.loads(
            text, parse_constant=str, parse_float=lambda digits: n if isfinite(n := float(digits)) else digits,
            object_pairs_hook=_once_each,
        )  # fmt: skip
    except (ValueError, RecursionError):
        raise BadLine(
            'line: this is no JSON; write for example {"start": "2026-09-30 17:50", "within": "24 h"}'
        ) from None


def _once_each(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object; a field that is written twice says two things, and is marked as such."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _value in pairs]
        found[TWICE] = next(name for name in names if names.count(name) > 1)
    return found


def _written(found: Mapping[str, object]) -> str:
    text = json.dumps(found, ensure_ascii=False).translate(LINE_ENDS)
    try:
        text.encode()
    except UnicodeEncodeError:  # half a surrogate pair in the id
        return json.dumps(found)
    return text


def _shown(value: object) -> str:
    text = repr(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _iso(at: datetime | None, zone: ZoneInfo) -> str | None:
    return at.astimezone(zone).isoformat() if at else None


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="run due",
        description="When is it due, and why? Counted as the Civil Code counts (Art. 200-204).",
        epilog='run due "2026-09-30 17:50" "2 wd" --holidays CN',
    )
    parser.add_argument("start", nargs="?", help="2026-09-30 17:50")
    parser.add_argument("within", nargs="?", help="15 min, 24 h, 3 d, 2 w, 1 mo, 3 y, 2 wd, same day")
    parser.add_argument("--batch", action="store_true", help="read JSON lines, write JSON lines")
    parser.add_argument("--holidays", help="CN: Chinese holidays with make-up days; else Saturday and Sunday rest")
    parser.add_argument("--window", help="09:00-12:00,13:00-18:00")
    parser.add_argument("--days", help="daily (default) or working: on which days a window or an hour clock runs")
    parser.add_argument("--no-roll", action="store_true", help="the last day stays on a day of rest (Art. 204)")
    parser.add_argument("--zone", help=f"default {SHANGHAI}")
    parser.add_argument("--pause", action="append", default=[], metavar="FROM,TO,REASON", help="TO may be empty")
    parser.add_argument("--lang", choices=("zh-hans", "en"), default="zh-hans")
    chosen = parser.parse_args(argv)
    if not chosen.batch and not (chosen.start and chosen.within):
        parser.error("name a start and a period, or --batch")
    return chosen


def one(chosen: argparse.Namespace, out: TextIO) -> int:
    """Print one due time and its explanation for a person. Returns the exit status."""
    line = {
        "start": chosen.start, "within": chosen.within, "window": chosen.window, "days": chosen.days,
        "holidays": chosen.holidays, "zone": chosen.zone, "roll": False if chosen.no_roll else None,
        "pauses": [[part.strip() or None for part in text.split(",", 2)] for text in chosen.pause],
    }  # fmt: skip
    try:
        at, provisional, segments, zone = count(line)
    except BadLine as trouble:
        print(trouble, file=sys.stderr)
        return 1
    english = chosen.lang == "en"
    said = _for_person(at, zone) if at else ("not known, paused" if english else "暂停中，未定")
    mark = (" (provisional)" if english else "（暂定）") if provisional else ""
    print(f"{'Due' if english else '到期'}  {said}{mark}", file=out)
    for s in segments:
        begins = f"{s.start.astimezone(zone):%Y-%m-%d %a %H:%M}"
        print(f"  {begins}  {_for_person(s.end, zone)}  {'+' if s.counted else ' '} {words(s, chosen.lang)}", file=out)
    return 0


def _for_person(at: datetime, zone: ZoneInfo) -> str:
    """As a contract writes it: midnight is 24:00 of the day before."""
    local = at.astimezone(zone)
    if (local.hour, local.minute, local.second) == (0, 0, 0):
        return f"{local - timedelta(days=1):%Y-%m-%d %a} 24:00"
    return f"{local:%Y-%m-%d %a %H:%M}" + (f":{local:%S}" if local.second else "")


def main(argv: list[str]) -> int:
    """The verb `due`. Returns the exit status: 0, or 1 when something could not be counted."""
    chosen = _arguments(argv)
    for stream in (sys.stdin, sys.stdout):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(
                encoding="utf-8", errors="surrogateescape" if stream is sys.stdin else "backslashreplace"
            )
    return run_batch(sys.stdin, sys.stdout) if chosen.batch else one(chosen, sys.stdout)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
