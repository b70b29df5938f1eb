"""One request: the case, its promises, its time line."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.forms import BaseForm
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from shouhou.people.models import SignedRequest, User
from shouhou.promises.models import Clock
from shouhou.promises.models.cases import facts_of, readings
from shouhou.requests import forms
from shouhou.requests.actions.correcting import may_correct
from shouhou.requests.models import Attachment, Reassignment, RequestLink, ServiceRequest, SeverityPlan, SupportRequest
from shouhou.requests.models.permits import responsible, staff
from shouhou.requests.rules.facts import NOTED
from shouhou.requests.views.acts import ACTS, acts_for
from shouhou.shared.files import open_blob
from shouhou.shared.models import Event
from shouhou.shared.pages import page, panels
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
    """The request, if this person may see it; else 404.

    People are read apart (`know_people`): one join for each of eight persons costs the database more to plan than
    all the rest of the page.
    """
    rows = ServiceRequest.objects.visible_to(request.user).select_related(
        "organisation", "customer", "contact", "site", "item__product", "project", "agreement"
    )
    return get_object_or_404(rows, pk=pk)


def know_people(case: ServiceRequest, ids: set[int | None]) -> dict[int, User]:
    """The people of these ids and those named on the case, with one query; the case then has its own at hand."""
    named: list[tuple[Any, str]] = [(case, "owner"), (case, "coverage_approver")]
    named += [(case.customer, "owner"), (case.customer, "deputy")] if case.customer else []
    named += [(case.project, "manager"), (case.project, "support_engineer")] if case.project else []
    ids |= {getattr(row, f"{name}_id") for row, name in named}
    people = User.objects.in_bulk({pk for pk in ids if pk})
    for row, name in named:
        person = people.get(getattr(row, f"{name}_id"))
        if person is not None:
            setattr(row, name, person)
    return people


def time_line(
    case: ServiceRequest, user: User, clocks: list[Clock], handovers: list[Reassignment]
) -> list[dict[str, Any]]:
    """Events, newest first, with the words that were said; technical facts stand with the act that recorded them."""
    events = list(Event.objects.of(case).reverse()[:200])
    people = know_people(
        case, {e.by_id for e in events} | {h.giver_id for h in handovers} | {h.taker_id for h in handovers}
    )
    for handover in handovers:
        handover.giver, handover.taker = people[handover.giver_id], people[handover.taker_id]
    said = {m.pk: m for m in case.messages.all()}
    # Asking and answering say more than “message”: the same words stand on the time line once.
    better = {e.data["message"] for e in events if "message" in e.data and not e.kind.startswith("message.")}
    events = [e for e in events if not (e.kind.startswith("message.") and e.data.get("message") in better)]
    handed = {h.pk: h for h in handovers}
    codes = {c.commitment.code: c.commitment for c in clocks}
    lines = []
    for event in events:
        lines.append(
            {
                "event": event, "by": people.get(event.by_id or 0), "message": said.get(event.data.get("message")),
                "tone": "bad" if event.kind in BAD else "good" if event.kind in GOOD else event.audience,
                "commitment": codes.get(event.data.get("code")), "handover": handed.get(event.data.get("handover")),
                "correctable": may_correct(case, event, user),
                "late": (event.recorded_at - event.occurred_at).total_seconds() > 600 and event.origin != "import",
            }
        )  # fmt: skip
    return lines


def with_tries(case: ServiceRequest, clocks: list[Clock]) -> list[Clock]:
    """The clocks; one met by a mere try to reach the person knows how many more tries are owed."""
    if any(clock.attempted for clock in clocks):
        found = readings(case, facts_of(Event.objects.of(case)), clocks, now())
        owed = {(commitment.pk, reading.start_fact_id): reading.tries_owed for commitment, _version, reading in found}
        for clock in clocks:
            clock.tries_owed = owed.get((clock.commitment_id, clock.start_event_id), 0)  # type: ignore[attr-defined]
    return clocks


def unsettled(case: ServiceRequest, clocks: list[Clock]) -> list[tuple[Clock, str]]:
    """Promises that a solved request still owes, each with the fact that a person notes to settle it, if there is one.

    Mostly the deed was done and nobody wrote it down: the clock would count on for ever.
    """
    if case.status in ServiceRequest.RUNNING or case.status in ServiceRequest.ENDED:
        return []
    owed = [c for c in clocks if c.is_owed]
    return [(c, next((fact for fact in c.commitment.stops if fact in NOTED), "")) for c in owed]


def supports_of(case: ServiceRequest, lines: list[dict[str, Any]]) -> list[SupportRequest]:
    """The support requests to vendors; asked for only where the time line knows of one."""
    if not any(line["event"].kind == "vendor.drafted" for line in lines):
        return []
    return list(case.support_requests.select_related("vendor", "paper").order_by("pk"))


def context_of(request: SignedRequest, case: ServiceRequest, **more: Any) -> dict[str, Any]:
    """Everything that detail.html shows."""
    user: User = request.user
    handovers = list(case.handovers.all())
    offer = next((h for h in handovers if h.state == Reassignment.State.OFFERED), None)
    clocks = with_tries(case, list(case.clocks()))
    lines = time_line(case, user, clocks, handovers)
    links = [
        (link, link.target if link.source_id == case.pk else link.source, link.source_id == case.pk)
        for link in RequestLink.objects.filter(Q(source=case) | Q(target=case))
        .select_related("source__organisation", "target__organisation")
        .order_by("pk")
    ]
    acts = acts_for(case, user, offered=offer is not None)
    link_of, link = request.session.get("confirm_link") or (0, "")
    context: dict[str, Any] = {
        "case": case,
        "moves": case.moves_for(user),
        "clocks": clocks,
        "now": now(),
        "offer": offer,
        "lines": lines,
        "attachments": list(case.attachments.select_related("blob")),
        # What belongs together may lie in another branch: then the number alone is shown.
        "links": [(link, other, out, user.sees(other.organisation)) for link, other, out in links],
        "is_staff": staff(case, user),
        "is_responsible": responsible(case, user),
        "measures": SeverityPlan.of(case.severity).measures if case.status in ServiceRequest.OPEN else "",
        "confirm_link": link if link_of == case.pk else "",
        "lacking": case.missing_for_promise(),
        "failed": bool(case.reopenings and case.solution and case.status in ServiceRequest.RUNNING),
        "unsettled": unsettled(case, clocks),
        "acts": [(name, act) for name, act in acts if not act.aside],
        "acts_aside": [(name, act) for name, act in acts if act.aside],
        "text_form": forms.TextForm(),
        "resolve_form": forms.ResolveForm(
            # A solution that the customer has rejected is not offered again.
            initial={"solution": "" if case.reopenings else case.solution, "cause": case.cause}
        ),
        "fact_form": forms.NoteFactForm(initial={"fact": request.GET.get("fact", "")}),
        "panels": panels(request, case),
        "supports": supports_of(case, lines),
        "reopenable": case.is_reopenable(now()),
    }
    return context | more


def act_context(case: ServiceRequest, name: str, form: BaseForm) -> dict[str, Any]:
    """What _act.html shows: one act's form."""
    url = reverse(f"requests:{ACTS[name].goes_to or name}", args=[case.pk])
    return {"name": name, "act": ACTS[name], "act_form": form, "act_url": url}


@require_GET
@for_colleagues
def act(request: SignedRequest, pk: int, name: str) -> HttpResponse:
    """The form of one act, for the page that opens it."""
    case = found(request, pk)
    if name not in dict(acts_for(case, request.user, offered=False)):
        raise Http404
    return render(
        request, "requests/_act.html", {"case": case, **act_context(case, name, ACTS[name].form(request, case))}
    )


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
    clocks = with_tries(case, list(case.clocks()))
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
