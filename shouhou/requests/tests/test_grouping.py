"""Merge, split, link; major incidents and problems (K4); coverage and goodwill (A1.6); the time line."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from shouhou.customers.models import Customer
from shouhou.requests.actions.grouping import (
    decide_coverage,
    grade_request,
    join_incident,
    link_requests,
    mark_request,
    merge_requests,
    open_incident,
    open_problem,
    split_request,
)
from shouhou.requests.actions.intake import take_request
from shouhou.requests.actions.talk import note_fact, resolve_request, send_message, write_note
from shouhou.requests.models import MajorIncident, Problem, RequestLink, ServiceRequest
from shouhou.requests.tests.make import at, kinds, states, sweep
from shouhou.shared.facts import words_of
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Event
from shouhou.shared.time import moved_to

NINE = at("2026-06-08 09:00")


@pytest.fixture
def two(agreement, take):
    """The same trouble reported twice: at nine and at ten."""
    agreement("application_maintenance")
    with moved_to(NINE):
        first = take(channel="mail")
    with moved_to(NINE + timedelta(hours=1)):
        return first, take(channel="mail")


def test_merging_ends_the_duplicates_promises_with_a_pointer_and_keeps_the_survivors(two, agent):
    first, second = two
    kept = {c.commitment.code: c.due_at for c in first.clocks()}

    with moved_to(NINE + timedelta(hours=2)):
        merge_requests(second, into=first, by=agent)

    assert (second.status, second.merged_into, second.closed_at is not None) == ("merged", first, True)
    assert set(states(second).values()) == {"cancelled"}
    assert second.next_clock_state == "none"
    assert {c.commitment.code: c.due_at for c in first.clocks()} == kept
    merged = Event.objects.of(second).get(kind="request.merged")
    absorbed = Event.objects.of(first).get(kind="request.absorbed")
    assert (merged.data, absorbed.data) == ({"into": first.pk}, {"from": second.pk})


def test_a_merged_case_that_was_overdue_is_overdue_no_longer(two, agent):
    first, second = two
    with moved_to(at("2026-06-12 09:00")):
        sweep()
        assert states(second)["i9"] == "broken"
        merge_requests(second, into=first, by=agent)
        sweep()
        assert second not in ServiceRequest.objects.overdue(at("2026-06-12 09:01"))
    assert set(states(second).values()) == {"cancelled"}


def test_the_survivor_keeps_the_earlier_start(two, agent):
    first, second = two
    merge_requests(first, into=second, by=agent)
    second.refresh_from_db()
    assert second.reported_at == first.reported_at


def test_the_survivors_clocks_count_from_the_earlier_start(two, agent):
    first, second = two
    merge_requests(first, into=second, by=agent)
    assert {c.started_at for c in second.clocks()} == {first.reported_at}


@pytest.mark.parametrize("why", ["itself", "another customer", "ended"])
def test_what_cannot_be_merged_is_refused_and_stays(two, take, agent, company, why):
    first, second = two
    if why == "another customer":
        second = take_request(
            by=agent, subject="x", customer=Customer.objects.create(organisation=company, name="别家")
        )
    if why == "ended":
        first.cancel(by=agent)
    into = second if why == "itself" else first
    with pytest.raises(Refused):
        merge_requests(second, into=into, by=agent)
    assert ServiceRequest.objects.get(pk=second.pk).status == "new"


def test_two_requests_merged_into_each_other_leave_one(two, agent):
    first, second = two
    merge_requests(second, into=first, by=agent)
    with pytest.raises(Refused):
        merge_requests(first, into=second, by=agent)
    assert ServiceRequest.objects.get(pk=first.pk).status == "new"


def test_a_second_need_becomes_a_request_of_its_own_with_its_own_promises(two, agent, contact):
    first, _second = two
    new = split_request(first, subject="另:扫描仪也不行", description="灯不亮", by=agent)
    assert (new.customer, new.contact, new.subject, new.number != first.number) == (
        first.customer, contact, "另:扫描仪也不行", True,
    )  # fmt: skip
    assert states(new)["i9"] == "running"
    assert [(li.source, li.kind) for li in first.linked_from.all()] == [(new, "split")]
    assert kinds(first, "request.split") == ["request.split"]


def test_links_are_made_once_and_not_to_oneself(two, agent, stranger):
    first, second = two
    link_requests(first, to=second, by=agent)
    link_requests(first, to=second, by=agent)
    assert (RequestLink.objects.count(), kinds(first, "request.linked")) == (1, ["request.linked"])
    for to, by in ((first, agent), (second, stranger)):
        with pytest.raises(Refused):
            link_requests(first, to=to, by=by)


# --- major incidents and problems -----------------------------------------------------------------


@pytest.mark.clause("K4")
def test_a_major_incident_groups_requests_which_are_still_confirmed_one_by_one(two, take, manager, agent):
    first, second = two
    incident = open_incident(requests=[first], title="核心交换机故障", by=manager)
    join_incident(incident, requests=[second], by=manager)
    assert {r.pk for r in incident.requests.all()} == {first.pk, second.pk}
    assert kinds(first, "request.grouped") == kinds(second, "request.grouped") == ["request.grouped"]

    incident.end(by=manager)

    assert (incident.status, incident.ended_at is not None) == ("ended", True)
    assert {r.status for r in incident.requests.all()} == {"new"}
    with pytest.raises(Refused):
        join_incident(incident, requests=[take()], by=manager)
    with pytest.raises(Refused):
        incident.end(by=manager)


def test_an_incident_needs_requests_a_title_and_a_colleague(two, manager, stranger):
    first, _second = two
    for given in (
        {"requests": [], "title": "x", "by": manager},
        {"requests": [first], "title": " ", "by": manager},
        {"requests": [first], "title": "x", "by": stranger},
    ):
        with pytest.raises(Refused):
            open_incident(**given)
    assert not MajorIncident.objects.exists()


@pytest.mark.clause("K4")
def test_a_problem_holds_root_cause_then_permanent_remedy(two, engineer, manager):
    problem = open_problem(requests=list(two), title="打印服务反复崩溃", by=engineer)
    assert {r.problem for r in ServiceRequest.objects.all()} == {problem}
    with pytest.raises(Refused):
        problem.remedy_with("换驱动", by=engineer)  # no remedy before the cause is known
    with pytest.raises(Refused):
        problem.explain("  ", by=engineer)

    problem.explain("驱动内存泄漏", workaround="每日重启", by=engineer)
    problem.remedy_with("升级到 5.2 驱动", by=manager)

    problem.refresh_from_db()
    assert (problem.status, problem.root_cause, problem.workaround, problem.remedy) == (
        "remedied", "驱动内存泄漏", "每日重启", "升级到 5.2 驱动",
    )  # fmt: skip
    assert kinds(problem) == ["problem.opened", "problem.explained", "problem.remedied"]


@pytest.mark.parametrize("change", [{"status": "explained"}, {"status": "remedied", "root_cause": "x"}])
def test_the_database_keeps_no_explained_problem_without_words(two, engineer, change):
    problem = open_problem(requests=list(two), title="x", by=engineer)
    with pytest.raises(IntegrityError), transaction.atomic():
        Problem.objects.filter(pk=problem.pk).update(**change)


def test_a_customer_sees_neither_incidents_nor_problems(two, engineer, manager, customer_user):
    open_problem(requests=list(two), title="x", by=engineer)
    open_incident(requests=list(two), title="x", by=manager)
    assert not Problem.objects.visible_to(customer_user).exists()
    assert not MajorIncident.objects.visible_to(customer_user).exists()
    assert MajorIncident.objects.visible_to(manager).count() == 1


def test_incidents_and_problems_are_listed_the_open_apart_from_the_ended(client, two, take, manager):
    incident = open_incident(requests=list(two), title="核心交换机故障", by=manager)
    problem = open_problem(requests=[two[0]], title="驱动内存泄漏", by=manager)
    client.force_login(manager)

    def listed(url):
        return [(row, row.number) for row, _person in client.get(url).context["rows"]]

    assert (listed("/requests/incidents/"), listed("/requests/incidents/?view=ended")) == ([(incident, 2)], [])
    assert listed("/requests/problems/") == [(problem, 1)]
    page = client.get(f"/requests/incidents/{incident.pk}/").content.decode()
    assert 'data-sure="' in page  # ending it asks first
    assert "<thead>" in page
    assert 'name="pk"' not in page  # nothing to tick where nothing is done with ticks

    client.post(f"/requests/incidents/{incident.pk}/")
    problem.explain("泄漏", by=manager)
    assert listed("/requests/problems/") == [(problem, 1)]  # its remedy is still owed
    problem.remedy_with("换驱动", by=manager)
    assert (listed("/requests/incidents/"), listed("/requests/problems/")) == ([], [])
    assert listed("/requests/incidents/?view=ended") == [(incident, 2)]
    assert listed("/requests/problems/?view=ended") == [(problem, 1)]


def test_the_lists_of_incidents_and_problems_are_ours(client, two, manager, customer_user, person, centre):
    open_incident(requests=list(two), title="核心交换机故障", by=manager)
    far = person("far", "agent", organisation=centre)
    for url in ("/requests/incidents/", "/requests/problems/"):
        client.force_login(customer_user)
        assert client.get(url).status_code == 404
        client.force_login(far)
        assert client.get(url).context["rows"] == []


def test_an_overdue_request_of_an_incident_or_problem_is_red(client, two, manager):
    incident = open_incident(requests=list(two), title="x", by=manager)
    problem = open_problem(requests=list(two), title="x", by=manager)
    client.force_login(manager)
    with moved_to(at("2026-06-30 09:00")):
        for url in (f"/requests/incidents/{incident.pk}/", f"/requests/problems/{problem.pk}/"):
            page = client.get(url).content.decode().split("<tbody>")[1]
            assert (page.count("state broken"), page.count("state running")) == (2, 0)


# --- goodwill -------------------------------------------------------------------------------------


@pytest.mark.clause("A1.6")
def test_goodwill_needs_a_reason_and_somebody_whose_role_may_grant_it(take, agent, manager):
    case = take()
    for by, reason in ((agent, "老客户"), (manager, "  ")):
        with pytest.raises(Refused):
            decide_coverage(case, coverage="goodwill", reason=reason, by=by)
    assert ServiceRequest.objects.get().coverage == "undecided"

    decide_coverage(case, coverage="goodwill", reason="老客户,仅此一次", by=manager)

    case.refresh_from_db()
    assert (case.coverage, case.coverage_reason, case.coverage_approver) == ("goodwill", "老客户,仅此一次", manager)
    assert Event.objects.of(case).get(kind="coverage.decided").data == {"coverage": "goodwill"}


@pytest.mark.clause("A1.6")
def test_goodwill_has_a_limit_per_role_and_year_beyond_which_a_higher_role_is_asked(take, manager, supervisor):
    with moved_to(NINE):
        for _ in range(3):
            decide_coverage(take(), coverage="goodwill", reason="通融", by=manager)
        fourth = take()
        with pytest.raises(Refused):
            decide_coverage(fourth, coverage="goodwill", reason="通融", by=manager)
        decide_coverage(fourth, coverage="goodwill", reason="通融", by=supervisor)
    with moved_to(at("2027-01-04 09:00")):
        decide_coverage(take(), coverage="goodwill", reason="新年", by=manager)
    assert ServiceRequest.objects.filter(coverage="goodwill").count() == 5


def test_deciding_the_same_case_again_does_not_use_up_the_limit(take, manager):
    case = take()
    for _ in range(5):
        decide_coverage(case, coverage="goodwill", reason="通融", by=manager)


@pytest.mark.clause("A1.6")
def test_goodwill_is_reported_by_year_customer_and_who_granted_it(client, take, manager, supervisor, customer):
    with moved_to(NINE):
        for by in (manager, manager, supervisor):
            decide_coverage(take(), coverage="goodwill", reason="春节值守，感谢配合", by=by)
        decide_coverage(take(), coverage="paid", reason="已过保", by=manager)
    client.force_login(manager)
    report = client.get("/requests/goodwill/", {"year": "2026"})
    assert sorted(report.context["counts"]) == [((customer.name, "周敏"), 2), ((customer.name, "赵静"), 1)]
    assert report.content.decode().count("春节值守，感谢配合") == 3
    assert client.get("/requests/goodwill/", {"year": "2025"}).context["rows"] == []
    assert client.get("/requests/goodwill/", {"year": "²"}).status_code == 200


@pytest.mark.parametrize("coverage", ["covered", "paid"])
def test_an_agent_decides_what_needs_no_goodwill(take, agent, coverage):
    case = take()
    decide_coverage(case, coverage=coverage, reason="合同第 3 条", by=agent)
    assert case.coverage == coverage


def test_the_database_keeps_no_goodwill_without_an_approver(take):
    case = take()
    with pytest.raises(IntegrityError), transaction.atomic():
        ServiceRequest.objects.filter(pk=case.pk).update(coverage="goodwill")


# --- marks and noted facts ------------------------------------------------------------------------


def test_the_same_grade_again_records_nothing(take, agent):
    case = take()
    grade_request(case, impact="medium", urgency="medium", by=agent)
    assert kinds(case, "request.graded") == []


def test_strangers_change_nothing(take, stranger, customer_user):
    case = take()
    before = kinds(case)
    for by in (stranger, customer_user):
        for act in (
            lambda by=by: grade_request(case, impact="high", urgency="high", by=by),
            lambda by=by: mark_request(case, cause="software", by=by),
            lambda by=by: decide_coverage(case, coverage="paid", reason="x", by=by),
            lambda by=by: split_request(case, subject="x", description="", by=by),
            lambda by=by: open_problem(requests=[case], title="x", by=by),
            lambda by=by: case.begin(by=by),
        ):
            with pytest.raises(Refused):
                act()
    assert kinds(case) == before


@pytest.mark.parametrize(
    ("fact", "shift"),
    [("visit.arrived", timedelta(hours=1)), ("visit.arrived", timedelta(hours=-2)), ("request.closed", timedelta())],
)
def test_facts_in_the_future_before_the_report_or_not_for_hands_are_refused(take, agent, fact, shift):
    with moved_to(NINE):
        case = take(reported_at=NINE)
    before = kinds(case)
    with moved_to(NINE + timedelta(minutes=30)), pytest.raises(Refused):
        note_fact(case, fact=fact, occurred_at=NINE + shift, by=agent)
    assert kinds(case) == before


# --- the time line --------------------------------------------------------------------------------


def test_a_customers_time_line_shows_every_service_in_the_order_in_which_it_happened(
    client, agreement, take, agent, customer
):
    agreement("software_standard")
    with moved_to(NINE):
        case = take(reported_at=NINE)
    with moved_to(NINE + timedelta(hours=4)):
        send_message(case, text="安排工程师下午到场。", by=agent)
        for fact, hours in (("visit.departed", 3), ("visit.requested", 1), ("visit.arrived", 2)):  # noted out of order
            note_fact(case, fact=fact, occurred_at=NINE + timedelta(hours=hours), by=agent)
        write_note(case, text="备件已带回", by=agent)
        resolve_request(case, solution="更换主板。", by=agent)

    told = Event.objects.filter(customer_id=customer.pk).order_by("occurred_at", "id")
    order = [e.kind for e in told if e.kind.startswith(("request.", "visit.", "fault.rep", "note", "message"))]
    assert order == [
        "request.received", "fault.reported", "request.responded", "visit.requested", "visit.arrived", "visit.departed",
        "message.sent", "note.written", "fault.repaired", "request.resolved",
    ]  # fmt: skip

    client.force_login(agent)
    with translation.override("zh-hans"):
        newest_first = [words_of(kind) for kind in ("visit.departed", "visit.arrived", "visit.requested")]
    page = client.get(f"/requests/{case.pk}/").content.decode()
    lines = page[page.index('class="line"') : page.rindex("</ol>")]
    places = [lines.index(f"<div>{words} ·") for words in newest_first]
    assert places == sorted(places)
    assert "备件已带回" in lines
