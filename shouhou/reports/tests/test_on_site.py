"""The figures of service on site, of the vendor's support and of handling a request: each both ways."""

from datetime import timedelta

import pytest

from shouhou.promises.rules.clauses import all_clauses
from shouhou.reports.actions.clauses import CLAUSES
from shouhou.reports.actions.scope import Scope
from shouhou.reports.tests.test_conformance import said
from shouhou.requests.actions import handover
from shouhou.requests.actions import support as vendors
from shouhou.requests.models import ServiceRequest
from shouhou.requests.tests.make import vendor_asked
from shouhou.shared.time import moved_to
from shouhou.visits.actions import helping, rating
from shouhou.visits.actions.papers import file_sheet
from shouhou.visits.tests.make import TWO, ask, phone, plan, take, uid, visit, whole  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db


@pytest.fixture
def figure(company, manager):
    """The evidence of a clause for the days around the visit, asked for a week later."""

    def count(code, start=None, until=None):
        with moved_to(TWO + timedelta(days=7)):
            scope = Scope(
                frozenset({company.pk}), start or TWO - timedelta(days=5), until or TWO + timedelta(days=5), manager
            )
            return CLAUSES[code](scope)

    return count


@pytest.mark.parametrize("code", ["A4.1", "A4.2", "A4.4", "A4.6", "A4.7", "A4.9", "A4.10", "H5"])
def test_a_visit_by_all_ten_steps_conforms(visit, phone, engineer, figure, code):
    assert said(figure(code)) == (0, 0, [])
    take(visit, whole(phone), engineer)
    assert said(figure(code)) == (1, 1, [])
    assert said(figure(code, until=TWO - timedelta(days=2))) == (0, 0, [])


@pytest.mark.parametrize(
    ("step", "code", "why"),
    [("badge", "A4.2", "not_badge"), ("prepare", "A4.4", "not_prepare"), ("verify", "A4.6", "not_verify"),
     ("trial", "A4.9", "not_trial"), ("explain", "A4.10", "not_explain")],
)  # fmt: skip
def test_what_was_passed_as_an_exception_does_not_conform(visit, phone, engineer, figure, step, code, why):
    skip(phone, step)
    take(visit, phone, engineer)
    assert said(figure(code)) == (1, 0, [why])


def skip(phone, step):
    from shouhou.visits.rules.steps import ORDER, RULE

    phone.do("set_out")
    for one in ORDER:
        if one != step:
            phone.step(one)
        else:
            phone.do("except", step=step, **dict.fromkeys(RULE[step].exception, "客户要求"))


def test_a_backup_may_be_left_out_with_consent(visit, phone, engineer, figure):
    skip(phone, "backup")
    take(visit, phone, engineer)
    assert said(figure("A4.7")) == (1, 1, [])


def test_who_leaves_before_it_runs_needs_the_release(visit, phone, engineer, manager, figure):
    from shouhou.visits.actions.syncing import release

    skip(phone, "leave")
    take(visit, phone, engineer)
    assert said(figure("H5")) == (1, 0, ["unreleased"])
    visit.refresh_from_db()
    release(visit, by=manager)
    assert said(figure("H5")) == (1, 1, [])


def test_undecided_coverage_offends(visit, phone, engineer, figure):
    take(visit, whole(phone), engineer)
    ServiceRequest.objects.filter(pk=visit.request_id).update(coverage="undecided")
    assert said(figure("A4.1")) == (1, 0, ["undecided"])


def test_the_sheet_has_to_be_filed(visit, phone, engineer, figure):
    skip(phone, "sign")  # refused: there is no picture to wait for
    take(visit, phone, engineer)
    assert said(figure("A4.11")) == (1, 0, ["no_sheet"])
    visit.refresh_from_db()
    file_sheet(visit)
    assert said(figure("A4.11")) == (1, 1, [])


@pytest.mark.clause("A4.3")
def test_more_than_85_percent_of_the_ratings_of_visits(visit, phone, engineer, figure):
    take(visit, whole(phone), engineer)
    visit.refresh_from_db()
    assert figure("A4.3").keeps is None
    with moved_to(TWO + timedelta(hours=5)):
        rating.rate(visit, attitude=2, quality=3, solving=2)
    assert (said(figure("A4.3")), figure("A4.3").bar) == ((1, 0, ["dissatisfied"]), 85.0)


@pytest.mark.clause("A4.8")
def test_a_call_for_support_has_to_be_answered(visit, phone, engineer, manager, figure):
    phone.steps("fix")
    phone.do("support", words="主板型号不明")
    take(visit, phone, engineer)
    assert said(figure("A4.8")) == (1, 0, ["unanswered"])
    visit.refresh_from_db()
    helping.answer_support(visit, helping.support_calls(visit)[0].uid, words="B760", by=manager)
    assert said(figure("A4.8")) == (1, 1, [])


@pytest.mark.clause("E8")
def test_what_the_vendor_s_engineer_did_has_to_be_recorded(visit, phone, engineer, figure):
    phone.steps("verify")
    guest = phone.do("guest", name="陈工", of="建文")
    take(visit, phone, engineer)
    assert said(figure("E8")) == (1, 0, ["no_work"])
    phone.do("guest_work", guest=str(uid(f"{visit.pk}:{guest.uid}")), words="换主板")
    take(visit, phone, engineer)
    assert said(figure("E8")) == (1, 1, [])


@pytest.mark.clause("A5.1", "A5.2", "A5.3")
def test_a_vendor_is_asked_in_writing_and_acknowledges_and_the_customer_is_told(norm, agent, figure, take):
    with moved_to(TWO):
        case = take()
        case.note("vendor.requested", by=agent)
        assert said(figure("A5.1")) == (1, 0, ["no_document"])
        asked = vendor_asked(case, agent, signed=True)
        vendors.send_support_request(asked, by=agent)
    assert said(figure("A5.1")) == (2, 1, ["no_document"])
    assert said(figure("A5.2")) == (1, 0, ["no_receipt"])
    with moved_to(TWO + timedelta(hours=1)):
        vendors.receive_answer(asked, text="补丁", name="何工", how="phone", by=agent)
    assert said(figure("A5.2")) == (1, 1, [])
    assert said(figure("A5.3")) == (0, 0, [])  # it still runs
    with moved_to(TWO + timedelta(hours=3)):
        vendors.tell_solution(asked, text="请装补丁", by=agent, spoken=True)
    assert said(figure("A5.3")) == (1, 0, ["late"])


# --- handling a request ---------------------------------------------------------------------------


@pytest.mark.clause("A1.10")
def test_a_hand_over_that_nobody_answers_offends(take, agent, person, figure):
    with moved_to(TWO):
        case = take()
        handover.offer_reassignment(case, taker=person("other", "agent"), reason="下班", by=agent)
    assert said(figure("A1.10")) == (1, 0, ["not_accepted"])


def test_who_answers_for_a_customer(customer, agent, manager, figure):
    assert said(figure("H6")) == (1, 0, ["no_person"])
    customer.owner, customer.deputy = agent, manager
    customer.save()
    assert said(figure("H6")) == (1, 1, [])


def test_every_commitment_has_its_clocks_and_every_other_count_a_name():
    commitments = {code for code, clause in all_clauses().items() if clause.is_commitment}
    assert commitments <= set(CLAUSES)
    assert set(CLAUSES) <= set(all_clauses())
    assert list(CLAUSES) == [code for code in all_clauses() if code in CLAUSES]
