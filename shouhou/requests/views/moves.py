"""The moves of a request: each view makes one call into the domain."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from shouhou.people.models import SignedRequest
from shouhou.requests import forms
from shouhou.requests.actions import grouping, handover, talk
from shouhou.requests.actions.correcting import correct_event, may_correct
from shouhou.requests.actions.intake import continue_request
from shouhou.requests.models import Reassignment, ServiceRequest
from shouhou.requests.models.permits import staff
from shouhou.requests.rules.facts import NOTED
from shouhou.requests.views.acts import ACTS
from shouhou.requests.views.detail import act_context, for_colleagues, found, show
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Event
from shouhou.shared.pages import page

Act = Callable[..., Any]


def move(name: str = "", make: Callable[[Any], BaseForm] | None = None) -> Callable[[Act], Callable[..., HttpResponse]]:
    """A POST on a request: find it, check the form, act, show it again. A wrong form comes back with its words.

    `name` is an act that opens on the page (views/acts.py), or with `make` one of the page's standing forms.
    """

    def decorate(act: Act) -> Callable[..., HttpResponse]:
        @require_http_methods(["GET", "HEAD", "POST"])
        @for_colleagues
        @wraps(act)
        def view(request: SignedRequest, pk: int) -> HttpResponse:
            case = found(request, pk)
            if request.method != "POST":  # reloaded after an error, or come back to after signing in
                return redirect(case)
            data: dict[str, Any] = {}
            if name:
                form = make(request.POST) if make else ACTS[name].form(request, case)
                if not form.is_valid():
                    return wrong(request, case, name, form)
                data = form.cleaned_data
            answer = act(request, case, data)
            if isinstance(answer, HttpResponse):
                return answer
            return show(request, found(request, pk)) if getattr(request, "htmx", None) else redirect(case)

        return view

    return decorate


def wrong(request: SignedRequest, case: ServiceRequest, name: str, form: BaseForm) -> HttpResponse:
    """The page again, with the form that was sent open and its errors named."""
    given = act_context(case, name, form) if name in ACTS else {name: form}
    return show(request, case, status=422, **{**given, "opened": name})


def _staff(case: ServiceRequest, request: SignedRequest) -> None:
    if not staff(case, request.user):
        raise Refused(_("Only colleagues of this organisation may do this."))


@move()
def begin(request: SignedRequest, case: ServiceRequest, data: dict[str, Any]) -> None:
    """Start work."""
    case.begin(by=request.user)


@move("resolve_form", forms.ResolveForm)
def resolve(request: SignedRequest, case: ServiceRequest, data: dict[str, Any]) -> None:
    """Resolve; the customer is asked to confirm, and the agent gets the link to send along."""
    token = talk.resolve_request(case, solution=data["solution"], cause=data["cause"], by=request.user)
    keep_link(request, case, token)
    messages.success(request, _("Resolved. The customer is asked to confirm."))


def keep_link(request: SignedRequest, case: ServiceRequest, token: str) -> None:
    """The secret address stays in the session of who made it, to be sent along; the database has its hash only."""
    request.session["confirm_link"] = [case.pk, request.build_absolute_uri(reverse("portal:confirm", args=[token]))]


@move()
def relink(request: SignedRequest, case: ServiceRequest, data: dict[str, Any]) -> None:
    """Another confirmation link in place of the one that was sent."""
    _staff(case, request)
    keep_link(request, case, talk.new_link(case))


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


@move("text_form", forms.TextForm)
def say(request: SignedRequest, case: ServiceRequest, data: dict[str, Any]) -> None:
    """Message, question, the customer's answer, or a note."""
    _staff(case, request)
    if data["way"] == "note":
        talk.write_note(case, text=data["text"], by=request.user)
    elif data["way"] == "reply":
        talk.receive_message(case, text=data["text"], by=request.user, channel="phone")
    else:
        talk.send_message(case, text=data["text"], by=request.user, question=data["way"] == "question")


@move("pause")
def pause(request: SignedRequest, case: ServiceRequest, data: dict[str, Any]) -> None:
    talk.pause_request(case, reason=data["reason"], words=data["words"], by=request.user)


@move()
def resume(request: SignedRequest, case: ServiceRequest, data: dict[str, Any]) -> None:
    _staff(case, request)
    talk.resume_request(case, by=request.user)


@move("fact_form", forms.NoteFactForm)
def note_fact(request: SignedRequest, case: ServiceRequest, data: dict[str, Any]) -> None:
    """Record what was done, at the time when it was done."""
    _staff(case, request)
    talk.note_fact(case, fact=data["fact"], occurred_at=data["occurred_at"], words=data["words"], by=request.user)
    messages.success(request, str(NOTED[data["fact"]]))


@move("grade")
def grade(request: SignedRequest, case: ServiceRequest, data: dict[str, Any]) -> None:
    """Severity and the marks that promises ask for."""
    grouping.grade_request(case, impact=data["impact"], urgency=data["urgency"], by=request.user)
    grouping.mark_request(
        case, by=request.user, needs_visit=data["needs_visit"], remote_failed=data["remote_failed"], cause=data["cause"]
    )


@move("edit")
def edit(request: SignedRequest, case: ServiceRequest, data: dict[str, Any]) -> None:
    """What was taken down wrongly or not at all."""
    grouping.edit_request(case, by=request.user, **data)


@move("coverage")
def coverage(request: SignedRequest, case: ServiceRequest, data: dict[str, Any]) -> None:
    grouping.decide_coverage(case, coverage=data["coverage"], reason=data["reason"], by=request.user)


@move("rebase")
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
    sent = request.POST if request.method == "POST" else None
    form = forms.CorrectForm(sent, initial={"occurred_at": event.occurred_at})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        when = None if data["void"] else data["occurred_at"]
        correct_event(case, event, occurred_at=when, reason=data["reason"], by=request.user)
        return redirect(case)
    context = {"case": case, "event": event, "form": form}
    return page(request, "requests/correct.html", context, status=422 if form.errors else 200)


@move("attach")
def attach(request: SignedRequest, case: ServiceRequest, data: dict[str, Any]) -> None:
    talk.attach_files(case, files=data["files"], by=request.user)


@move("reassign")
def reassign(request: SignedRequest, case: ServiceRequest, data: dict[str, Any]) -> None:
    handover.offer_reassignment(case, taker=data["taker"], reason=data["reason"], by=request.user)


def _open_offer(case: ServiceRequest) -> Reassignment:
    return get_object_or_404(
        case.handovers.select_related("taker", "giver", "request__organisation"), state=Reassignment.State.OFFERED
    )


@move()
def accept(request: SignedRequest, case: ServiceRequest, data: dict[str, Any]) -> None:
    handover.accept_reassignment(_open_offer(case), by=request.user)
    messages.success(request, _("You have taken over %(number)s and are its owner now.") % {"number": case.number})


@move("decline_form", forms.DeclineForm)
def decline(request: SignedRequest, case: ServiceRequest, data: dict[str, Any]) -> None:
    handover.decline_reassignment(_open_offer(case), by=request.user, answer=data["answer"])
    messages.success(request, _("Declined: %(owner)s stays the owner.") % {"owner": case.owner.name})


@move()
def withdraw(request: SignedRequest, case: ServiceRequest, data: dict[str, Any]) -> None:
    handover.withdraw_reassignment(_open_offer(case), by=request.user)
    messages.success(request, _("The offer is withdrawn: %(owner)s stays the owner.") % {"owner": case.owner.name})


@move("merge")
def merge(request: SignedRequest, case: ServiceRequest, data: dict[str, Any]) -> HttpResponse:
    """Merge this request into another of the same customer."""
    grouping.merge_requests(case, into=data["number"], by=request.user)
    return redirect(data["number"])


@move("merge")
def link(request: SignedRequest, case: ServiceRequest, data: dict[str, Any]) -> None:
    """Say that two requests belong together."""
    grouping.link_requests(case, to=data["number"], by=request.user)


@move("split")
def split(request: SignedRequest, case: ServiceRequest, data: dict[str, Any]) -> HttpResponse:
    return redirect(grouping.split_request(case, by=request.user, **data))


@move()
def continue_closed(request: SignedRequest, case: ServiceRequest, data: dict[str, Any]) -> HttpResponse:
    """A new request linked to one that closed too long ago."""
    _staff(case, request)
    return redirect(continue_request(case, by=request.user, description=case.description))


@move("problem")
def problem(request: SignedRequest, case: ServiceRequest, data: dict[str, Any]) -> HttpResponse:
    _staff(case, request)
    return redirect("requests:problem", grouping.open_problem(requests=[case], title=data["title"], by=request.user).pk)
