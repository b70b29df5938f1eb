"""Follow-ups and what they mean for the request."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from shouhou.agreements.actions import company_calendar
from shouhou.feedback.models import FollowUp
from shouhou.people.models import User
from shouhou.promises.rules.calendar import Calendar as Days
from shouhou.requests.actions.talk import reject_solution
from shouhou.requests.models import ServiceRequest
from shouhou.shared.journal import record
from shouhou.shared.lifecycle import Refused
from shouhou.shared.time import now


def working_days_after(days: Days, start: date, count: int) -> date:
    """The count-th worked day after a day."""
    day = start
    while count:
        day += timedelta(days=1)
        count -= days.is_working(day)
    return day


@transaction.atomic
def plan_follow_up(request: ServiceRequest, confirmed_at: datetime | None = None) -> FollowUp | None:
    """One follow-up for a confirmed request, one to three working days after `confirmed_at` (A1.3); none twice."""
    if request.status != ServiceRequest.Status.CONFIRMED:
        return None
    if FollowUp.objects.filter(request=request, status=FollowUp.Status.PLANNED).exists():
        return None
    days = company_calendar(request.organisation).current.days()
    today = (confirmed_at or now()).astimezone(request.organisation.tz).date()
    follow_up = FollowUp.objects.create(
        organisation=request.organisation, customer=request.customer, request=request, served_by=request.owner,
        from_on=working_days_after(days, today, 1), due_on=working_days_after(days, today, 3),
    )  # fmt: skip
    record("follow_up.planned", subject=follow_up, case=request, data={"due_on": follow_up.due_on.isoformat()})
    return follow_up


@transaction.atomic
def finish_follow_up(
    follow_up: FollowUp, *, solved: bool, scores: tuple[int | None, int | None, int | None], words: str, by: User,
    exception: str = "",
) -> None:  # fmt: skip
    """The customer answered: a solved request is followed up and closed, an unsolved one reopens with its history."""
    request = ServiceRequest.objects.select_for_update().get(pk=follow_up.request_id)
    if not solved and not words.strip():
        raise Refused(_("Write down what still does not work."))
    follow_up.answer(solved=solved, scores=scores, words=words, by=by, exception=exception)
    if request.status not in (ServiceRequest.Status.CONFIRMED, ServiceRequest.Status.FOLLOWED_UP):
        return
    if solved:
        request.follow_up(by=by, data={"follow_up": follow_up.pk})
        request.close(by=by)
    else:
        reject_solution(request, words=words, by=by, how="follow_up", channel="phone")


@transaction.atomic
def give_up_follow_up(follow_up: FollowUp, *, by: User, exception: str = "") -> None:
    """Nobody was reached: the third try ends it, and the request closes on the customer's own confirmation."""
    request = ServiceRequest.objects.select_for_update().get(pk=follow_up.request_id)
    follow_up.try_in_vain(by=by, exception=exception)
    if follow_up.status == FollowUp.Status.MISSED and request.status == ServiceRequest.Status.CONFIRMED:
        request.close(by=None)
