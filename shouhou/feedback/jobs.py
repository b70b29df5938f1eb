"""Follow-ups plan themselves; who is to answer a complaint hears of it."""

from shouhou.feedback.actions.following_up import plan_follow_up
from shouhou.feedback.models import FollowUp
from shouhou.notices.actions import tell
from shouhou.requests.models import ServiceRequest
from shouhou.shared.facts import on
from shouhou.shared.models import Event


@on("request.confirmed")
def plan(event: Event) -> None:
    """A confirmed request gets its one follow-up."""
    request = ServiceRequest.objects.filter(pk=event.case_id).first()
    if request is not None and event.origin != "import":
        plan_follow_up(request, event.occurred_at)


@on("complaint.received", "complaint.reopened", "complaint.owner_named")
def tell_owner(event: Event) -> None:
    """Who is to answer a complaint hears of it."""
    tell(event=event, audience="owner")


@on("request.rejected", "request.reopened", "request.cancelled", "request.merged")
def drop(event: Event) -> None:
    """What is open again needs no follow-up yet."""
    for follow_up in FollowUp.objects.filter(request_id=event.case_id, status=FollowUp.Status.PLANNED):
        with follow_up.moving(FollowUp.Status.DROPPED, by=None):
            pass
