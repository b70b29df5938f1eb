"""Where the telephone does not solve it: the customer's answer, and what the duty manager arranges."""

from datetime import date, datetime, timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from shouhou.hotline.actions.answering import prefilled
from shouhou.hotline.forms import ArrangeForm, VisitForm, half_days
from shouhou.hotline.rules import scripts
from shouhou.hotline.views.calls import colleague
from shouhou.people.models import SignedRequest, User
from shouhou.people.rules import Role
from shouhou.requests.actions.visits import arrange_visit, ask_for_visit, visit_due
from shouhou.requests.models import ServiceRequest, VisitRequest
from shouhou.shared.pages import keyset, page
from shouhou.shared.time import now


@require_http_methods(["GET", "POST"])
@login_required
def ask(request: SignedRequest, pk: int) -> HttpResponse:
    """The request cannot be solved by telephone: ask for a visit, and write down the answer."""
    colleague(request)
    cases = ServiceRequest.objects.visible_to(request.user).select_related("organisation", "customer", "contact__site")
    case = get_object_or_404(cases, pk=pk)
    call = case.calls.order_by("-id").first()
    until = visit_due(case, now())
    start = prefilled(call) if call else {
        "phone": case.caller_phone or (case.contact.phone if case.contact else ""),
        "unit": case.customer.name if case.customer else case.caller_unit,
        "address": (case.site.address if case.site else "") or (case.customer.address if case.customer else ""),
        "contact_name": case.contact.name if case.contact else case.caller_name,
    }  # fmt: skip
    form = VisitForm(request.POST or None, case=case, initial=start)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        visit = ask_for_visit(
            case, wish=data["wish"], where=form.where(), wanted=data["wanted"], available=data["available"],
            by=request.user,
        )  # fmt: skip
        messages.success(request, _("%(number)s is registered.") % {"number": visit.number})
        return redirect("hotline:visit", visit.pk)
    words = scripts.CANNOT_SOLVE.spoken(until=spoken_instant(until.astimezone(case.organisation.tz))) if until else ""
    return page(
        request, "hotline/ask.html", {"case": case, "form": form, "words": words, "until": until},
        status=422 if form.errors else 200,
    )  # fmt: skip


def spoken_instant(at: datetime) -> str:
    """A due time as one says it, in its own zone: 10月8日 周四 18:00; midnight is the 24:00 of the day before."""
    midnight = (at.hour, at.minute) == (0, 0)
    day = (at - timedelta(days=1) if midnight else at).date()
    time = "24:00" if midnight else f"{at.hour}:{at.minute:02}"
    return f"{date_format(day, 'MONTH_DAY_FORMAT')} {date_format(day, 'D')} {time}"


def engineers_of(visit: VisitRequest) -> "QuerySet[User]":
    """Who may be sent: engineers of the organisation or above it."""
    return User.objects.holding(Role.ENGINEER, organisation=visit.organisation).order_by("name")


@require_http_methods(["GET", "POST"])
@login_required
def detail(request: SignedRequest, pk: int) -> HttpResponse:
    """The on-site service request, printable; the duty manager arranges it here."""
    colleague(request)
    rows = VisitRequest.objects.visible_to(request.user).select_related(
        "organisation", "request", "taken_by", "engineer", "arranged_by"
    )
    visit = get_object_or_404(rows, pk=pk)
    form = ArrangeForm(request.POST or None, engineers=engineers_of(visit))
    if request.method == "POST" and form.is_valid():
        arrange_visit(visit, by=request.user, **form.cleaned_data)
        messages.success(request, _("Arranged, and told to the customer."))
        return redirect("hotline:visit", pk)
    days = dict(half_days([(date.fromisoformat(text[:10]), text[-2:]) for text in visit.available]))
    context = {"visit": visit, "form": form, "moves": visit.moves_for(request.user), "available": list(days.values())}
    return page(request, "hotline/visit.html", context, status=422 if form.errors else 200)


@require_GET
@login_required
def index(request: SignedRequest) -> HttpResponse:
    """On-site service requests, open ones first asked first served."""
    colleague(request)
    view = request.GET.get("view", "open")
    rows = VisitRequest.objects.visible_to(request.user).select_related("request", "engineer")
    is_open = view == "open"
    rows = rows.filter(status=VisitRequest.Status.OPEN) if is_open else rows.exclude(status=VisitRequest.Status.OPEN)
    shown, after = keyset(rows, ("id",) if is_open else ("-id",), request.GET.get("after", ""), 50)
    return page(request, "hotline/visits.html", {"rows": shown, "after": after, "view": view}, fragment="rows")
