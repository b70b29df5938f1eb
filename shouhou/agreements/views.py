"""Agreements and presets."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from shouhou.agreements.actions import agreed, company_calendar, draft_agreement, preset_of, sign_agreement
from shouhou.agreements.forms import AgreementForm
from shouhou.agreements.models import Agreement, ServiceLevel
from shouhou.people.models import SignedRequest, User
from shouhou.promises.rules.calendar import Window
from shouhou.promises.rules.clauses import all_clauses
from shouhou.promises.rules.clock import Promise, due
from shouhou.promises.rules.explain import explain
from shouhou.promises.rules.period import Period
from shouhou.shared.lifecycle import Refused
from shouhou.shared.pages import keyset, page
from shouhou.shared.time import now


def colleague(request: SignedRequest) -> User:
    user: User = request.user
    if not user.is_colleague:
        raise Http404
    return user


@require_GET
@login_required
def index(request: SignedRequest) -> HttpResponse:
    """Agreements, the newest first."""
    user = colleague(request)
    rows = Agreement.objects.visible_to(user).select_related("customer", "service_level")
    found, after = keyset(rows, ("-id",), request.GET.get("after", ""), 50)
    return page(request, "agreements/list.html", {"rows": found, "after": after}, fragment="rows")


@require_GET
@login_required
def presets(request: SignedRequest) -> HttpResponse:
    """The service levels that an agreement may copy."""
    colleague(request)
    return page(
        request, "agreements/presets.html", {"rows": ServiceLevel.objects.filter(retired_at=None).order_by("position")}
    )


def worked_example(within: str, window: str, days: str, roll: bool, user: User) -> dict[str, Any] | None:
    """When a promise that starts now would be due, and why; nothing for rings, blanks and verdicts of others."""
    if not within or Period.parse(within).unit in ("rings", "external"):
        return None
    promise = Promise(
        Period.parse(within),
        company_calendar(user.home).current.days(),
        Window.parse(window, days) if window else None,
        roll,
    )
    start = now().replace(second=0, microsecond=0)
    return {"start": start, "due": due(promise, start), "segments": explain(promise, start)}


@require_GET
@login_required
def preset(request: SignedRequest, key: str) -> HttpResponse:
    """One service level: its promises in sentences, each with a worked example."""
    user = colleague(request)
    level = get_object_or_404(ServiceLevel, key=key)
    shown = preset_of(level)
    lines = [
        {"c": c, "example": worked_example(c.within or "", c.window, c.days, c.roll, user)} for c in shown.commitments
    ]
    clauses = [all_clauses()[pk] for pk in shown.clauses_of() if pk in all_clauses()]
    return page(
        request, "agreements/preset.html", {"level": level, "preset": shown, "lines": lines, "clauses": clauses}
    )


@require_http_methods(["GET", "POST"])
@login_required
def new(request: SignedRequest) -> HttpResponse:
    """Draft an agreement; a GET with customer and level shows their items and blanks."""
    user = colleague(request)
    if not user.leads and not user.holds("project_manager"):
        raise Refused(_("Agreements are written by who leads the organisation or the project."))
    form = (
        AgreementForm(request.POST, user=user)
        if request.method == "POST"
        else AgreementForm(initial=request.GET.dict(), user=user)
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        agreement = draft_agreement(
            customer=data["customer"],
            level=data["level"],
            number=data["number"],
            name=data["name"],
            starts_on=data["starts_on"],
            ends_on=data["ends_on"],
            items=list(data["items"]),
            filled=form.filled(),
            parts=form.parts(),
            by=user,
        )
        return redirect("agreements:detail", agreement.pk)
    return page(
        request,
        "agreements/form.html",
        {"form": form},
        fragment="changing",
        status=422 if form.is_bound and form.errors else 200,
    )


@require_GET
@login_required
def detail(request: SignedRequest, pk: int) -> HttpResponse:
    """An agreement: period, items, and its promises as they were frozen."""
    user = colleague(request)
    rows = Agreement.objects.visible_to(user).select_related(
        "customer", "service_level", "commitment_set__calendar", "organisation"
    )
    agreement = get_object_or_404(rows, pk=pk)
    frozen = agreement.commitment_set.terms() if agreement.commitment_set else ()
    lines = [{"c": c, "example": worked_example(c.within, c.window, c.days, c.roll, user)} for c in frozen]
    drafted = agreed(preset_of(agreement.service_level), agreement.parts) if not frozen else ()
    context = {
        "agreement": agreement,
        "lines": lines,
        "drafted": drafted,
        "moves": agreement.moves_for(user),
        "items": agreement.items.select_related("product"),
    }
    return page(request, "agreements/detail.html", context)


@require_POST
@login_required
def sign(request: SignedRequest, pk: int) -> HttpResponse:
    """Put it in force: the promises are copied and frozen."""
    agreement = get_object_or_404(Agreement.objects.visible_to(request.user), pk=pk)
    with transaction.atomic():
        sign_agreement(agreement, by=request.user)
    return redirect("agreements:detail", pk)


@require_POST
@login_required
def end(request: SignedRequest, pk: int) -> HttpResponse:
    agreement = get_object_or_404(Agreement.objects.visible_to(request.user), pk=pk)
    with agreement.moving(Agreement.Status.ENDED, by=request.user):
        pass
    return redirect("agreements:detail", pk)
