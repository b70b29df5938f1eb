"""Open time as sorted intervals with prefix sums: a due time costs two binary searches, whatever the span."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from shouhou.promises.rules.calendar import LAST_YEAR, ONE, Calendar, TooFar, Window

__all__ = ["Timeline", "TooFar", "timeline"]
MINUTE = timedelta(minutes=1)
NOTHING = timedelta()
NEAR = 16  # intervals among which most due times lie; the others are searched for
REACH = 120  # years: a due time farther away than this is a mistake, not a promise
KEPT = 4  # centuries of a timeline (and 64 timelines of a calendar) stay laid out, so that odd questions fill no memory


@dataclass(frozen=True, slots=True)
class Laid:
    """The open intervals of some years, never changed once laid, so that threads may share them.

    `sums[i]` is the instant that a clock running only in open time would show at `opens[i]`, and `shifts[i]` the
    closed time before it: due = (running clock + period) + shift.
    """

    years: tuple[int, int]
    first: datetime
    horizon: datetime
    opens: list[datetime]
    closes: list[datetime]
    sums: list[datetime]
    shifts: list[timedelta]


class Timeline:
    """When a window is open under a calendar, laid out as far as it is asked. All instants are UTC."""

    __slots__ = ("_calendar", "_centuries", "_laid", "_most", "_window", "sure")

    def __init__(self, calendar: Calendar, window: Window) -> None:
        self._calendar, self._window = calendar, window
        self._most = MINUTE * sum(closes - opens for opens, closes in window.intervals)  # open in a day, at most
        self._centuries: dict[int, Laid] = {}
        self._laid: Laid | None = None
        self.sure = _sure(calendar) if window.days == "working" else None

    def due(self, at: datetime, need: timedelta) -> datetime:
        """The earliest instant by which `need` (> 0) of open time has passed since `at`. Raises TooFar."""
        laid = self._laid
        if laid is None or not laid.first <= at < laid.horizon:
            laid = self._around(at)
        i = bisect_right(laid.opens, at) - 1
        if i < 0:
            want = _shown(laid, at) + need
        else:
            closes = laid.closes[i]
            want = (at if at < closes else closes) - laid.shifts[i] + need
        j = bisect_left(laid.sums, want) - 1
        if j >= 0:
            found = want + laid.shifts[j]
            if found <= laid.closes[j]:
                return found
        return self._farther(laid, at, need)

    def due_many(self, starts: Iterable[datetime], need: timedelta) -> list[datetime]:
        """`due` for many starts, any zone, without a function call for each."""
        found: list[datetime] = []
        add, laid, utc = found.append, self._laid, UTC
        for start in starts:
            at = start if start.tzinfo is utc else start.astimezone(utc)
            if laid is None or not laid.first <= at < laid.horizon:
                laid = self._around(at)
            opens, closes, sums, shifts = laid.opens, laid.closes, laid.sums, laid.shifts
            i = bisect_right(opens, at) - 1
            near = i + NEAR
            if i < 0:
                add(self.due(at, need))
                continue
            end = closes[i]
            want = (at if at < end else end) - shifts[i] + need
            j = bisect_left(sums, want, i, near if near < len(sums) else len(sums)) - 1
            end = want + shifts[j]
            add(end if end <= closes[j] else self.due(at, need))
        return found

    def is_certain(self, start: datetime, end: datetime) -> bool:
        """Whether the days between two instants stand in published years; 24:00 of 31 December is in the old year."""
        if self.sure is None or (self.sure[0] <= start and end <= self.sure[1]):
            return True
        local, moment = self._calendar.local, timedelta(microseconds=1)
        return self._calendar.is_certain(local(start), max(local(start), local(end - moment)))

    def open_between(self, start: datetime, until: datetime) -> timedelta:
        """Open time between two instants, nothing if they are the wrong way round."""
        if until <= start:
            return NOTHING
        laid = self._around(start, until)
        return _shown(laid, until) - _shown(laid, start)

    def _around(self, at: datetime, until: datetime | None = None) -> Laid:
        """The years around an instant, laid out by doubling, so that growing costs nothing in the long run."""
        until = until or at
        low, high = at.year - 1, until.year + 2
        if low < 2 or high > LAST_YEAR or high - low > REACH + 3:
            raise TooFar("the time lies too far away: write one between the years 3 and 9797")
        known = self._centuries.get(at.year // 100)
        if known is not None:
            (was_low, was_high) = known.years
            if was_low <= low and high <= was_high:
                self._laid = known
                return known
            span = was_high - was_low
            low = min(was_low, max(2, low - span)) if low < was_low else was_low
            high = max(was_high, min(LAST_YEAR, high + span)) if high > was_high else was_high
        return self._lay(at.year // 100, low, high)

    def _farther(self, laid: Laid, at: datetime, need: timedelta) -> datetime:
        """The due instant beyond what is laid: lay twice as many years, until it is there. Raises TooFar."""
        low, high = laid.years
        if need > self._most * 366 * REACH:
            raise TooFar(f"the due time lies more than {REACH} years away")
        while high - at.year <= REACH and high < LAST_YEAR:
            gained = len(laid.opens)
            high = min(LAST_YEAR, high + max(4, high - low))
            laid = self._lay(at.year // 100, low, high)
            want = _shown(laid, at) + need
            j = bisect_left(laid.sums, want) - 1
            if j >= 0 and want + laid.shifts[j] <= laid.closes[j]:
                return want + laid.shifts[j]
            if len(laid.opens) == gained and high - low > 40:
                raise TooFar("the due time never comes: the window does not open again")
        raise TooFar(f"the due time lies more than {REACH} years away")

    def _lay(self, century: int, low: int, high: int) -> Laid:
        """Lay out the years low to high - 1; two days more at the beginning, for a night shift that is still open."""
        opens: list[datetime] = []
        closes: list[datetime] = []
        begin, end = date(low, 1, 1) - 2 * ONE, date(high, 1, 1)
        for opening, closing in _intervals(self._calendar, self._window, begin, end):
            if closes and opening <= closes[-1]:  # a night shift that meets the next morning
                closes[-1] = max(closes[-1], closing)
            elif closing > opening:
                opens.append(opening)
                closes.append(closing)
        first = self._calendar.at(begin, 0)
        sums, shifts, running = [], [], first
        for opening, closing in zip(opens, closes, strict=True):
            sums.append(running)
            shifts.append(opening - running)
            running += closing - opening
        laid = Laid((low, high), first + 2 * ONE, self._calendar.at(end, 0), opens, closes, sums, shifts)
        if len(self._centuries) >= KEPT:
            self._centuries = {}
        self._centuries[century] = self._laid = laid
        return laid


def timeline(calendar: Calendar, window: Window) -> Timeline:
    """The timeline of a calendar and a window, shared by its promises."""
    found = calendar.lines.get(window)
    if found is None:
        if len(calendar.lines) >= KEPT * 16:
            calendar.lines.clear()
        found = calendar.lines.setdefault(window, Timeline(calendar, window))
    return found


def _shown(laid: Laid, at: datetime) -> datetime:
    """What a clock that runs only in open time shows at an instant."""
    i = bisect_right(laid.opens, at) - 1
    return min(at, laid.closes[i]) - laid.shifts[i] if i >= 0 else laid.sums[0] if laid.sums else laid.first


def _sure(calendar: Calendar) -> tuple[datetime, datetime] | None:
    """The last unbroken run of published years, as instants; None for a calendar that waits for no notice."""
    if not calendar.published:
        return None
    last = first = max(calendar.published)
    while first - 1 in calendar.published:
        first -= 1
    return calendar.at(date(first, 1, 1), 0), calendar.at(date(last + 1, 1, 1), 0)


def _intervals(calendar: Calendar, window: Window, day: date, end: date) -> Iterator[tuple[datetime, datetime]]:
    """The window's openings from `day` to the day before `end`; a wall time is looked up only where clocks change."""
    midnight, tz = datetime.combine(day, time(), calendar.tz), calendar.tz
    offsets = [(midnight + ONE * i).utcoffset() for i in range(3)]
    while day < end:
        if window.opens_on(day, calendar):
            if offsets[0] == offsets[1] == offsets[2] and offsets[0] is not None:
                base = midnight.replace(tzinfo=UTC) - offsets[0]
                for opens, closes in window.intervals:
                    yield base + opens * MINUTE, base + closes * MINUTE
            else:
                for opens, closes in window.intervals:
                    yield calendar.at(day, opens), calendar.at(day, closes)
        day += ONE
        midnight += ONE
        offsets = [offsets[1], offsets[2], datetime.combine(day + 2 * ONE, time(), tz).utcoffset()]
