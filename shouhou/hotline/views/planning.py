"""What the roster is planned by: seats, kinds of shift, rules, qualifications (A3.1, M1)."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from shouhou.hotline.actions import seats
from shouhou.hotline.actions.roster import agents_of, must_plan
from shouhou.hotline.forms import KindForm, PlanForm, QualificationForm
from shouhou.hotline.models import DeskPlan, ShiftKind
from shouhou.hotline.views.roster import organisation_asked
from shouhou.people.actions import disqualify, qualify
from shouhou.people.models import Organisation, Qualification, SignedRequest
from shouhou.shared.pages import page
from shouhou.shared.time import now


def address(name: str, organisation: Organisation) -> str:
    return f"{reverse(f'hotline:{name}')}?organisation={organisation.pk}"


@require_GET
@login_required
def load(request: SignedRequest) -> HttpResponse:
    """Seats that the norm asks for beside those that the calls ask for."""
    organisation = organisation_asked(request)
    context = {"organisation": organisation, "load": seats.load_of(organisation, now())}
    return page(request, "hotline/seats.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def rules(request: SignedRequest) -> HttpResponse:
    """The rules of planning, the kinds of shift, and who is qualified."""
    organisation = organisation_asked(request)
    must_plan(organisation, request.user)
    plan = DeskPlan.objects.filter(organisation=organisation).first() or seats.plan_of(organisation)
    if plan.organisation_id != organisation.pk:  # those of the organisation above, until this one has its own
        plan.pk, plan.organisation, plan._state.adding = None, organisation, True
    form = PlanForm(request.POST or None, instance=plan)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect(address("rules", organisation))
    return page(request, "hotline/rules.html", around(organisation, form), status=422 if form.errors else 200)


def around(organisation: Organisation, form: PlanForm, **more: Any) -> dict[str, Any]:
    people = agents_of(organisation)
    held: dict[int, list[Qualification]] = {person.pk: [] for person in people}
    today = now().astimezone(organisation.tz).date()
    for row in Qualification.objects.filter(user__in=people).held_on(today).order_by("skill", "given_on"):
        held[row.user_id].append(row)
    kinds = ShiftKind.objects.filter(organisation=organisation, retired_at=None).order_by("starts", "pk")
    return {
        "organisation": organisation, "form": form, "kinds": kinds,
        "people": [(person, held[person.pk]) for person in people],
        "skill": QualificationForm(people=people, initial={"given_on": today}),
        "asked": seats.seats_asked(organisation, seats.plan_of(organisation), today), **more,
    }  # fmt: skip


@require_http_methods(["GET", "POST"])
@login_required
def kind(request: SignedRequest, pk: int = 0) -> HttpResponse:
    """A kind of shift, new or changed. What is planned already keeps its times."""
    row = get_object_or_404(ShiftKind.objects.visible_to(request.user), pk=pk, retired_at=None) if pk else None
    organisation = row.organisation if row else organisation_asked(request)
    must_plan(organisation, request.user)
    form = KindForm(request.POST or None, instance=row or ShiftKind(organisation=organisation))
    if request.method == "POST" and form.is_valid():
        form.save()
        return redirect(address("rules", organisation))
    context = {"form": form, "row": row, "back": address("rules", organisation)}
    return page(request, "hotline/kind.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def retire_kind(request: SignedRequest, pk: int) -> HttpResponse:
    """No more of this kind of shift from now on; what is planned stays."""
    row = get_object_or_404(ShiftKind.objects.visible_to(request.user), pk=pk, retired_at=None)
    must_plan(row.organisation, request.user)
    ShiftKind.objects.filter(pk=pk).update(retired_at=now())
    return redirect(address("rules", row.organisation))


@require_POST
@login_required
def give_skill(request: SignedRequest) -> HttpResponse:
    """Somebody was trained and examined."""
    organisation = organisation_asked(request)
    must_plan(organisation, request.user)
    form = QualificationForm(request.POST, people=agents_of(organisation))
    if not form.is_valid():
        plan = PlanForm(instance=seats.plan_of(organisation))
        return page(request, "hotline/rules.html", around(organisation, plan, skill=form), status=422)
    qualify(by=request.user, **form.cleaned_data)
    messages.success(request, _("Recorded."))
    return redirect(address("rules", organisation))


@require_POST
@login_required
def take_skill(request: SignedRequest, pk: int) -> HttpResponse:
    """A qualification that holds no longer."""
    row = get_object_or_404(Qualification.objects.select_related("user"), pk=pk)
    organisation = organisation_asked(request)
    if row.user not in agents_of(organisation):  # before the rights: a stranger's number tells nothing
        raise Http404
    must_plan(organisation, request.user)
    disqualify(row, by=request.user)
    return redirect(address("rules", organisation))
