"""Complaints: what is to be answered, and the answer."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from shouhou.feedback.actions.complaining import take_complaint
from shouhou.feedback.forms import AnswerForm, ComplaintForm
from shouhou.feedback.models import Complaint
from shouhou.people.models import SignedRequest, User
from shouhou.people.rules import SERVING
from shouhou.promises.models import Clock
from shouhou.shared.forms import row_id
from shouhou.shared.models import Event
from shouhou.shared.pages import keyset, page
from shouhou.shared.time import now


def colleague(request: SignedRequest) -> None:
    if not request.user.is_colleague:
        raise Http404


@require_GET
@login_required
def index(request: SignedRequest) -> HttpResponse:
    """Complaints, those to be answered first."""
    colleague(request)
    view = "closed" if request.GET.get("view") == "closed" else "open"
    rows = Complaint.objects.visible_to(request.user).for_list()
    rows = rows.filter(status=Complaint.Status.CLOSED) if view == "closed" else rows.open()
    shown, after = keyset(rows, ("-id",), request.GET.get("after", ""), 50)
    context = {"rows": shown, "after": after, "view": view, "now": now(), "may_take": request.user.serves}
    return page(request, "feedback/complaints.html", context, fragment="rows")


@require_http_methods(["GET", "POST"])
@login_required
def new(request: SignedRequest) -> HttpResponse:
    """A complaint that came by letter, in person, or on a telephone that nobody wrote down."""
    colleague(request)
    form = ComplaintForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        data.pop("once")
        customer = data["customer"]
        organisation = customer.organisation if customer else request.user.home
        complaint = take_complaint(organisation=organisation, by=request.user, key=form.key(request.user), **data)
        messages.success(request, _("%(number)s is registered.") % {"number": complaint.number})
        return redirect(complaint)
    return page(request, "feedback/complaint_new.html", {"form": form}, status=422 if form.errors else 200)


def found(request: SignedRequest, pk: int) -> Complaint:
    colleague(request)
    rows = Complaint.objects.visible_to(request.user).for_list().select_related("taken_by", "organisation", "contact")
    return get_object_or_404(rows, pk=pk)


def around(request: SignedRequest, complaint: Complaint, form: AnswerForm | None = None) -> dict[str, Any]:
    events = list(Event.objects.of(complaint).exclude(kind__startswith="clock.").order_by("-occurred_at", "-id"))
    people = User.objects.in_bulk({e.by_id for e in events if e.by_id})
    owners = User.objects.holding(*SERVING, organisation=complaint.organisation).exclude(pk=complaint.about_id or 0)
    return {
        "complaint": complaint, "moves": complaint.moves_for(request.user), "now": now(),
        "form": form or AnswerForm(initial={"cause": complaint.cause, "measure": complaint.measure}),
        "lines": [(event, people.get(event.by_id)) for event in events],
        "clocks": Clock.objects.of(complaint).select_related("commitment").order_by("due_at", "pk"),
        "owners": owners if request.user.leads_in(complaint.organisation.path) else [],
    }  # fmt: skip


@require_GET
@login_required
def detail(request: SignedRequest, pk: int) -> HttpResponse:
    """One complaint."""
    return page(request, "feedback/complaint.html", around(request, found(request, pk)))


@require_POST
@login_required
def answer(request: SignedRequest, pk: int) -> HttpResponse:
    """Cause, measure and what was told to the customer."""
    complaint, form = found(request, pk), AnswerForm(request.POST)
    if not form.is_valid():
        return page(request, "feedback/complaint.html", around(request, complaint, form), status=422)
    complaint.reply(by=request.user, **form.cleaned_data)
    return redirect(complaint)


@require_POST
@login_required
def agree(request: SignedRequest, pk: int) -> HttpResponse:
    """The customer agrees."""
    complaint = found(request, pk)
    complaint.agree(by=request.user)
    return redirect(complaint)


@require_POST
@login_required
def reopen(request: SignedRequest, pk: int) -> HttpResponse:
    """The customer does not agree, or the measure does not work."""
    complaint = found(request, pk)
    complaint.reopen(words=request.POST.get("words", "")[:20_000], by=request.user)
    return redirect(complaint)


@require_POST
@login_required
def close(request: SignedRequest, pk: int) -> HttpResponse:
    """The measure works."""
    complaint = found(request, pk)
    complaint.close(effect=request.POST.get("effect", "")[:20_000], by=request.user)
    return redirect(complaint)


@require_POST
@login_required
def give(request: SignedRequest, pk: int) -> HttpResponse:
    """Another owner."""
    complaint = found(request, pk)
    owner = get_object_or_404(User.objects.visible_to(request.user), pk=row_id(request.POST.get("owner")) or 0)
    complaint.give_to(owner, by=request.user)
    return redirect(complaint)
