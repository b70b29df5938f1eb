"""The customers' pages: signed in, or by a secret link."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from shouhou.customers.models import Contact, Customer, Project, contact_of
from shouhou.people.models import Organisation, SignedRequest, User
from shouhou.portal.forms import (
    ConfirmForm,
    NewForm,
    ReplyForm,
    VendorAnswerForm,
    VendorEngineerForm,
    VendorNameForm,
)  # fmt: skip
from shouhou.portal.rules import STATES, told
from shouhou.records.actions.filing import pdf_of
from shouhou.requests.actions import support as support_acts
from shouhou.requests.actions.intake import continue_request, take_request
from shouhou.requests.actions.support import support_called
from shouhou.requests.actions.talk import answer_by_link, attach_files, receive_message, reject_solution
from shouhou.requests.models import ConfirmationLink, Message, ServiceRequest, SupportRequest
from shouhou.requests.rules.words import Channel
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Event
from shouhou.shared.pages import page
from shouhou.shared.time import now


def customer_of(request: SignedRequest) -> Contact:
    """The contact who is signed in; staff have no portal of their own (404)."""
    contact = contact_of(request.user)
    if contact is None:
        raise Http404
    return contact


@require_GET
@login_required
def index(request: SignedRequest) -> HttpResponse:
    """The customer's requests, people responsible, and the first step."""
    contact = customer_of(request)
    customer = Customer.objects.select_related("owner", "deputy", "organisation").get(pk=contact.customer_id)
    requests = ServiceRequest.objects.visible_to(request.user).for_list()
    context = {
        "contact": contact,
        "customer": customer,
        "open": requests.open().order_by("next_due_at", "id")[:100],
        "ended": requests.filter(status__in=ServiceRequest.ENDED).order_by("-id")[:20],
        "states": STATES,
        "projects": Project.objects.visible_to(request.user)
        .select_related("manager", "support_engineer")
        .order_by("name"),
        "now": now(),
    }
    return page(request, "portal/home.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def new(request: SignedRequest) -> HttpResponse:
    """Raise a request."""
    contact = customer_of(request)
    form = NewForm(request.POST or None, request.FILES or None, contact=contact)
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        files, _once = data.pop("files"), data.pop("once")
        with transaction.atomic():
            case = take_request(
                by=request.user,
                channel=Channel.PORTAL,
                customer=contact.customer,
                contact=contact,
                need=data["subject"],
                key=form.key(request.user),
                **data,
            )
            attach_files(case, files=files, by=request.user)
        messages.success(request, _("Thank you. Your request is %(number)s.") % {"number": case.number})
        return redirect("portal:request", case.pk)
    return page(request, "portal/new.html", {"form": form}, status=422 if form.errors else 200)


def _shown(case: ServiceRequest, user: User, **more: Any) -> dict[str, Any]:
    """What a customer sees of a request: what was promised and how it stands, and what was said to them."""
    said = case.messages.exclude(direction=Message.Direction.NOTE).select_related("author", "contact").order_by("at")
    shown = [e for e in Event.objects.of(case) if e.audience == Event.Audience.CUSTOMER]
    return {
        "states": STATES,
        "confirm_form": ConfirmForm(),
        "case": case,
        "clocks": [c for c in case.clocks() if c.state != "cancelled"],
        "messages_said": said,
        "events": [(e, words) for e in shown if (words := told(e.kind, e.data))],
        "now": now(),
        "attachments": list(case.attachments.select_related("blob")),
        "moves": case.moves_for(user),
        "is_over": case.status in ServiceRequest.ENDED and case.status != ServiceRequest.Status.MERGED,
        **more,
    }


@require_http_methods(["GET", "POST"])
@login_required
def request_page(request: SignedRequest, pk: int) -> HttpResponse:
    """One request of the customer; POST is a reply, a confirmation, or “not solved”."""
    customer_of(request)
    rows = ServiceRequest.objects.visible_to(request.user).select_related(
        "owner", "customer", "organisation", "item__product"
    )
    case = get_object_or_404(rows, pk=pk)
    form = ReplyForm(request.POST if request.POST.get("do") == "reply" else None)
    if request.method == "POST":
        if request.POST.get("do") == "confirm":
            case.confirm("portal", by=request.user)
            messages.success(request, _("Thank you: it is recorded as solved."))
        elif request.POST.get("do") == "reopen":
            no = ConfirmForm({"answer": "open", "words": request.POST.get("words", "")})
            if not no.is_valid():
                shown = _shown(case, request.user, form=form) | {"confirm_form": no}
                return page(request, "portal/request.html", shown, status=422)
            reject_solution(case, words=no.cleaned_data["words"], by=request.user, how="portal")
            messages.success(request, _("Recorded: it is not solved. We go on with it."))
        elif request.POST.get("do") == "continue":
            return redirect("portal:request", continue_request(case, by=request.user, description=case.description).pk)
        elif form.is_valid():
            receive_message(case, text=form.cleaned_data["text"], by=request.user)
        else:
            return page(request, "portal/request.html", _shown(case, request.user, form=form), status=422)
        return redirect("portal:request", pk)
    return page(request, "portal/request.html", _shown(case, request.user, form=form))


@require_http_methods(["GET", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """The secret address of a solution: confirm it, or say that it is not solved. Needs no sign-in; counts once."""
    rows = ConfirmationLink.objects.select_related("request__organisation", "request__owner")
    link = rows.filter(digest=ConfirmationLink.digest_of(token)).first()
    company = Organisation.objects.filter(parent=None).order_by("pk").first()  # none before the first run
    if link is None:
        shown = {"company": company, "hotline": company and company.hotline}
        return page(request, "portal/confirm.html", shown, status=404)
    case = link.request
    if request.user.is_authenticated and request.user.is_colleague:
        raise Refused(_("This address is the customer's: what they said on the phone is noted on the request."))
    form = ConfirmForm(request.POST or None)
    closed = bool(link.used_at) or link.expires_at < now() or case.status != ServiceRequest.Status.RESOLVED
    if request.method == "POST" and form.is_valid():
        answer_by_link(link, solved=form.cleaned_data["answer"] == "solved", words=form.cleaned_data["words"])
        return redirect("portal:confirm", token)
    context = {
        "case": case,
        "company": company,
        "hotline": case.organisation.hotline or (company and company.hotline),
        "form": form,
        "closed": closed,
        "link": link,
        "answer": _answer(link),
    }
    return page(request, "portal/confirm.html", context, status=422 if form.errors else 200)


def _answer(link: ConfirmationLink) -> str:
    """What was answered: “solved” or “open” at this address, “expired” by silence; empty where neither."""
    answers = Event.objects.of(link.request).filter(kind__in=("request.confirmed", "request.rejected"))
    if link.used_at:
        event = answers.filter(data__how="link", occurred_at__gte=link.used_at).order_by("id").first()
    else:
        event = answers.filter(data__how="expired", occurred_at__gte=link.made_at).order_by("id").first()
    if event is None:
        return ""
    return "open" if event.kind == "request.rejected" else "solved" if link.used_at else "expired"


VENDOR_FORMS: dict[str, type[Any]] = {
    "heard": VendorNameForm, "answer": VendorAnswerForm, "engineer": VendorEngineerForm
}  # fmt: skip


@never_cache
@require_http_methods(["GET", "POST"])
def vendor(request: HttpRequest, token: str) -> HttpResponse:
    """The secret address of a support request: the vendor confirms the receipt, answers, sends an engineer (A5.2)."""
    support = support_called(token)
    company = Organisation.objects.filter(parent=None).order_by("pk").first()
    hotline = company and company.hotline
    if support is None:
        return page(request, "portal/vendor.html", {"company": company, "hotline": hotline}, status=404)
    if request.user.is_authenticated and request.user.is_colleague:
        raise Refused(_("This address is the vendor's: what they said otherwise is noted on the support request."))
    do = request.POST.get("do", "")
    shown = {f"{key}_form": make() for key, make in VENDOR_FORMS.items()}
    if request.method == "POST":
        if do not in VENDOR_FORMS:
            return redirect("portal:vendor", token)
        form = shown[f"{do}_form"] = VENDOR_FORMS[do](request.POST, request.FILES)
        if form.is_valid():
            _from_vendor(support, do, form.cleaned_data)
            return redirect("portal:vendor", token)
    context = {"support": support, "company": company, "hotline": support.organisation.hotline or hotline,
               "token": token, "do": do, "name_form": shown["heard_form"], **shown}  # fmt: skip
    return page(request, "portal/vendor.html", context, status=422 if request.method == "POST" else 200)


def _from_vendor(support: SupportRequest, do: str, given: dict[str, Any]) -> None:
    if do == "heard":
        support_acts.acknowledge(support, name=given["name"], how="link", by=None)
    elif do == "answer":
        support_acts.receive_answer(support, how="link", by=None, **given)
    else:
        support_acts.announce_engineer(support, by=None, **given)


@never_cache
@require_GET
def vendor_pdf(request: HttpRequest, token: str) -> HttpResponse:
    """The signed document, for the vendor."""
    support = support_called(token)
    if support is None:
        raise Http404
    answer = HttpResponse(pdf_of(support.paper), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{support.paper.number}.pdf"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
