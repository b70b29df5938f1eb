"""Which facts the rooms declare, and who listens to them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise as LazyText


@dataclass(frozen=True, slots=True)
class Declared:
    """A fact that a room may record, with the words a time line shows for it."""

    kind: str
    words: str | LazyText


@dataclass(frozen=True, slots=True)
class Listener:
    """A function that hears of every settled event of some kinds, at least once."""

    name: str
    kinds: frozenset[str]
    hear: Callable[[Any], None]


DECLARED: dict[str, Declared] = {}
LISTENERS: dict[str, Listener] = {}


class UnknownFact(LookupError):
    """Somebody named a fact that no room declares."""


def declare(words: "Mapping[str, str | LazyText]") -> None:
    """Declare the facts of a room: kind -> words of the time line."""
    for kind, phrase in words.items():
        DECLARED[kind] = Declared(kind, phrase)


def words_of(kind: str) -> str:
    """What a time line calls this fact, in the reader's language; the bare kind where no room declares it."""
    declared = DECLARED.get(kind)
    return str(declared.words) if declared else kind


def on(*kinds: str) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
    """Register a listener in a room's jobs.py. It must be idempotent: events come at least once."""

    def register(hear: Callable[[Any], None]) -> Callable[[Any], None]:
        name = f"{hear.__module__}.{hear.__qualname__}"
        LISTENERS[name] = Listener(name, frozenset(kinds), hear)
        return hear

    return register
