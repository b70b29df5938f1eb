"""Public doors of a visit: the badge that a customer checks, and the calendar of an engineer."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from shouhou.people.models import Organisation
from shouhou.shared.lifecycle import Refused
from shouhou.shared.pages import page
from shouhou.visits.actions import badge as badges
from shouhou.visits.actions import calendar


@never_cache
@require_http_methods(["GET", "POST"])
def badge(request: HttpRequest, token: str) -> HttpResponse:
    """Who stands before the door, for whoever scanned the code; POST says that it is this person."""
    visit = badges.visit_of(token)
    company = Organisation.objects.filter(parent=None).order_by("pk").first()  # none before the first run
    valid = visit is not None and badges.is_valid(visit)
    if visit is None or not valid:
        return page(request, "visits/badge.html", {"company": company, "visit": None}, status=404)
    if request.method == "POST":
        if request.user.is_authenticated and request.user.is_colleague:
            raise Refused(_("The customer checks the badge, on their own phone."))
        badges.verify_badge(visit)
        return redirect("visits:badge", token)
    context = {"visit": visit, "company": company, "portrait": badges.portrait(visit.engineer)}
    return page(request, "visits/badge.html", context)


@require_GET
@login_not_required
def feed(request: HttpRequest, secret: str) -> HttpResponse:
    """An engineer's visits for a calendar program; it cannot sign in, so the address is the key."""
    user = calendar.person_of(secret)
    if user is None:
        raise Http404
    with override(user.language):
        return HttpResponse(calendar.calendar_of(user), content_type="text/calendar; charset=utf-8")
