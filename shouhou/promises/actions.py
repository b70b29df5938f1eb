"""Calendars: a change is a new version, never a rewriting."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from icalendar import Calendar as ICalendar

from shouhou.promises.models import Calendar, CalendarVersion
from shouhou.promises.rules.calendar import Calendar as Days
from shouhou.shared.journal import record
from shouhou.shared.lifecycle import Refused

MAKE_UP = ("补班", "调休上班", "上班", "make-up", "workday")


@transaction.atomic
def make_calendar(*, name: str, days: Days, organisation: Any = None, by: Any = None) -> Calendar:
    """A calendar with its first version."""
    calendar = Calendar.objects.create(name=name, zone=days.zone, organisation=organisation)
    version = calendar.publish(days, reason="first version")
    record("calendar.published", subject=calendar, by=by, data={"version": version.number})
    return calendar


def _locked(calendar: Calendar) -> Calendar:
    """Two who publish at once publish one after the other, the second on top of the first."""
    Calendar.objects.select_for_update().get(pk=calendar.pk)
    return calendar


@transaction.atomic
def change_day(calendar: Calendar, *, day: date, what: str, name: str, by: Any) -> CalendarVersion:
    """Publish a version in which one day is of rest, worked, or as its weekday says. Open clocks stay."""
    now = _locked(calendar).current.days()
    rest, worked = dict(now.rest), set(now.worked)
    rest.pop(day, None)
    worked.discard(day)
    if what == "rest":
        rest[day] = name or day.isoformat()
    elif what == "worked":
        worked.add(day)
    version = calendar.publish(replace(now, rest=rest, worked=frozenset(worked)), reason=f"{day}: {what}")
    record(
        "calendar.published",
        subject=calendar,
        by=by,
        data={"version": version.number, "day": day.isoformat(), "what": what},
    )
    return version


def read_icalendar(content: bytes) -> tuple[dict[date, str], set[date]]:
    """Days of rest and make-up days of an iCalendar file. Raises Refused for a file without all-day events."""
    try:
        source = ICalendar.from_ical(content)
    except ValueError:
        raise Refused(_("This is no iCalendar file: choose a file that ends in .ics.")) from None
    rest: dict[date, str] = {}
    worked: set[date] = set()
    for event in source.walk("VEVENT"):
        start, end = event.get("dtstart"), event.get("dtend")
        if start is None or isinstance(start.dt, datetime):
            continue
        name = str(event.get("summary", ""))
        last = end.dt if end is not None else start.dt + timedelta(days=1)
        day = start.dt
        while day < last and (day - start.dt).days < 60:
            if any(mark in name.lower() for mark in MAKE_UP):
                worked.add(day)
            else:
                rest[day] = name or day.isoformat()
            day += timedelta(days=1)
    if not rest and not worked:
        raise Refused(_("The file has no all-day events: holidays are all-day events."))
    return rest, worked


@transaction.atomic
def import_icalendar(calendar: Calendar, *, content: bytes, by: Any) -> CalendarVersion:
    """Publish a version with the file's days in place of all days of the years that it names."""
    rest, worked = read_icalendar(content)
    years = {day.year for day in (*rest, *worked)}
    now = _locked(calendar).current.days()
    days = replace(
        now,
        rest={**{d: n for d, n in now.rest.items() if d.year not in years}, **rest},
        worked=frozenset({d for d in now.worked if d.year not in years} | worked),
        published=(now.published or frozenset()) | frozenset(years),
    )
    version = calendar.publish(days, reason=f"iCalendar {min(years)}-{max(years)}")
    record("calendar.published", subject=calendar, by=by, data={"version": version.number, "years": sorted(years)})
    return version
