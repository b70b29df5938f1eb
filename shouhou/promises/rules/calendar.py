"""Which days are worked and rested, and at which times of a day a window opens.

法定休假日 (statutory days of rest, Art. 203) are weekends not worked and public holidays; make-up weekends (调休)
are worked.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

ONE = timedelta(days=1)
MINUTE = timedelta(minutes=1)
SHANGHAI = "Asia/Shanghai"
LAST_YEAR = 9800


class TooFar(ValueError):
    """A time too far away to count (before the year 2 or after 9800), or a window that never opens again."""


@dataclass(frozen=True)
class Calendar:
    """Working days of a zone. `weekend` holds Python's weekday numbers (Monday 0); make-up days win over days of rest.

    `published` holds the years whose holiday notice is known; empty means that the calendar waits for no notice.
    Raises ValueError for a zone that does not exist.
    """

    zone: str = SHANGHAI
    weekend: frozenset[int] = frozenset({5, 6})
    rest: Mapping[date, str] = field(default_factory=dict)
    worked: frozenset[date] = frozenset()
    published: frozenset[int] = frozenset()
    tz: ZoneInfo = field(init=False, repr=False, compare=False)
    lines: dict[Any, Any] = field(init=False, repr=False, compare=False, default_factory=dict)
    _years: dict[int, tuple[int, ...]] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        try:
            tz = ZoneInfo(self.zone)
        except (KeyError, OSError, TypeError, ValueError):
            raise ValueError(f"{self.zone!r} is no time zone: write for example {SHANGHAI!r}") from None
        object.__setattr__(self, "tz", tz)

    def __hash__(self) -> int:
        return hash((self.zone, self.weekend, len(self.rest), self.worked, self.published))

    @staticmethod
    def plain(zone: str = SHANGHAI) -> "Calendar":
        """Saturday and Sunday rest, nothing else."""
        return _plain(zone)

    @staticmethod
    def china(zone: str = SHANGHAI) -> "Calendar":
        """China's days of rest and make-up days (调休) as the library `holidays` knows them, 2001 to 2100.

        A year whose notice is not published yet has the days that the law itself fixes (lunar ones computed), without
        bridge and make-up days.
        """
        return _china(zone)

    @staticmethod
    def from_days(
        zone: str,
        weekend: Iterable[int],
        rest: Mapping[date, str],
        worked: Iterable[date],
        published: Iterable[int] | None,
    ) -> "Calendar":
        """From stored days, as a person may have edited them. Raises ValueError for a bad zone."""
        return Calendar(zone, frozenset(weekend), dict(rest), frozenset(worked), frozenset(published or ()))

    def is_working(self, day: date) -> bool:
        """Whether the day is worked: a make-up day, or neither a public holiday nor a weekend."""
        return day in self.worked or (day.weekday() not in self.weekend and day not in self.rest)

    def is_rest(self, day: date) -> bool:
        """Whether the day is a statutory day of rest (法定休假日, Art. 203)."""
        return not self.is_working(day)

    def is_make_up(self, day: date) -> bool:
        """Whether the day is worked only because a notice says so (调休)."""
        return day in self.worked and (day.weekday() in self.weekend or day in self.rest)

    def name_of(self, day: date) -> str:
        """The holiday's name, or ""."""
        return self.rest.get(day, "")

    def is_published(self, year: int) -> bool:
        """Whether the days of the year are certain."""
        return not self.published or year in self.published

    def is_certain(self, first: date, last: date) -> bool:
        """Whether every year that these days touch is published."""
        return not self.published or all(year in self.published for year in range(first.year, last.year + 1))

    def worked_after(self, day: date, count: int) -> date:
        """The count-th worked day after `day` (count >= 1). Raises TooFar when there is none before the year 9800."""
        year, after, idle = day.year, day.toordinal(), 0
        while idle < 100 and year < LAST_YEAR:
            days = self._worked_in(year)
            at = bisect_right(days, after) + count - 1
            if at < len(days):
                return date.fromordinal(days[at])
            count = at - len(days) + 1
            year, idle = year + 1, 0 if days else idle + 1
        raise TooFar("the due time lies too far away: no such working day before the year 9800")

    def _worked_in(self, year: int) -> tuple[int, ...]:
        """The ordinals of the worked days of a year, laid out once."""
        days = self._years.get(year)
        if days is None:
            if len(self._years) >= 500:
                self._years.clear()
            first = date(year, 1, 1)
            every = (first + ONE * i for i in range((date(year + 1, 1, 1) - first).days))
            days = self._years[year] = tuple(day.toordinal() for day in every if self.is_working(day))
        return days

    def local(self, at: datetime) -> date:
        """The calendar day of an instant in this calendar's zone."""
        return at.astimezone(self.tz).date()

    def at(self, day: date, minute: int) -> datetime:
        """The instant, in UTC, at which the clocks of the zone reach a wall time.

        `minute` counts from midnight and may exceed 1440. A time that is skipped (DST begins) is reached when the gap
        ends; one that comes twice, the first time.
        """
        extra, minute = divmod(minute, 1440)
        local = datetime.combine(day + ONE * extra, time(minute // 60, minute % 60), self.tz)
        found = local.astimezone(UTC)
        if local.utcoffset() == local.replace(fold=1).utcoffset() or found.astimezone(self.tz).replace(
            tzinfo=None
        ) == local.replace(tzinfo=None):
            return found
        before = local.replace(fold=1).astimezone(UTC)
        while found - before > MINUTE:  # the clocks change somewhere in between
            middle = before + (found - before) // 2
            if middle.astimezone(self.tz).replace(tzinfo=None) < local.replace(tzinfo=None):
                before = middle
            else:
                found = middle
        return found.replace(second=0, microsecond=0)


@lru_cache(maxsize=64)
def _plain(zone: str) -> Calendar:
    return Calendar(zone)


@lru_cache(maxsize=16)
def _china(zone: str) -> Calendar:
    import holidays  # slow to import, and only this needs it
    from holidays.countries.china import ChinaStaticHolidays

    noticed = ChinaStaticHolidays.special_public_holidays
    first, last, end = min(noticed), max(noticed), 2101
    known = holidays.country_holidays("CN", years=range(first, last + 1), language="zh_CN")
    worked = frozenset(day for day in known.weekend_workdays if first <= day.year <= last)
    fixed = holidays.country_holidays("CN", years=range(last + 1, end), language="zh_CN", observed=False)
    rest = {day: name for day, name in known.items() if first <= day.year <= last}
    rest |= {day: name for day, name in fixed.items() if last < day.year < end}
    return Calendar(zone, frozenset({5, 6}), _named(rest, worked), worked, frozenset(range(first, last + 1)))


def _named(rest: Mapping[date, str], worked: frozenset[date]) -> dict[date, str]:
    """Each day of a holiday's run by the holiday's own name, bridge days and the weekends in it included."""

    def own(day: date) -> str:
        name = rest.get(day, "").split("; ")[-1].removesuffix("（补假）")
        return "春节" if name in ("农历除夕", "春节延长假期") else "" if name.startswith("休息日") else name

    def rests(day: date) -> bool:
        return day not in worked and (day in rest or day.weekday() > 4)

    found: dict[date, str] = {}
    for start in sorted(rest):
        if start in found:
            continue
        run = [start]
        while rests(run[0] - ONE):
            run.insert(0, run[0] - ONE)
        while rests(run[-1] + ONE):
            run.append(run[-1] + ONE)
        name = next(filter(None, map(own, run)), "")
        for day in run:
            name = found[day] = own(day) or name
    return found


class BadWindow(ValueError):
    """A text that is no window; the message says what to write."""


_PART = re.compile(r"(\d{1,2}):([0-5]\d) ?[-–] ?(\d{1,2}):([0-5]\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Window:
    """The times of a day at which a promise runs, in minutes from the opening day's midnight.

    A night shift exceeds 1440. `days` says on which days it opens: "daily", or "working" days of the calendar only.
    """

    intervals: tuple[tuple[int, int], ...]
    days: str = "daily"

    @classmethod
    def parse(cls, text: object, days: object = "daily") -> "Window":
        """Read "09:00-12:00,13:00-18:00"; "22:00-06:00" runs across midnight. Raises BadWindow with the remedy."""
        if days not in ("daily", "working"):
            raise BadWindow(f"days {days!r}: write 'daily' or 'working'")
        if not isinstance(text, str) or len(text) > 1000:
            raise BadWindow("a window is a text: write for example '09:00-18:00'")
        parts = []
        for piece in text.replace("，", ",").split(","):
            found = _PART.fullmatch(piece.strip())
            if not found:
                raise BadWindow(
                    f"{piece.strip()!r} is no window: write for example '09:00-18:00' or '09:00-12:00,13:00-18:00'"
                )
            opens, closes = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
            if opens >= 1440 or closes > 1440:
                raise BadWindow(f"{piece.strip()!r}: a day has the hours 00:00 to 24:00")
            if opens == closes:
                raise BadWindow(f"{piece.strip()!r} is empty: for the whole day write '00:00-24:00'")
            parts.append((opens, closes if closes > opens else closes + 1440))
        return cls(_united(sorted(parts)), str(days))

    def opens_on(self, day: date, calendar: Calendar) -> bool:
        """Whether the window opens on this day."""
        return self.days == "daily" or calendar.is_working(day)

    @property
    def opening(self) -> int:
        """The minute at which the day's first interval opens."""
        return self.intervals[0][0]

    @property
    def closing(self) -> int:
        """The minute at which the day's last interval closes; past 1440 for a night shift."""
        return self.intervals[-1][1]

    def __str__(self) -> str:
        return ",".join(
            f"{_written(opens)}-{_written(closes if closes <= 1440 else closes - 1440)}"
            for opens, closes in self.intervals
        )


WHOLE_DAY_WORKING = Window(((0, 1440),), "working")


def _written(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _united(parts: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Overlapping and touching intervals of one day become one."""
    joined: list[tuple[int, int]] = []
    for opens, closes in parts:
        if joined and opens <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], closes))
        else:
            joined.append((opens, closes))
    return tuple(joined)
