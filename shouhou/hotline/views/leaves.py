"""Leave: asking, deciding, and who covers (A3.4)."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from shouhou.hotline.actions import leaves
from shouhou.hotline.forms import DecideForm, LeaveForm
from shouhou.hotline.views.calls import colleague
from shouhou.people.models import Leave, SignedRequest
from shouhou.shared.lifecycle import Refused
from shouhou.shared.pages import keyset, page


@require_http_methods(["GET", "POST"])
@login_required
def index(request: SignedRequest) -> HttpResponse:
    """My leave, what I have to decide, and a form to ask."""
    colleague(request)
    form = LeaveForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            leaves.ask_leave(by=request.user, **form.cleaned_data)
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Asked. Who leads your organisation decides."))
            return redirect("hotline:leaves")
    return page(request, "hotline/leaves.html", around(request, form), status=422 if form.errors else 200)


def around(request: SignedRequest, form: LeaveForm, **more: Any) -> dict[str, Any]:
    seen = Leave.objects.visible_to(request.user).select_related("user", "organisation", "cover", "decided_by")
    asked = list(seen.filter(status=Leave.Status.ASKED).order_by("from_at")[:50])
    decide = [
        (row, leaves.shifts_in(row), DecideForm(people=leaves.free_to_cover(row), prefix=f"l{row.pk}"))
        for row in asked
        if Leave.Status.APPROVED in row.moves_for(request.user)
    ]
    shown, after = keyset(seen.exclude(pk__in=[row.pk for row, *_rest in decide]), ("-id",),
                          request.GET.get("after", ""), 30)  # fmt: skip
    rows = [(row, Leave.Status.WITHDRAWN in row.moves_for(request.user)) for row in shown]
    return {"form": form, "decide": decide, "rows": rows, "after": after, **more}


@require_POST
@login_required
def decide(request: SignedRequest, pk: int) -> HttpResponse:
    """Approve or refuse."""
    colleague(request)
    leave = get_object_or_404(Leave.objects.visible_to(request.user).select_related("user", "organisation"), pk=pk)
    form = DecideForm(request.POST, people=leaves.free_to_cover(leave), prefix=f"l{pk}")
    if not form.is_valid():
        raise Refused(_("Choose a covering colleague from the list."))
    answer = form.cleaned_data["answer"]
    if request.POST.get("say") == "no":
        leave.refuse(by=request.user, answer=answer)
        messages.info(request, _("Refused."))
        return redirect("hotline:leaves")
    made = leaves.approve_leave(leave, by=request.user, cover=form.cleaned_data["cover"], answer=answer)
    words = _("Approved.")
    if made:
        words += " " + ngettext(
            "%(person)s covers %(n)d shift.", "%(person)s covers %(n)d shifts.", len(made)
        ) % {"person": made[0].user, "n": len(made)}  # fmt: skip
    messages.success(request, words)
    return redirect("hotline:leaves")


@require_POST
@login_required
def withdraw(request: SignedRequest, pk: int) -> HttpResponse:
    """Not wanted any more; who covers keeps the shift until the planner changes it."""
    colleague(request)
    leave = get_object_or_404(Leave.objects.visible_to(request.user).select_related("organisation"), pk=pk)
    was = leave.status
    leave.withdraw(by=request.user)
    if was == Leave.Status.APPROVED and leave.cover_id:
        messages.info(request, _("Withdrawn. The covering shifts stay in the roster until it is changed there."))
    return redirect("hotline:leaves")
