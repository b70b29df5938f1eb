"""The chain over the journal: any altered, removed, inserted or reordered row shows."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db import connection, transaction
from django.db.models import Q

from shouhou.shared.models import Event, Seal
from shouhou.shared.pump import settled_before

START = b"\0" * 32
COLUMNS = (
    "id", "kind", "subject_kind", "subject_id", "case_kind", "case_id", "customer_id", "organisation_id", "audience",
    "by_id", "on_behalf_of", "occurred_at", "recorded_at", "origin", "key", "corrects_id", "was", "to", "data",
)  # fmt: skip


@dataclass
class Verdict:
    """What `./run verify` found."""

    sealed: int = 0
    unsealed: int = 0
    troubles: list[str] = field(default_factory=list)


def digest(event: Event, previous: bytes) -> bytes:
    """SHA-256 over the link before and every column of the row, in one fixed writing."""
    values = [getattr(event, column) for column in COLUMNS]
    text = json.dumps(
        values, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=lambda v: v.isoformat()
    )
    return hashlib.sha256(previous + text.encode()).digest()


def seal(limit: int = 5000) -> int:
    """Append links for settled events that have none, in order of their transactions. Returns how many."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(7306921)")
            if not cursor.fetchone()[0]:
                return 0  # another sealer works
        last = Seal.objects.order_by("-position").first()
        position, previous, after = 0, START, 0
        if last is not None:
            position, previous = last.position, bytes(last.hash)
            after = Event.objects.values_list("xid", flat=True).get(id=last.event_id)
        waiting = Event.objects.filter(xid__gte=after, xid__lt=settled_before()).order_by("xid", "id")
        if last is not None:
            waiting = waiting.exclude(xid=after, id__lte=last.event_id)
        links = []
        for event in waiting[:limit]:
            position += 1
            link = digest(event, previous)
            links.append(Seal(position=position, event_id=event.pk, hash=link, previous=previous))
            previous = link
        Seal.objects.bulk_create(links)
        return len(links)


def _sealed_rows() -> Iterator[tuple[Seal, Event | None]]:
    """Each link with its event, read in order and in slices."""
    position = 0
    while slice_ := list(Seal.objects.filter(position__gt=position).order_by("position")[:2000]):
        events = Event.objects.in_bulk([s.event_id for s in slice_])
        for link in slice_:
            yield link, events.get(link.event_id)
        position = slice_[-1].position


def verify() -> Verdict:
    """Read the whole chain again; name each row that does not fit, and count the tail not sealed yet."""
    verdict = Verdict()
    previous, expected = START, 0
    last: Event | None = None
    for link, event in _sealed_rows():
        expected += 1
        if link.position != expected:
            verdict.troubles.append(f"links {expected} to {link.position - 1} are missing")
            expected = link.position
        if bytes(link.previous) != previous:
            verdict.troubles.append(f"link {link.position} does not follow the one before it")
        if event is None:
            verdict.troubles.append(f"event {link.event_id} was removed")
        elif digest(event, bytes(link.previous)) != bytes(link.hash):
            verdict.troubles.append(f"event {link.event_id} was altered")
        last = event or last
        previous = bytes(link.hash)
        verdict.sealed += 1
    tail = Event.objects.exclude(id__in=Seal.objects.values("event_id"))
    verdict.unsealed = tail.count()
    if last is not None:
        # A row slipped in between sealed ones stands before the last link: by its transaction, or within the same one.
        before = Q(xid__lt=last.xid) | Q(xid=last.xid, id__lt=last.pk)
        for event in tail.filter(before)[:100]:
            verdict.troubles.append(f"event {event.pk} was inserted behind the seal")
            verdict.unsealed -= 1
    return verdict
