"""Major incidents and problems."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods

from shouhou.people.models import SignedRequest
from shouhou.requests.forms import ExplainForm, RemedyForm
from shouhou.requests.models import MajorIncident, Problem, ServiceRequest
from shouhou.requests.views.detail import for_colleagues
from shouhou.shared.pages import page


@require_http_methods(["GET", "POST"])
@for_colleagues
def incident(request: SignedRequest, pk: int) -> HttpResponse:
    """A major incident with its requests; POST ends it."""
    row = get_object_or_404(
        MajorIncident.objects.visible_to(request.user).select_related("organisation", "leader"), pk=pk
    )
    if request.method == "POST":
        row.end(by=request.user)
        return redirect("requests:incident", pk)
    rows = (
        ServiceRequest.objects.visible_to(request.user)
        .filter(major_incident=row)
        .for_list()
        .order_by("next_due_at", "id")[:200]
    )
    return page(
        request, "requests/incident.html", {"incident": row, "rows": rows, "moves": row.moves_for(request.user)}
    )


@require_http_methods(["GET", "POST"])
@for_colleagues
def problem(request: SignedRequest, pk: int) -> HttpResponse:
    """A problem: first its root cause, then its permanent remedy."""
    row = get_object_or_404(Problem.objects.visible_to(request.user).select_related("organisation", "owner"), pk=pk)
    explaining = row.status == Problem.Status.OPEN
    form = (ExplainForm if explaining else RemedyForm)(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if explaining:
            row.explain(form.cleaned_data["root_cause"], workaround=form.cleaned_data["workaround"], by=request.user)
        else:
            row.remedy_with(form.cleaned_data["remedy"], by=request.user)
        return redirect("requests:problem", pk)
    rows = ServiceRequest.objects.visible_to(request.user).filter(problem=row).for_list().order_by("-id")[:200]
    context = {"problem": row, "form": form, "rows": rows, "moves": row.moves_for(request.user)}
    return page(request, "requests/problem.html", context, status=422 if form.errors else 200)
