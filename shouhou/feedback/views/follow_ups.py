"""Follow-ups to make, and writing down what the customer said."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from shouhou.feedback.actions.following_up import finish_follow_up, give_up_follow_up
from shouhou.feedback.forms import FollowUpForm
from shouhou.feedback.models import FollowUp
from shouhou.people.models import SignedRequest, today
from shouhou.shared.pages import keyset, page


def found(request: SignedRequest, pk: int) -> FollowUp:
    """Staff only; customers are asked, they do not see the list."""
    if not request.user.is_colleague:
        raise Http404
    rows = FollowUp.objects.visible_to(request.user).select_related(
        "request__customer", "request__contact", "request__owner", "served_by"
    )
    return get_object_or_404(rows, pk=pk)


@require_GET
@login_required
def index(request: SignedRequest) -> HttpResponse:
    """What is to be followed up, by due day."""
    if not request.user.is_colleague:
        raise Http404
    rows = FollowUp.objects.visible_to(request.user).select_related("request__customer", "request__owner", "served_by")
    view = request.GET.get("view", "planned")
    order = ("due_on", "id") if view == "planned" else ("-id",)
    rows = (
        rows.filter(status=FollowUp.Status.PLANNED)
        if view == "planned"
        else rows.exclude(status=FollowUp.Status.PLANNED)
    )
    after_rows, after = keyset(rows, order, request.GET.get("after", ""), 50)
    return page(
        request,
        "feedback/list.html",
        {"rows": after_rows, "after": after, "view": view, "today": today()},
        fragment="rows",
    )


@require_http_methods(["GET", "POST"])
@login_required
def detail(request: SignedRequest, pk: int) -> HttpResponse:
    """One follow-up."""
    row = found(request, pk)
    form = FollowUpForm(request.POST or None, own=row.served_by_id == request.user.pk)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        scores = (data["attitude"], data["quality"], data["solving"])
        finish_follow_up(
            row, solved=data["solved"], scores=scores, words=data["words"], by=request.user,
            exception=data.get("exception", ""),
        )  # fmt: skip
        messages.success(request, _("Written down."))
        return redirect("feedback:list")
    context = {"follow_up": row, "case": row.request, "form": form, "moves": row.moves_for(request.user)}
    return page(request, "feedback/detail.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def missed(request: SignedRequest, pk: int) -> HttpResponse:
    """Nobody was reached."""
    give_up_follow_up(found(request, pk), by=request.user, exception=request.POST.get("exception", "")[:300])
    return redirect("feedback:list")
