"""Each promise of the shipped presets on a real case: when it is due, what ends it, what pauses it, one breach.

Due times are counted by hand from the calendar of 2026: 1-7 October off, 10 October (a Saturday) worked; 15-23 February
off, 14 and 28 February worked. 24:00 of a day is written as the next day's 00:00.
"""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from shouhou.requests.actions.grouping import mark_request
from shouhou.requests.actions.talk import note_fact, pause_request, resolve_request, resume_request, send_message
from shouhou.requests.tests.make import at, clock, states, sweep
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Event
from shouhou.shared.time import moved_to

A, C, D, G = "software_standard", "terminal_warranty", "local_centre", "project_warranty"
H, I_, M = "platform_assurance", "application_maintenance", "depot_service"
SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Row:
    """One promise: who gave it, what starts it when, when it is due, and the act that keeps it."""

    clause: str
    preset: str
    start: str
    due: str
    stop: str
    begin: str = ""  # the fact that starts it, where the arrival itself does not
    actor: str = "agent"
    fields: dict = field(default_factory=dict)
    pause: str = ""  # a reason that stops it; the others must not
    marks: dict = field(default_factory=dict)

    @property
    def code(self) -> str:
        return self.clause.lower().replace(".", "_")


PORTAL = {"channel": "portal"}
DEPOT, PRESALES, USABILITY, PERFORMANCE = ({"kind": k} for k in ("depot", "presales", "usability", "performance"))
VISIT = {"needs_visit": True}
ROWS = [
    Row("A3.5", A, "2026-09-30 17:50", "2026-10-01 17:50", "visit.dispatched", "call.answered", "engineer",
        marks=VISIT),
    Row("A3.16", A, "2026-09-30 17:50", "2026-10-08 18:00", "visit.arrived", "visit.requested", pause="postponed"),
    Row("A3.18", A, "2026-10-01 23:30", "2026-10-02 00:30", "manager.called_back", "visit.urgent_requested", "manager"),
    Row("A5.3", A, "2026-10-02 23:30", "2026-10-03 00:30", "customer.informed", "support.solution_received"),
    Row("C2", C, "2026-10-02 23:58", "2026-10-03 00:03", "engineer.contacted_customer", actor="engineer"),
    Row("C3", C, "2026-10-02 23:58", "2026-10-03 00:58", "solution.proposed", pause="customer"),
    Row("C4", C, "2026-10-02 23:58", "2026-10-03 11:58", "visit.arrived"),
    Row("C7", C, "2026-10-03 09:30", "2026-10-03 10:30", "remote.started", "remote.requested"),
    Row("D4", D, "2026-10-01 23:50", "2026-10-02 08:05", "say", fields=PORTAL),
    Row("D5", D, "2026-10-01 20:00", "2026-10-02 04:00", "visit.arrived", "visit.requested"),
    Row("D6", D, "2026-10-01 20:00", "2026-10-02 20:00", "resolve", "visit.requested", pause="force_majeure"),
    Row("G2", G, "2026-09-29 10:00", "2026-10-09 00:00", "presales.answered", fields=PRESALES, pause="customer"),
    Row("G4", G, "2026-09-29 10:00", "2026-10-13 00:00", "rma.shipped", fields=DEPOT, pause="customer"),
    Row("H4", H, "2026-02-12 10:00", "2026-02-25 00:00", "resolve", "vendor.arrived", pause="customer"),
    Row("H9", H, "2026-10-04 23:00", "2026-10-05 01:00", "visit.arrived", fields={"urgency": "high"}),
    Row("I8", I_, "2026-10-04 22:00", "2026-10-05 02:00", "say", fields=PORTAL),
    Row("I9", I_, "2026-09-30 17:50", "2026-10-10 00:00", "resolve", pause="customer"),
    Row("I10", I_, "2026-10-08 10:00", "2026-10-11 00:00", "plan.submitted", "plan.declared"),
    Row("I11", I_, "2026-09-21 09:00", "2026-10-09 00:00", "change.delivered", fields=USABILITY, pause="customer"),
    Row(
        "I12", I_, "2026-09-01 09:00", "2026-10-09 00:00", "change.delivered", fields=PERFORMANCE,
        pause="customer", marks={"cause": "software"},
    ),
    Row("M2", M, "2026-10-09 19:00", "2026-10-10 18:00", "rma.tested", fields=DEPOT),
    Row("M3", M, "2026-10-09 19:00", "2026-10-10 19:00", "rma.answered", fields=DEPOT),
]  # fmt: skip
EACH = pytest.mark.parametrize("row", [pytest.param(r, id=r.clause) for r in ROWS])


@pytest.fixture
def begun(agreement, take, agent):
    """The case of a row, with its promise running."""

    def make(row: Row):
        agreement(row.preset, filled={"c9": "24 h"})
        start = at(row.start)
        with moved_to(start):
            case = take(reported_at=start, **row.fields)
            if row.begin:
                note_fact(case, fact=row.begin, occurred_at=start, by=agent)
            if row.marks:
                mark_request(case, by=agent, **row.marks)
        return case

    return make


@pytest.fixture
def act(agent, manager, engineer):
    """Do what keeps the promise of a row, at an instant."""
    people = {"agent": agent, "manager": manager, "engineer": engineer}

    def do(row: Row, case, when):
        by = people[row.actor]
        with moved_to(when):
            if row.stop == "resolve":
                resolve_request(case, solution="已更换主板。", by=by, occurred_at=when)
            elif row.stop == "say":
                send_message(case, text="您好,我们已收到,马上处理。", by=by)
            else:
                note_fact(case, fact=row.stop, occurred_at=when, by=by)

    return do


def broken_events(case, code):
    return Event.objects.of(case).filter(kind="clock.broken", data__code=code)


@pytest.mark.clause(
    "A3.5", "A3.16", "A3.18", "A5.3", "C2", "C3", "C4", "C7", "D4", "D5", "D6", "G2", "G4", "H4", "H9", "I8", "I9",
    "I10", "I11", "I12", "M2", "M3",
)  # fmt: skip
@EACH
def test_a_promise_is_due_when_the_hand_says_and_kept_until_that_very_instant(row, begun, act):
    case = begun(row)
    assert (clock(case, row.code).state, clock(case, row.code).due_at) == ("running", at(row.due))

    last = at(row.due) - SECOND if row.stop == "say" else at(row.due)  # words are said now, not at a written instant
    act(row, case, last)

    kept = clock(case, row.code)
    assert (kept.state, kept.due_at) == ("met", at(row.due))
    with moved_to(at(row.due) + timedelta(days=3)):
        sweep()
    assert clock(case, row.code).state == "met"
    assert not broken_events(case, row.code).exists()


def test_the_marks_name_the_clauses_of_the_rows():
    """`./run clauses` reads what is written there, without running anything."""
    (mark,) = [m for m in test_a_promise_is_due_when_the_hand_says_and_kept_until_that_very_instant.pytestmark
               if m.name == "clause"]  # fmt: skip
    assert set(mark.args) == {row.clause for row in ROWS}


@EACH
def test_a_breach_is_recorded_once_however_often_the_sweep_runs(row, begun, act):
    case = begun(row)
    with moved_to(at(row.due) - SECOND):
        sweep()
    assert clock(case, row.code).state == "running"

    for later in (SECOND, 2 * SECOND, timedelta(minutes=1)):
        with moved_to(at(row.due) + later):
            sweep()

    (event,) = broken_events(case, row.code)
    assert (event.occurred_at, event.data["clause"], event.data["audience"]) == (at(row.due), row.clause, "owner")
    act(row, case, at(row.due) + timedelta(minutes=2))
    late = clock(case, row.code)
    assert late.state == "broken"
    assert timedelta(minutes=-3) < late.margin < timedelta()
    assert broken_events(case, row.code).count() == 1


@EACH
def test_only_the_reasons_of_a_promise_stop_it_and_it_runs_on_afterwards(row, begun, agent):
    case = begun(row)
    with moved_to(at(row.start) + timedelta(minutes=1)):
        if row.pause in ("", "customer"):
            send_message(case, text="请问型号是?", by=agent, question=True)
        else:
            pause_request(case, reason=row.pause, words="用户要求改期", by=agent)
    if not row.pause:
        # a question to the customer is a response, where a response is owed, and no pause anywhere
        assert clock(case, row.code).state == ("met" if row.stop == "say" else "running")
        assert clock(case, row.code).due_at == at(row.due)
        return
    assert (clock(case, row.code).state, clock(case, row.code).due_at) == ("paused", None)
    with moved_to(at(row.due) + timedelta(days=20)):
        sweep()
    assert clock(case, row.code).state == "paused"

    with moved_to(at(row.start) + timedelta(minutes=2)):
        resume_request(case, by=agent)

    shown = clock(case, row.code)
    assert shown.state == "running"
    assert timedelta() <= shown.due_at - at(row.due) <= timedelta(minutes=1, seconds=5)


PAUSED = [
    ("c3", C, {}, "2026-10-02 23:00", "2026-10-02 23:20", "2026-10-03 08:20", "2026-10-03 09:00"),
    ("i9", I_, {}, "2026-09-30 17:50", "2026-10-08 12:00", "2026-10-09 12:00", "2026-10-11 00:00"),
    ("i9", I_, {}, "2026-09-30 17:50", "2026-10-08 12:00", "2026-10-08 13:00", "2026-10-10 00:00"),
    ("g4", G, {"kind": "depot"}, "2026-09-29 10:00", "2026-10-01 09:00", "2026-10-07 09:00", "2026-10-13 00:00"),
    ("g2", G, {"kind": "presales"}, "2026-06-08 10:00", "2026-06-09 12:00", "2026-06-10 12:00", "2026-06-12 00:00"),
]


@pytest.mark.clause("C3", "I9", "G2", "G4")
@pytest.mark.parametrize(("code", "preset", "fields", "start", "asked", "answered", "due"), PAUSED)
def test_what_a_pause_gives_back(agreement, take, agent, code, preset, fields, start, asked, answered, due):
    """Hours stand still to the second; a day counts unless its end lies in the pause; days off give nothing back."""
    agreement(preset, filled={"c9": "24 h"})
    with moved_to(at(start)):
        case = take(reported_at=at(start), **fields)
    case.note("customer.asked", by=agent, occurred_at=at(asked), data={"reason": "customer"})
    with moved_to(at(answered) - SECOND):
        sweep()
        assert clock(case, code).due_at is None
    with moved_to(at(answered) + SECOND):
        case.note("customer.answered", by=None, occurred_at=at(answered))

    assert (clock(case, code).state, clock(case, code).due_at) == ("running", at(due))


@pytest.mark.clause("A3.16")
def test_only_an_agreed_postponement_moves_a_visit(agreement, take, agent):
    agreement(A)
    start = at("2026-06-08 10:00")
    with moved_to(start):
        case = take(reported_at=start)
        note_fact(case, fact="visit.requested", occurred_at=start, by=agent)
    assert clock(case, "a3_16").due_at == at("2026-06-11 18:00")

    with moved_to(at("2026-06-09 12:00")):
        pause_request(case, reason="postponed", words="用户出差,约周三以后", by=agent)
    with moved_to(at("2026-06-10 12:00")):
        resume_request(case, by=agent)

    assert clock(case, "a3_16").due_at == at("2026-06-12 18:00")  # Tuesday's close lay in the pause


@pytest.mark.clause("C2")
def test_only_an_engineers_own_contact_counts_not_the_agents_call(agreement, take, agent, engineer):
    agreement(C, filled={"c9": "24 h"})
    case = take()
    send_message(case, text="已为您登记。", by=agent)
    with pytest.raises(Refused):
        note_fact(case, fact="engineer.contacted_customer", by=agent)
    assert states(case)["c2"] == "running"

    send_message(case, text="我是工程师,马上给您回电。", by=engineer)

    assert states(case)["c2"] == "met"


@pytest.mark.clause("C2", "A5.3", "A3.18")
@pytest.mark.parametrize(
    ("preset", "code", "begin"),
    [(C, "c2", ""), (A, "a5_3", "support.solution_received"), (A, "a3_18", "visit.urgent_requested")],
)
def test_a_recorded_try_in_time_counts_and_is_told_apart(
    agreement, take, agent, engineer, manager, preset, code, begin
):
    agreement(preset, filled={"c9": "24 h"})
    start = at("2026-10-02 10:00")
    with moved_to(start):
        case = take(reported_at=start)
        if begin:
            note_fact(case, fact=begin, occurred_at=start, by=agent)
    with moved_to(start + timedelta(minutes=4)):
        with pytest.raises(Refused):  # without a message nobody was tried
            note_fact(case, fact="contact.attempted", by=agent)
        note_fact(case, fact="contact.attempted", words="请回电 400-800-1234", by=agent)
        if code != "a5_3":  # the agent's try is neither the engineer's contact (C2) nor the duty manager's call (A3.18)
            assert states(case)[code] == "running"
            who = engineer if code == "c2" else manager
            note_fact(case, fact="contact.attempted", words="请回电", by=who)

    found = clock(case, code)
    assert (found.state, found.attempted) == ("met", True)


@pytest.mark.clause("A3.18")
def test_only_the_duty_managers_own_call_is_the_call_back(agreement, take, agent, manager):
    agreement(A)
    case = take()
    note_fact(case, fact="visit.urgent_requested", by=agent)
    with pytest.raises(Refused):
        note_fact(case, fact="manager.called_back", by=agent)
    assert states(case)["a3_18"] == "running"

    note_fact(case, fact="manager.called_back", by=manager)

    assert states(case)["a3_18"] == "met"


@pytest.mark.clause("A3.5")
def test_arranging_a_visit_is_owed_only_when_one_is_needed(agreement, take, agent):
    agreement(A)
    case = take()
    note_fact(case, fact="call.answered", by=agent)
    assert "a3_5" not in states(case)

    mark_request(case, by=agent, needs_visit=True)
    assert states(case)["a3_5"] == "running"

    resolve_request(case, solution="电话指导已解决。", by=agent)
    assert states(case)["a3_5"] == "cancelled"


@pytest.mark.clause("I12")
def test_a_performance_problem_binds_only_once_its_cause_is_found_in_software(agreement, take, agent):
    agreement(I_)
    start = at("2026-09-01 09:00")
    with moved_to(start):
        case = take(reported_at=start, kind="performance")
    assert "i12" not in states(case)
    with moved_to(at("2026-09-03 09:00")):
        mark_request(case, by=agent, cause="hardware")
        assert "i12" not in states(case)
        mark_request(case, by=agent, cause="software")

    assert clock(case, "i12").started_at == start  # counted from the request, not from the finding


@pytest.mark.clause("D4", "I8")
def test_assigning_pausing_and_a_note_are_no_response(agreement, take, agent, engineer):
    agreement(I_)
    case = take(channel="portal")
    case.begin(by=agent)
    case.note("reassignment.offered", by=agent, data={"taker": engineer.pk})
    pause_request(case, reason="force_majeure", words="暴雨停电", by=agent)
    assert states(case) == {"i8": "running", "i9": "paused"}

    resume_request(case, by=agent)
    send_message(case, text="已安排。", by=agent)

    assert states(case)["i8"] == "met"
