"""Who hears of a visit, and visits that follow from the telephone's page."""

import logging

from shouhou.notices.actions import tell
from shouhou.requests.models import VisitRequest
from shouhou.shared.facts import on
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Event
from shouhou.visits.actions.papers import file_sheet
from shouhou.visits.actions.planning import adopt_dispatch
from shouhou.visits.models import Visit

log = logging.getLogger(__name__)


@on("visit.dispatched")
def follow_dispatch(event: Event) -> None:
    """The engineer was named and has accepted on the telephone: the visit stands in the day's list."""
    wanted = VisitRequest.objects.filter(pk=event.data.get("visit_request")).first()
    if wanted is not None and event.origin != "import":
        adopt_dispatch(wanted)


@on("visit.planned", "visit.handed_over", "visit.moved", "visit.called_off")
def tell_engineer(event: Event) -> None:
    """Whose visit it is hears of it."""
    tell(event=event, audience="engineer")


@on("visit.departed", "visit.reviewed", "visit.released")
def file_the_sheet(event: Event) -> None:
    """A visit that is over has its service sheet filed, once nothing of it waits to be looked at (A4.11)."""
    visit = Visit.objects.filter(pk=event.data.get("visit")).first()
    if visit is not None:
        try:
            file_sheet(visit)
        except Refused as refused:
            log.warning("The sheet of visit %s is not filed: %s", visit.number, refused)


@on("visit.declined", "visit.objected", "support.requested")
def tell_dispatcher(event: Event) -> None:
    """An engineer who cannot go, a customer who wants another time, a call for support: at once to the duty manager."""
    tell(event=event, audience="duty_manager")


@on("request.cancelled", "request.merged")
def call_off(event: Event) -> None:
    """Nobody goes for a request that is no more."""
    coming = (Visit.Status.PLANNED, Visit.Status.ACCEPTED)
    for visit in Visit.objects.filter(request_id=event.case_id, status__in=coming).select_related("organisation"):
        with visit.moving(Visit.Status.CALLED_OFF, by=None, data={"visit": visit.pk}) as at:
            visit.bind([], at)
