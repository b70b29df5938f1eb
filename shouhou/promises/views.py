"""Calendars, and a page on which anybody can count a period."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from shouhou.people.models import Organisation, SignedRequest, User
from shouhou.promises.actions import change_day, import_icalendar
from shouhou.promises.forms import CalendarFileForm, CountForm, DayForm, no_period
from shouhou.promises.jobs import count_anew, due_anew, provisional_clocks
from shouhou.promises.models import Calendar
from shouhou.promises.rules.calendar import BadWindow
from shouhou.promises.rules.clock import Promise, due
from shouhou.promises.rules.explain import explain
from shouhou.promises.rules.period import BadPeriod
from shouhou.promises.rules.promise import opening
from shouhou.promises.rules.timeline import TooFar
from shouhou.shared.lifecycle import Refused
from shouhou.shared.pages import page

SHOWN = 50  # of what would change; the number of all stands above


def colleague(request: SignedRequest) -> None:
    if not request.user.is_colleague:
        raise Http404


def keeps(user: User, calendar: Calendar) -> bool:
    """Whether the person may change the calendar: by leading its organisation, and headquarters for a common one."""
    return user.leads_in((calendar.organisation or Organisation.top()).path)


@require_GET
@login_required
def calendars(request: SignedRequest) -> HttpResponse:
    colleague(request)
    return page(
        request, "promises/calendars.html", {"rows": Calendar.objects.select_related("organisation").order_by("name")}
    )


@require_POST
@login_required
def anew(request: SignedRequest, pk: int) -> HttpResponse:
    """Count the provisional clocks by the newest version, after it was shown what that changes."""
    colleague(request)
    row = get_object_or_404(Calendar.objects.select_related("organisation"), pk=pk)
    if not keeps(request.user, row):
        raise Refused(_("Only who leads the organisation may change the calendar."))
    moved = count_anew(row, by=request.user)
    messages.success(request, _("Clocks counted anew: %(moved)s.") % {"moved": moved})
    return redirect("promises:calendar", pk)


@require_http_methods(["GET", "POST"])
@login_required
def calendar(request: SignedRequest, pk: int) -> HttpResponse:
    """The days of a calendar's newest version; a change publishes another version."""
    colleague(request)
    row = get_object_or_404(Calendar.objects.select_related("organisation"), pk=pk)
    may_change = keeps(request.user, row)
    day_form, file_form = DayForm(), CalendarFileForm()
    if request.method == "POST":
        if not may_change:
            raise Refused(_("Only who leads the organisation may change the calendar."))
        if request.FILES:
            file_form = CalendarFileForm(request.POST, request.FILES)
            if file_form.is_valid():
                import_icalendar(row, content=file_form.cleaned_data["file"].read(), by=request.user)
                return redirect("promises:calendar", pk)
        else:
            day_form = DayForm(request.POST)
            if day_form.is_valid():
                change_day(row, **day_form.cleaned_data, by=request.user)
                return redirect("promises:calendar", pk)
    version = row.current
    waiting = provisional_clocks(row)
    days = version.days()
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) <= 4 else max(days.published or {2026})
    shown = sorted(
        [(d, n, "rest") for d, n in days.rest.items() if d.year == year]
        + [(d, "", "worked") for d in days.worked if d.year == year]
    )
    context = {
        "calendar": row, "version": version, "days": shown, "year": year, "published": days.is_published(year),
        "day_form": day_form, "file_form": file_form, "may_change": may_change,
        "waiting": [(clock, due_anew(clock, version)) for clock in waiting[:SHOWN]], "waiting_count": waiting.count(),
    }  # fmt: skip
    return page(request, "promises/calendar.html", context, status=422 if day_form.errors or file_form.errors else 200)


@require_GET
@login_required
def count(request: SignedRequest) -> HttpResponse:
    """When is it due, and why? For anybody who wants to check a promise."""
    form = CountForm(request.GET or None)
    result, segments = None, []
    if request.GET and form.is_valid():
        data = form.cleaned_data
        try:
            within = data["within"]
            window = opening(data["window"], data["days"] or "daily", within)
            first = Calendar.objects.order_by("pk").first()
            if first is None:
                raise Refused(_("There is no calendar yet."))
            promise = Promise(within, first.current.days(), window, data["roll"])
            result, segments = due(promise, data["start"]), explain(promise, data["start"])
        except BadPeriod:
            form.add_error("within", no_period())
        except BadWindow:
            form.add_error("window", _("This is no window. Write for example 09:00-18:00."))
        except TooFar:
            form.add_error("within", _("The due time lies too far away."))
    return page(
        request,
        "promises/count.html",
        {"form": form, "result": result, "segments": segments},
        status=422 if form.errors else 200,
    )
