"""Delivers settled events to listeners, in order of their transactions, at least once."""

from django.db import connection, transaction

from shouhou.shared.facts import LISTENERS, Listener
from shouhou.shared.models import Cursor, Event

BATCH = 500


def settled_before() -> int:
    """Every transaction older than this one has ended, so its events are all visible."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")
        return int(cursor.fetchone()[0])


def deliver(listener: Listener) -> int:
    """Hand a listener what has settled since its cursor, and move the cursor. Returns how many it heard.

    The cursor moves by transaction, not by id, since ids do not commit in order. Each batch ends at the border of a
    transaction and is one transaction of its own: a crash repeats at most one batch.
    """
    heard = 0
    while True:
        with transaction.atomic():
            cursor = Cursor.objects.select_for_update(skip_locked=True).filter(name=listener.name).first()
            if cursor is None:
                return heard  # another process delivers to it, or it is not installed yet
            until = settled_before()
            events = list(
                Event.objects.filter(kind__in=listener.kinds, xid__gte=cursor.xid, xid__lt=until).order_by("xid", "id")[
                    : BATCH + 1
                ]
            )
            if len(events) > BATCH:
                border = events[-1].xid
                whole = [e for e in events if e.xid < border]
                if not whole:  # one transaction larger than a batch: take it whole
                    whole = list(Event.objects.filter(kind__in=listener.kinds, xid=border).order_by("id"))
                    border += 1
                events, until = whole, border
                more = True
            else:
                more = False
            for event in events:
                listener.hear(event)
            if cursor.xid != until:
                cursor.xid = until
                cursor.save(update_fields=["xid"])
            heard += len(events)
        if not more:
            return heard


def install_cursors() -> None:
    """Give each new listener a cursor at the present: it hears of what happens from now on."""
    known = set(Cursor.objects.values_list("name", flat=True))
    start = settled_before()
    Cursor.objects.bulk_create(
        [Cursor(name=name, xid=start) for name in LISTENERS if name not in known], ignore_conflicts=True
    )


def pump() -> int:
    """Deliver to every listener; a failing one does not hold up the others, and its error is raised at the end."""
    install_cursors()
    heard, troubles = 0, []
    for listener in list(LISTENERS.values()):
        try:
            heard += deliver(listener)
        except Exception as trouble:  # one room's mistake must not stop the notices of all others
            troubles.append(trouble)
    if troubles:
        raise ExceptionGroup("Listeners failed", troubles)
    return heard
