"""The moves of a request: each view makes one call into the domain."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from shouhou.people.models import SignedRequest
from shouhou.requests import forms
from shouhou.requests.actions import grouping, handover, talk
from shouhou.requests.actions.correcting import correct_event, may_correct
from shouhou.requests.actions.intake import continue_request
from shouhou.requests.models import Reassignment, ServiceRequest
from shouhou.requests.models.requests import staff
from shouhou.requests.rules.facts import NOTED
from shouhou.requests.views.detail import for_colleagues, found, show
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Event
from shouhou.shared.pages import page

Act = Callable[..., Any]


def move(
    make_form: Callable[[SignedRequest, ServiceRequest], Form] | None = None, name: str = ""
) -> Callable[[Act], Callable[..., HttpResponse]]:
    """A POST on a request: find it, check the form, act, show it again. A wrong form comes back with its words."""

    def decorate(act: Act) -> Callable[..., HttpResponse]:
        @require_POST
        @for_colleagues
        @wraps(act)
        def view(request: SignedRequest, pk: int) -> HttpResponse:
            case = found(request, pk)
            form = make_form(request, case) if make_form else None
            if form is not None and not form.is_valid():
                return show(request, case, status=422, **{name: form, "opened": name})
            answer = act(request, case, form.cleaned_data if form is not None else {})
            if isinstance(answer, HttpResponse):
                return answer
            return show(request, found(request, pk)) if getattr(request, "htmx", None) else redirect(case)

        return view

    return decorate


def _staff(case: ServiceRequest, request: SignedRequest) -> None:
    if not staff(case, request.user):
        raise Refused(_("Only colleagues of this organisation may do this."))


@move()
def begin(request: SignedRequest, case: ServiceRequest, data: dict[str, Any]) -> None:
    """Start work."""
    case.begin(by=request.user)


@move(lambda request, case: forms.ResolveForm(request.POST), "resolve_form")
def resolve(request: SignedRequest, case: ServiceRequest, data: dict[str, Any]) -> None:
    """Resolve; the customer is asked to confirm, and the agent gets the link to send along."""
    token = talk.resolve_request(case, solution=data["solution"], cause=data["cause"], by=request.user)
    address = request.build_absolute_uri(f"/portal/confirm/{token}/")
    messages.success(request, _("Resolved. Confirmation link for the customer: %(address)s") % {"address": address})


@move()
def confirm(request: SignedRequest, case: ServiceRequest, data: dict[str, Any]) -> None:
    """The customer said on the phone that it is solved."""
    case.confirm("spoken", by=request.user)


@move()
def reopen(request: SignedRequest, case: ServiceRequest, data: dict[str, Any]) -> None:
    """Not solved after all."""
    case.reopen(by=request.user, how="spoken")


@move()
def close(request: SignedRequest, case: ServiceRequest, data: dict[str, Any]) -> None:
    case.close(by=request.user)


@move()
def file(request: SignedRequest, case: ServiceRequest, data: dict[str, Any]) -> None:
    case.file(by=request.user)


@move()
def cancel(request: SignedRequest, case: ServiceRequest, data: dict[str, Any]) -> None:
    case.cancel(by=request.user)


@move()
def give_promise(request: SignedRequest, case: ServiceRequest, data: dict[str, Any]) -> None:
    """The times were told to the customer."""
    _staff(case, request)
    case.give_promise(by=request.user)


@move(lambda request, case: forms.TextForm(request.POST), "text_form")
def say(request: SignedRequest, case: ServiceRequest, data: dict[str, Any]) -> None:
    """Message, question, the customer's answer, or a note."""
    _staff(case, request)
    if data["way"] == "note":
        talk.write_note(case, text=data["text"], by=request.user)
    elif data["way"] == "reply":
        talk.receive_message(case, text=data["text"], by=request.user, channel="phone")
    else:
        talk.send_message(case, text=data["text"], by=request.user, question=data["way"] == "question")


@move(lambda request, case: forms.PauseForm(request.POST), "pause_form")
def pause(request: SignedRequest, case: ServiceRequest, data: dict[str, Any]) -> None:
    talk.pause_request(case, reason=data["reason"], words=data["words"], by=request.user)


@move()
def resume(request: SignedRequest, case: ServiceRequest, data: dict[str, Any]) -> None:
    _staff(case, request)
    talk.resume_request(case, by=request.user)


@move(lambda request, case: forms.NoteFactForm(request.POST), "fact_form")
def note_fact(request: SignedRequest, case: ServiceRequest, data: dict[str, Any]) -> None:
    """Record what was done, at the time when it was done."""
    _staff(case, request)
    talk.note_fact(case, fact=data["fact"], occurred_at=data["occurred_at"], by=request.user)
    messages.success(request, str(NOTED[data["fact"]]))


@move(lambda request, case: forms.GradeForm(request.POST), "grade_form")
def grade(request: SignedRequest, case: ServiceRequest, data: dict[str, Any]) -> None:
    """Severity and the marks that promises ask for."""
    grouping.grade_request(case, impact=data["impact"], urgency=data["urgency"], by=request.user)
    grouping.mark_request(
        case, by=request.user, needs_visit=data["needs_visit"], remote_failed=data["remote_failed"], cause=data["cause"]
    )


@move(lambda request, case: forms.CoverageForm(request.POST), "coverage_form")
def coverage(request: SignedRequest, case: ServiceRequest, data: dict[str, Any]) -> None:
    grouping.decide_coverage(case, coverage=data["coverage"], reason=data["reason"], by=request.user)


@move(lambda request, case: forms.RebaseForm(request.POST, case=case), "rebase_form")
def rebase(request: SignedRequest, case: ServiceRequest, data: dict[str, Any]) -> None:
    """Another agreement binds the case."""
    grouping.rebase_request(case, agreement=data["agreement"], by=request.user)


@require_http_methods(["GET", "POST"])
@for_colleagues
def correct(request: SignedRequest, pk: int, event_pk: int) -> HttpResponse:
    """Correct when a fact of the case happened."""
    case = found(request, pk)
    event = get_object_or_404(Event.objects.of(case), pk=event_pk)
    if not may_correct(case, event, request.user):
        raise Refused(_("Only who noted it, or who leads the organisation, may correct it."))
    form = forms.CorrectForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        when = None if data["void"] else data["occurred_at"]
        correct_event(case, event, occurred_at=when, reason=data["reason"], by=request.user)
        return redirect(case)
    context = {"case": case, "event": event, "form": form}
    return page(request, "requests/correct.html", context, status=422 if form.errors else 200)


@move(lambda request, case: forms.FilesForm(request.POST, request.FILES), "files_form")
def attach(request: SignedRequest, case: ServiceRequest, data: dict[str, Any]) -> None:
    talk.attach_files(case, files=data["files"], by=request.user)


@move(lambda request, case: forms.ReassignForm(request.POST, case=case), "reassign_form")
def reassign(request: SignedRequest, case: ServiceRequest, data: dict[str, Any]) -> None:
    handover.offer_reassignment(case, taker=data["taker"], reason=data["reason"], by=request.user)


def _open_offer(case: ServiceRequest) -> Reassignment:
    return get_object_or_404(
        case.handovers.select_related("taker", "request__organisation"), state=Reassignment.State.OFFERED
    )


@move()
def accept(request: SignedRequest, case: ServiceRequest, data: dict[str, Any]) -> None:
    handover.accept_reassignment(_open_offer(case), by=request.user)


@move(lambda request, case: forms.DeclineForm(request.POST), "decline_form")
def decline(request: SignedRequest, case: ServiceRequest, data: dict[str, Any]) -> None:
    handover.decline_reassignment(_open_offer(case), by=request.user, answer=data["answer"])


@require_POST
@for_colleagues
def merge(request: SignedRequest, pk: int) -> HttpResponse:
    """Merge this request into another of the same customer."""
    case = found(request, pk)
    form = forms.NumberForm(request.POST, user=request.user)
    if not form.is_valid():
        return show(request, case, status=422, number_form=form, opened="number_form")
    assert form.found is not None
    grouping.merge_requests(case, into=form.found, by=request.user)
    return redirect(form.found)


@require_POST
@for_colleagues
def link(request: SignedRequest, pk: int) -> HttpResponse:
    """Say that two requests belong together."""
    case = found(request, pk)
    form = forms.NumberForm(request.POST, user=request.user)
    if not form.is_valid():
        return show(request, case, status=422, number_form=form, opened="number_form")
    assert form.found is not None
    grouping.link_requests(case, to=form.found, by=request.user)
    return redirect(case)


@move(lambda request, case: forms.SplitForm(request.POST), "split_form")
def split(request: SignedRequest, case: ServiceRequest, data: dict[str, Any]) -> HttpResponse:
    return redirect(grouping.split_request(case, by=request.user, **data))


@move()
def continue_closed(request: SignedRequest, case: ServiceRequest, data: dict[str, Any]) -> HttpResponse:
    """A new request linked to one that closed too long ago."""
    _staff(case, request)
    return redirect(continue_request(case, by=request.user, description=case.description))


@move(lambda request, case: forms.TitleForm(request.POST), "title_form")
def problem(request: SignedRequest, case: ServiceRequest, data: dict[str, Any]) -> HttpResponse:
    _staff(case, request)
    return redirect("requests:problem", grouping.open_problem(requests=[case], title=data["title"], by=request.user).pk)
