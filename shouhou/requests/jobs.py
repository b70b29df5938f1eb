"""What happens to requests without a person: offers time out, confirmation windows pass, people are told."""

from procrastinate.contrib.django import app

from shouhou.notices.actions import tell
from shouhou.requests.actions.handover import escalate_unaccepted
from shouhou.requests.actions.support import chase_unacknowledged, withdraw_support_request
from shouhou.requests.actions.talk import confirm_expired
from shouhou.requests.models import SupportRequest, VisitRequest
from shouhou.shared.facts import on
from shouhou.shared.models import Event
from shouhou.shared.time import now


@app.periodic(cron="* * * * * */15")
@app.task(queueing_lock="requests")
def watch_requests(timestamp: int) -> None:
    """Offers unaccepted for 15 minutes go to the duty manager; unanswered confirmations expire; vendors are chased."""
    at = now()
    escalate_unaccepted(at)
    confirm_expired(at)
    chase_unacknowledged(at)


@on("reassignment.offered", "reassignment.escalated")
def tell_taker(event: Event) -> None:
    """Who is offered a request sees it at once."""
    if event.origin != "import":
        tell(event=event, audience="taker")


@on("request.received", "request.graded")
def tell_severity_list(event: Event) -> None:
    """Whom the counter-measures of a grade name hears of a request of that grade at once (K2)."""
    if event.origin != "import":
        tell(event=event, audience="severity_list")


@on("request.received", "request.rejected", "request.reopened", "message.received")
def tell_owner(event: Event) -> None:
    """The owner hears of what the customer says, unless it was the owner who wrote it down."""
    if event.origin != "import":
        tell(event=event, audience="owner_if_other")


@on("request.closed", "request.cancelled", "request.merged")
def drop_visit_requests(event: Event) -> None:
    """Nobody drives out for what is over."""
    for visit in VisitRequest.objects.filter(request_id=event.case_id, status=VisitRequest.Status.OPEN):
        with visit.moving(VisitRequest.Status.DROPPED, by=None):
            pass


@on("request.closed", "request.cancelled", "request.merged")
def release_vendors(event: Event) -> None:
    """No vendor is chased for what is over."""
    waiting = (SupportRequest.Status.DRAFT, SupportRequest.Status.SENT, SupportRequest.Status.ACKNOWLEDGED)
    for support in SupportRequest.objects.filter(request_id=event.case_id, status__in=waiting):
        withdraw_support_request(support, by=None)


@on("vendor.chased", "vendor.acknowledged", "support.solution_received", "vendor.announced")
def tell_of_vendor(event: Event) -> None:
    """The owner hears of each; of a vendor that keeps silent for long the duty manager too (A5.2)."""
    if event.origin == "import":
        return
    tell(event=event, audience="owner_if_other")
    silent = SupportRequest.objects.filter(pk=event.data.get("support"), chases__gt=1).exists()
    if event.kind == "vendor.chased" and silent:
        tell(event=event, audience="duty_manager")
