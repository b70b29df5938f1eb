"""What the fold reads of the journal: corrections put in force, rejected repairs taken back, pauses paired."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from shouhou.promises.rules.promise import Pause, utc

CUSTOMER = "customer"
ASKED, PAUSED, RESUMED = "customer.asked", "clock.paused", "clock.resumed"
REPLIES = frozenset({"customer.answered", "message.received"})  # any reply ends the waiting for the customer
REJECTED = frozenset({"request.rejected", "confirmation.rejected"})
VOIDED = frozenset({"fault.repaired", "request.resolved", "request.confirmed", "request.followed_up"})
RESOLVED, NEW_CYCLE, MERGED = "request.resolved", "request.reopened", "request.merged"
ATTEMPTED, ABANDONED = "contact.attempted", "call.abandoned"


@dataclass(frozen=True, slots=True)
class Fact:
    """An event as the fold reads it. `key` orders facts of one instant by their place in the origin, never by arrival.

    `corrects_id` names the fact whose `occurred_at` (and data) this one replaces; data {"void": true} takes it away.
    Both times are aware; they are kept in UTC. Raises ValueError for a naive one.
    """

    kind: str
    occurred_at: datetime
    recorded_at: datetime
    key: str
    id: int
    data: Mapping[str, Any] = field(default_factory=dict)
    corrects_id: int | None = None

    def __post_init__(self) -> None:
        if self.occurred_at.tzinfo is not UTC:
            object.__setattr__(self, "occurred_at", utc(self.occurred_at))


def corrected(facts: Iterable[Fact]) -> list[Fact]:
    """Facts with their corrections in force: the last recorded wins; a corrected fact keeps its id, kind and key.

    A correction of a correction counts as one of the first fact; one whose target is unknown is left out.
    """
    every = list(facts)
    fixes = [fact for fact in every if fact.corrects_id is not None]
    if not fixes:
        return every
    targets = {fact.id: fact.corrects_id for fact in fixes if fact.corrects_id is not None}
    told: dict[int, Fact] = {fact.id: fact for fact in every if fact.corrects_id is None}
    for fix in sorted(fixes, key=lambda f: (f.recorded_at, f.key, f.id)):
        target = _root(fix.id, targets)
        if target is not None and target in told:
            fact = told[target]
            told[target] = replace(fact, occurred_at=fix.occurred_at, data={**fact.data, "void": False, **fix.data})
    return [fact for fact in told.values() if not fact.data.get("void")]


def _root(at: int, targets: Mapping[int, int]) -> int | None:
    """The fact that a chain of corrections ends in; None for a ring."""
    seen: set[int] = set()
    while at in targets and at not in seen:
        seen.add(at)
        at = targets[at]
    return None if at in seen else at


def without_voided(line: Sequence[Fact]) -> list[Fact]:
    """Sorted facts without the repairs that the customer rejected; those of an earlier cycle stand."""
    kept: list[Fact] = []
    for fact in line:
        if fact.kind in REJECTED:
            cycle = max((i for i, f in enumerate(kept) if f.kind == NEW_CYCLE), default=-1) + 1
            kept = kept[:cycle] + [f for f in kept[cycle:] if f.kind not in VOIDED]
        kept.append(fact)
    return kept


def starts_pause(fact: Fact) -> bool:
    """Whether it makes clocks stand still; such a fact is never a response, whatever the terms say."""
    return fact.kind in (ASKED, PAUSED)


def ends_pause(fact: Fact) -> bool:
    """Whether it lets clocks run again."""
    return fact.kind == RESUMED or fact.kind in REPLIES


def pauses_of(reasons: Sequence[str], line: Sequence[Fact]) -> list[Pause]:
    """The stretches of the given reasons, from sorted facts; an open one has no end.

    Waiting for the customer begins with a question and ends with any reply. data {"until": instant} of a pause is its
    agreed end; resuming earlier cuts it back. Resolving or reopening the case ends every pause.
    """
    found: list[Pause] = []
    opened: dict[str, Fact] = {}
    ended: dict[str, Fact] = {}  # an end also undoes a pause of its own instant that comes earlier in the origin

    def close(reason: str, fact: Fact) -> None:
        ended[reason] = fact
        if reason in opened:
            begun = opened.pop(reason)
            end = min(fact.occurred_at, _until(begun) or fact.occurred_at)
            found.append(Pause(begun.occurred_at, end, reason))

    for fact in line:
        if starts_pause(fact):
            reason = CUSTOMER if fact.kind == ASKED else str(fact.data.get("reason") or "")
            last = ended.get(reason)
            undone = last is not None and last.occurred_at == fact.occurred_at and fact.key < last.key
            if reason in reasons and not undone:
                _open(opened, found, reason, fact)
        elif fact.kind in REPLIES or fact.kind in REJECTED:
            close(CUSTOMER, fact)
        elif fact.kind == RESUMED:
            named = fact.data.get("reason")
            for reason in [str(named)] if named else reasons:
                close(reason, fact)
        elif fact.kind in (RESOLVED, NEW_CYCLE):
            for reason in list(opened):
                close(reason, fact)
    return found + [Pause(fact.occurred_at, _until(fact), reason) for reason, fact in opened.items()]


def _open(opened: dict[str, Fact], found: list[Pause], reason: str, fact: Fact) -> None:
    """Begin a pause, or go on with the one that stands; one whose agreed end has passed is over."""
    begun = opened.get(reason)
    if begun is None:
        opened[reason] = fact
        return
    agreed = _until(begun)
    if agreed is not None:  # a further agreement replaces the first from its own moment on
        found.append(Pause(begun.occurred_at, min(agreed, fact.occurred_at), reason))
        opened[reason] = fact


def _until(fact: Fact) -> datetime | None:
    """The agreed end that a pause names, if any."""
    text = fact.data.get("until")
    if isinstance(text, datetime):
        return utc(text)
    return utc(datetime.fromisoformat(text)) if isinstance(text, str) and text else None
