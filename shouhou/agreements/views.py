"""Agreements and presets."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from shouhou.agreements import actions
from shouhou.agreements.actions import (
    agreed,
    company_calendar,
    discard_draft,
    draft_agreement,
    edit_draft,
    must_be_draft,
    name_of,
    preset_of,
    sign_agreement,
)
from shouhou.agreements.forms import AgreementForm, AmendForm, WhatIfForm, standing_values
from shouhou.agreements.models import Agreement, ServiceLevel, may_agree
from shouhou.people.models import SignedRequest, User
from shouhou.promises.models import Commitment
from shouhou.promises.rules.calendar import Window
from shouhou.promises.rules.clauses import all_clauses
from shouhou.promises.rules.clock import Promise, due
from shouhou.promises.rules.explain import explain
from shouhou.promises.rules.period import BadPeriod, Period, read_period
from shouhou.promises.rules.replay import Sum
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


def _line(commitment: Any, within: str, user: User) -> dict[str, Any]:
    """A promise with its figure and a worked example."""
    example = worked_example(within, commitment.window, commitment.days, commitment.roll, user)
    return {"c": commitment, "within": within, "example": example}


def short_form(figure: str) -> str:
    """A figure that was filled in, in the form that the engine reads; none where somebody wrote what is no period."""
    try:
        return str(read_period(figure))
    except BadPeriod:
        return ""


@require_GET
@login_required
def preset(request: SignedRequest, key: str) -> HttpResponse:
    """One service level: its promises in sentences, each with a worked example."""
    user = colleague(request)
    level = get_object_or_404(ServiceLevel, key=key)
    shown = preset_of(level)
    lines = [_line(c, c.within or "", user) for c in shown.commitments]
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
        agreement = draft_agreement(customer=form.cleaned_data["customer"], by=user, **form.written())
        return redirect("agreements:detail", agreement.pk)
    return _form(request, form)


@require_http_methods(["GET", "POST"])
@login_required
def edit(request: SignedRequest, pk: int) -> HttpResponse:
    """A draft is written anew; what is in force is not."""
    agreement = _draft(request, pk)
    initial = standing_values(agreement) | request.GET.dict()
    form = AgreementForm(request.POST or None, initial=initial, user=request.user, agreement=agreement)
    if request.method == "POST" and form.is_valid():
        edit_draft(agreement, changed=form.changed_columns, by=request.user, **form.written())
        return redirect("agreements:detail", pk)
    return _form(request, form)


def _form(request: SignedRequest, form: AgreementForm) -> HttpResponse:
    context = {"form": form, "agreement": form.agreement}
    status = 422 if form.is_bound and form.errors else 200
    return page(request, "agreements/form.html", context, fragment="changing", status=status)


def _draft(request: SignedRequest, pk: int) -> Agreement:
    """The draft of an address, for somebody who may write it. Raises Refused."""
    colleague(request)
    rows = Agreement.objects.visible_to(request.user).select_related("organisation", "customer", "service_level")
    agreement: Agreement = get_object_or_404(rows, pk=pk)
    must_be_draft(agreement, by=request.user)
    return agreement


@require_POST
@login_required
def discard(request: SignedRequest, pk: int) -> HttpResponse:
    """Delete a draft."""
    discard_draft(_draft(request, pk), by=request.user)
    messages.success(request, _("The draft is deleted."))
    return redirect("agreements:list")


@require_GET
@login_required
def detail(request: SignedRequest, pk: int) -> HttpResponse:
    """An agreement: period, items, and its promises as they were frozen."""
    user = colleague(request)
    rows = Agreement.objects.visible_to(user).select_related(
        "customer", "service_level", "commitment_set__calendar", "organisation", "follows"
    )
    agreement = get_object_or_404(rows, pk=pk)
    draft = agreement.status == Agreement.Status.DRAFT
    if agreement.commitment_set:
        lines = [(c, c.within) for c in agreement.commitment_set.terms()]
    else:
        parts = tuple(agreement.parts) if agreement.parts is not None else None
        drafted = agreed(preset_of(agreement.service_level), parts)
        lines = [(c, c.within or short_form(agreement.filled.get(c.key, ""))) for c in drafted]
    calendar = agreement.commitment_set.calendar if agreement.commitment_set else None
    context = {
        "agreement": agreement,
        "lines": [_line(c, within, user) for c, within in lines],
        "draft": draft,
        "calendar": calendar or (company_calendar(agreement.organisation) if draft else None),
        "open_blanks": [name_of(c) for c, within in lines if not within],
        "moves": agreement.moves_for(user),
        "successor": agreement.successor(),
        "may_follow": agreement.status == Agreement.Status.IN_FORCE and may_agree(agreement, user),
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


def _in_force(request: SignedRequest, pk: int) -> Agreement:
    colleague(request)
    rows = Agreement.objects.visible_to(request.user).select_related("organisation", "customer", "service_level")
    agreement: Agreement = get_object_or_404(rows, pk=pk)
    return agreement


@require_http_methods(["GET", "POST"])
@login_required
def amend(request: SignedRequest, pk: int) -> HttpResponse:
    """What is in force is amended by another one that follows it from a day on."""
    agreement = _in_force(request, pk)
    form = AmendForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = actions.amend(agreement, from_on=form.cleaned_data["from_on"], by=request.user)
        return redirect("agreements:edit", made.pk)
    context = {"form": form, "agreement": agreement}
    return page(request, "agreements/amend.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def renew(request: SignedRequest, pk: int) -> HttpResponse:
    """The next period of the same length, as a draft."""
    return redirect("agreements:detail", actions.renew(_in_force(request, pk), by=request.user).pk)


@require_POST
@login_required
def end(request: SignedRequest, pk: int) -> HttpResponse:
    agreement = get_object_or_404(Agreement.objects.visible_to(request.user), pk=pk)
    with agreement.moving(Agreement.Status.ENDED, by=request.user):
        pass
    return redirect("agreements:detail", pk)


@require_GET
@login_required
def what_if(request: SignedRequest, pk: int) -> HttpResponse:
    """How past cases would have stood under this agreement; the last 90 days unless others are asked for."""
    colleague(request)
    agreement = get_object_or_404(Agreement.objects.visible_to(request.user).select_related("customer"), pk=pk)
    today = company_calendar(agreement.organisation).current.days().local(now())
    asked = {"of": "customer", "first": today - timedelta(days=90), "last": today} | request.GET.dict()
    form = WhatIfForm(asked)
    context: dict[str, Any] = {"agreement": agreement, "form": form}
    if form.is_valid():
        chosen = form.cleaned_data
        try:
            found, promises = actions.what_if(
                agreement,
                by=request.user,
                whole_desk=chosen["of"] == "desk",
                first=chosen["first"],
                last=chosen["last"],
            )
            context |= {"replay": found, "lines": list(zip(promises, in_order(found.sums, promises), strict=True))}
        except Refused as trouble:
            form.add_error(None, str(trouble))
    return page(request, "agreements/what_if.html", context, status=422 if form.errors else 200)


def in_order(sums: list[Sum], promises: list[Commitment]) -> list[Sum]:
    """The sums in the order in which the agreement names its promises."""
    found = {row.code: row for row in sums}
    return [found[c.code] for c in promises]
