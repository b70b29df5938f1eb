"""Opening a corrective action from a clause's figure, and the trend on which its effect shows."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from shouhou.people.models import Organisation, User
from shouhou.reports.actions.clauses import CLAUSES
from shouhou.reports.actions.scope import Scope
from shouhou.reports.models import CorrectiveAction
from shouhou.reports.rules import Evidence
from shouhou.shared.journal import record
from shouhou.shared.lifecycle import Refused
from shouhou.shared.time import now


@dataclass(frozen=True, slots=True)
class Month:
    """A clause's figure of one calendar month; `last` is its last day, or today."""

    first: date
    last: date
    evidence: Evidence


def trend(code: str, scope: Scope, organisation: Organisation, *, months: int = 6) -> list[Month]:
    """The clause's figures of the months up to that in which the scope ends, the oldest first, each counted anew."""
    until = (scope.until - timedelta(microseconds=1)).astimezone(organisation.tz).date()
    first, found = until.replace(day=1), []
    for _n in range(months):
        after = (first + timedelta(days=32)).replace(day=1)
        part = replace(scope, start=_midnight(first, organisation), until=_midnight(after, organisation))
        found.append(Month(first, min(after - timedelta(days=1), until), CLAUSES[code](part)))
        first = (first - timedelta(days=1)).replace(day=1)
    return found[::-1]


def _midnight(day: date, organisation: Organisation) -> datetime:
    return datetime.combine(day, time(), organisation.tz)


@transaction.atomic
def open_action(
    code: str, *, organisation: Organisation, evidence: Evidence, first: date, last: date, cause: str, measure: str,
    owner: User, due_on: date, by: User,
) -> CorrectiveAction:  # fmt: skip
    """Open a corrective action for a figure. Raises Refused where everything conforms, and for who does not lead."""
    if not by.leads_in(organisation.path):
        raise Refused(_("Only who leads the organisation opens a corrective action."))
    if not evidence.offenders:
        raise Refused(_("Everything conforms: there is nothing to correct."))
    if not cause.strip() or not measure.strip():
        raise Refused(_("Write down the cause and the measure."))
    if not owner.serves_in(organisation.path):
        raise Refused(_("%(engineer)s does not serve in this organisation.") % {"engineer": owner})
    if due_on < now().astimezone(organisation.tz).date():
        raise Refused(_("The day until which it is done lies ahead."))
    row = CorrectiveAction.objects.create(
        organisation=organisation, clause=code, cause=cause.strip(), measure=measure.strip(), owner=owner,
        due_on=due_on, opened_by=by, opened_at=now(), first_on=first, last_on=last, applicable=evidence.applicable,
        conforming=evidence.conforming,
    )  # fmt: skip
    record("corrective_action.opened", subject=row, by=by, to=row.status, data={"clause": code})
    return row
