"""The sweep: promises that come due without anybody doing anything."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from procrastinate.contrib.django import app

from shouhou.promises.models import Calendar, CalendarVersion, Clock, Promised
from shouhou.promises.rules.clock import due
from shouhou.shared.journal import record
from shouhou.shared.time import now

# case kind -> its model; rooms above register theirs in apps.ready()
CASES: dict[str, Callable[[], type[Promised]]] = {}
BATCH = 500
log = logging.getLogger(__name__)


def sweep(limit: int = 10_000) -> int:
    """Advance every case with a clock whose next instant has come. Returns how many cases.

    The case is locked first and skipped when somebody else works on it; a clock is read again under the lock, so that
    parallel sweeps and restarts record nothing twice.
    """
    swept = 0
    skipped: set[tuple[str, int]] = set()
    while swept < limit:
        ringing = Clock.objects.ringing(now()).values_list("case_kind", "case_id")[: BATCH + len(skipped)]
        cases = list(dict.fromkeys(case for case in ringing if case not in skipped))
        if not cases:
            return swept
        for kind, pk in cases:
            try:
                done = _advance(kind, pk)
            except Exception:  # one case that cannot be counted must not keep all others from being watched
                log.exception("The clocks of %s %s could not be advanced.", kind, pk)
                done = False
            if not done:
                skipped.add((kind, pk))
            swept += 1
    return swept


def _advance(kind: str, pk: int) -> bool:
    model = CASES.get(kind)
    if model is None:
        return False
    with transaction.atomic():
        case = model()._base_manager.select_for_update(skip_locked=True).filter(pk=pk).first()
        if case is None:
            return False
        if not Clock.objects.of(case).ringing(now()).exists():
            return True
        case.advance()
        # What still rings after an advance (a case of an ended kind) must not ring for ever.
        return not Clock.objects.of(case).ringing(now()).exists()


@app.periodic(cron="* * * * * */5")
@app.task(queueing_lock="sweep")
def sweep_clocks(timestamp: int) -> None:
    """Every five seconds; between sweeps nothing is late by more than that."""
    sweep()


def provisional_clocks(calendar: Calendar) -> QuerySet[Clock]:
    """Open clocks that were counted before a year's holidays were known, by an older version of this calendar."""
    rows = Clock.objects.filter(
        provisional=True, state__in=(*Clock.OPEN, Clock.State.WAITING), calendar_version__calendar=calendar
    )
    return rows.exclude(calendar_version=calendar.current).select_related("commitment").order_by("due_at", "pk")


def due_anew(clock: Clock, version: CalendarVersion) -> datetime | None:
    """When it would be due by another version of its calendar; None while paused."""
    return due(clock.commitment.terms(version.pk).promise, clock.started_at, clock.engine_pauses()).at


def count_anew(calendar: Calendar, *, by: Any) -> int:
    """Count the provisional clocks by the newest version, case by case, and record it. Returns how many.

    Nothing else moves a clock to another version: what is closed stays, and what is certain too.
    """
    version, moved = calendar.current, 0
    cases = list(dict.fromkeys(provisional_clocks(calendar).values_list("case_kind", "case_id")))
    for kind, pk in cases:
        with transaction.atomic():
            case = CASES[kind]()._base_manager.select_for_update().get(pk=pk)
            clocks = list(provisional_clocks(calendar).filter(case_kind=kind, case_id=pk))
            for clock in clocks:
                Clock.objects.filter(pk=clock.pk).update(calendar_version=version)
                data = {"clock": clock.pk, "commitment": clock.commitment_id, "version": version.number}
                record("clock.rebased", subject=case, by=by, data=data)
            case.advance()
            moved += len(clocks)
    return moved
