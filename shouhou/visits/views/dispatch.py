"""Dispatch: the day's time line, planning, and one visit from the office's side."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from shouhou.people.models import Organisation, SignedRequest, User
from shouhou.records.models import Record
from shouhou.requests.models import VisitRequest
from shouhou.shared.files import open_blob
from shouhou.shared.forms import row_id
from shouhou.shared.lifecycle import Refused
from shouhou.shared.pages import page
from shouhou.shared.templatetags.shared import span_words
from shouhou.shared.time import now
from shouhou.visits.actions import board, helping, planning, proposing, syncing
from shouhou.visits.forms import ObjectForm, PlanForm
from shouhou.visits.models import Visit, VisitOperation, VisitPhoto, VisitRating
from shouhou.visits.rules import words
from shouhou.visits.rules.reasons import spoken
from shouhou.visits.rules.steps import Step

HOURS = range(board.FIRST, board.LAST)


def colleague(request: SignedRequest) -> None:
    if not request.user.is_colleague:
        raise Http404


@require_GET
@login_required
def index(request: SignedRequest) -> HttpResponse:
    """A day: what waits to be planned, each engineer's line, and what somebody has to look at."""
    colleague(request)
    user = request.user
    organisation: Organisation = user.home
    today = now().astimezone(organisation.tz).date()
    day = day_of(request.GET.get("day", "")) or today
    seen = Visit.objects.visible_to(user).standing().for_list()
    context = {
        "day": day, "today": today, "before": day - timedelta(days=1), "after": day + timedelta(days=1),
        "hours": HOURS, "lanes": board.lanes(organisation, day), "waiting": board.waiting(user),
        "objected": seen.exclude(objection="").filter(status__in=("planned", "accepted")).order_by("starts_at")[:20],
        "review": seen.filter(to_review__gt=0).order_by("pk")[:20], "at": now(),
        "may_plan": user.leads and user.serves, "organisation": organisation,
    }  # fmt: skip
    return page(request, "visits/dispatch.html", context, fragment="live")


@require_POST
@login_required
def propose(request: SignedRequest) -> HttpResponse:
    """A plan for the next days with its reasons; nothing is changed by it."""
    colleague(request)
    organisation = request.user.home
    today = now().astimezone(organisation.tz).date()
    found = proposing.propose(organisation, max(day_of(request.POST.get("day", "")) or today, today), by=request.user)
    names = {pk: person.name for pk, person in found.people.items()}

    def instant(text: str) -> str:
        at = parse_datetime(text)
        return f"{at.astimezone(organisation.tz):%m-%d %H:%M}" if at else text

    context = {
        "stops": [
            (stop, [spoken(reason, names, instant, span_words) for reason in stop.reasons]) for stop in found.stops
        ],
        "unplanned": [
            (w, [spoken(reason, names, instant, span_words) for reason in reasons]) for w, reasons in found.unplanned
        ],
    }
    return page(request, "visits/proposal.html", context)


@require_POST
@login_required
def adopt(request: SignedRequest) -> HttpResponse:
    """What the dispatcher ticked of a proposal."""
    colleague(request)
    people = User.objects.visible_to(request.user)
    chosen = []
    for text in request.POST.getlist("stop")[:200]:
        kind, pk, engineer, starts, minutes = (*text.split("|"), "", "", "", "", "")[:5]
        at, who = _read(starts), people.filter(pk=row_id(engineer) or 0).first()
        if kind in ("wanted", "visit") and row_id(pk) and who and at and at.tzinfo and row_id(minutes):
            chosen.append((kind, row_id(pk) or 0, who, at, min(row_id(minutes) or 0, 1440)))
    if not chosen:
        raise Refused(_("Choose at least one visit."))
    done, refused = proposing.adopt(chosen, by=request.user, reason=_("Proposed plan, adopted by the dispatcher"))
    messages.success(request, ngettext("%(count)d visit planned.", "%(count)d visits planned.", done) % {"count": done})
    for sentence in refused[:5]:
        messages.warning(request, sentence)
    return redirect("visits:dispatch")


def day_of(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


@require_http_methods(["GET", "POST"])
@login_required
def plan(request: SignedRequest, pk: int) -> HttpResponse:
    """Who goes, and when: each engineer with what speaks against them at the time chosen."""
    colleague(request)
    rows = VisitRequest.objects.visible_to(request.user).select_related("request__item__product", "organisation")
    wanted = get_object_or_404(rows, pk=pk)
    best = next((person.pk for person, against, _count in weighed(wanted, first_time(wanted)) if not against), None)
    initial = {"starts_at": first_time(wanted), "engineer": best}
    form = PlanForm(request.POST or None, organisation=wanted.organisation, initial=initial)
    if request.method == "POST" and form.is_valid():
        starts, ends = form.times()
        data = form.cleaned_data
        try:
            visit = planning.plan_visit(
                wanted, engineer=data["engineer"], starts_at=starts, ends_at=ends, by=request.user,
                reason=data["reason"], pinned=data["pinned"],
            )  # fmt: skip
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            return redirect(visit)
    starts = form.times()[0] if form.is_bound and form.is_valid() else first_time(wanted)
    context = {"wanted": wanted, "form": form, "people": weighed(wanted, starts), "starts": starts}
    return page(request, "visits/plan.html", context, status=422 if form.errors else 200)


def first_time(wanted: VisitRequest) -> datetime:
    """The first half day on which the customer said somebody is there and that is not over; else in two hours."""
    zone, at = wanted.organisation.tz, now()
    for text in wanted.available:
        day, _blank, half = text.partition(" ")
        start = datetime.combine(date.fromisoformat(day), time(9 if half == "am" else 14), zone)
        if start > at:
            return start
    return (at.astimezone(zone) + timedelta(hours=2)).replace(minute=0, second=0, microsecond=0)


def weighed(wanted: VisitRequest, starts: datetime) -> list[tuple[User, list[Any], int]]:
    """Every engineer, those against whom least speaks first; with how many visits the day holds already."""
    ends = starts + planning.LENGTH
    start, until = board.whole(starts.astimezone(wanted.organisation.tz).date(), wanted.organisation)
    rows = []
    for engineer in PlanForm(organisation=wanted.organisation).fields["engineer"].queryset:  # type: ignore[attr-defined]
        found = planning.conflicts_of(wanted.request, wanted, engineer, starts, ends)
        count = Visit.objects.standing().during(start, until).filter(engineer=engineer).count()
        rows.append((engineer, found, count))
    return sorted(rows, key=lambda row: (len(row[1]), row[2], row[0].pk))


def found(request: SignedRequest, pk: int) -> Visit:
    colleague(request)
    return get_object_or_404(Visit.objects.visible_to(request.user).for_list(), pk=pk)


@require_GET
@login_required
def detail(request: SignedRequest, pk: int) -> HttpResponse:
    """One visit: the appointment, the sheet, and what somebody has to look at."""
    return page(request, "visits/detail.html", around(request, found(request, pk)))


def around(request: SignedRequest, visit: Visit, form: PlanForm | None = None) -> dict[str, Any]:
    user, sheet = request.user, visit.sheet or {}
    unsaid = sheet.get("review", {})
    rows = VisitOperation.objects.filter(visit=visit, uid__in=list(unsaid)).select_related("by").order_by("seq")
    started = {"engineer": visit.engineer_id, "starts_at": visit.starts_at, "minutes": visit.minutes}
    names, values, reasons = words.fields(), words.values(), words.review()
    steps = sheet.get("steps", {})
    return {
        "visit": visit, "moves": visit.moves_for(user), "leads": user.leads_in(visit.organisation.path),
        "mine": visit.engineer_id == user.pk, "link": request.session.pop(f"visit-link-{visit.pk}", ""),
        "form": form or PlanForm(organisation=visit.organisation, initial=started),
        "lines": [
            {"step": step.label, "passed": steps.get(step.value), "at": _read(steps.get(step.value, {}).get("at")),
             "fields": [(names[name], values.get(value, value)) for name, value in sheet.get("fields", {}).items()
                        if name.startswith(f"{step.value}.") and name != "sign.signature" and value],
             "said": [(words.exceptions().get(k, k), words.exceptions().get(v, v))
                      for k, v in steps.get(step.value, {}).get("said", {}).items() if v]}
            for step in Step
        ],
        "signature": VisitPhoto.objects.filter(
            visit=visit, blob__sha256=sheet.get("fields", {}).get("sign.signature", "")
        ).first(),
        "photos": VisitPhoto.objects.filter(
            visit=visit, blob__sha256__in=[p["sha256"] for p in sheet.get("photos", {}).values()]
        ),
        "unsaid": [(row, reasons.get(unsaid[str(row.uid)], "")) for row in rows],
        "conflicts": [names[name] for name in sheet.get("conflicts", {})],
        "unreleased": visit.left_at and steps.get("leave", {}).get("how") == "excepted" and not visit.released_at,
        "rating": VisitRating.objects.filter(visit=visit).first(),
        "calls": helping.support_calls(visit),
        "paper": Record.objects.visible_to(user).of(visit).first(),
        "coming": visit.status in (Visit.Status.PLANNED, Visit.Status.ACCEPTED),
    }  # fmt: skip


def _read(text: str | None) -> datetime | None:
    try:
        return parse_datetime(text) if text else None
    except ValueError:
        return None


@require_POST
@login_required
def act(request: SignedRequest, pk: int, move: str) -> HttpResponse:
    """One move of a visit; a refusal says why and changes nothing."""
    visit, user, said = found(request, pk), request.user, request.POST.get("words", "")[:300]
    if move == "accept":
        planning.accept_visit(visit, by=user)
    elif move == "decline":
        visit.decline(by=user, reason=said)
    elif move == "tell":
        planning.tell_customer(visit, by=user, words=said)
    elif move == "call-off":
        visit.call_off(by=user, reason=said)
    elif move == "release":
        syncing.release(visit, by=user)
    elif move == "link":
        planning.may_send(visit, user)
        request.session[f"visit-link-{visit.pk}"] = planning.send_appointment(visit)
    elif move == "advise":
        helping.answer_support(visit, request.POST.get("uid", ""), words=request.POST.get("words", ""), by=user)
    elif move in ("let-in", "set-aside"):
        syncing.review(visit, request.POST.getlist("uid"), let_in=move == "let-in", by=user, reason=said)
    else:
        raise Http404
    return redirect("visits:detail", pk)


@require_POST
@login_required
def move(request: SignedRequest, pk: int) -> HttpResponse:
    """Another time or another engineer: by the form, or dragged on the time line."""
    visit = found(request, pk)
    form = PlanForm(request.POST, organisation=visit.organisation)
    if not form.is_valid():
        return page(request, "visits/detail.html", around(request, visit, form), status=422)
    starts, ends = form.times()
    data = form.cleaned_data
    planning.move_visit(
        visit, by=request.user, starts_at=starts, ends_at=ends, engineer=data["engineer"], reason=data["reason"]
    )
    messages.success(request, _("Moved. The customer has to be told."))
    here = request.POST.get("day", "")
    return redirect(f"/visits/?day={here}" if day_of(here) else visit.get_absolute_url())


@require_GET
@login_required
def picture(request: SignedRequest, pk: int, photo: int) -> HttpResponse:
    """A photo or the signature of a visit."""
    visit = found(request, pk)
    row = get_object_or_404(VisitPhoto.objects.select_related("blob"), pk=row_id(photo) or 0, visit=visit)
    return HttpResponse(open_blob(row.blob).read(), content_type=row.blob.type)


@require_http_methods(["GET", "POST"])
def appointment(request: HttpRequest, token: str) -> HttpResponse:
    """The customer's own page of an appointment: agree, or say when it would suit. Looking agrees to nothing."""
    company = Organisation.objects.filter(parent=None).order_by("pk").first()  # none before the first run
    visit = Visit.objects.for_list().filter(token_digest=Visit.hashed(token)).first()
    if visit is None:
        return page(request, "visits/appointment.html", {"company": company}, status=404)
    if request.method == "POST" and request.user.is_authenticated and request.user.is_colleague:
        raise Refused(_("This address is the customer's: note on the visit's own page what they said."))
    form = ObjectForm(request.POST if request.POST.get("answer") == "other" else None)
    if request.method == "POST":
        if request.POST.get("answer") == "yes":
            planning.agree_by_link(visit)
            return redirect("visits:appointment", token)
        if form.is_valid():
            visit.object_to(form.cleaned_data["wish"], by=None)
            return redirect("visits:appointment", token)
    coming = visit.status in (Visit.Status.PLANNED, Visit.Status.ACCEPTED)
    context = {"visit": visit, "company": company, "form": form, "coming": coming, "when": planning.spoken(visit)}
    return page(request, "visits/appointment.html", context, status=422 if form.errors else 200)
