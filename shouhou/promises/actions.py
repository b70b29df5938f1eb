"""Calendars: a change is a new version, never a rewriting."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.postgres.search import SearchVectorField
from django.db import models, transaction
from django.utils.translation import gettext as _
from icalendar import Calendar as ICalendar

from shouhou.promises.models import Calendar, CalendarVersion
from shouhou.promises.models.cases import Promised
from shouhou.promises.rules.calendar import Calendar as Days
from shouhou.promises.rules.facts import Fact
from shouhou.promises.rules.fold import Terms
from shouhou.promises.rules.replay import Bench, Replay, kinds_of, sums_of
from shouhou.shared.journal import record
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Event

CHUNK = 5000
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


def case_model(kind: str) -> type[Any]:
    """The model whose cases the journal knows by this kind. Raises LookupError for a kind without promises."""
    for model in Promised.__subclasses__():
        if kind == model.KIND:
            return model
    raise LookupError(kind)


def past_cases(
    cases: models.QuerySet[Any], terms: Sequence[Terms], since: datetime, until: datetime
) -> Iterator[tuple[int, dict[str, Any], list[Fact]]]:
    """Each case whose first event lies in [since, until): its id, what it is, and the facts that the terms read.

    `cases` are rows of one model whose `promise_facts` says what they are. One query, and one for each CHUNK cases.
    """
    model = cases.model
    every = Event.objects.filter(case_kind=model.KIND).order_by()
    begun = every.values("case_id").annotate(first=models.Min("occurred_at"))
    begun = begun.filter(first__gte=since, first__lt=until)
    cases = cases.order_by().filter(pk__in=begun.values("case_id"))
    # Texts are most of a row, and what a case is does not depend on them; the item's class stands with its product.
    long = [f.name for f in model._meta.concrete_fields if isinstance(f, models.TextField | SearchVectorField)]
    known = {f.name for f in model._meta.get_fields()}
    rows = cases.defer(*long).select_related(*(["item__product"] if "item" in known else []))
    what = {row.pk: dict(row.promise_facts()) for row in rows.iterator(chunk_size=5000)}
    read = every.filter(models.Q(kind__in=kinds_of(terms)) | ~models.Q(corrects_id=None))
    facts: dict[int, list[Fact]] = {pk: [] for pk in what}
    columns = ("case_id", "kind", "occurred_at", "recorded_at", "key", "id", "data", "corrects_id")
    ids = sorted(what)
    for chunk in (ids[n : n + CHUNK] for n in range(0, len(ids), CHUNK)):  # named: no plan can read all for each
        told = read.filter(case_id__in=chunk).values_list(*columns)
        for case, kind, occurred, recorded, key, pk, data, corrects in told.iterator(CHUNK):
            facts[case].append(Fact(kind, occurred, recorded, key or f"{pk:020}", pk, data, corrects))
    return ((pk, what[pk], facts[pk]) for pk in sorted(what))


def replay_cases(
    terms: Sequence[Terms], *, cases: models.QuerySet[Any], since: datetime, until: datetime, at: datetime, zone: str
) -> Replay:
    """How past cases would have stood at `at` under these terms; nothing is written. Hours are those of `zone`.

    `cases`: those that the asker may see; [since, until) is when they began. All times are aware.
    """
    bench, verdicts, count = Bench(terms, at), [], 0
    for case, what, facts in past_cases(cases, terms, since, until):
        verdicts += bench.judge(case, what, facts)
        count += 1
    return Replay(count, verdicts, sums_of(terms, verdicts, zone))
