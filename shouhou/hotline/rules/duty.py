"""What the norm asks of a shift: prepared in ten minutes with four things, published half a working day before."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

PREPARING = timedelta(minutes=10)  # A3.8: within ten minutes of the shift's beginning
HALF_DAY = timedelta(hours=4)  # A3.7: half a working day, in counted hours of the company's window
EARLIEST = timedelta(hours=2)  # how long before its beginning one may come to a shift
UNANSWERED = 2  # so many calls in a row that ring in vain at a desk say that nobody sits there (A3.4)


class Check(TextChoices):
    """The four things of the preparation (A3.8)."""

    SHEET = "sheet", _("Record sheets at hand")
    TELEPHONE = "telephone", _("Telephone works")
    PEN = "pen", _("Pen and paper at hand")
    SURROUNDINGS = "surroundings", _("Desk and surroundings in order")


class Found(TextChoices):
    """What the watch finds of a shift without anybody saying so."""

    ABSENT = "absent", _("Absent without leave")
    UNREADY = "unready", _("Preparation not finished in time")
    AWAY = "away", _("Calls rang in vain at the desk")


@dataclass(frozen=True, slots=True)
class Begun:
    """How a shift began, by A3.8."""

    late: bool
    ready: bool

    @property
    def kept(self) -> bool:
        return self.ready and not self.late


def beginning(starts: datetime, came: datetime | None, ready: datetime | None) -> Begun:
    """On time is at the very minute or before; ready is all four things within ten minutes of the beginning."""
    return Begun(
        late=came is None or came >= starts + timedelta(minutes=1),
        ready=ready is not None and ready <= starts + PREPARING,
    )
