"""One's own shift: clocking in, the four things of the preparation, handing over; and the calendar address."""

from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required, login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override
from django.views.decorators.http import require_GET, require_POST

from shouhou.hotline.actions import duty
from shouhou.hotline.models import Feed, Shift
from shouhou.hotline.rules.duty import Check
from shouhou.hotline.views.calls import colleague
from shouhou.people.models import SignedRequest, User
from shouhou.shared.forms import row_id
from shouhou.shared.pages import page
from shouhou.shared.time import now

FEED = timedelta(days=60)  # how far back and ahead a calendar program is told


@require_GET
@login_required
def mine(request: SignedRequest) -> HttpResponse:
    """My shift now, what is before me, and what the shifts before left word of."""
    colleague(request)
    return page(request, "hotline/shift.html", around(request))


def around(request: SignedRequest, **more: Any) -> dict[str, Any]:
    at, user = now(), request.user
    shift = duty.my_shift(user, at)
    coming = Shift.objects.filter(user=user, status=Shift.Status.PUBLISHED, starts_at__gt=at).select_related("kind")
    coming = coming.exclude(pk=shift.pk) if shift else coming
    context: dict[str, Any] = {
        "shift": shift, "at": at, "coming": coming.order_by("starts_at")[:14],
        "may_begin": shift is not None and duty.is_due(shift, at),
        "checks": [(check.value, check.label, (shift.checks if shift else {}).get(check.value)) for check in Check],
        "owed": duty.owed_calls(user).select_related("customer") if shift else [],
        "left": left_behind(user), "has_feed": Feed.objects.filter(user=user).exists(),
    }  # fmt: skip
    if shift and shift.status == Shift.Status.BEGUN:
        context["going_on"] = duty.going_on(shift.organisation, user)
    return {**context, **more}


def left_behind(user: User) -> Any:
    """Hand-overs of the last day in one's organisation that nobody has received yet."""
    rows = Shift.objects.visible_to(user).filter(
        status=Shift.Status.ENDED, received_at=None, organisation=user.home, ended_at__gt=now() - timedelta(hours=36)
    )  # fmt: skip
    return rows.exclude(user=user).select_related("user", "kind").order_by("-ended_at")[:5]


def own(request: SignedRequest, pk: int) -> Shift:
    """A shift that one may see; what one may do with it says the shift. Raises Http404."""
    colleague(request)
    return get_object_or_404(Shift.objects.visible_to(request.user).select_related("kind", "user"), pk=pk)


@require_POST
@login_required
def begin(request: SignedRequest, pk: int) -> HttpResponse:
    """Clock in."""
    own(request, pk).begin(by=request.user)
    messages.success(request, _("Good to have you here. Four things make the desk ready."))
    return redirect("hotline:shift")


@require_POST
@login_required
def prepare(request: SignedRequest, pk: int) -> HttpResponse:
    """Tick what is done."""
    own(request, pk).prepare(request.POST.getlist("check"), by=request.user)
    return redirect("hotline:shift")


@require_POST
@login_required
def hand_over(request: SignedRequest, pk: int) -> HttpResponse:
    """End it, with word for the next shift."""
    shift = own(request, pk)
    duty.hand_over(shift, words=request.POST.get("words", "").replace("\x00", "")[:5000], by=request.user)
    messages.success(request, _("Handed over."))
    return redirect("hotline:shift" if shift.user_id == request.user.pk else "hotline:board")


@require_POST
@login_required
def receive(request: SignedRequest, pk: int) -> HttpResponse:
    """The notes are read."""
    own(request, pk).receive(by=request.user)
    return redirect("hotline:shift")


@require_POST
@login_required
def take_over(request: SignedRequest) -> HttpResponse:
    """The duty manager takes all that an agent left unwritten."""
    colleague(request)
    agent = get_object_or_404(User.objects.visible_to(request.user), pk=row_id(request.POST.get("agent")) or 0)
    taken = duty.take_over_calls(agent, by=request.user)
    messages.info(request, ngettext("%(n)d call taken over.", "%(n)d calls taken over.", taken) % {"n": taken})
    return redirect("hotline:board")


@require_POST
@login_required
def renew_feed(request: SignedRequest) -> HttpResponse:
    """A new secret address for one's calendar program; it is shown this once."""
    colleague(request)
    link = request.build_absolute_uri(reverse("hotline:feed", args=[Feed.renew(request.user)]))
    return page(request, "hotline/shift.html", around(request, feed=link))


@require_GET
@login_not_required
def feed(request: Any, secret: str) -> HttpResponse:
    """Somebody's shifts for a calendar program; it cannot sign in, so the address is the key."""
    row = Feed.objects.filter(digest=Feed.hashed(secret), user__is_active=True).select_related("user").first()
    if row is None or not row.user.is_colleague:
        raise Http404
    with override(row.user.language):
        return HttpResponse(calendar_of(row.user), content_type="text/calendar; charset=utf-8")


def calendar_of(user: User) -> bytes:
    """A person's published shifts as iCalendar; withdrawn ones as cancelled, so that they vanish from the telephone."""
    from icalendar import Calendar, Event

    at = now()
    sheet = Calendar()
    sheet.add("prodid", "-//Shouhou//roster//ZH")
    sheet.add("version", "2.0")
    sheet.add("x-wr-calname", _("Hotline shifts of %(person)s") % {"person": user.name})
    rows = Shift.objects.filter(user=user, published_at__isnull=False).during(at - FEED, at + FEED)
    for shift in rows.select_related("kind", "organisation").order_by("starts_at", "pk"):
        event = Event()
        event.add("uid", f"{uuid5(NAMESPACE_URL, f'shouhou:shift:{shift.pk}')}")
        event.add("dtstamp", at)
        event.add("dtstart", shift.starts_at.astimezone(shift.organisation.tz))
        event.add("dtend", shift.ends_at.astimezone(shift.organisation.tz))
        event.add("summary", f"{shift.kind.name} · {shift.organisation.name}")
        event.add("status", "CANCELLED" if shift.status == Shift.Status.WITHDRAWN else "CONFIRMED")
        sheet.add_component(event)
    return bytes(sheet.to_ical())
