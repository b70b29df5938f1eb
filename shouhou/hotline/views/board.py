"""The duty board: whether the hotline keeps its word, at a glance; and what rings at one's own desk."""

from datetime import datetime, time, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Avg, Count, F, Q
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from shouhou.feedback.models import FollowUp
from shouhou.feedback.rules import Share
from shouhou.hotline.actions import cards, duty, free_lines
from shouhou.hotline.models import Call
from shouhou.hotline.rules.words import Phase
from shouhou.hotline.views.calls import colleague
from shouhou.people.models import Organisation, SignedRequest
from shouhou.promises.models import Clock
from shouhou.requests.models import VisitRequest
from shouhou.requests.rules.words import Channel, Wish
from shouhou.shared.pages import page
from shouhou.shared.time import now

MOST = 30  # lines of each list; more than that on one screen nobody reads


@require_GET
@login_required
def board(request: SignedRequest) -> HttpResponse:
    """Calls on the line, without record, to call back; visits to arrange with their countdown; today's figures."""
    colleague(request)
    at, user = now(), request.user
    calls = Call.objects.visible_to(user).for_list()
    visits = list(open_visits(user)[:MOST])
    clocks = call_back_clocks([v.request_id for v in visits if v.wish == Wish.URGENT])
    for visit in visits:
        visit.clock = clocks.get(visit.request_id)
    context = {
        "at": at, "organisation": user.home,
        "line": calls.on_the_line().order_by("id")[:MOST],
        "missing": calls.without_record().filter(phase=Phase.ENDED).order_by("id")[:MOST],
        "abandoned": calls.to_call_back().order_by("id")[:MOST],
        "visits": sorted(visits, key=lambda v: (v.wish != Wish.URGENT, v.wish == Wish.AGREED, v.pk)),
        "today": today(user.home, at), "seats": duty.standing(user.home, at),
        "free": free_lines.free_desks(user.home), "satisfaction": satisfaction(user.home, at),
        "cards": cards.owed(user).count() if user.leads else 0,
    }  # fmt: skip
    return page(request, "hotline/board.html", context, fragment="live")


def open_visits(user: Any) -> Any:
    """On-site service requests that nobody has arranged yet."""
    rows = VisitRequest.objects.visible_to(user).filter(status=VisitRequest.Status.OPEN)
    return rows.select_related("request", "customer").order_by("id")


def call_back_clocks(requests: list[int]) -> dict[int, Clock]:
    """The running call-back clock (A3.18) of each request."""
    rows = Clock.objects.filter(
        case_kind="request", case_id__in=requests, stopped_at=None, commitment__start="visit.urgent_requested"
    )
    return {row.case_id: row for row in rows.select_related("commitment").order_by("pk")}


def today(organisation: Organisation, at: datetime) -> dict[str, Any]:
    """Today's calls of the organisation and all below it, counted from the clocks and the calls themselves (A3.9).

    The day is that of the organisation's zone. `kept` is None while no call was promised.
    """
    begun = datetime.combine(at.astimezone(organisation.tz).date(), time(), organisation.tz)
    inside = Organisation.objects.under([organisation.path]).values("pk")
    calls = Call.objects.filter(organisation__in=inside, arrived_at__gte=begun, outgoing=False).aggregate(
        calls=Count("pk"), answered=Count("pk", filter=Q(answered_at__isnull=False)),
        abandoned=Count("pk", filter=Q(phase=Phase.ABANDONED)),
        recorded=Count("pk", filter=Q(status__in=(Call.Status.RECORDED, Call.Status.SETTLED))),
    )  # fmt: skip
    rung = Clock.objects.filter(
        organisation_id__in=inside, case_kind=Call.KIND, commitment__clause="A3.9", started_at__gte=begun
    ).aggregate(met=Count("pk", filter=Q(state="met")), broken=Count("pk", filter=Q(state="broken")))
    judged = rung["met"] + rung["broken"]
    written = Call.objects.filter(
        organisation__in=inside, arrived_at__gte=begun, outgoing=False, recorded_at__gt=F("ended_at")
    )
    wrapped = written.aggregate(after=Avg(F("recorded_at") - F("ended_at")))
    return {
        **calls,
        **wrapped,
        "kept": round(100 * rung["met"] / judged, 1) if judged else None,
        "broken": rung["broken"],
    }


def satisfaction(organisation: Organisation, at: datetime) -> dict[str, Share]:
    """Satisfaction with what came by telephone, as follow-ups found it: today, and in the last thirty days (A3.6)."""
    begun = datetime.combine(at.astimezone(organisation.tz).date(), time(), organisation.tz)
    asked = FollowUp.objects.filter(
        organisation__in=Organisation.objects.under([organisation.path]).values("pk"), request__channel=Channel.PHONE
    )
    return {
        "today": asked.filter(done_at__gte=begun).satisfaction(),
        "month": asked.filter(done_at__gte=begun - timedelta(days=30)).satisfaction(),
    }


@require_GET
@login_required
def ringing(request: SignedRequest) -> HttpResponse:
    """What rings at my desk, or what I answered and have not opened: the screen pop."""
    colleague(request)
    mine = Call.objects.visible_to(request.user).for_list().select_related("contact__site")
    calls = mine.filter(
        Q(rung=request.user, phase=Phase.RINGING) | Q(agent=request.user, phase__in=(Phase.ACTIVE, Phase.HELD))
    ).order_by("-id")[:3]
    return page(request, "hotline/ringing.html", {"ringing": calls})
