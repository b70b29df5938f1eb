"""One cell of a workbook: from what Excel kept to what is meant, or what is wrong with it and how to mend it."""

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from shouhou.desk.rules.columns import Column, plain

EXCEL_ERRORS = frozenset({"#N/A", "#REF!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#VALUE!", "#SPILL!", "#CALC!"})
EXCEL_DIGITS = 10**15  # Excel keeps 15 digits of a number
EARLIEST, LATEST = date(1970, 1, 1), date(2199, 12, 31)
MANY = 2_147_483_647
_LIST = re.compile(r"[;；、，,\n]")
_PHONES = re.compile(r"[;；、\n]")
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?", re.ASCII)
_DIGITS = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_TIME = re.compile(r"[T\s]*(\d{1,2})\s*[:时点]\s*(\d{1,2})\s*(?:[:分]\s*(?:(\d{1,2})(?:\.\d+)?\s*秒?)?)?", re.ASCII)
_WIDE = str.maketrans("０１２３４５６７８９：／－．\u3000\u00a0", "0123456789:/-.  ")


class BadCell(ValueError):
    """A cell that cannot be taken: what is wrong, and the remedy."""

    def __init__(self, wrong: str, remedy: str) -> None:
        super().__init__(wrong)
        self.wrong, self.remedy = wrong, remedy


def is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip(" \t\r\n\u3000\u00a0"))


def shown(value: Any) -> str:
    """The cell as a person recognises it."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer() and abs(value) < EXCEL_DIGITS:
        return str(int(value))
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    return "" if value is None else str(value).strip(" \t\r\n\u3000\u00a0")


def read(column: Column, value: Any, zone: tzinfo) -> Any:
    """What the cell means, by its column. Raises BadCell."""
    if isinstance(value, str) and value.strip() in EXCEL_ERRORS:
        raise BadCell(_("The formula in this cell gives an error."), _("Mend the formula or type the value."))
    return _READERS[column.reads](column, value, zone)


def _text(column: Column, value: Any, zone: tzinfo) -> str:
    if isinstance(value, date | datetime | time | timedelta):
        raise BadCell(
            _("Excel has turned this text into a date or time."), _("Format the cell as text and type it again.")
        )
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) >= EXCEL_DIGITS:
        raise BadCell(
            _("Excel keeps only 15 digits of a number, the last ones are lost."),
            _("Format the cell as text and type all digits again."),
        )
    text = shown(value)
    if "\0" in text:
        raise BadCell(_("The text holds a character that cannot be stored."), _("Type the text again."))
    if column.limit and len(text) > column.limit:
        raise BadCell(
            _("%(length)s characters are too many.") % {"length": len(text)},
            _("Write at most %(limit)s characters.") % {"limit": column.limit},
        )
    return text


def _split(column: Column, value: Any, zone: tzinfo, at: re.Pattern[str]) -> list[str]:
    if not isinstance(value, str):
        return [_text(column, value, zone)]
    parts = [part.strip() for part in at.split(value)]
    return list(dict.fromkeys(_text(column, part, zone) for part in parts if part))


def _list(column: Column, value: Any, zone: tzinfo) -> list[str]:
    return _split(column, value, zone, _LIST)


def _phones(column: Column, value: Any, zone: tzinfo) -> list[str]:
    numbers = _split(column, value, zone, _PHONES)
    for number in numbers:
        if sum(c.isdigit() for c in number) < 3:
            raise BadCell(
                _("“%(number)s” is no telephone number.") % {"number": number},
                _("Write digits; separate several numbers by semicolons."),
            )
    return numbers


def _email(column: Column, value: Any, zone: tzinfo) -> str:
    text = _text(column, value, zone)
    try:
        validate_email(text)
    except ValidationError:
        raise BadCell(_("This is no e-mail address."), _("Write for example name@example.cn.")) from None
    return text


def _whole(column: Column, value: Any, zone: tzinfo) -> int:
    text = shown(value).replace(",", "").translate(_WIDE)
    if isinstance(value, bool) or not re.fullmatch(r"\d{1,10}", text, re.ASCII) or int(text) > MANY:
        raise BadCell(_("This is no whole number."), _("Write digits only, for example 120."))
    return int(text)


def _choice(column: Column, value: Any, zone: tzinfo) -> str:
    text = plain(shown(value))
    for key, words in column.words.items():
        if text == key or text in {plain(word) for word in words}:
            return key
    offered = " / ".join(f"{words[0]} {key}" for key, words in column.words.items())
    raise BadCell(_("This word is not known here."), _("Write one of: %(words)s.") % {"words": offered})


def _in_range(day: date) -> date:
    if not EARLIEST <= day <= LATEST:
        raise BadCell(_("The year cannot be right."), _("Check the year."))
    return day


def _no_day() -> BadCell:
    return BadCell(_("This is no date."), _("Write for example 2026-10-08, 2026/10/8 or 2026年10月8日."))


def _day_of(year: str, month: str, day: str) -> date:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise BadCell(_("The calendar has no such day."), _("Check day and month.")) from None


def _day(column: Column, value: Any, zone: tzinfo) -> date:
    if isinstance(value, datetime):
        return _in_range(value.date())
    if isinstance(value, date):
        return _in_range(value)
    text = shown(value).translate(_WIDE).strip()
    found = _DAY.match(text) or _DIGITS.fullmatch(text)
    if not found:
        raise _no_day()
    rest = text[found.end() :]
    if rest.strip() and not _TIME.fullmatch(rest):
        raise _no_day()
    return _in_range(_day_of(*found.groups()))


def _instant(column: Column, value: Any, zone: tzinfo) -> datetime:
    """A moment; without a zone of its own it is the reader's, without a time the day's beginning."""
    if isinstance(value, datetime):
        _in_range(value.date())
        return value if value.tzinfo else value.replace(tzinfo=zone)
    if isinstance(value, date):
        return datetime.combine(_in_range(value), time(), zone)
    text = shown(value).translate(_WIDE).strip()
    wrong = BadCell(_("This is no date with a time."), _("Write for example 2026-10-08 09:30."))
    found = _DAY.match(text) or _DIGITS.fullmatch(text)
    if not found:
        raise wrong
    day, rest = _in_range(_day_of(*found.groups())), text[found.end() :]
    if not rest.strip():
        return datetime.combine(day, time(), zone)
    clock = _TIME.fullmatch(rest)
    try:
        if clock:
            hour, minute, second = (int(part or 0) for part in clock.groups())
            return datetime.combine(day, time(hour, minute, second), zone)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise wrong from None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


_READERS: dict[str, Callable[[Column, Any, tzinfo], Any]] = {
    "text": _text, "list": _list, "phones": _phones, "email": _email, "whole": _whole, "choice": _choice, "day": _day,
    "instant": _instant,
}  # fmt: skip
