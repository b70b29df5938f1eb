"""The conformance page: each adopted clause with its figure, and the cases that did not conform."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from shouhou.feedback.rules import Share
from shouhou.people.models import Organisation, SignedRequest
from shouhou.people.rules import Role
from shouhou.promises.rules.clauses import all_clauses
from shouhou.reports.actions import correcting
from shouhou.reports.actions.adoption import adopted
from shouhou.reports.actions.clauses import CLAUSES
from shouhou.reports.actions.scope import Scope
from shouhou.reports.forms import ActionForm, DoneForm, JudgeForm
from shouhou.reports.models import CorrectiveAction
from shouhou.reports.rules import Offender
from shouhou.shared.forms import row_id
from shouhou.shared.lifecycle import Refused
from shouhou.shared.pages import keyset, page
from shouhou.shared.sheets import workbook
from shouhou.shared.time import now

READERS = (
    Role.DUTY_MANAGER, Role.SUPERVISOR, Role.GENERAL_MANAGER, Role.PROJECT_MANAGER, Role.DOCUMENT_KEEPER,
    Role.ADMINISTRATOR,
)  # fmt: skip
SHOWN = 500  # offenders on one page; the figure counts them all


def scope_of(request: SignedRequest) -> tuple[Scope, Organisation, date, date]:
    """Organisation and period as asked; by default one's own and the last thirty days. Raises Http404 for strangers."""
    user = request.user
    if not user.is_colleague or not user.holds(*READERS):
        raise Http404
    seen = Organisation.objects.visible_to(user)
    asked = row_id(request.GET.get("organisation"))
    organisation = get_object_or_404(seen, pk=asked) if asked else user.home
    today = now().astimezone(organisation.tz).date()
    first = day_of(request.GET.get("from", "")) or today - timedelta(days=29)
    last = max(first, day_of(request.GET.get("until", "")) or today)
    start = datetime.combine(first, time(), organisation.tz)
    until = datetime.combine(last + timedelta(days=1), time(), organisation.tz)
    inside = frozenset(Organisation.objects.under([organisation.path]).values_list("pk", flat=True))
    return Scope(inside, start, until, user), organisation, first, last


def day_of(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


@require_GET
@login_required
def conformance(request: SignedRequest) -> HttpResponse:
    """Every adopted clause that has its evidence, with applicable, conforming, share and what it asks for."""
    scope, organisation, first, last = scope_of(request)
    binding, catalogue = adopted(organisation), all_clauses()
    rows = [(catalogue[code], count(scope)) for code, count in CLAUSES.items() if code in binding]
    if "sheet" in request.GET:
        head = [_("Clause"), "", _("Applicable"), _("Conforming"), _("Share"), _("Not conforming")]
        lines = [
            [c.id, c.title(get_language() or "zh"), e.applicable, e.conforming, e.share.percent, len(e.offenders)]
            for c, e in rows
        ]
        return as_sheet("conformance", head, lines)
    context = {
        "query": request.GET.urlencode(), "rows": rows, "organisation": organisation, "first": first, "last": last,
        "lacks": lacks(), "organisations": Organisation.objects.visible_to(request.user).order_by("path"),
        "uncounted": sorted(binding - set(CLAUSES)),
    }  # fmt: skip
    return page(request, "reports/conformance.html", context)


def as_sheet(name: str, head: list[Any], lines: list[list[Any]]) -> HttpResponse:
    """The same figures for Excel."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    answer = HttpResponse(workbook(name, [str(word) for word in head], lines), content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}.xlsx"'
    return answer


@require_http_methods(["GET", "POST"])
@login_required
def clause(request: SignedRequest, code: str) -> HttpResponse:
    """One clause: trend, the cases that did not conform, each with why; POST opens a corrective action."""
    scope, organisation, first, last = scope_of(request)
    if code not in CLAUSES:
        raise Http404
    evidence = CLAUSES[code](scope)
    words = whys()
    if "sheet" in request.GET:
        head = [_("When"), _("Why"), _("Address")]
        cases = [
            [o.at, words[o.why], settings.PUBLIC_URL + address(o) if address(o) else ""] for o in evidence.offenders
        ]
        return as_sheet(f"conformance-{code}", head, cases)
    form = ActionForm(request.POST or None, organisation=organisation)
    if request.method == "POST" and form.is_valid():
        made = correcting.open_action(
            code, organisation=organisation, evidence=evidence, first=first, last=last, by=request.user,
            **form.cleaned_data,
        )  # fmt: skip
        return redirect(made)
    standing = CorrectiveAction.objects.visible_to(request.user).filter(clause=code).select_related("owner")
    rows = [(o, words[o.why], address(o)) for o in evidence.offenders[:SHOWN]]
    context = {
        "clause": all_clauses()[code], "evidence": evidence, "rows": rows, "organisation": organisation, "first": first,
        "last": last, "lacks": lacks(), "query": request.GET.urlencode(), "form": form,
        "months": correcting.trend(code, scope, organisation), "actions": standing.order_by("-pk")[:20],
        "may_correct": bool(evidence.offenders) and request.user.leads_in(organisation.path),
    }  # fmt: skip
    return page(request, "reports/clause.html", context, status=422 if form.errors else 200)


@require_GET
@login_required
def actions(request: SignedRequest) -> HttpResponse:
    """Corrective actions of the branch: those that go on, or those whose effect was judged."""
    scope_of(request)
    over = (CorrectiveAction.Status.EFFECTIVE, CorrectiveAction.Status.INEFFECTIVE)
    view = "ended" if request.GET.get("view") == "ended" else "open"
    rows = CorrectiveAction.objects.visible_to(request.user).select_related("owner", "organisation")
    rows = rows.filter(status__in=over) if view == "ended" else rows.exclude(status__in=over)
    shown, after = keyset(rows, ("due_on", "id"), request.GET.get("after", ""), 50)
    context = {"rows": shown, "after": after, "view": view, "today": now().date()}
    return page(request, "reports/actions.html", context, fragment="rows")


@require_http_methods(["GET", "POST"])
@login_required
def action(request: SignedRequest, pk: int) -> HttpResponse:
    """One corrective action with the clause's trend; POST says what was done, or judges the effect."""
    scope_of(request)
    rows = CorrectiveAction.objects.visible_to(request.user).select_related(
        "organisation", "owner", "opened_by", "judged_by"
    )
    row = get_object_or_404(rows, pk=pk)
    moves = row.moves_for(request.user)
    form: Any = None
    if CorrectiveAction.Status.DONE in moves:
        form = DoneForm(request.POST or None)
    elif CorrectiveAction.Status.EFFECTIVE in moves:
        form = JudgeForm(request.POST or None)
    if request.method == "POST":
        if form is None:
            raise Refused(row.refusal(row.status))
        if form.is_valid():
            said = form.cleaned_data
            if isinstance(form, DoneForm):
                row.carry_out(by=request.user, words=said["words"])
            else:
                row.judge(by=request.user, words=said["words"], effective=said["effective"] == "yes")
            return redirect(row)
    here = row.organisation
    inside = frozenset(Organisation.objects.under([here.path]).values_list("pk", flat=True))
    scope = Scope(inside, now(), now(), request.user)
    context = {
        "row": row, "clause": all_clauses()[row.clause], "form": form, "share": Share(row.conforming, row.applicable),
        "months": correcting.trend(row.clause, scope, here, months=12),
    }  # fmt: skip
    return page(request, "reports/action.html", context, status=422 if form is not None and form.errors else 200)


def address(offender: Offender) -> str:
    """Where the case is read; "" for what has no page of its own."""
    places: dict[str, Any] = {
        "call": "hotline:call", "request": "requests:detail", "visit_request": "hotline:visit", "card": "hotline:card",
        "follow_up": "feedback:detail", "customer": "desk:customer", "visit": "visits:detail",
        "support_request": "requests:support", "complaint": "feedback:complaint",
    }  # fmt: skip
    if offender.kind in places:
        return reverse(places[offender.kind], args=[offender.id])
    if offender.kind in ("shift", "shift_kind"):
        return f"{reverse('hotline:roster')}?week={offender.at:%Y-%m-%d}"
    return ""


def lacks() -> dict[str, str]:
    """What nobody writes down."""
    return {
        "spoken": _("The words stand beside the form; whether they are said is not recorded."),
        "no_shifts": _("Nobody clocked in to a shift in this period."),
    }


def whys() -> dict[str, str]:
    """Why a case did not conform."""
    return {
        "late": _("not kept in time"), "unrecorded": _("no record"), "incomplete": _("the record lacks something"),
        "line_held": _("the line was not freed"), "with_request": _("kept together with a fault"),
        "no_complaint": _("no complaint was opened"), "short": _("fewer seats taken than required"),
        "absent": _("absent without leave"), "published_late": _("published too late"), "not_come": _("nobody came"),
        "came_late": _("came late"), "unprepared": _("not prepared within ten minutes"),
        "unqualified": _("not qualified when it was published"), "empty_hour": _("nobody at the desk in this hour"),
        "dissatisfied": _("not satisfied"), "no_card": _("was not sent the present numbers"),
        "no_receipt": _("receipt not recorded"), "undated": _("no date was promised"),
        "unasked": _("nobody asked when somebody is there"), "not_phoned": _("the outcome was not phoned"),
        "unanswered": _("no answer"), "undecided": _("coverage was not decided"),
        "not_badge": _("the badge was not worn, or passed as an exception"),
        "not_prepare": _("the sheet was not confirmed before setting out"),
        "not_verify": _("the problem was not verified"), "not_backup": _("no backup record"),
        "not_trial": _("no trial run by the customer"), "not_explain": _("not explained to the customer"),
        "no_sheet": _("no service sheet filed"), "unreleased": _("left without running normally or a release"),
        "no_work": _("what the vendor's engineer did is not recorded"),
        "no_document": _("asked without the written document"), "unconfirmed": _("without solution or confirmation"),
        "not_followed": _("not followed up"), "unapproved": _("without reason or approval"),
        "not_accepted": _("not accepted in time"), "no_person": _("no person responsible, or no deputy"),
    }  # fmt: skip
