"""Calls: the list, the form of the norm, and what one key settles."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from shouhou.agreements.actions import covering_agreement
from shouhou.customers.models import Contact, Customer
from shouhou.hotline.actions import answering
from shouhou.hotline.forms import AboutForm, ByHandForm, RecordForm, RequestForm, WhoForm
from shouhou.hotline.models import Call, Line
from shouhou.hotline.rules import scripts
from shouhou.hotline.rules.words import ONE_KEY, RECORD, WITH_ANOTHER, Disposition, Purpose
from shouhou.people.models import SignedRequest
from shouhou.requests.actions.intake import offers
from shouhou.requests.models import ServiceRequest
from shouhou.requests.rules.words import Channel, Grade, Kind
from shouhou.shared.forms import row_id
from shouhou.shared.lifecycle import Refused
from shouhou.shared.pages import keyset, page
from shouhou.shared.time import now

VIEWS = ("mine", "missing", "abandoned", "all")


def colleague(request: SignedRequest) -> None:
    """The hotline is ours; a customer does not learn that these pages exist."""
    if not request.user.is_colleague:
        raise Http404


def found(request: SignedRequest, pk: int) -> Call:
    colleague(request)
    rows = Call.objects.visible_to(request.user).for_list().select_related("organisation", "contact__site")
    return get_object_or_404(rows, pk=pk)


@require_GET
@login_required
def index(request: SignedRequest) -> HttpResponse:
    """Calls, the newest first."""
    colleague(request)
    view = request.GET.get("view", "all")
    rows = Call.objects.visible_to(request.user).for_list()
    if view == "mine":
        rows = rows.filter(agent=request.user)
    elif view == "missing":
        rows = rows.without_record()
    elif view == "abandoned":
        rows = rows.to_call_back()
    shown, after = keyset(rows, ("-id",), request.GET.get("after", ""), 50)
    return page(
        request, "hotline/calls.html", {"rows": shown, "after": after, "view": view, "views": VIEWS}, fragment="rows"
    )


@require_http_methods(["GET", "POST"])
@login_required
def by_hand(request: SignedRequest) -> HttpResponse:
    """A call on a plain telephone."""
    colleague(request)
    form = ByHandForm(request.POST or None, user=request.user, initial={"caller": request.GET.get("phone", "")[:60]})
    if request.method == "POST" and form.is_valid():
        return redirect(answering.take_by_hand(by=request.user, **form.cleaned_data))
    return page(request, "hotline/by_hand.html", {"form": form}, status=422 if form.errors else 200)


def around(request: SignedRequest, call: Call, **forms: Any) -> dict[str, Any]:
    """What the agent sees of a call: the form, who calls, what they have with us, the words to say."""
    open_requests = ServiceRequest.objects.none()
    if call.customer:
        open_requests = ServiceRequest.objects.visible_to(request.user).open().filter(customer=call.customer)
    day = now().astimezone(call.organisation.tz).date()
    agreement = covering_agreement(call.customer, None, day) if call.customer else None
    record = forms.get("record") or RecordForm(initial={**answering.prefilled(call), **call.draft})
    wanted = forms.get("wanted") or RequestForm(open_requests=open_requests)
    return {
        "call": call, "record": record, "wanted": wanted, "agreement": agreement,
        "open_requests": open_requests.for_list().order_by("next_due_at", "id")[:8],
        "who": WhoForm(user=request.user, customer=call.customer, initial={"customer": call.customer}),
        "about": forms.get("about") or AboutForm(user=request.user),
        "complains": bool(call.line and call.line.purpose == Purpose.COMPLAINTS),
        "offers": _offers(call), "scripts": spoken(request, call), "moves": call.moves_for(request.user),
        "one_key": [(d.value, d.label, d in WITH_ANOTHER) for d in ONE_KEY],
        "earlier": earlier_calls(call), "may_take_over": request.user.leads_in(call.organisation.path),
    }  # fmt: skip


def _offers(call: Call) -> list[Any]:
    """The times that may be promised to this caller, for the ordinary case."""
    _agreement, times = offers(
        organisation=call.customer.organisation if call.customer else call.organisation, customer=call.customer,
        item=None, kind=Kind.FAULT, channel=Channel.PHONE, impact=Grade.MEDIUM, urgency=Grade.MEDIUM,
        reported_at=call.answered_at or now(),
    )  # fmt: skip
    return times


def earlier_calls(call: Call) -> Any:
    """Calls from the same number or customer, for what was cut off or belongs together."""
    rows = Call.objects.filter(organisation=call.organisation).exclude(pk=call.pk).for_list()
    if call.caller_e164:
        rows = rows.filter(caller_e164=call.caller_e164)
    elif call.customer_id:
        rows = rows.filter(customer_id=call.customer_id)
    else:
        return rows.none()
    return rows.order_by("-id")[:5]


def spoken(request: SignedRequest, call: Call) -> dict[str, str]:
    """The sentences of the norm with their blanks filled, by step."""
    hotline = Line.objects.filter(organisation=call.organisation, purpose=Purpose.HOTLINE, retired_at=None).first()
    values = {
        "company": call.organisation.name,
        "agent": request.user.number or request.user.name,
        "hotline": hotline.number if hotline else call.organisation.hotline or call.organisation.name,
        "until": "",
    }
    steps = (*scripts.STEPS, scripts.ASK_AGAIN, scripts.FAREWELL)
    return {script.step: script.spoken(**values) for script in steps}


@require_GET
@login_required
def detail(request: SignedRequest, pk: int) -> HttpResponse:
    """One call."""
    return page(request, "hotline/call.html", around(request, found(request, pk)))


def again(request: SignedRequest, call: Call, **forms: Any) -> HttpResponse:
    """The page once more, with what was typed and what is wrong with it."""
    return page(request, "hotline/call.html", around(request, call, **forms), status=422)


@require_POST
@login_required
def consultation(request: SignedRequest, pk: int) -> HttpResponse:
    """Answered by telephone: a consultation, no fault (J6)."""
    call, form = found(request, pk), RecordForm(request.POST)
    if not form.is_valid():
        return again(request, call, record=form)
    answering.record_consultation(call, form.cleaned_data, by=request.user)
    messages.success(request, _("Recorded."))
    return redirect("hotline:board")


@require_POST
@login_required
def to_request(request: SignedRequest, pk: int) -> HttpResponse:
    """A service request of the call, or the call put to one that is open."""
    call, form = found(request, pk), RecordForm(request.POST)
    own = ServiceRequest.objects.visible_to(request.user).open().filter(customer=call.customer or -1)
    wanted = RequestForm(request.POST, open_requests=own)
    if not (form.is_valid() and wanted.is_valid()):
        return again(request, call, record=form, wanted=wanted)
    data = dict(wanted.cleaned_data)
    case = data.pop("existing")
    if case:
        answering.record_for(call, form.cleaned_data, case, by=request.user)
    else:
        case = answering.raise_request(call, form.cleaned_data, by=request.user, key=form.key(request.user), **data)
    messages.success(request, _("%(number)s is registered.") % {"number": case.number})
    return redirect(call)


@require_POST
@login_required
def to_complaint(request: SignedRequest, pk: int) -> HttpResponse:
    """The caller complains (D9)."""
    call, form = found(request, pk), RecordForm(request.POST)
    about = AboutForm(request.POST, user=request.user)
    if not (form.is_valid() and about.is_valid()):
        return again(request, call, record=form, about=about)
    complaint = answering.raise_complaint(
        call, form.cleaned_data, about=about.cleaned_data["about"], by=request.user, key=form.key(request.user)
    )
    messages.success(request, _("%(number)s is registered.") % {"number": complaint.number})
    return redirect(call)


@require_GET
@login_required
def similar(request: SignedRequest, pk: int) -> HttpResponse:
    """Solved requests that sound like what is being typed."""
    call = found(request, pk)
    words = request.GET.get("question", "")[:2000]
    rows = ServiceRequest.objects.visible_to(request.user).like(words) if call.owed else []
    return page(request, "hotline/similar.html", {"rows": rows})


@require_POST
@login_required
def who(request: SignedRequest, pk: int) -> HttpResponse:
    """Say who is calling."""
    call = found(request, pk)
    customer = get_object_or_404(
        Customer.objects.visible_to(request.user), pk=row_id(request.POST.get("customer")) or 0
    )
    contact_pk = row_id(request.POST.get("contact"))
    contact = Contact.objects.visible_to(request.user).filter(pk=contact_pk, customer=customer).first()
    keep_draft(request, call)
    answering.identify(call, by=request.user, customer=customer, contact=contact)
    return redirect(call)


@require_POST
@login_required
def settle(request: SignedRequest, pk: int) -> HttpResponse:
    """One key for what needs no record."""
    call = found(request, pk)
    other = Call.objects.visible_to(request.user).filter(pk=row_id(request.POST.get("other"))).first()
    call.settle(request.POST.get("how", ""), by=request.user, other=other)
    messages.success(request, str(Disposition(call.disposition).label))
    return redirect("hotline:board")


@require_POST
@login_required
def call_back(request: SignedRequest, pk: int) -> HttpResponse:
    """A caller who gave up is called back."""
    call = found(request, pk)
    talk = answering.call_back(call, by=request.user, reached=request.POST.get("reached") == "yes")
    if talk is None:
        messages.info(request, _("Noted: nobody answered. The call stays on the list."))
        return redirect("hotline:board")
    return redirect(talk)


@require_POST
@login_required
def take_over(request: SignedRequest, pk: int) -> HttpResponse:
    """A duty manager takes what was left behind."""
    call = found(request, pk)
    call.take_over(by=request.user)
    return redirect(call)


@require_POST
@login_required
def hang_up(request: SignedRequest, pk: int) -> HttpResponse:
    """The end of a call on a plain telephone."""
    call = found(request, pk)
    if call.agent_id != request.user.pk:
        raise Refused(_("Only who talks hangs up."))
    keep_draft(request, call)
    answering.hang_up(call, by=request.user)
    return redirect(call)


@require_POST
@login_required
def draft(request: SignedRequest, pk: int) -> HttpResponse:
    """Keep what is being typed: a browser that dies in the middle of a call loses nothing."""
    call = found(request, pk)
    keep_draft(request, call)
    return HttpResponse(status=204)


def keep_draft(request: SignedRequest, call: Call) -> None:
    """Words that are not yet a record; only who may write the record may keep them."""
    if call.status == Call.Status.OPEN and Call.Status.RECORDED in call.moves_for(request.user):
        typed = {name: request.POST[name].replace("\x00", "")[:20_000] for name in RECORD if name in request.POST}
        if typed:
            Call.objects.filter(pk=call.pk, status=Call.Status.OPEN).update(draft=typed)
