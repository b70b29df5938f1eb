"""How long the way takes between two places: as the crow flies with a detour, or from a matrix of real roads."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import asin, cos, isfinite, radians, sin, sqrt
from typing import Protocol

EARTH_KM = 6371.0088  # mean radius
SECOND = timedelta(seconds=1)

Place = int | tuple[float, float]  # a row of a matrix, or (latitude, longitude) in degrees, WGS 84


class Travel(Protocol):
    """Anything that says how long one travels; the way back may take another time than the way there."""

    def __call__(self, start: Place, end: Place, /) -> timedelta: ...


@dataclass(frozen=True, slots=True)
class GreatCircle:
    """Great-circle distance times a detour factor, at one speed: for where no road matrix is at hand.

    A factor of 1.3 is usual for streets in towns. Raises ValueError for a speed or a detour that is no such thing.
    """

    speed_kmh: float = 30.0
    detour: float = 1.3

    def __post_init__(self) -> None:
        if not (isfinite(self.speed_kmh) and self.speed_kmh > 0 and isfinite(self.detour) and self.detour >= 1):
            raise ValueError(f"speed {self.speed_kmh} km/h, detour {self.detour}")

    def __call__(self, start: Place, end: Place, /) -> timedelta:
        return timedelta(hours=kilometres(start, end) * self.detour / self.speed_kmh)


@dataclass(frozen=True, slots=True)
class Matrix:
    """Seconds from the place of the row to the place of the column.

    Raises ValueError for rows of unequal length, negative or endless times, LookupError for a place it does not have.
    """

    seconds: Sequence[Sequence[float]]

    def __post_init__(self) -> None:
        size = len(self.seconds)
        if any(len(row) != size for row in self.seconds):
            raise ValueError("a travel matrix is square")
        if any(not (isfinite(cell) and cell >= 0) for row in self.seconds for cell in row):
            raise ValueError("travel times are finite and not negative")

    def __call__(self, start: Place, end: Place, /) -> timedelta:
        if not isinstance(start, int) or not isinstance(end, int) or start < 0 or end < 0:
            raise LookupError(f"the travel matrix has no way from {start} to {end}")
        return timedelta(seconds=self.seconds[start][end])


def kilometres(start: Place, end: Place) -> float:
    """Distance on the sphere. Raises ValueError for what is no latitude and longitude."""
    (lat1, lon1), (lat2, lon2) = _degrees(start), _degrees(end)
    a = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(min(1.0, a)))


def _degrees(place: Place) -> tuple[float, float]:
    if isinstance(place, int) or not (abs(place[0]) <= 90 and abs(place[1]) <= 180):
        raise ValueError(f"{place} is no latitude and longitude")
    return radians(place[0]), radians(place[1])


def in_utc(at: datetime) -> datetime:
    """The same instant in UTC: times of one zone are subtracted by their faces, an hour wrong when the clock changes.

    Raises ValueError for a naive time.
    """
    if at.tzinfo is None:
        raise ValueError(f"{at} has no zone")
    return at.astimezone(UTC)


def up(span: timedelta) -> int:
    """Whole seconds, rounded up: a way is never planned shorter than it is."""
    return -(-span // SECOND)
