"""What counts as satisfied, and how sure a share is."""

from dataclasses import dataclass
from math import sqrt

SATISFIED = 4  # of 5: the mean of the scores that were given
Z95 = 1.959963984540054  # the normal distribution's bounds of 95 %


def is_satisfied(scores: tuple[int | None, ...]) -> bool | None:
    """Whether the scores of one follow-up say so; None where none was given."""
    given = [score for score in scores if score is not None]
    return sum(given) >= SATISFIED * len(given) if given else None


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many. Without any there is no share, which is not 100 %."""

    part: int
    of: int

    @property
    def percent(self) -> float | None:
        return round(100 * self.part / self.of, 1) if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's 95 % interval, in percent: honest for a few answers, and never outside 0 to 100."""
        if not self.of:
            return None
        n, p, z2 = self.of, self.part / self.of, Z95 * Z95
        middle = (p + z2 / (2 * n)) / (1 + z2 / n)
        reach = Z95 * sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
        return round(100 * max(0.0, middle - reach), 1), round(100 * min(1.0, middle + reach), 1)
