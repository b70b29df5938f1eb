"""Periods as contracts write them: 15 min, 24 h, 3 d, 2 w, 1 mo, 3 y, 2 wd, same day, 3 rings, external."""

import re
from dataclasses import dataclass
from datetime import timedelta

MINUTE, HOUR, DAY, WEEK, MONTH, YEAR, WORKING_DAY = "min", "h", "d", "w", "mo", "y", "wd"
SAME_DAY, RINGS, EXTERNAL = "same_day", "rings", "external"
ELAPSED = frozenset({MINUTE, HOUR})
CALENDAR = frozenset({DAY, WEEK, MONTH, YEAR})
WITHOUT_AMOUNT = frozenset({SAME_DAY, EXTERNAL})
MOST = {
    MINUTE: 5_256_000,
    HOUR: 87_600,
    DAY: 36_500,
    WEEK: 5_200,
    MONTH: 1_200,
    YEAR: 100,
    WORKING_DAY: 25_000,
    RINGS: 100,
}
_WRITTEN = re.compile(r"(\d{1,9}) ?(min|h|d|wd|w|mo|y|rings?)", re.ASCII)
_EXAMPLES = "'15 min', '24 h', '3 d', '2 w', '2 wd', '1 mo', '3 y', 'same day' or '3 rings'"


class BadPeriod(ValueError):
    """A text that is no period; the message says what to write."""


@dataclass(frozen=True, slots=True)
class Period:
    """A whole amount of a unit. `same_day` and `external` have no amount (0). Raises BadPeriod when out of range."""

    amount: int
    unit: str

    def __post_init__(self) -> None:
        if self.unit in WITHOUT_AMOUNT:
            if self.amount:
                raise BadPeriod(f"'{self}' takes no amount")
        elif self.unit not in MOST:
            raise BadPeriod(f"{self.unit!r} is no unit: write one of {', '.join(MOST)}")
        elif type(self.amount) is not int or not 1 <= self.amount <= MOST[self.unit]:
            raise BadPeriod(f"{self.amount!r} {self.unit} is out of range: write 1 to {MOST[self.unit]} {self.unit}")

    @classmethod
    def parse(cls, text: object) -> "Period":
        """Read a written period. Raises BadPeriod with the remedy."""
        if not isinstance(text, str):
            raise BadPeriod(f"a period is a text: write {_EXAMPLES}")
        if len(text) > 100:
            raise BadPeriod(f"a text of {len(text)} characters is no period: write {_EXAMPLES}")
        folded = " ".join(text.lower().split())
        if folded.replace(" ", "_") in WITHOUT_AMOUNT:
            return cls(0, folded.replace(" ", "_"))
        found = _WRITTEN.fullmatch(folded)
        if not found:
            raise BadPeriod(f"{text!r} is no period: write {_EXAMPLES}")
        return cls(int(found[1]), RINGS if found[2].startswith("ring") else found[2])

    def __str__(self) -> str:
        if self.unit in WITHOUT_AMOUNT:
            return self.unit.replace("_", " ")
        return f"{self.amount} {self.unit}"

    @property
    def is_elapsed(self) -> bool:
        """Counted from the very moment (Art. 201): minutes and hours."""
        return self.unit in ELAPSED

    @property
    def is_calendar(self) -> bool:
        """Counted in calendar days, weeks, months or years; the last day may roll (Art. 203)."""
        return self.unit in CALENDAR

    @property
    def is_months(self) -> bool:
        """Ends on the corresponding day of a month (Art. 202): months and years."""
        return self.unit in (MONTH, YEAR)

    @property
    def months(self) -> int:
        """The months of a period in months or years."""
        return self.amount * 12 if self.unit == YEAR else self.amount

    @property
    def length(self) -> timedelta:
        """The span of a period in minutes or hours."""
        return timedelta(minutes=self.amount) if self.unit == MINUTE else timedelta(hours=self.amount)


# unit -> what a person reads in Chinese, in English (one, several), and the further words that are understood.
_SPOKEN: dict[str, tuple[str, str, str, tuple[str, ...]]] = {
    MINUTE: ("分钟", "minute", "minutes", ("分",)),
    HOUR: ("小时", "hour", "hours", ("个小时", "钟头", "个钟头")),
    DAY: ("天", "day", "days", ("日", "自然日", "个自然日", "日历日", "个日历日", "calendarday", "calendardays")),
    WEEK: ("周", "week", "weeks", ("星期", "个星期", "礼拜", "个礼拜")),
    MONTH: ("个月", "month", "months", ("月",)),
    YEAR: ("年", "year", "years", ()),
    WORKING_DAY: (
        "个工作日",
        "working day",
        "working days",
        ("工作日", "个工作天", "工作天", "businessday", "businessdays"),
    ),
    RINGS: ("声铃响", "ring", "rings", ("声", "声振铃")),
}
_PLAIN: dict[str, tuple[str, str, tuple[str, ...]]] = {
    SAME_DAY: ("当日", "same day", ("当天", "当日内", "当天内")),
    EXTERNAL: ("以来源系统的判定为准", "verdict of the source system", ()),
}
_UNIT_OF = {
    word.replace(" ", ""): unit for unit, (zh, one, many, also) in _SPOKEN.items() for word in (zh, one, many, *also)
}
_PLAIN_OF = {word.replace(" ", ""): unit for unit, (zh, en, also) in _PLAIN.items() for word in (zh, en, *also)}
_SAID = re.compile(r"(\d{1,9}|[一二两三四五六七八九十]{1,3})([^\d一二两三四五六七八九十]+?)(?:之内|以内|内)?", re.ASCII)
_NARROW = {0xFEE0 + code: code for code in range(ord("!"), ord("~") + 1)}  # as Chinese keyboards write digits
_DIGITS = {digit: number for number, digits in enumerate(("", "一", "二两", *"三四五六七八九")) for digit in digits}


def spoken(period: Period, lang: str = "zh-hans") -> str:
    """The period as a contract says it: 2 个工作日, 4 hours. Any `lang` that begins with zh is Chinese."""
    chinese = lang.lower().startswith("zh")
    if period.unit in _PLAIN:
        zh, en, _also = _PLAIN[period.unit]
        return zh if chinese else en
    zh, one, many, _also = _SPOKEN[period.unit]
    return f"{period.amount} {zh if chinese else one if period.amount == 1 else many}"


def in_words(written: str, lang: str = "zh-hans") -> str:
    """A written period as a contract says it; a text that is none stays as it is."""
    try:
        return spoken(Period.parse(written), lang)
    except BadPeriod:
        return written


def read_period(text: object) -> Period:
    """Read what a person writes: the short forms of `Period.parse`, or words (两个工作日, 24小时内, 2 working days).

    Raises BadPeriod. Files and options keep to `Period.parse`, so that they are read the same everywhere.
    """
    try:
        return Period.parse(text)
    except BadPeriod:
        folded = "".join(str(text).translate(_NARROW).casefold().split())
        if folded in _PLAIN_OF:
            return Period(0, _PLAIN_OF[folded])
        found = _SAID.fullmatch(folded) if len(folded) <= 100 else None
        amount = _amount(found[1]) if found else 0
        if not found or found[2] not in _UNIT_OF or not amount:
            raise
        return Period(amount, _UNIT_OF[found[2]])


def _amount(written: str) -> int:
    """The number of digits or of 一 to 九十九; 0 for what is none."""
    if written.isdecimal():
        return int(written)
    tens, ten, ones = written.partition("十")
    if any(len(part) > 1 or part not in ("", *_DIGITS) for part in (tens, ones)):
        return 0
    return (_DIGITS.get(tens, 1) * 10 if ten else _DIGITS.get(tens, 0)) + _DIGITS.get(ones, 0)
