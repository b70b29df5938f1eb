"""Every clause that has its evidence, by its id."""

from collections.abc import Callable

from shouhou.promises.rules.clauses import all_clauses
from shouhou.reports.actions import handling, hotline, on_site
from shouhou.reports.actions.scope import Scope, clock_of
from shouhou.reports.rules import Evidence

Count = Callable[[Scope], Evidence]


def counted() -> dict[str, Count]:
    """The clauses in the order of the documents; a commitment without a count of its own is judged by its clocks."""
    own: dict[str, Count] = {**hotline.CLAUSES, **on_site.CLAUSES, **handling.CLAUSES}
    return {
        code: own[code] if code in own else clock_of(code)
        for code, clause in all_clauses().items()
        if code in own or clause.is_commitment
    }


CLAUSES = counted()
