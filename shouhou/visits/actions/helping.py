"""The duty manager answers an engineer's call for support; the time until then is counted (A4.8)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from shouhou.people.models import User
from shouhou.requests.actions.talk import write_note
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Event
from shouhou.shared.time import now
from shouhou.visits.models import Visit


@dataclass(frozen=True, slots=True)
class SupportCall:
    """One call for support from a visit: when, what about, and when it was answered."""

    uid: str
    at: datetime
    words: str
    answered_at: datetime | None = None

    @property
    def took(self) -> timedelta:
        """How long the engineer waited, or waits."""
        return (self.answered_at or now()) - self.at


def support_calls(visit: Visit) -> list[SupportCall]:
    """The visit's calls for support, the oldest first."""
    asked = (visit.sheet or {}).get("support", {})
    if not asked:
        return []
    given = {
        event.data["operation"]: event.occurred_at
        for event in Event.objects.of(visit.request).filter(kind="support.given", subject_id=visit.pk)
    }
    calls = [
        SupportCall(uid, at, said["words"], given.get(uid))
        for uid, said in asked.items() if (at := parse_datetime(said["at"]))
    ]  # fmt: skip
    return sorted(calls, key=lambda call: call.at)


@transaction.atomic
def answer_support(visit: Visit, uid: str, *, words: str, by: User) -> None:
    """What was advised, kept as a note on the request. Raises Refused for the engineer's own call, and twice."""
    if not by.leads_in(visit.organisation.path) or by.pk == visit.engineer_id:
        raise Refused(_("Who leads the organisation answers a call for support, not who made it."))
    if not words.strip():
        raise Refused(_("Write down what you advised."))
    with visit.locked():
        call = next((call for call in support_calls(visit) if call.uid == uid), None)
        if call is None:
            raise Refused(_("This call for support is not known."))
        if call.answered_at is not None:
            raise Refused(_("This call for support has been answered already."))
        visit.note("support.given", by=by, data={"visit": visit.pk, "operation": uid})
    write_note(visit.request, text=words, by=by)
