"""Taking a request, and the times that may be promised before it is saved."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from shouhou.customers.models import Contact, Customer
from shouhou.people.models import SignedRequest, User
from shouhou.requests.actions.intake import Offer, offers, take_request, trouble_with_times
from shouhou.requests.forms import LateForm, TakeForm
from shouhou.requests.models import ServiceRequest
from shouhou.requests.rules.words import Channel, Kind
from shouhou.shared.forms import row_id
from shouhou.shared.lifecycle import Refused
from shouhou.shared.pages import one_line, page
from shouhou.shared.time import now


def colleague(request: SignedRequest) -> User:
    """Only people who serve take requests here; customers have the portal."""
    user: User = request.user
    if not user.serves:
        raise Refused(_("Only colleagues who serve customers take requests here."))
    return user


def around(form: TakeForm, user: User) -> dict[str, Any]:
    """What the agent sees beside the form: the customer's people, items and open requests, and the times to promise."""
    pk = form.chosen_customer()
    customer = (
        Customer.objects.visible_to(user).select_related("owner", "deputy", "organisation").filter(pk=pk).first()
        if pk
        else None
    )
    values = form.data if form.is_bound else form.initial
    item = None
    if customer and row_id(values.get("item")):
        item = customer.items.select_related("product").filter(pk=row_id(values["item"])).first()
    kind, channel = values.get("kind") or Kind.FAULT, values.get("channel") or Channel.PHONE
    impact, urgency = values.get("impact") or "medium", values.get("urgency") or "medium"
    agreement: Any = None
    found: list[Offer] = []
    if kind in Kind.values and {impact, urgency} <= {"high", "medium", "low"}:
        reported = None
        if form.is_bound:
            try:
                reported = form.fields["reported_at"].clean(form.data.get("reported_at", ""))
            except ValidationError:  # a half-typed time is no reason to hide the others
                reported = None
        if trouble_with_times(reported, None, now()):
            reported = None
        agreement, found = offers(
            organisation=customer.organisation if customer else user.home, customer=customer, item=item, kind=kind,
            channel=channel, impact=impact, urgency=urgency, reported_at=reported or now(),
        )  # fmt: skip
    open_requests = (
        ServiceRequest.objects.visible_to(user)
        .open()
        .filter(customer=customer)
        .for_list()
        .order_by("next_due_at", "id")[:8]
        if customer
        else []
    )
    return {
        "chosen": customer, "agreement": agreement, "offers": found, "open_requests": open_requests, "item": item,
        # Then nothing more is asked about the caller.
        "known": customer is not None and is_contact_of(customer.pk, values.get("contact")),
    }  # fmt: skip


def is_contact_of(customer: int, contact: Any) -> bool:
    """Whether this contact (row, id or text) is one of the customer's people."""
    pk = row_id(getattr(contact, "pk", contact))
    return pk is not None and Contact.objects.filter(pk=pk, customer=customer, retired_at=None).exists()


def recognise(known: dict[str, Any], user: User) -> None:
    """Who calls, by the number or as the customer's only contact; what was chosen already stays."""
    customer = row_id(known.get("customer"))
    if customer and is_contact_of(customer, known.get("contact")):
        return
    contacts = Contact.objects.visible_to(user).filter(retired_at=None).select_related("customer", "site")
    if customer:
        contacts = contacts.filter(customer=customer)
    phone = known.get("caller_phone")
    caller = contacts.called_by(str(phone)).first() if phone else None
    if caller is None and customer:
        some = list(contacts.order_by("pk")[:2])
        caller = some[0] if len(some) == 1 else None
    if caller is not None:
        known |= {"contact": caller, "customer": caller.customer_id}
        known["site"] = known.get("site") or caller.site


@require_http_methods(["GET", "POST"])
@login_required
def take(request: SignedRequest) -> HttpResponse:
    """The intake form. Saving is one key; what was typed is never lost."""
    user = colleague(request)
    if request.method == "POST":
        form = TakeForm(request.POST, request.FILES, user=user)
        if form.is_valid():
            data = dict(form.cleaned_data)
            data.pop("once")
            case = take_request(by=user, key=form.key(user), **data)
            messages.success(request, _("%(number)s is registered.") % {"number": case.number})
            return redirect(case)
        return page(request, "requests/take.html", {"form": form, **around(form, user)}, status=422)
    initial: dict[str, Any] = {}
    phone = one_line(request.GET.get("phone", ""), 60)
    if phone:
        initial["caller_phone"] = phone
    for name in ("customer", "item", "contact"):
        if row_id(request.GET.get(name)):
            initial[name] = row_id(request.GET[name])
    recognise(initial, user)
    if request.GET.get("kind") in Kind.values:
        initial["kind"] = request.GET["kind"]
    form = TakeForm(initial=initial, user=user)
    return page(request, "requests/take.html", {"form": form, **around(form, user)})


@require_POST
@login_required
def times(request: SignedRequest) -> HttpResponse:
    """The form's changing parts, again, for what is chosen now: people, items, and the times to promise."""
    user = colleague(request)
    data: dict[str, Any] = {name: str(value).replace("\x00", "") for name, value in request.POST.items()}
    for name in ("customer", "contact", "site", "item"):
        if not row_id(data.get(name)):
            data.pop(name, None)
    if data.get("changed", "") in ("", "customer", "caller_phone"):  # who emptied the contact means it
        recognise(data, user)
    form = TakeForm(initial={k: v for k, v in data.items() if v}, user=user)
    return page(request, "requests/take.html", {"form": form, **around(form, user)}, fragment="changing")


@require_http_methods(["GET", "POST"])
@login_required
def late(request: SignedRequest) -> HttpResponse:
    """Half a minute on the phone: customer, one line, photo, the real time of the report."""
    user = colleague(request)
    form = LateForm(request.POST or None, request.FILES or None, user=user)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        case = take_request(
            by=user,
            subject=data["subject"],
            customer=data["customer"],
            channel=Channel.ENGINEER,
            reported_at=data["reported_at"],
            key=form.key(user),
            files=data["files"],
        )
        messages.success(request, _("%(number)s is registered.") % {"number": case.number})
        return redirect(case)
    return page(request, "requests/late.html", {"form": form}, status=422 if form.errors else 200)
