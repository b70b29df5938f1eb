"""Keeping the line free: whoever has written the call down hangs up (A3.10)."""

from datetime import datetime, timedelta

from django.db import transaction

from shouhou.hotline.models import Call, Shift
from shouhou.hotline.rules.words import Phase
from shouhou.people.models import Organisation
from shouhou.shared.models import Event
from shouhou.shared.time import now

FAREWELL = timedelta(minutes=1)  # from the saved record to the end of the call: the farewell, and nothing more


def lingering(at: datetime) -> list[Call]:
    """Calls that are written down and whose line is still taken a minute later."""
    rows = Call.objects.on_the_line().filter(recorded_at__lte=at - FAREWELL).exclude(door=None)
    return list(rows.select_related("organisation", "agent").order_by("pk"))


def watch_lines(at: datetime | None = None) -> int:
    """Record, once for each call, that its line was not freed; its agent and the duty manager hear of it.

    A call by hand is hung up by hand or by its record, so that no telephone says how long it lasted: none is judged.
    """
    at, found = at or now(), 0
    for call in lingering(at):
        with transaction.atomic():
            held = Call.objects.select_for_update(skip_locked=True).filter(pk=call.pk).first()
            if held is None or Event.objects.of(held).filter(kind="call.lingered").exists():
                continue
            held.note("call.lingered", by=None, occurred_at=at, key=f"lingered:{call.pk}")
            found += 1
    return found


def free_desks(organisation: Organisation) -> int:
    """How many of those present have no call at this moment, in the organisation and below."""
    inside = Organisation.objects.under([organisation.path]).values("pk")
    present = set(Shift.objects.present().filter(organisation__in=inside).values_list("user_id", flat=True))
    talking = Call.objects.filter(phase__in=(Phase.ACTIVE, Phase.HELD)).values_list("agent_id", flat=True)
    ringing = Call.objects.filter(phase=Phase.RINGING).values_list("rung_id", flat=True)
    return len(present - set(talking) - set(ringing))
