"""The sweep: promises that come due without anybody doing anything."""

from collections.abc import Callable

from django.db import transaction
from procrastinate.contrib.django import app

from shouhou.promises.models import Clock, Promised
from shouhou.shared.time import now

# case kind -> its model; rooms above register theirs in apps.ready()
CASES: dict[str, Callable[[], type[Promised]]] = {}
BATCH = 500


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
            if not _advance(kind, pk):
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
