"""Lists: rows, board, export, bulk moves, kept views."""

from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import parse_qsl

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from shouhou.people.models import SignedRequest, User
from shouhou.people.rules import SERVING
from shouhou.requests.actions.grouping import open_incident
from shouhou.requests.actions.handover import offer_reassignment
from shouhou.requests.forms import FilterForm
from shouhou.requests.models import SavedView, ServiceRequest
from shouhou.requests.models.requests import ServiceRequestQuerySet
from shouhou.requests.views.detail import for_colleagues
from shouhou.shared.forms import row_id
from shouhou.shared.lifecycle import Refused
from shouhou.shared.pages import keyset, one_line, page
from shouhou.shared.sheets import workbook
from shouhou.shared.time import now

PAGE = 50
BY_DUE = ("next_due_at", "id")
NEWEST = ("-id",)
BY_REPORT = ("-reported_at", "-id")


def midnight(day: date) -> datetime:
    """When a day begins for the reader."""
    return datetime.combine(day, time.min, tzinfo=get_current_timezone())


def chosen(request: SignedRequest) -> tuple[FilterForm, ServiceRequestQuerySet, tuple[str, ...]]:
    """The filter form, the rows it means, and their order: only orders that an index gives (request_due and so on)."""
    user: User = request.user
    form = FilterForm(request.GET, user=user)
    data: dict[str, Any] = form.cleaned_data
    rows = ServiceRequest.objects.visible_to(user)
    if form.view != "all":
        rows = rows.filter(status__in=form.within)
    if form.view == "mine":
        rows = rows.filter(owner=user)
    elif form.view == "overdue":
        rows = rows.filter(next_due_at__lt=now())
    elif form.view == "undecided":
        rows = rows.filter(coverage="undecided")
    ended = form.within is not ServiceRequest.OPEN  # nothing is due there
    order = NEWEST if ended else BY_DUE
    if data.get("sort") or (ended and (data.get("reported_from") or data.get("reported_until"))):
        order = BY_REPORT  # days of long ago are found in the index, not by going through all that came after them
    if data.get("q"):
        rows, order = rows.matching(data["q"]), NEWEST
    if data.get("reported_from"):
        rows = rows.filter(reported_at__gte=midnight(data["reported_from"]))
    if data.get("reported_until"):
        rows = rows.filter(reported_at__lt=midnight(data["reported_until"] + timedelta(days=1)))
    rows = rows.filter(**{name: data[name] for name in FilterForm.EXACT if data.get(name)})
    return form, rows, order


def meaning(query: str) -> dict[str, str]:
    """What a list's address asks for, whichever way it is written."""
    return {"view": "open"} | {key: value for key, value in parse_qsl(query) if key != "after"}


@require_GET
@for_colleagues
def index(request: SignedRequest) -> HttpResponse:
    """The list, by due time; no counting, keys instead of offsets."""
    form, rows, order = chosen(request)
    found, after = keyset(rows.for_list().with_promise(), order, request.GET.get("after", ""), PAGE)
    present = meaning(request.GET.urlencode())
    kept = [(view, meaning(view.query) == present) for view in SavedView.objects.visible_to(request.user)]
    context = {
        "form": form,
        "rows": found,
        "after": after,
        "now": now(),
        "choosing": True,
        "ticked": request.session.pop("ticked", []),
        "order": order,
        "sortable": form.within is ServiceRequest.OPEN and not form.cleaned_data.get("q"),
        "views": kept,
        "in_kept": any(active for _view, active in kept),
        "views_given": FilterForm.VIEWS,
        "takers": User.objects.visible_to(request.user).holding(*SERVING).order_by("name")
        if request.user.leads
        else [],
    }
    return page(request, "requests/list.html", context, fragment="rows")


@require_GET
@for_colleagues
def owners(request: SignedRequest) -> JsonResponse:
    """People for the filter that is being typed in: at most 30, by name. Who has left may still own requests."""
    words = request.GET.get("q", "").strip()[:100]
    found = User.objects.visible_to(request.user).filter(name__icontains=words).order_by("name", "pk")[:30]
    return JsonResponse([{"value": str(row.pk), "text": str(row)} for row in found], safe=False)


@require_GET
@for_colleagues
def board(request: SignedRequest) -> HttpResponse:
    """Columns by status, the first fifty of each by due time."""
    columns = []
    for status in ServiceRequest.OPEN:
        rows = ServiceRequest.objects.visible_to(request.user).filter(status=status).for_list().order_by(*BY_DUE)[:50]
        columns.append((status, list(rows)))
    return page(request, "requests/board.html", {"columns": columns, "now": now()}, fragment="board")


@require_GET
@for_colleagues
def export(request: SignedRequest) -> HttpResponse:
    """The chosen rows as an Excel sheet, at most 50,000."""
    _form, rows, order = chosen(request)
    head = [
        _("Number"),
        _("Status"),
        _("Severity"),
        _("Customer"),
        _("In one line"),
        _("Owner"),
        _("Reported at"),
        _("Due"),
        _("Channel"),
    ]
    lines = (
        [
            r.number,
            r.get_status_display(),
            r.get_severity_display(),
            r.customer.name if r.customer else r.caller_unit,
            r.subject,
            r.owner.name,
            r.reported_at,
            r.next_due_at if r.next_due_at.year < 9999 else None,
            r.get_channel_display(),
        ]
        for r in rows.for_list().order_by(*order)[:50_000].iterator(2000)
    )
    answer = HttpResponse(
        workbook(_("Service requests"), head, lines),
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )
    answer["Content-Disposition"] = 'attachment; filename="requests.xlsx"'
    return answer


def taker_of(request: SignedRequest) -> User:
    """Who is to take the chosen requests over. Raises Refused when nobody was chosen."""
    found = User.objects.visible_to(request.user).filter(pk=row_id(request.POST.get("taker")) or 0).first()
    if found is None:
        raise Refused(_("Choose who is to take it over."))
    return found


def move_all(request: SignedRequest, rows: list[ServiceRequest]) -> dict[str, list[ServiceRequest]]:
    """Do the asked move on each row. Gives those that refused, by the reason they gave."""
    move, reason = request.POST.get("move", ""), one_line(request.POST.get("reason", ""), 300)
    refused: dict[str, list[ServiceRequest]] = {}
    for row in rows:
        try:
            if move == "begin":
                row.begin(by=request.user)
            elif move == "reassign":
                offer_reassignment(row, taker=taker_of(request), reason=reason, by=request.user)
            else:
                raise Refused(_("Choose what to do."))
        except Refused as refusal:
            refused.setdefault(str(refusal), []).append(row)
    return refused


@require_POST
@for_colleagues
def bulk(request: SignedRequest) -> HttpResponse:
    """One move on many rows; those that refuse are named in one message and stay ticked, the others go through."""
    ids = [pk for text in request.POST.getlist("pk") if (pk := row_id(text))][:200]
    rows = list(ServiceRequest.objects.visible_to(request.user).filter(pk__in=ids).order_by("pk"))
    back = request.POST.get("next", "")
    there = back if url_has_allowed_host_and_scheme(back, {request.get_host()}) else "requests:list"
    if not rows:
        messages.error(request, _("Choose at least one row."))
        return redirect(there)
    if request.POST.get("move") == "incident":
        try:
            title = one_line(request.POST.get("title", ""), 200)
            incident = open_incident(requests=rows, title=title, by=request.user)
        except Refused as refusal:
            refused = {str(refusal): rows}
        else:
            return redirect("requests:incident", incident.pk)
    else:
        refused = move_all(request, rows)
    if refused:
        lines = [f"{', '.join(row.number for row in given)}: {reason}" for reason, given in refused.items()]
        messages.error(request, "\n".join(lines))
        request.session["ticked"] = [row.pk for given in refused.values() for row in given]
    done = len(rows) - sum(len(given) for given in refused.values())
    if done:
        messages.success(request, _("Done for %(n)s requests.") % {"n": done})
    return redirect(there)


@require_POST
@for_colleagues
def keep_view(request: SignedRequest) -> HttpResponse:
    """Keep the present filter under a name."""
    name, query = one_line(request.POST.get("name", ""), 60), one_line(request.POST.get("query", ""), 500)
    if not name:
        raise Refused(_("Give the view a name."))
    SavedView.objects.update_or_create(user=request.user, name=name, defaults={"query": query.lstrip("?")})
    return redirect(f"{request.path.replace('views/keep/', '')}?{query.lstrip('?')}")


@require_POST
@for_colleagues
def drop_view(request: SignedRequest, pk: int) -> HttpResponse:
    """Forget a kept view."""
    get_object_or_404(SavedView.objects.visible_to(request.user), pk=pk).delete()
    return redirect("requests:list")
