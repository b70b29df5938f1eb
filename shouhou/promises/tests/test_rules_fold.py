"""Clocks as a fold over facts: what starts, stops, pauses, breaks and calls them off, in any order of arrival."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest

from shouhou.promises.rules.calendar import Calendar, Window
from shouhou.promises.rules.clock import Pause, Promise
from shouhou.promises.rules.fold import Fact, Terms, applies, fold
from shouhou.promises.rules.period import Period

ZONE = ZoneInfo("Asia/Shanghai")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
REASONS = ("customer", "force_majeure", "postponed")


def at(text):
    return datetime.fromisoformat(f"2026-10-{text}").replace(tzinfo=ZONE)


def fact(kind, when, id=1, *, recorded=None, key=None, corrects=None, **data):
    occurred = at(when)
    return Fact(kind, occurred, at(recorded) if recorded else occurred, key or f"{id:06}", id, data, corrects)


def terms(within="4 h", *, start="fault.reported", stop=("fault.repaired",), window=None, **more):
    promise = Promise(Period.parse(within), Calendar.china(), Window.parse(window, "working") if window else None)
    return Terms(
        "t", start, stop, more.pop("cancel", ("request.cancelled", "request.merged", "request.closed")), promise, **more
    )


def one(told, facts, now, case=None):
    (reading,) = fold(told, case or {}, facts, at(now))
    return reading


REPORT = fact("fault.reported", "12 10:00", 1)


def test_a_clock_runs_is_kept_at_the_very_due_instant_and_is_broken_after_it():
    running = one(terms(), [REPORT], "12 11:00")
    assert (running.state, running.due_at, running.used, running.left) == ("running", at("12 14:00"), HOUR, 3 * HOUR)
    assert running.next_at == at("12 14:00")
    assert one(terms(), [REPORT], "12 14:00").state == "running"
    assert one(terms(), [REPORT], "12 14:00").next_at == at("12 14:00")  # looked at again, until it is broken
    late = one(terms(), [REPORT], "12 14:00:01")
    assert (late.state, late.next_at, late.left, late.stopped_at) == ("broken", None, timedelta(), None)
    kept = one(terms(), [REPORT, fact("fault.repaired", "12 14:00", 2)], "12 15:00")
    assert (kept.state, kept.margin, kept.stopped_by, kept.stopped_at) == ("met", timedelta(), 2, at("12 14:00"))
    missed = one(terms(), [REPORT, fact("fault.repaired", "12 14:30", 2)], "12 15:00")
    assert (missed.state, missed.margin, missed.stopped_at) == ("broken", -30 * MINUTE, at("12 14:30"))


def test_nothing_starts_without_its_fact_or_where_the_case_is_another():
    assert fold(terms(), {}, [fact("request.received", "12 10:00")], at("12 11:00")) == ()
    critical = terms(when={"severity": ["critical", "major"], "urgent": True})
    assert fold(critical, {"severity": "minor", "urgent": True}, [REPORT], at("12 11:00")) == ()
    assert len(fold(critical, {"severity": "major", "urgent": True}, [REPORT], at("12 11:00"))) == 1


def test_a_property_that_the_case_does_not_have_is_not_true():
    assert applies(terms(when={"urgent": False}), {})
    assert not applies(terms(when={"urgent": True}), {})
    assert applies(terms(when={"item_class": "printer"}), {"item_class": ["scanner", "printer"]})


def test_a_start_that_is_still_to_come_waits():
    waiting = one(terms(), [REPORT], "12 09:00")
    assert (waiting.state, waiting.started_at, waiting.next_at) == ("waiting", at("12 10:00"), at("12 10:00"))


def test_what_has_not_happened_yet_does_not_stop_a_clock_but_says_when_to_look_again():
    reading = one(terms(), [REPORT, fact("fault.repaired", "12 13:00", 2)], "12 11:00")
    assert (reading.state, reading.next_at) == ("running", at("12 13:00"))


def test_a_stop_before_the_start_does_not_stop():
    early = fact("fault.repaired", "12 09:00", 2, recorded="12 10:30")
    assert one(terms(), [REPORT, early], "12 11:00").state == "running"


def test_a_stop_at_the_starting_instant_keeps_it():
    assert one(terms(), [fact("fault.repaired", "12 10:00", 0), REPORT], "12 11:00").state == "met"


def test_a_clock_stands_still_while_we_wait_for_the_customer_and_goes_on_with_any_reply():
    told = terms(pause=REASONS)
    asked = fact("customer.asked", "12 11:00", 2)
    paused = one(told, [REPORT, asked], "12 20:00")
    assert (paused.state, paused.paused_reason, paused.due_at, paused.used, paused.left) == (
        "paused",
        "customer",
        None,
        HOUR,
        3 * HOUR,
    )
    assert paused.next_at is None
    answer = fact("message.received", "12 13:00", 3)
    running = one(told, [REPORT, asked, answer], "12 14:00")
    assert (running.state, running.due_at, running.used) == ("running", at("12 16:00"), 2 * HOUR)
    assert running.pauses == (Pause(at("12 11:00").astimezone(UTC), at("12 13:00").astimezone(UTC), "customer"),)


def test_only_the_reasons_of_the_terms_pause_a_clock():
    facts = [REPORT, fact("clock.paused", "12 11:00", 2, reason="postponed")]
    assert one(terms(pause=("postponed",)), facts, "12 12:00").state == "paused"
    assert one(terms(pause=("customer", "force_majeure")), facts, "12 12:00").state == "running"
    assert one(terms(), [REPORT, fact("customer.asked", "12 11:00", 2)], "12 12:00").due_at == at("12 14:00")


def test_resuming_ends_the_named_reason_only():
    facts = [
        REPORT,
        fact("customer.asked", "12 11:00", 2),
        fact("clock.paused", "12 11:00", 3, reason="force_majeure"),
        fact("clock.resumed", "12 12:00", 4, reason="force_majeure"),
    ]
    assert one(terms(pause=REASONS), facts, "12 13:00").paused_reason == "customer"
    assert one(terms(pause=REASONS), [*facts[:3], fact("clock.resumed", "12 12:00", 4)], "12 13:00").state == "running"


def test_pauses_that_overlap_keep_their_reasons_and_count_once():
    facts = [
        REPORT,
        fact("customer.asked", "12 11:00", 2),
        fact("clock.paused", "12 12:00", 3, reason="force_majeure"),
        fact("customer.answered", "12 13:00", 4),
        fact("clock.resumed", "12 14:00", 5, reason="force_majeure"),
    ]
    reading = one(terms(pause=REASONS), facts, "12 15:00")
    assert [(p.start, p.end, p.reason) for p in reading.pauses] == [
        (at("12 11:00"), at("12 13:00"), "customer"),
        (at("12 13:00"), at("12 14:00"), "force_majeure"),
    ]
    assert reading.due_at == at("12 17:00")


def test_two_questions_and_one_reply_are_one_pause():
    facts = [
        REPORT,
        *(fact("customer.asked", f"12 1{h}:00", h) for h in (1, 2)),
        fact("customer.answered", "12 13:00", 9),
    ]
    assert one(terms(pause=REASONS), facts, "12 13:30").due_at == at("12 16:00")


def test_an_agreed_end_of_a_pause_is_known_ahead_and_can_be_cut_back():
    postponed = fact("clock.paused", "12 11:00", 2, reason="postponed", until=at("12 13:00").isoformat())
    told = terms(pause=REASONS)
    paused = one(told, [REPORT, postponed], "12 12:00")
    assert (paused.state, paused.due_at, paused.next_at) == ("paused", at("12 16:00"), at("12 13:00"))
    assert one(told, [REPORT, postponed], "12 13:30").state == "running"
    cut = fact("clock.resumed", "12 11:30", 3, reason="postponed")
    assert one(told, [REPORT, postponed, cut], "12 12:00").due_at == at("12 14:30")


def test_pausing_and_resuming_at_once_changes_nothing():
    told = terms(pause=REASONS)
    bare = one(told, [REPORT], "12 12:00")
    facts = [
        REPORT,
        fact("clock.paused", "12 11:00", 2, reason="postponed"),
        fact("clock.resumed", "12 11:00", 3, reason="postponed"),
    ]
    for order in permutations(facts):
        assert one(told, list(order), "12 12:00") == bare


def test_a_pause_begun_before_the_start_counts_from_the_start():
    facts = [fact("customer.asked", "12 09:00", 1), REPORT, fact("customer.answered", "12 11:00", 3)]
    reading = one(terms(pause=REASONS), facts, "12 12:00")
    assert (reading.due_at, reading.pauses[0].start) == (at("12 15:00"), at("12 10:00"))


def test_a_repair_during_an_open_pause_keeps_the_promise_and_leaves_a_due_time():
    facts = [REPORT, fact("customer.asked", "12 11:00", 2), fact("fault.repaired", "13 11:00", 3)]
    reading = one(terms(pause=REASONS), facts, "14 11:00")
    assert (reading.state, reading.due_at, reading.used, reading.paused_reason) == ("met", at("13 14:00"), HOUR, None)


def test_a_correction_moves_a_fact_and_keeps_its_identity():
    late = fact("fault.repaired", "12 15:00", 2)
    fixed = fact("event.corrected", "12 13:00", 3, recorded="12 18:00", corrects=2)
    assert one(terms(), [REPORT, late], "12 19:00").state == "broken"
    reading = one(terms(), [REPORT, late, fixed], "12 19:00")
    assert (reading.state, reading.stopped_by, reading.stopped_at) == ("met", 2, at("12 13:00"))
    again = fact("event.corrected", "12 16:00", 4, recorded="12 18:30", corrects=3)  # the correction was wrong too
    assert one(terms(), [again, REPORT, fixed, late], "12 19:00").state == "broken"


def test_a_correction_can_take_a_fact_away_and_give_it_back():
    done, gone = (
        fact("fault.repaired", "12 11:00", 2),
        fact("event.corrected", "12 11:00", 3, recorded="12 11:30", corrects=2, void=True),
    )
    back = fact("event.corrected", "12 11:00", 4, recorded="12 11:40", corrects=2)
    assert one(terms(), [REPORT, done, gone], "12 12:00").state == "running"
    assert one(terms(), [REPORT, done, back, gone], "12 12:00").state == "met"


def test_a_correction_of_nothing_or_of_itself_is_left_out():
    odd = [fact("event.corrected", "12 11:00", 8, corrects=99), fact("event.corrected", "12 11:00", 9, corrects=9)]
    assert one(terms(), [REPORT, *odd], "12 12:00") == one(terms(), [REPORT], "12 12:00")


def test_a_rejected_repair_is_as_if_it_had_never_been_and_earlier_cycles_stand():
    told = terms(repeat="cycle")
    facts = [REPORT, fact("fault.repaired", "12 11:00", 2), fact("request.rejected", "12 12:00", 3)]
    assert one(told, facts, "12 12:30").state == "running"
    assert one(told, facts, "12 15:00").state == "broken"
    facts = [
        REPORT,
        fact("fault.repaired", "12 11:00", 2),
        fact("request.closed", "12 12:00", 3),
        fact("request.reopened", "13 10:00", 4),
        fact("fault.repaired", "13 11:00", 5),
        fact("request.rejected", "13 12:00", 6),
    ]
    first, second = fold(told, {}, facts, at("13 13:00"))
    assert (first.state, first.stopped_by) == ("met", 2)
    assert (second.state, second.start_fact_id, second.due_at) == ("running", 4, at("13 14:00"))


def test_a_repair_said_while_waiting_for_the_customer_does_not_leave_the_clock_paused_once_rejected():
    facts = [
        REPORT,
        fact("customer.asked", "12 11:00", 2),
        fact("request.resolved", "12 12:00", 3),
        fact("fault.repaired", "12 12:00", 4),
        fact("request.rejected", "12 13:00", 5),
    ]
    reading = one(terms(pause=REASONS), facts, "12 14:00")
    assert (reading.state, reading.due_at) == ("running", at("12 15:00"))


def test_a_clock_that_starts_with_a_rejected_resolution_is_gone():
    told = terms("1 d", start="request.resolved", stop=("request.followed_up",))
    facts = [fact("request.resolved", "12 10:00", 1), fact("request.rejected", "12 11:00", 2)]
    assert fold(told, {}, facts, at("12 12:00")) == ()


def test_first_each_and_cycle_start_as_many_clocks_as_they_say():
    facts = [
        REPORT,
        fact("fault.reported", "12 11:00", 2),
        fact("fault.repaired", "12 12:00", 3),
        fact("request.reopened", "13 09:00", 4),
    ]
    starts = {
        repeat: [r.start_fact_id for r in fold(terms(repeat=repeat), {}, facts, at("13 10:00"))]
        for repeat in ("first", "each", "cycle")
    }
    assert starts == {"first": [1], "each": [1, 2], "cycle": [1, 4]}


def test_a_new_cycle_calls_off_what_is_left_of_the_last_one():
    told = terms(repeat="cycle", cancel=())
    first, second = fold(told, {}, [REPORT, fact("request.reopened", "12 12:00", 2)], at("12 13:00"))
    assert (first.state, first.ended_at, second.state) == ("cancelled", at("12 12:00"), "running")


def test_calling_off_ends_a_running_clock_but_no_breach():
    running = one(terms(), [REPORT, fact("request.cancelled", "12 11:00", 2)], "12 20:00")
    assert (running.state, running.ended_at, running.stopped_at, running.next_at) == (
        "cancelled",
        at("12 11:00"),
        None,
        None,
    )
    broken = one(terms(), [REPORT, fact("request.cancelled", "12 15:00", 2)], "12 20:00")
    assert (broken.state, broken.ended_at, broken.stopped_at) == ("broken", at("12 15:00"), None)


def test_an_attempt_inside_the_limit_meets_a_promise_to_reach_a_person_and_owes_two_more():
    told = terms("1 h", stop=("manager.called_back",), attempts=True)
    tried = fact("contact.attempted", "12 10:30", 2)
    reading = one(told, [REPORT, tried], "12 12:00")
    assert (reading.state, reading.attempted, reading.stopped_by, reading.tries_owed) == ("met", True, 2, 2)
    again = fact("contact.attempted", "12 10:50", 3)
    assert one(told, [REPORT, tried, again], "12 12:00").tries_owed == 1
    reached = one(told, [REPORT, tried, fact("manager.called_back", "12 13:00", 3)], "12 14:00")
    assert (reached.state, reached.attempted, reached.tries_owed) == ("met", True, 0)
    in_time = one(told, [REPORT, tried, fact("manager.called_back", "12 10:45", 3)], "12 14:00")
    assert (in_time.state, in_time.attempted, in_time.stopped_by) == ("met", False, 3)


def test_an_attempt_too_late_without_a_message_or_where_none_counts_meets_nothing():
    told = terms("1 h", stop=("manager.called_back",), attempts=True)
    assert one(told, [REPORT, fact("contact.attempted", "12 11:30", 2)], "12 12:00").state == "broken"
    assert one(told, [REPORT, fact("contact.attempted", "12 10:30", 2, message=False)], "12 12:00").state == "broken"
    assert (
        one(replace(told, attempts=False), [REPORT, fact("contact.attempted", "12 10:30", 2)], "12 12:00").state
        == "broken"
    )


@pytest.mark.clause("A3.9")
def test_three_rings_are_counted_or_timed_by_the_cadence_of_the_line():
    told = terms("3 rings", start="call.ringing", stop=("call.answered",), cancel=("call.abandoned",), repeat="each")
    ringing = fact("call.ringing", "12 10:00:00", 1)

    def answered(second, **data):
        return one(told, [ringing, fact("call.answered", f"12 10:00:{second}", 2, **data)], "12 10:05").state

    assert answered(15) == "met"  # the start of ring 4
    assert answered(16) == "broken"
    assert answered(20, rings=3) == "met"
    assert answered(10, rings=4) == "broken"
    slow = fact("call.ringing", "12 10:00:00", 1, cadence=[2, 4])
    assert one(told, [slow, fact("call.answered", "12 10:00:18", 2)], "12 10:05").state == "met"


@pytest.mark.clause("A3.9")
def test_a_caller_lost_in_the_queue_was_not_answered():
    told = terms("3 rings", start="call.ringing", stop=("call.answered",), cancel=("call.abandoned",))
    ringing = fact("call.ringing", "12 10:00:00", 1)
    assert one(told, [ringing, fact("call.abandoned", "12 10:00:08", 2, queueing=True)], "12 10:05").state == "broken"
    assert one(told, [ringing, fact("call.abandoned", "12 10:00:08", 2)], "12 10:05").state == "cancelled"
    assert one(told, [ringing, fact("call.abandoned", "12 10:00:30", 2)], "12 10:05").state == "broken"
    assert one(told, [ringing], "12 10:05").state == "broken"


def test_an_external_verdict_is_taken_over_and_never_computed():
    told = terms("external", stop=("request.imported_verdict",))
    assert one(told, [REPORT], "30 10:00").state == "running"
    for made, state in ((True, "met"), (False, "broken")):
        reading = one(told, [REPORT, fact("request.imported_verdict", "13 10:00", 2, made=made)], "30 10:00")
        assert (reading.state, reading.verdict_external, reading.due_at, reading.next_at) == (state, made, None, None)


@pytest.mark.clause("I9", "I10")
def test_a_chain_goes_on_from_the_missed_day_or_from_an_early_declaration():
    repair = one(terms("2 wd"), [fact("fault.reported", "08 10:00", 1)], "20 10:00")
    assert (repair.state, repair.due_at) == ("broken", at("11 00:00"))  # Fri 9, worked Sat 10
    told = terms("2 d", start="i9.broken|plan.declared", stop=("plan.submitted",), follow_on=True)
    missed = Fact("i9.broken", repair.due_at, at("20 10:00"), "~1", 1)
    chained = one(told, [missed], "11 10:00")
    assert (chained.due_at, chained.used, chained.left) == (at("13 00:00"), timedelta(), timedelta(days=2))
    declared = one(told, [fact("plan.declared", "09 00:00", 2)], "09 10:00")
    assert declared.due_at == at("13 00:00")  # an ordinary start: Fri 9 is not counted, Sun 11 moves to Mon 12


def test_the_next_instant_is_the_next_warning_then_the_due_time():
    told = terms(warn=("50 %", "30 min before"))
    early, later, last = (one(told, [REPORT], now) for now in ("12 10:00", "12 12:00", "12 13:45"))
    assert early.warnings == (("50 %", at("12 12:00")), ("30 min before", at("12 13:30")))
    assert [r.next_at for r in (early, later, last)] == [at("12 12:00"), at("12 13:30"), at("12 14:00")]


def test_days_left_are_counted_days():
    reading = one(terms("5 wd"), [fact("fault.reported", "08 10:00", 1)], "12 10:00")
    assert (reading.used, reading.left, reading.due_at) == (timedelta(days=2), timedelta(days=3), at("15 00:00"))
