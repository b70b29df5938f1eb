"""The support request to a vendor: written, sent, heard from, told to the customer."""

from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from shouhou.people.models import SignedRequest
from shouhou.requests.actions import support as acts
from shouhou.requests.forms.support import AnswerForm, AskVendorForm, EngineerForm, HeardForm, TellForm
from shouhou.requests.models import ServiceRequest, SupportRequest
from shouhou.requests.rules.support import Way
from shouhou.requests.views.detail import for_colleagues
from shouhou.requests.views.moves import move
from shouhou.shared.files import download_name, open_blob
from shouhou.shared.pages import page

Status = SupportRequest.Status
FORMS: dict[str, type[Any]] = {"heard": HeardForm, "answer": AnswerForm, "engineer": EngineerForm, "tell": TellForm}


@move("ask_vendor")
def ask_vendor(request: SignedRequest, case: ServiceRequest, data: dict[str, Any]) -> HttpResponse:
    """Draft the written request; it is signed next."""
    form = AskVendorForm(request.POST, case=case)
    form.is_valid()
    words = {name: data[name] for name in ("problem", "tried", "wanted", "wanted_by")}
    made = acts.write_support_request(case, to=form.addressee(), by=request.user, **words)
    if getattr(request, "htmx", None):
        return HttpResponse(headers={"HX-Redirect": made.get_absolute_url()})
    return redirect(made)


def _found(request: SignedRequest, pk: int) -> SupportRequest:
    rows = SupportRequest.objects.visible_to(request.user).select_related(
        "organisation", "request__organisation", "paper", "vendor", "asked_by", "answer_file"
    )
    return get_object_or_404(rows, pk=pk)


@require_http_methods(["GET", "POST"])
@for_colleagues
def detail(request: SignedRequest, pk: int) -> HttpResponse:
    """One support request; POST says what happened to it (`do`)."""
    support = _found(request, pk)
    do = request.POST.get("do", "")
    form: BaseForm | None = None
    if request.method == "POST":
        if do in FORMS:
            form = FORMS[do](request.POST, request.FILES)
        if form is None or form.is_valid():
            _act(request, support, do, form.cleaned_data if form else {})
            return redirect(support)
    return page(request, "requests/support.html", _shown(support, do, form), status=422 if form else 200)


def _act(request: SignedRequest, support: SupportRequest, do: str, given: dict[str, Any]) -> None:
    by = request.user
    if do == "send":
        acts.send_support_request(support, by=by)
        messages.success(request, _("It is sent. Until the receipt is confirmed it is chased by itself."))
    elif do == "withdraw":
        acts.withdraw_support_request(support, by=by)
    elif do == "heard":
        acts.acknowledge(support, name=given["name"], how=given["how"], at=given["at"], by=by)
    elif do == "answer":
        acts.receive_answer(support, by=by, **given)
    elif do == "engineer":
        acts.announce_engineer(support, by=by, **given)
    elif do == "tell":
        acts.tell_solution(support, by=by, **given)
        messages.success(request, _("The customer is told."))


def _shown(support: SupportRequest, do: str, form: BaseForm | None) -> dict[str, Any]:
    sent = support.status in (Status.SENT, Status.ACKNOWLEDGED)
    engineer = {"name": support.engineer_name, "phone": support.engineer_phone, "comes_at": support.engineer_comes_at}
    offered: dict[str, BaseForm | None] = {
        "heard": HeardForm() if support.status == Status.SENT else None,
        "answer": AnswerForm() if sent else None,
        "engineer": EngineerForm(initial=engineer) if sent or support.status == Status.ANSWERED else None,
        "tell": TellForm(initial={"text": support.answer}) if support.status == Status.ANSWERED else None,
    }
    if form is not None and offered.get(do) is not None:
        offered[do] = form
    titles = {
        "heard": (_("The receipt was confirmed"), _("Note it"), "mail-check"),
        "answer": (_("The vendor answered"), _("Note it"), "message-reply"),
        "engineer": (_("The vendor sends an engineer"), _("Note it"), "user-plus"),
        "tell": (_("Tell the customer"), _("Told"), "speakerphone"),
    }
    return {
        "support": support, "case": support.request, "form": form, "do": do,
        "offered": [(key, *titles[key], one) for key, one in offered.items() if one is not None],
        "by_link": support.way == Way.LINK, "may_withdraw": Status.WITHDRAWN in support.MOVES[support.status],
        "visit": reverse("hotline:ask", args=[support.request_id]),
    }  # fmt: skip


@require_GET
@for_colleagues
def answer_file(request: SignedRequest, pk: int) -> HttpResponse:
    """What the vendor sent along; always a download."""
    support = get_object_or_404(SupportRequest.objects.visible_to(request.user), pk=pk, answer_file__isnull=False)
    assert support.answer_file is not None
    name = download_name(support.answer_file_name, support.answer_file.type)
    content = open_blob(support.answer_file).read()
    answer = HttpResponse(content, content_type="application/octet-stream")
    answer["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
