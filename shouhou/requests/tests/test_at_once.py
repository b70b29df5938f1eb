"""Two people, or two workers, at the same moment: one wins, the other is told, nothing happens twice."""

from datetime import date, timedelta

import pytest

from shouhou.agreements.actions import adopt_for_company
from shouhou.customers.models import Customer
from shouhou.people.actions import appoint
from shouhou.people.models import Organisation, User
from shouhou.promises.actions import make_calendar
from shouhou.promises.rules.calendar import Calendar as Days
from shouhou.promises.rules.presets import standing
from shouhou.requests.actions.grouping import merge_requests
from shouhou.requests.actions.handover import accept_reassignment, escalate_unaccepted, offer_reassignment
from shouhou.requests.actions.intake import take_request
from shouhou.requests.actions.talk import answer_by_link, resolve_request
from shouhou.requests.models import ConfirmationLink, Reassignment, ServiceRequest
from shouhou.requests.tests.make import at, states, sweep
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Event
from shouhou.shared.tests.conftest import committed_once, together
from shouhou.shared.time import moved_to

__all__ = ["committed_once", "together"]  # fixtures

NINE = at("2026-06-08 09:00")
LATER = at("2026-06-29 09:00")


@pytest.fixture(scope="module")
def ground(committed_once):
    """A company with people and a customer, really committed."""
    top = Organisation.objects.create(name="华信软件", kind="headquarters")
    make_calendar(name="华信工作日历", days=Days.china(), organisation=top)
    adopt_for_company(preset=standing(), organisation=top, purpose="standing", by=None)
    people = {}
    for role in ("agent", "engineer", "duty_manager"):
        people[role] = User.objects.create_user(role, name=role)
        appoint(user=people[role], role=role, organisation=top, from_on=date(2020, 1, 1), by=None)
    customer = Customer.objects.create(organisation=top, name="蓉城市民服务中心")

    def take(**fields) -> ServiceRequest:
        with moved_to(NINE):
            return take_request(
                by=people["agent"], subject="窗口电脑无法打印", customer=customer, reported_at=NINE, **fields
            )

    return take, people


def shifted(when, act):
    """The same act at another time, in whichever thread it runs."""

    def run():
        with moved_to(when):
            return act()

    return run


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def outcome(results) -> list[str]:
    for result in results:
        assert result is None or isinstance(result, Refused | str | int | Reassignment), repr(result)
    return sorted("refused" if isinstance(r, Refused) else "done" for r in results)


def test_parallel_sweeps_record_each_breach_once(ground, together):
    take, _people = ground
    cases = [take(channel="mail") for _ in range(12)]

    together(*[shifted(LATER, sweep)] * 4)
    shifted(LATER, sweep)()

    for case in cases:
        assert states(case) == {"default_response": "broken", "default_repair": "broken"}
        broken = Event.objects.of(case).filter(kind="clock.broken").values_list("data__code", flat=True)
        assert sorted(broken) == ["default_repair", "default_response"]
        warned = [(e.data["code"], e.data["step"]) for e in Event.objects.of(case).filter(kind="clock.warned")]
        assert len(warned) == len(set(warned))


def test_a_sweep_leaves_a_case_that_somebody_works_on_and_comes_back_for_it(ground, together):
    take, _people = ground
    case = take(channel="mail")
    with moved_to(LATER), case.locked():
        together(shifted(LATER, sweep))
        assert states(case)["default_repair"] == "running"
    shifted(LATER, sweep)()
    assert states(case)["default_repair"] == "broken"


def test_two_people_resolve_one_request_one_is_refused(ground, together):
    take, people = ground
    case = take()
    done = together(
        *[
            shifted(NINE, lambda by=by: resolve_request(fresh(case), solution="已修复", by=people[by]))
            for by in ("agent", "duty_manager")
        ]
    )
    assert outcome(done) == ["done", "refused"]
    assert Event.objects.of(case).filter(kind="request.resolved").count() == 1
    assert ConfirmationLink.objects.filter(request=case).count() == 1


def test_a_link_clicked_twice_at_once_counts_once(ground, together):
    take, people = ground
    case = take()
    with moved_to(NINE):
        token = resolve_request(case, solution="已修复", by=people["agent"])
    link = ConfirmationLink.objects.get(digest=ConfirmationLink.digest_of(token))
    done = together(*[shifted(NINE + timedelta(minutes=1), lambda: answer_by_link(fresh(link), solved=True))] * 3)
    assert outcome(done) == ["done", "refused", "refused"]
    assert Event.objects.of(case).filter(kind="request.confirmed").count() == 1


@pytest.mark.clause("A1.10")
def test_acceptance_and_escalation_at_the_same_moment_leave_one_owner(ground, together):
    take, people = ground
    for _ in range(4):
        case = take()
        with moved_to(NINE):
            row = offer_reassignment(case, taker=people["engineer"], reason="需要现场", by=people["agent"])
        when = NINE + timedelta(minutes=15, seconds=1)
        together(
            shifted(when, lambda row=row: accept_reassignment(fresh(row), by=people["engineer"])),
            shifted(when, lambda when=when: escalate_unaccepted(when)),
        )
        row, case = fresh(row), fresh(case)
        owners = {"accepted": people["engineer"], "escalated": people["duty_manager"]}
        assert case.owner == owners[row.state]
        assert case.reassignments == 1
        answered = Event.objects.of(case).filter(kind__in=["reassignment.accepted", "reassignment.escalated"])
        assert [e.kind for e in answered] == [f"reassignment.{row.state}"]


@pytest.mark.clause("A1.10")
def test_two_offers_at_once_leave_one(ground, together):
    take, people = ground
    case = take()
    done = together(
        *[
            shifted(
                NINE,
                lambda by=by: offer_reassignment(fresh(case), taker=people["engineer"], reason="x", by=people[by]),
            )
            for by in ("agent", "duty_manager")
        ]
    )
    assert outcome(done) == ["done", "refused"]
    assert Reassignment.objects.filter(request=case, state="offered").count() == 1
    assert fresh(case).owner == people["agent"]


def test_two_requests_merged_into_each_other_at_once_leave_one_and_no_deadlock(ground, together):
    take, people = ground
    first, second = take(), take()
    done = together(
        shifted(NINE, lambda: merge_requests(fresh(first), into=fresh(second), by=people["agent"])),
        shifted(NINE, lambda: merge_requests(fresh(second), into=fresh(first), by=people["agent"])),
    )
    assert outcome(done) == ["done", "refused"]
    assert sorted(fresh(row).status for row in (first, second)) == ["merged", "new"]
