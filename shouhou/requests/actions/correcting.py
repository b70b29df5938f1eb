"""Putting right when something happened; the old reading stays in the journal."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from shouhou.people.models import User
from shouhou.requests.actions.talk import BEFORE_REPORT, write_note
from shouhou.requests.models import ServiceRequest
from shouhou.requests.models.permits import leads, staff
from shouhou.requests.rules.facts import NOTED
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Event
from shouhou.shared.time import now

CORRECTABLE = frozenset({*NOTED, "request.responded", "fault.occurred", "fault.repaired"})
EARLIER = BEFORE_REPORT | {"fault.occurred"}


def may_correct(request: ServiceRequest, event: Event, by: User) -> bool:
    """Who noted the fact themselves, or who leads the organisation."""
    return (
        request.status in ServiceRequest.OPEN
        and event.kind in CORRECTABLE
        and staff(request, by)
        and (leads(request, by) or event.by_id == by.pk)
    )


@transaction.atomic
def correct_event(
    request: ServiceRequest, event: Event, *, reason: str, by: User, occurred_at: datetime | None = None
) -> None:
    """Say when a fact of this case really happened, or (without `occurred_at`) that it did not happen at all.

    The clocks are counted anew; the reason is kept as an internal note beside the correction. Raises Refused for a
    time in the future or before the report, without a reason, and for who may not.
    """
    if (event.case_kind, event.case_id) != (request.KIND, request.pk) or not may_correct(request, event, by):
        raise Refused(_("Only who noted it, or who leads the organisation, may correct it."))
    if not reason.strip():
        raise Refused(_("Say why the time is corrected."))
    if occurred_at and occurred_at > now():
        raise Refused(_("The time lies in the future: correct it."))
    if occurred_at and occurred_at < request.reported_at and event.kind not in EARLIER:
        raise Refused(_("The time lies before the report: correct it."))
    request.must_be_open()  # what was counted and filed stays as it was
    message = write_note(request, text=reason, by=by)
    request.note(
        "event.corrected",
        by=by,
        occurred_at=occurred_at or event.occurred_at,
        corrects_id=event.pk,
        data={"message": message.pk, "void": occurred_at is None},
    )
