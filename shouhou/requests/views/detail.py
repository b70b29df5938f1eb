"""One request: the case, its promises, its time line."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET

from shouhou.people.models import SignedRequest, User
from shouhou.promises.models import Clock
from shouhou.requests import forms
from shouhou.requests.actions.correcting import may_correct
from shouhou.requests.models import Attachment, Reassignment, RequestLink, ServiceRequest
from shouhou.requests.models.requests import responsible, staff
from shouhou.shared.files import open_blob
from shouhou.shared.models import Event
from shouhou.shared.pages import page
from shouhou.shared.time import now

BAD = {"clock.broken", "request.rejected", "reassignment.escalated"}
GOOD = {"clock.kept", "request.confirmed", "clock.reinstated", "request.followed_up"}


def for_colleagues(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """These pages are ours: a customer does not learn that they exist (404), a visitor signs in first."""

    @login_required
    @wraps(view)
    def guarded(request: SignedRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_colleague:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def found(request: SignedRequest, pk: int) -> ServiceRequest:
    """The request, if this person may see it; else 404."""
    rows = ServiceRequest.objects.visible_to(request.user).select_related(
        "organisation",
        "customer__owner",
        "customer__deputy",
        "contact",
        "site",
        "item__product",
        "project__manager",
        "project__support_engineer",
        "agreement",
        "owner",
        "merged_into",
        "major_incident",
        "problem",
        "coverage_approver",
    )
    return get_object_or_404(rows, pk=pk)


def time_line(case: ServiceRequest, user: User, clocks: list[Clock]) -> list[dict[str, Any]]:
    """Events, newest first, with the words that were said; technical facts stand with the act that recorded them."""
    events = list(Event.objects.of(case).reverse()[:200])
    people = User.objects.in_bulk({e.by_id for e in events if e.by_id})
    said = {m.pk: m for m in case.messages.select_related("author", "contact")}
    codes = {c.commitment.code: c.commitment for c in clocks}
    lines = []
    for event in events:
        lines.append(
            {
                "event": event, "by": people.get(event.by_id), "message": said.get(event.data.get("message")),
                "tone": "bad" if event.kind in BAD else "good" if event.kind in GOOD else event.audience,
                "commitment": codes.get(event.data.get("code")), "taker": event.data.get("taker"),
                "correctable": may_correct(case, event, user),
                "late": (event.recorded_at - event.occurred_at).total_seconds() > 600 and event.origin != "import",
            }
        )  # fmt: skip
    return lines


def context_of(request: SignedRequest, case: ServiceRequest, **more: Any) -> dict[str, Any]:
    """Everything that detail.html shows."""
    user: User = request.user
    offer = case.handovers.filter(state=Reassignment.State.OFFERED).select_related("taker", "giver").first()
    clocks = list(case.clocks())
    links = list(
        RequestLink.objects.filter(Q(source=case) | Q(target=case)).select_related("source", "target").order_by("pk")
    )
    context: dict[str, Any] = {
        "case": case,
        "moves": case.moves_for(user),
        "clocks": clocks,
        "now": now(),
        "offer": offer,
        "lines": time_line(case, user, clocks),
        "attachments": list(case.attachments.select_related("blob")),
        "links": [link for link in links if link.source_id == case.pk],
        "linked_from": [link for link in links if link.target_id == case.pk],
        "is_staff": staff(case, user),
        "is_responsible": responsible(case, user),
        "lacking": case.missing_for_promise(),
        "text_form": forms.TextForm(),
        "resolve_form": forms.ResolveForm(initial={"solution": case.solution, "cause": case.cause}),
        "reassign_form": forms.ReassignForm(case=case),
        "pause_form": forms.PauseForm(),
        "fact_form": forms.NoteFactForm(),
        "grade_form": forms.GradeForm(
            initial={n: getattr(case, n) for n in ("impact", "urgency", "needs_visit", "remote_failed", "cause")}
        ),
        "rebase_form": forms.RebaseForm(case=case, initial={"agreement": case.agreement_id})
        if user.leads and case.customer_id
        else None,
        "coverage_form": forms.CoverageForm(initial={"coverage": case.coverage}),
        "files_form": forms.FilesForm(),
        "number_form": forms.NumberForm(user=user),
        "split_form": forms.SplitForm(),
        "title_form": forms.TitleForm(),
        "reopenable": case.is_reopenable(now()),
    }
    return context | more


def show(request: SignedRequest, case: ServiceRequest, *, status: int = 200, **more: Any) -> HttpResponse:
    """The page, or the case fragment for htmx."""
    return page(request, "requests/detail.html", context_of(request, case, **more), fragment="case", status=status)


@require_GET
@login_required
def detail(request: SignedRequest, pk: int) -> HttpResponse:
    """The request's page."""
    case = found(request, pk)
    if not request.user.is_colleague:
        return redirect("portal:request", pk)
    return show(request, case)


@require_GET
@for_colleagues
def promises(request: SignedRequest, pk: int) -> HttpResponse:
    """The promises alone, with each explanation open: what a live screen fetches and an auditor prints."""
    case = found(request, pk)
    clocks = list(case.clocks())
    return page(
        request,
        "requests/promises.html",
        {"case": case, "clocks": clocks, "now": now(), "open": True},
        fragment="clocks",
    )


@require_GET
@login_required
def attachment(request: SignedRequest, pk: int) -> FileResponse:
    """A file's content; pictures are shown, everything else is downloaded."""
    row = get_object_or_404(
        Attachment.objects.select_related("blob"), pk=pk, request__in=ServiceRequest.objects.visible_to(request.user)
    )
    answer = FileResponse(
        open_blob(row.blob), as_attachment=not row.is_picture, filename=row.name, content_type=row.blob.type
    )
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
