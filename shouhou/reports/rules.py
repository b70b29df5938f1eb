"""What is said of a clause: how many cases fell under it, how many conformed, and which did not."""

from dataclasses import dataclass, field
from datetime import datetime

from shouhou.feedback.rules import Share


@dataclass(frozen=True, slots=True)
class Offender:
    """A case that did not conform. `why` is a code; the page has its words."""

    kind: str
    id: int
    at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """The figure of one clause. `bar` is the share that the clause itself asks for, where it asks for less than all.

    Without a case that falls under it there is no figure, which is not 100 %.
    """

    applicable: int = 0
    offenders: list[Offender] = field(default_factory=list)
    bar: float = 100.0
    lacks: str = ""  # a code for what nobody writes down, so that there can be no figure

    @property
    def conforming(self) -> int:
        return self.applicable - len(self.offenders)

    @property
    def share(self) -> Share:
        return Share(self.conforming, self.applicable)

    @property
    def keeps(self) -> bool | None:
        """Whether the clause is kept; None without any case. A bar below 100 % has to be exceeded (A3.6)."""
        percent = self.share.percent
        if percent is None:
            return None
        return not self.offenders if self.bar >= 100 else percent > self.bar
