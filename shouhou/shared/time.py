"""The only source of the present moment."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

from django.db import connection

NEVER = datetime(9999, 12, 31, tzinfo=UTC)
_moved: ContextVar[timedelta | None] = ContextVar("moved", default=None)


def now() -> datetime:
    """The present instant, in UTC.

    Inside a transaction it is the database's clock, so that many machines agree on one; outside, this machine's.
    """
    if connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            at: datetime = cursor.fetchone()[0].astimezone(UTC)
    else:
        at = datetime.now(UTC)
    shift = _moved.get()
    return at + shift if shift else at


@contextmanager
def moved(by: timedelta) -> Iterator[None]:
    """Tests and demo data: let the block live at another time."""
    token = _moved.set((_moved.get() or timedelta()) + by)
    try:
        yield
    finally:
        _moved.reset(token)


@contextmanager
def moved_to(at: datetime) -> Iterator[None]:
    """Tests and demo data: let the block start at `at` (aware)."""
    with moved(at - now()):
        yield
