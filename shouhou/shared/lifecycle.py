"""The one idiom for a change of status: lock, reload, check, write, record."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import lru_cache
from typing import Any, ClassVar

from django.db import models, transaction
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _

from shouhou.shared.journal import record
from shouhou.shared.models import Event
from shouhou.shared.time import now

Allows = Callable[[Any, Any], bool]
_writing: ContextVar[bool] = ContextVar("writing", default=False)


class Refused(Exception):
    """A rule said no. The message is shown to the person who asked."""

    def __init__(self, message: "str | LazyText") -> None:
        super().__init__(str(message))


class UnrecordedWrite(RuntimeError):
    """Code tried to save a guarded column outside a recorded move. A mistake of ours, never the user's."""


@lru_cache(maxsize=256)
def _labels(field: Any) -> dict[Any, Any]:
    """The words of a field's choices, not yet in a language."""
    return dict(field.flatchoices)


def anyone(row: Any, by: Any) -> bool:
    """Every person who may see the row may do this."""
    return True


def nobody(row: Any, by: Any) -> bool:
    """Only the system does this, never a person."""
    return False


class Lifecycle(models.Model):
    """A row whose status changes only along MOVES, one recorded move at a time."""

    KIND: ClassVar[str] = ""
    MOVES: ClassVar[dict[str, dict[str, Allows]]] = {}
    FACTS: ClassVar[dict[str, str]] = {}  # status -> the fact that reaching it records
    GUARDED: ClassVar[frozenset[str]] = frozenset({"status"})

    status: Any

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Refuses to write guarded columns of an existing row outside `moving` and `noting`."""
        if not self._state.adding and not _writing.get():
            fields = kwargs.get("update_fields")
            if fields is None or self.GUARDED & set(fields):
                raise UnrecordedWrite(f"{type(self).__name__}: change status and promises by a recorded move.")
        super().save(*args, **kwargs)

    def belongs_to(self) -> models.Model:
        """The case on whose time line this row's events stand; its own by default."""
        return self

    def moves_for(self, by: Any) -> set[str]:
        """The statuses that this person may move the row to now; the system (None) may make every listed move."""
        return {to for to, allows in self.MOVES[self.status].items() if by is None or allows(self, by)}

    @contextmanager
    def moving(
        self, to: str, *, by: Any, occurred_at: datetime | None = None, key: str | None = None, origin: str = "live",
        audience: str = "internal", data: dict[str, Any] | None = None, fact: str = "",
    ) -> Iterator[datetime]:  # fmt: skip
        """Lock and reload the row, check the move, run the body, save, record. Yields the instant of the move.

        `fact` names the event where two verbs reach the same status (rejecting and reopening).
        """
        with self.locked():
            if to not in self.moves_for(by):
                raise Refused(self.refusal(to))
            was, at = self.status, occurred_at or now()
            yield at
            self.status = to
            self.write()
            self.recorded(
                record(
                    fact or self.FACTS[to],
                    subject=self,
                    case=self.belongs_to(),
                    by=by,
                    occurred_at=at,
                    key=key,
                    origin=origin,
                    audience=audience,
                    was=was,
                    to=to,
                    data=data,
                )
            )

    @contextmanager
    def noting(
        self, fact: str, *, by: Any, occurred_at: datetime | None = None, key: str | None = None, origin: str = "live",
        audience: str = "internal", source: models.Model | None = None, corrects_id: int | None = None,
        data: dict[str, Any] | None = None,
    ) -> Iterator[datetime]:  # fmt: skip
        """Record a declared fact that changes no status, under the same lock; the body may set other columns."""
        with self.locked():
            at = occurred_at or now()
            yield at
            self.write()
            self.recorded(
                record(
                    fact, subject=source if source is not None else self, case=self.belongs_to(), by=by, occurred_at=at,
                    key=key, origin=origin, audience=audience, corrects_id=corrects_id, data=data,
                )
            )  # fmt: skip

    def note(self, fact: str, *, by: Any, **details: Any) -> None:
        """Record a declared fact about this case that changes no column of its own."""
        with self.noting(fact, by=by, **details):
            pass

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the row's lock with fresh values. A body that fails leaves the row in memory as it was before."""
        before = dict(self.__dict__)
        try:
            with transaction.atomic():
                if self._state.adding:
                    raise UnrecordedWrite("Save the new row first.")
                self.refresh_from_db(from_queryset=type(self)._base_manager.select_for_update())
                yield
        except BaseException:
            self.__dict__.clear()
            self.__dict__.update(before)
            raise

    def recorded(self, event: Event) -> None:
        """Called with each event of this row, in its transaction; promised cases advance their clocks here."""

    def refusal(self, to: str) -> str:
        """What a person reads when a move is not open to them."""
        return _("This is not possible now: the status is “%(was)s”.") % {"was": self.get_status_display()}

    def get_status_display(self) -> str:  # replaced by Django on every concrete row
        return str(self.status)

    def _get_FIELD_display(self, field: Any) -> str:
        """What Django does, without hashing the words of every choice anew for each row of a list."""
        value = getattr(self, field.attname)
        return str(_labels(field).get(value, value))

    def write(self) -> None:
        """Save every column, the guarded ones too; only recorded moves come here."""
        token = _writing.set(True)
        try:
            self.save()
        finally:
            _writing.reset(token)
