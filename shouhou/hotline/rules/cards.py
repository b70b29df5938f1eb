"""What stands on the hotline card that customers are given (A3.2, D9)."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from shouhou.hotline.rules.words import Purpose

ORDER = {purpose: place for place, purpose in enumerate((Purpose.HOTLINE, Purpose.HEADQUARTERS, Purpose.COMPLAINTS))}


@dataclass(frozen=True, slots=True)
class Printed:
    """One number on the card. `dialled` is its comparable form, so that a blank more is no other number."""

    purpose: str
    number: str
    dialled: str = ""


def printed(near: Iterable[Iterable[Printed]]) -> list[Printed]:
    """The numbers of one's own organisation, and for each purpose it has none for, those of the nearest one above.

    `near` holds the numbers of the organisation itself, then of the one above it, and so on to the top.
    """
    found: dict[str, list[Printed]] = {}
    for numbers in near:
        here: dict[str, list[Printed]] = {}
        for number in numbers:
            here.setdefault(number.purpose, []).append(number)
        found = {**here, **found}
    everything = [number for numbers in found.values() for number in numbers]
    return sorted(everything, key=lambda n: (ORDER.get(Purpose(n.purpose), len(ORDER)), n.number))


def digest_of(numbers: Iterable[Printed]) -> str:
    """Equal for cards with the same numbers for the same purposes; "" for a card with none."""
    facts = sorted({(n.purpose, n.dialled or n.number) for n in numbers})
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest() if facts else ""


def kept(numbers: Iterable[Printed]) -> list[dict[str, str]]:
    """As a card keeps them: what the customer was told stays readable when the numbers have changed since."""
    return [asdict(number) for number in numbers]


def read(rows: Iterable[Mapping[str, str]]) -> list[Printed]:
    return [Printed(**row) for row in rows]
