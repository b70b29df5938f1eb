"""The customer's own page for rating a visit."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from shouhou.people.models import Organisation
from shouhou.shared.lifecycle import Refused
from shouhou.shared.pages import page
from shouhou.visits.actions import rating
from shouhou.visits.forms import RatingForm
from shouhou.visits.models import VisitRating


@require_http_methods(["GET", "POST"])
def rate(request: HttpRequest, token: str) -> HttpResponse:
    """Three scores and words, once; a colleague who is signed in here rates nothing."""
    visit = rating.visit_of(token)
    company = Organisation.objects.filter(parent=None).order_by("pk").first()  # none before the first run
    if visit is None:
        return page(request, "visits/rate.html", {"company": company}, status=404)
    form = RatingForm(request.POST or None)
    if request.method == "POST" and request.user.is_authenticated and request.user.is_colleague:
        raise Refused(_("The customer rates the visit, on their own phone."))
    if request.method == "POST" and form.is_valid():
        rating.rate(visit, **form.cleaned_data)
        return redirect("visits:rate", token)
    context = {
        "visit": visit, "company": company, "form": form, "rated": VisitRating.objects.filter(visit=visit).exists(),
    }  # fmt: skip
    return page(request, "visits/rate.html", context, status=422 if form.errors else 200)
