"""Major incidents and problems."""

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_http_methods

from shouhou.people.models import SignedRequest
from shouhou.requests.actions.grouping import goodwill_of
from shouhou.requests.forms import ExplainForm, RemedyForm, SeverityPlanForm
from shouhou.requests.models import MajorIncident, Problem, ServiceRequest, SeverityPlan
from shouhou.requests.models.severity import may_arrange
from shouhou.requests.rules.words import Severity
from shouhou.requests.views.detail import for_colleagues
from shouhou.shared.pages import keyset, page
from shouhou.shared.time import now


def groups(request: SignedRequest, model: type[MajorIncident] | type[Problem], of: str, person: str) -> HttpResponse:
    """Major incidents or problems, the newest first: those that go on, or those that are over."""
    over = ("ended", "remedied")
    view = "ended" if request.GET.get("view") == "ended" else "open"
    counted = ServiceRequest.objects.visible_to(request.user).filter(**{of: OuterRef("pk")}).order_by().values(of)
    rows = (
        model.objects.visible_to(request.user)
        .select_related(person)
        .annotate(number=Coalesce(Subquery(counted.annotate(n=Count("pk")).values("n")), 0))
    )
    rows = rows.filter(status__in=over) if view == "ended" else rows.exclude(status__in=over)
    found, after = keyset(rows, ("-id",), request.GET.get("after", ""), 50)
    context = {"rows": [(row, getattr(row, person)) for row in found], "after": after, "view": view, "kind": model.KIND}
    return page(request, "requests/groups.html", context, fragment="rows")


@require_GET
@for_colleagues
def incidents(request: SignedRequest) -> HttpResponse:
    """The list of major incidents."""
    return groups(request, MajorIncident, "major_incident", "leader")


@require_GET
@for_colleagues
def problems(request: SignedRequest) -> HttpResponse:
    """The list of problems."""
    return groups(request, Problem, "problem", "owner")


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
        .with_promise()
        .order_by("next_due_at", "id")[:200]
    )
    context = {"incident": row, "rows": rows, "moves": row.moves_for(request.user), "now": now()}
    return page(request, "requests/incident.html", context)


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
    rows = (
        ServiceRequest.objects.visible_to(request.user).filter(problem=row).for_list().with_promise().order_by("-id")
    )[:200]
    context = {"problem": row, "form": form, "rows": rows, "moves": row.moves_for(request.user), "now": now()}
    return page(request, "requests/problem.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@for_colleagues
def severities(request: SignedRequest) -> HttpResponse:
    """The four grades with their counter-measures and notification lists (K2); one form per grade."""
    posted = SeverityPlanForm(request.POST, user=request.user) if request.method == "POST" else None
    if posted is not None and posted.is_valid():
        data = posted.cleaned_data
        SeverityPlan.arrange(
            data["severity"], measures=data["measures"], told=list(data["told"]), by=request.user
        )  # fmt: skip
        return redirect("requests:severities")
    plans = {plan.severity: plan for plan in SeverityPlan.objects.prefetch_related("told")}
    grades = []
    for key, name in Severity.choices:
        plan = plans.get(key)
        told = list(plan.told.all()) if plan else []
        form = SeverityPlanForm(
            user=request.user, auto_id=f"{key}_%s",
            initial={"severity": key, "measures": plan.measures if plan else "", "told": told},
        )  # fmt: skip
        chosen = posted if posted is not None and posted["severity"].value() == key else form
        grades.append({"key": key, "name": name, "plan": plan, "told": told, "form": chosen})
    context = {"grades": grades, "may_arrange": may_arrange(request.user)}
    return page(request, "requests/severities.html", context, status=422 if posted is not None else 200)


@require_GET
@for_colleagues
def goodwill(request: SignedRequest) -> HttpResponse:
    """What was granted beyond entitlement in a year, to whom, by whom, on what ground (A1.6)."""
    this_year = now().astimezone(request.user.home.tz).year
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isascii() and asked.isdecimal() and 2000 <= int(asked) <= this_year + 1 else this_year
    rows = list(goodwill_of(year, request.user)[:1000])
    counts: dict[tuple[str, str], int] = {}
    for row in rows:
        pair = (row.customer.name if row.customer else row.caller_unit, row.coverage_approver.name)
        counts[pair] = counts.get(pair, 0) + 1
    context = {"year": year, "years": [this_year, this_year - 1, this_year - 2], "rows": rows, "counts": counts.items()}
    return page(request, "requests/goodwill.html", context)
