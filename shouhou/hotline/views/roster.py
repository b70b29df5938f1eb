"""The roster: a week as a grid, planned by dragging or by keys, copied, proposed, published (A3.1, A3.7, M1)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from shouhou.hotline.actions import proposing, roster
from shouhou.hotline.models import Shift, ShiftKind
from shouhou.hotline.rules.resting import Offence
from shouhou.hotline.views.calls import colleague
from shouhou.people.models import Organisation, SignedRequest, User
from shouhou.people.rules import Skill
from shouhou.shared.forms import row_id
from shouhou.shared.lifecycle import Refused
from shouhou.shared.pages import page
from shouhou.shared.time import now


def organisation_asked(request: SignedRequest) -> Organisation:
    """The organisation named in the address or form, else one's own. Raises Http404 for one outside one's branch."""
    colleague(request)
    given = request.POST.get("organisation") or request.GET.get("organisation")
    if not given:
        return planned_house(request.user)
    return get_object_or_404(Organisation.objects.visible_to(request.user), pk=row_id(given) or 0)


def planned_house(user: User) -> Organisation:
    """One's own organisation, else the first below it that has shifts at all."""
    home = user.home
    kinds = ShiftKind.objects.filter(retired_at=None, organisation__path__startswith=home.path)
    first = kinds.select_related("organisation").order_by("organisation__path").first()
    return first.organisation if first else home


def day_asked(text: str | None, otherwise: date) -> date:
    """A day of an address; what is no day, or lies in another age, is read as `otherwise`."""
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return otherwise
    return day if abs((day - otherwise).days) < 3700 else otherwise


def monday_asked(request: SignedRequest, organisation: Organisation) -> date:
    today = now().astimezone(organisation.tz).date()
    return roster.monday_of(day_asked(request.POST.get("week") or request.GET.get("week"), today))


def address(organisation: Organisation, monday: date) -> str:
    query = urlencode({"organisation": str(organisation.pk), "week": monday.isoformat()})
    return f"{reverse('hotline:roster')}?{query}"


def in_words(offence: Offence) -> str:
    """A broken rule as one reads it."""
    given = offence.numbers
    words = {
        "overlap": _("in two places at once"),
        "away": _("on leave"),
        "rest": _("only %(hours)s h of rest"),
        "days_running": _("%(days)s days in a row"),
        "week_hours": _("%(hours)s h in the week"),
        "unqualified": _("lacks: %(skills)s"),
    }[offence.code]
    return words % {
        "hours": _hours(given.get("hours")), "days": given.get("days", ""),
        "skills": "、".join(str(Skill(skill).label) for skill in offence.lacking),
    }  # fmt: skip


def _hours(value: Any) -> str:
    return "" if value is None else f"{float(value):.1f}".removesuffix(".0")


@dataclass(frozen=True, slots=True)
class Chip:
    """A shift in its cell."""

    shift: Shift
    movable: bool
    wrong: list[str]
    limit_at: datetime | None
    over: bool  # a draft that can no longer be published by the norm


@dataclass(frozen=True, slots=True)
class Row:
    """A person's line of the grid."""

    person: User
    cells: list[tuple[date, list[Chip]]]
    hours: float


def grid(week: roster.Week, user: User, at: datetime) -> dict[str, Any]:
    """The week as the page shows it: seats per day and kind above, people below."""
    zone, leads = week.organisation.tz, user.leads_in(week.organisation.path)
    shifts = [s for s in week.shifts if leads or s.status != Shift.Status.DRAFT]
    cells: dict[tuple[int, date], list[Chip]] = {}
    for shift in shifts:
        draft = shift.status == Shift.Status.DRAFT
        limit = roster.limit_of(week.hours, shift.starts_at) if draft else shift.limit_at
        chip = Chip(
            shift, leads and shift.starts_at > at and shift.status in (Shift.Status.DRAFT, Shift.Status.PUBLISHED),
            [in_words(o) for o in week.offences.get(shift.pk, [])] if leads else [], limit,
            bool(draft and limit and at > limit),
        )  # fmt: skip
        cells.setdefault((shift.user_id, shift.starts_at.astimezone(zone).date()), []).append(chip)
    rows = [
        Row(person, [(day, cells.get((person.pk, day), [])) for day in week.days], _worked(shifts, person))
        for person in week.people
    ]
    seats = [
        (kind, [(day, week.planned(kind, day), week.needed(kind) if day in days else None) for day in week.days])
        for kind, days in week.kinds
    ]
    chips = [chip for row in rows for _day, day_chips in row.cells for chip in day_chips]
    drafts = [chip for chip in chips if chip.shift.status == Shift.Status.DRAFT]
    return {
        "rows": rows, "seats": seats, "drafts": drafts, "over": [c for c in drafts if c.over],
        "wrong": [c for c in drafts if c.wrong], "late": [c for c in chips if c.shift.is_late],
        "first_limit": min((c.limit_at for c in drafts if c.limit_at and not c.over), default=None),
        "leads": leads, "empty": sum(lack for _kind, _day, lack in week.empty),
        "today": at.astimezone(zone).date(), "at": at,
        "off": week.off,
    }  # fmt: skip


def _worked(shifts: list[Shift], person: User) -> float:
    own = [s for s in shifts if s.user_id == person.pk]
    seconds = sum((s.ends_at - s.starts_at).total_seconds() - 60 * s.kind.break_minutes for s in own)
    return round(seconds / 3600, 1)


def shown(request: SignedRequest, organisation: Organisation, monday: date, **more: Any) -> dict[str, Any]:
    week = roster.week_of(organisation, monday)
    branch = Organisation.objects.visible_to(request.user).filter(retired_at=None).order_by("path")
    return {
        "organisation": organisation, "organisations": branch, "week": week, "monday": monday,
        "before": address(organisation, monday - timedelta(days=7)),
        "after": address(organisation, monday + timedelta(days=7)), "title": _span(monday),
        **grid(week, request.user, now()), **more,
    }  # fmt: skip


def _span(monday: date) -> str:
    last = monday + timedelta(days=6)
    return f"{date_format(monday, 'DATE_FORMAT')} – {date_format(last, 'MONTH_DAY_FORMAT')}"


@require_GET
@login_required
def index(request: SignedRequest) -> HttpResponse:
    """A week of the roster."""
    organisation = organisation_asked(request)
    context = shown(request, organisation, monday_asked(request, organisation))
    return page(request, "hotline/roster.html", context, fragment="week")


@require_POST
@login_required
def plan(request: SignedRequest) -> HttpResponse:
    """One change of the grid: `do` is "put KIND USER DAY", "move SHIFT USER DAY" or "drop SHIFT"."""
    organisation = organisation_asked(request)
    monday = monday_asked(request, organisation)
    verb, *given = request.POST.get("do", "").split() or [""]
    if verb == "put" and len(given) == 3:
        roster.place(kind_at(organisation, given[0]), person_at(given[1]), _day(given[2]), by=request.user)
    elif verb == "move" and len(given) == 3:
        shift = shift_at(request, organisation, given[0])
        roster.move(shift, kind=shift.kind, user=person_at(given[1]), day=_day(given[2]), by=request.user)
    elif verb == "drop" and len(given) == 1:
        roster.withdraw(shift_at(request, organisation, given[0]), by=request.user)
    else:
        raise Http404
    return answer(request, organisation, monday)


def answer(request: SignedRequest, organisation: Organisation, monday: date) -> HttpResponse:
    """The grid again for htmx, the page for a plain form."""
    if getattr(request, "htmx", None):
        return page(request, "hotline/roster.html", shown(request, organisation, monday), fragment="week")
    return redirect(address(organisation, monday))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Http404 from None


def kind_at(organisation: Organisation, text: str) -> ShiftKind:
    rows = ShiftKind.objects.filter(organisation=organisation, retired_at=None).select_related("organisation")
    return get_object_or_404(rows, pk=row_id(text) or 0)


def person_at(text: str) -> User:
    return get_object_or_404(User, pk=row_id(text) or 0, is_active=True)


def shift_at(request: SignedRequest, organisation: Organisation, text: str) -> Shift:
    rows = Shift.objects.visible_to(request.user).filter(organisation=organisation)
    return get_object_or_404(rows.select_related("kind__organisation", "user"), pk=row_id(text) or 0)


@require_POST
@login_required
def copy(request: SignedRequest) -> HttpResponse:
    """As last week."""
    organisation = organisation_asked(request)
    monday = monday_asked(request, organisation)
    copied = roster.copy_week(organisation, monday, by=request.user)
    told = ngettext("%(count)d shift copied.", "%(count)d shifts copied.", copied.done) % {"count": copied.done}
    if copied.left_out:
        told += " " + _("%(count)d left out: past, taken, or no longer possible.") % {"count": copied.left_out}
    messages.info(request, told)
    return answer(request, organisation, monday)


@require_POST
@login_required
def propose(request: SignedRequest) -> HttpResponse:
    """Fill the empty seats of the week, fairly; what could not be met comes back in words."""
    organisation = organisation_asked(request)
    monday = monday_asked(request, organisation)
    found = proposing.propose_week(organisation, monday, by=request.user)
    unmet = [
        (kind, day, missing, [(person, in_words(offence)) for person, offence in reasons])
        for kind, day, missing, reasons in found.unmet
    ]
    context = shown(request, organisation, monday, proposal=found, unmet=unmet)
    return page(request, "hotline/roster.html", context, fragment="week")


@require_POST
@login_required
def publish(request: SignedRequest) -> HttpResponse:
    """Tell everybody."""
    organisation = organisation_asked(request)
    monday = monday_asked(request, organisation)
    exception = request.POST.get("exception", "")[:300]
    try:
        told = roster.publish_week(organisation, monday, by=request.user, exception=exception)
    except Refused as refused:
        context = shown(request, organisation, monday, refused=str(refused), exception=exception)
        return page(request, "hotline/roster.html", context, fragment="week", status=422)
    words = ngettext("%(count)d shift published.", "%(count)d shifts published.", told.done) % {"count": told.done}
    if told.late:
        words += " " + _("%(count)d of them later than half a working day before: it shows.") % {"count": told.late}
    messages.success(request, words)
    return answer(request, organisation, monday)
