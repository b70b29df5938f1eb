"""Other people's bugs, where they concern stored clocks: each is a test on a real case."""

import random
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import AlreadyEnqueued

from shouhou.promises.actions import change_day, import_icalendar
from shouhou.promises.jobs import sweep
from shouhou.promises.models import Calendar, CalendarVersion, Clock
from shouhou.shared.lifecycle import Refused, UnrecordedWrite
from shouhou.shared.models import Event
from shouhou.shared.time import NEVER, moved_to

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


MONDAY = at("2026-06-08 09:00")
EVE = at("2026-09-30 17:50")


def clock(case, code: str) -> Clock:
    return case.clocks().get(commitment__code=code)


def states(case) -> dict[str, str]:
    return {c.commitment.code: c.state for c in case.clocks()}


def of_clock(case, kind: str, code: str):
    return Event.objects.of(case).filter(kind=kind, data__code=code)


def grade(case, severity: str, by) -> None:
    with case.noting("request.graded", by=by):
        case.severity = severity


@pytest.fixture
def maintained(agreement, take):
    """I8 and I9 run from an instant, by default Monday 8 June 2026, 09:00."""
    signed = []

    def make(start=MONDAY, **fields):
        if not signed:
            signed.append(agreement("application_maintenance"))
        with moved_to(start):
            return take(reported_at=start, channel="mail", **fields)

    return make


@pytest.fixture
def graded(agreement, take):
    agreement("integration_operations")

    def make(start=MONDAY, **fields):
        with moved_to(start):
            return take(reported_at=start, channel="mail", **fields)

    return make


def test_a_paused_case_is_not_shown_as_failed_and_a_pause_is_no_response(maintained, agent):
    """Frappe Helpdesk."""
    case = maintained()
    case.note("clock.paused", by=agent, occurred_at=MONDAY + timedelta(hours=1), data={"reason": "postponed"})
    with moved_to(MONDAY + timedelta(days=30)):
        sweep()
    assert states(case)["i9"] == "paused"
    assert not of_clock(case, "clock.broken", "i9").exists()
    assert states(case)["i8"] == "broken"  # the response was owed all the same


def test_clocks_stand_side_by_side_and_the_earliest_due_is_shown(maintained, agent):
    """Zammad 5177."""
    case = maintained()
    assert case.next_due_at == MONDAY + timedelta(hours=4)
    with moved_to(MONDAY + timedelta(hours=1)):
        case.note("request.responded", by=agent)
    assert (states(case), case.next_due_at) == ({"i8": "met", "i9": "running"}, at("2026-06-11 00:00"))


def test_an_overdue_promise_that_no_longer_applies_leaves_the_case_at_once(graded, agent):
    """Zammad 5624, 4353."""
    case = graded(impact="high", urgency="high")
    later = MONDAY + timedelta(minutes=11)
    with moved_to(later):
        sweep()
        case.refresh_from_db()
        assert (states(case)["k2_respond_critical"], case.next_clock_state) == ("broken", "broken")
        grade(case, "minor", agent)
    assert states(case)["k2_respond_critical"] == "broken"  # on record, but owed no longer: the case is not overdue
    assert (case.next_due_at, case.next_clock_state) == (MONDAY + timedelta(hours=4), "running")


def test_answering_and_asking_at_one_instant_keeps_the_response(maintained, agent):
    """Zammad 3551."""
    case = maintained()
    when = MONDAY + timedelta(hours=1)
    with moved_to(when + timedelta(seconds=1)):
        case.note("customer.asked", by=agent, occurred_at=when, data={"reason": "customer"})
        case.note("request.responded", by=agent, occurred_at=when)
    assert states(case) == {"i8": "met", "i9": "paused"}


def test_a_pause_outlives_a_change_of_grade(graded, agent):
    """GLPI 6902, 15605."""
    case = graded(impact="high", urgency="medium")
    with moved_to(MONDAY + timedelta(hours=1)):
        case.note("clock.paused", by=agent, occurred_at=MONDAY + timedelta(hours=1), data={"reason": "force_majeure"})
    with moved_to(MONDAY + timedelta(hours=2)):
        grade(case, "critical", agent)
        assert states(case)["k2_restore_critical"] == "paused"
    with moved_to(MONDAY + timedelta(hours=3, seconds=1)):
        case.note("clock.resumed", by=agent, occurred_at=MONDAY + timedelta(hours=3), data={"reason": "force_majeure"})
    assert clock(case, "k2_restore_critical").due_at == MONDAY + timedelta(hours=10)


@pytest.mark.parametrize("hours", [10, 200])
def test_a_case_that_waits_for_a_reason_is_not_broken_by_the_sweep(maintained, agent, hours):
    """GLPI 24481."""
    case = maintained()
    with moved_to(MONDAY + timedelta(hours=1)):
        case.note("customer.asked", by=agent, data={"reason": "customer"})
    with moved_to(MONDAY + timedelta(hours=hours)):
        sweep()
    assert (states(case)["i9"], clock(case, "i9").due_at) == ("paused", None)


def test_a_pause_over_a_weekend_gives_no_more_than_it_took(maintained, agent):
    """GLPI 10594."""
    case = maintained(start=at("2026-06-11 09:00"))  # Thursday: due Monday 24:00
    case.note("customer.asked", by=agent, occurred_at=at("2026-06-12 18:00"), data={"reason": "customer"})
    case.note("customer.answered", by=None, occurred_at=at("2026-06-15 08:00"))
    assert clock(case, "i9").due_at == at("2026-06-17 00:00")  # one working day's end lay inside: Friday's


def test_steps_missed_while_nobody_swept_are_not_told_in_a_flood(maintained):
    """GLPI 5319, Frappe Helpdesk 2967: after a long stop one breach at its own instant, and no stale warnings."""
    cases = [maintained() for _ in range(5)]
    with moved_to(MONDAY + timedelta(days=60)):
        for _ in range(3):
            sweep()
    for case in cases:
        (broken,) = of_clock(case, "clock.broken", "i8")
        assert broken.occurred_at == MONDAY + timedelta(hours=4)
        assert not of_clock(case, "clock.warned", "i8").exists()


def test_each_step_warns_once_however_often_the_clock_is_read(maintained, agent):
    """Frappe Helpdesk 2967."""
    case = maintained()
    for minute in range(0, 240, 12):
        with moved_to(MONDAY + timedelta(minutes=minute)):
            sweep()
            case.note("note.written", by=agent)
    warned = of_clock(case, "clock.warned", "i8").order_by("occurred_at")
    assert [(e.data["step"], e.data["audience"], e.occurred_at) for e in warned] == [
        ("50 %", "owner", MONDAY + timedelta(hours=2)),
        ("80 %", "duty_manager", MONDAY + timedelta(hours=3, minutes=12)),
    ]


def test_a_restarted_worker_starts_no_second_sweep_beside_a_waiting_one(db):
    """GLPI 16602."""
    task = app.tasks["shouhou.promises.jobs.sweep_clocks"]
    task.defer(timestamp=1)
    with pytest.raises(AlreadyEnqueued), transaction.atomic():
        task.defer(timestamp=2)
    assert ProcrastinateJob.objects.filter(task_name=task.name, status="todo").count() == 1


def test_a_goal_that_is_raised_warns_by_its_own_steps(graded, agent):
    """iTop: a used-up threshold is not skipped afterwards."""
    case = graded(impact="high", urgency="high")
    with moved_to(MONDAY + timedelta(minutes=9)):
        sweep()
        grade(case, "minor", agent)
    with moved_to(MONDAY + timedelta(hours=2, minutes=1)):
        sweep()
    assert [e.data["step"] for e in of_clock(case, "clock.warned", "k2_respond_minor")] == ["50 %"]


def test_the_colour_of_a_case_changes_with_the_sweep_not_by_the_hour(maintained):
    """Frappe Helpdesk."""
    case = maintained()
    for minutes, colour in ((1, "running"), (200, "at_risk"), (241, "broken")):
        with moved_to(MONDAY + timedelta(minutes=minutes)):
            sweep()
            case.refresh_from_db()
            assert case.next_clock_state == colour


@pytest.mark.clause("I9")
def test_a_new_holiday_moves_no_clock_that_runs_and_every_one_that_starts_later(maintained, manager):
    """FreeITSM: changing a calendar does not rewrite history; the version is frozen with the clock."""
    first = maintained(start=EVE)
    calendar = first.commitment_set.calendar
    change_day(calendar, day=date(2026, 10, 9), what="rest", name="公司庆典", by=manager)
    with moved_to(EVE + timedelta(hours=1)):
        first.note("note.written", by=manager)
        sweep()
    second = maintained(start=EVE)
    assert clock(first, "i9").due_at == at("2026-10-10 00:00")
    assert clock(second, "i9").due_at == at("2026-10-11 00:00")  # the 8th, then the worked Saturday
    assert "公司庆典" not in {s.why for s in clock(first, "i9").explanation()}
    assert clock(first, "i9").calendar_version.number < clock(second, "i9").calendar_version.number


ICS = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//x//x//
BEGIN:VEVENT
UID:1
DTSTAMP:20260101T000000Z
DTSTART;VALUE=DATE:20261001
DTEND;VALUE=DATE:20261003
SUMMARY:国庆节
END:VEVENT
BEGIN:VEVENT
UID:2
DTSTAMP:20260101T000000Z
DTSTART;VALUE=DATE:20261011
DTEND;VALUE=DATE:20261012
SUMMARY:补班
END:VEVENT
END:VCALENDAR
"""


def test_a_holiday_feed_makes_a_version_and_adds_nothing_silently(maintained, manager):
    """Zammad 390."""
    first = maintained(start=EVE)
    calendar = first.commitment_set.calendar
    before = calendar.current
    version = import_icalendar(calendar, content=ICS.encode(), by=manager)
    days = version.days()
    assert (version.number, calendar.current) == (before.number + 1, version)
    assert [day for day in (date(2026, 10, n) for n in range(1, 13)) if days.is_working(day)] == [
        date(2026, 10, n) for n in (5, 6, 7, 8, 9, 11, 12)
    ]
    assert clock(first, "i9").due_at == at("2026-10-10 00:00")
    assert clock(maintained(start=EVE), "i9").due_at == at("2026-10-07 00:00")
    event = Event.objects.filter(kind="calendar.published").latest("id")
    assert (event.data["years"], event.by_id) == ([2026], manager.pk)


@pytest.mark.parametrize(
    "content", [b"", b"not a calendar", ICS[: ICS.index("BEGIN:VEVENT")].encode() + b"END:VCALENDAR"]
)
def test_a_feed_without_days_changes_nothing(company, manager, content):
    calendar = Calendar.objects.get(organisation=company)
    with pytest.raises(Refused):
        import_icalendar(calendar, content=content, by=manager)
    assert calendar.versions.count() == 1


def test_a_calendar_version_is_never_changed(company):
    version = CalendarVersion.objects.first()
    version.rest = {}
    with pytest.raises(RuntimeError):
        version.save()


def test_promise_columns_are_written_by_recorded_moves_only(maintained):
    case = maintained()
    case.next_due_at = NEVER
    for save in (case.save, lambda: case.save(update_fields=["next_due_at"])):
        with pytest.raises(UnrecordedWrite):
            save()


def test_the_explanation_adds_up_to_the_due_time(maintained, agent):
    case = maintained(start=EVE)
    with moved_to(at("2026-10-08 12:00")):
        case.note("customer.asked", by=agent, occurred_at=at("2026-10-08 12:00"), data={"reason": "customer"})
    with moved_to(at("2026-10-09 12:00:01")):
        case.note("customer.answered", by=None, occurred_at=at("2026-10-09 12:00"))
    found = clock(case, "i9")
    segments = found.explanation()
    assert (segments[0].start, segments[-1].end) == (EVE, found.due_at)
    assert all(a.end == b.start for a, b in pairwise(segments))
    assert {"start_day", "pause:customer"} & {s.why for s in segments}


# --- advancing equals replaying -------------------------------------------------------------------

FACTS = [
    ("request.responded", 2, {}), ("customer.asked", 3, {"reason": "customer"}), ("customer.answered", 20, {}),
    ("clock.paused", 26, {"reason": "force_majeure"}), ("clock.resumed", 50, {"reason": "force_majeure"}),
    ("fault.repaired", 60, {}), ("request.rejected", 61, {}), ("plan.declared", 70, {}), ("plan.submitted", 90, {}),
    ("fault.repaired", 100, {}),
]  # fmt: skip


def picture(case) -> list[tuple]:
    """What counts of the clocks; a follow-on that was begun and taken back leaves a cancelled row behind."""
    return sorted(
        (c.commitment.code, c.state, c.started_at, c.due_at or NEVER, c.stopped_at or NEVER, str(c.pauses))
        for c in case.clocks()
        if c.state != "cancelled"
    )


@pytest.mark.parametrize("seed", range(12))
def test_any_order_of_arrival_gives_the_same_clocks(maintained, agent, seed):
    plain, shuffled = maintained(), maintained()
    mixed = FACTS[:]
    random.Random(seed).shuffle(mixed)
    with moved_to(MONDAY + timedelta(hours=120)):
        for case, facts in ((plain, FACTS), (shuffled, mixed)):
            for kind, hours, data in facts:
                case.note(kind, by=agent, occurred_at=MONDAY + timedelta(hours=hours), data=data)
        assert picture(shuffled) == picture(plain)
        before = list(Clock.objects.order_by("pk").values())
        events = Event.objects.count()
        for case in (plain, shuffled):
            case.advance()
        assert list(Clock.objects.order_by("pk").values()) == before
        assert Event.objects.count() == events
