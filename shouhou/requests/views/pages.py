"""Lists: rows, board, export, bulk moves, kept views."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import url_has_allowed_host_and_scheme
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


def chosen(request: SignedRequest) -> tuple[FilterForm, ServiceRequestQuerySet, tuple[str, ...]]:
    """The filter form, the rows it means, and their order."""
    form = FilterForm(request.GET or {"view": "open"})
    form.full_clean()  # a filter that means nothing is left out, the others hold
    data: dict[str, Any] = form.cleaned_data
    user: User = request.user
    rows = ServiceRequest.objects.visible_to(user)
    view = data.get("view") or ("all" if data.get("q") else "open")
    order: tuple[str, ...] = BY_DUE
    if view == "mine":
        rows = rows.open().filter(owner=user)
    elif view == "overdue":
        rows = rows.overdue(now())
    elif view == "undecided":
        rows = rows.open().filter(coverage="undecided")
    elif view == "resolved":
        rows = rows.filter(status=ServiceRequest.Status.RESOLVED)
        order = NEWEST
    elif view == "ended":
        rows, order = rows.filter(status__in=ServiceRequest.ENDED), NEWEST
    elif view == "all":
        order = NEWEST
    else:
        rows = rows.open()
    if data.get("q"):
        rows, order = rows.matching(data["q"]), NEWEST
    for name in ("severity", "channel", "kind", "customer", "owner"):
        if data.get(name):
            rows = rows.filter(**{name: data[name]})
    return form, rows, order


@require_GET
@for_colleagues
def index(request: SignedRequest) -> HttpResponse:
    """The list, by due time; no counting, keys instead of offsets."""
    form, rows, order = chosen(request)
    found, after = keyset(rows.for_list(), order, request.GET.get("after", ""), PAGE)
    context = {
        "form": form,
        "rows": found,
        "after": after,
        "now": now(),
        "view": request.GET.get("view") or "open",
        "views": SavedView.objects.visible_to(request.user),
        "views_given": FilterForm.VIEWS,
        "takers": User.objects.visible_to(request.user).holding(*SERVING).order_by("name")
        if request.user.leads
        else [],
    }
    return page(request, "requests/list.html", context, fragment="rows")


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


@require_POST
@for_colleagues
def bulk(request: SignedRequest) -> HttpResponse:
    """One move on many rows; each row that refuses is named, the others go through."""
    ids = [pk for text in request.POST.getlist("pk") if (pk := row_id(text))][:200]
    rows = list(ServiceRequest.objects.visible_to(request.user).filter(pk__in=ids).order_by("pk"))
    move, reason = request.POST.get("move", ""), one_line(request.POST.get("reason", ""), 300)
    if not rows:
        messages.error(request, _("Choose at least one row."))
        back = request.POST.get("next", "")
        return redirect(back if url_has_allowed_host_and_scheme(back, {request.get_host()}) else "requests:list")
    if move == "incident":
        incident = open_incident(requests=rows, title=one_line(request.POST.get("title", ""), 200), by=request.user)
        return redirect("requests:incident", incident.pk)
    done = 0
    for row in rows:
        try:
            if move == "begin":
                row.begin(by=request.user)
            elif move == "reassign":
                offer_reassignment(row, taker=taker_of(request), reason=reason, by=request.user)
            else:
                raise Refused(_("Choose what to do."))
            done += 1
        except Refused as refusal:
            messages.error(request, f"{row.number}: {refusal}")
    if done:
        messages.success(request, _("Done for %(n)s requests.") % {"n": done})
    return redirect("requests:list")


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
