"""Writing to the journal: one call per fact, in the writer's own transaction."""

from datetime import datetime
from typing import Any

from django.db import models

from shouhou.shared.facts import DECLARED, UnknownFact
from shouhou.shared.models import Event, kind_of
from shouhou.shared.time import now


def event_of(
    kind: str, *, subject: models.Model, case: models.Model | None = None, by: Any = None,
    occurred_at: datetime, recorded_at: datetime, origin: str = "live", key: str | None = None, audience: str = "internal",
    corrects_id: int | None = None, was: str = "", to: str = "", data: dict[str, Any] | None = None,
) -> Event:  # fmt: skip
    """Build the row of a fact without writing it. Raises UnknownFact for a kind that no room declares."""
    if kind not in DECLARED:
        raise UnknownFact(kind)
    case = case if case is not None else subject
    return Event(
        kind=kind, subject_kind=kind_of(subject), subject_id=subject.pk, case_kind=kind_of(case), case_id=case.pk,
        customer_id=getattr(case, "customer_id", None), organisation_id=getattr(case, "organisation_id", None),
        by_id=by.pk if by is not None else None, occurred_at=occurred_at, recorded_at=recorded_at, origin=origin,
        key=key or "", audience=audience, corrects_id=corrects_id, was=was, to=to, data=data or {},
    )  # fmt: skip


def record(
    kind: str, *, subject: models.Model, case: models.Model | None = None, by: Any = None,
    occurred_at: datetime | None = None, origin: str = "live", key: str | None = None, audience: str = "internal",
    corrects_id: int | None = None, was: str = "", to: str = "", data: dict[str, Any] | None = None,
) -> Event:  # fmt: skip
    """Record a declared fact. `occurred_at` (aware) is when it happened, by default now.

    `data` holds ids, codes and numbers only: words about people live in rows that can be erased.
    """
    at = now()
    event = event_of(
        kind, subject=subject, case=case, by=by, occurred_at=occurred_at or at, recorded_at=at, origin=origin, key=key,
        audience=audience, corrects_id=corrects_id, was=was, to=to, data=data,
    )  # fmt: skip
    event.save(force_insert=True)
    return event


__all__ = ["event_of", "record"]
