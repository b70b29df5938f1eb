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
