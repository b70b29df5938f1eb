"""The conformance page: each adopted clause with its figure, and the cases that did not conform."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from shouhou.people.models import Organisation, SignedRequest
from shouhou.people.rules import Role
from shouhou.promises.rules.clauses import all_clauses
from shouhou.reports.actions.adoption import adopted
from shouhou.reports.actions.clauses import CLAUSES
from shouhou.reports.actions.scope import Scope
from shouhou.reports.rules import Offender
from shouhou.shared.forms import row_id
from shouhou.shared.pages import page
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
    context = {
        "rows": rows, "organisation": organisation, "first": first, "last": last, "lacks": lacks(),
        "organisations": Organisation.objects.visible_to(request.user).order_by("path"),
        "uncounted": sorted(binding - set(CLAUSES)),
    }  # fmt: skip
    return page(request, "reports/conformance.html", context)


@require_GET
@login_required
def clause(request: SignedRequest, code: str) -> HttpResponse:
    """One clause: the cases that did not conform, each with why, one click from the case."""
    scope, organisation, first, last = scope_of(request)
    if code not in CLAUSES:
        raise Http404
    evidence = CLAUSES[code](scope)
    words = whys()
    rows = [(o, words[o.why], address(o)) for o in evidence.offenders[:SHOWN]]
    context = {
        "clause": all_clauses()[code], "evidence": evidence, "rows": rows, "organisation": organisation, "first": first,
        "last": last, "lacks": lacks(), "query": request.GET.urlencode(),
    }  # fmt: skip
    return page(request, "reports/clause.html", context)


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
