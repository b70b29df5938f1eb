"""What somebody tries who means no good, or presses a button twice: each attempt of a review, and its answer."""

from uuid import uuid4

import pytest

from shouhou.customers.models import Customer
from shouhou.requests.actions.grouping import decide_coverage, grade_request, link_requests, merge_requests
from shouhou.requests.actions.handover import offer_reassignment
from shouhou.requests.actions.intake import take_request
from shouhou.requests.actions.talk import note_fact, pause_request, resolve_request, send_message
from shouhou.requests.models import ConfirmationLink, ServiceRequest
from shouhou.requests.tests.make import at, kinds
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Event
from shouhou.shared.time import moved_to


@pytest.fixture
def partner(company):
    from shouhou.people.models import Organisation

    return Organisation.objects.create(name="蜀道信息", kind="partner", parent=company)


@pytest.mark.parametrize("role", ["duty_manager", "engineer"])
def test_a_role_at_a_partner_is_none_at_headquarters_where_another_role_is_held(take, person, partner, company, role):
    both = person("both", "trainer")  # sees headquarters
    from datetime import date

    from shouhou.people.actions import appoint

    appoint(user=both, role=role, organisation=partner, from_on=date(2020, 1, 1), by=None)
    case = take()
    for act in (
        lambda: resolve_request(case, solution="x", by=both),
        lambda: offer_reassignment(case, taker=both, reason="x", by=both),
        lambda: decide_coverage(case, coverage="goodwill", reason="x", by=both),
        lambda: grade_request(case, impact="low", urgency="low", by=both),
        lambda: case.confirm("spoken", by=both),
    ):
        with pytest.raises(Refused):
            act()
    own = take_request(by=both, subject="x", organisation=partner, caller_unit="x")
    assert own.moves_for(both) >= {"resolved", "cancelled"}


def test_a_customer_neither_back_dates_over_the_api_nor_chooses_the_channel(client, customer, customer_user, manager):
    client.force_login(customer_user)
    body = {"subject": "x", "customer_id": customer.pk, "channel": "phone", "reported_at": "2020-01-01T00:00:00+08:00"}
    with moved_to(at("2026-06-08 09:00")):
        answer = client.post("/api/requests", body, content_type="application/json")
    assert answer.status_code == 201, answer.content
    case = ServiceRequest.objects.get()
    assert (case.channel, case.registered_late) == ("portal", False)
    assert case.reported_at >= at("2026-06-08 09:00")


@pytest.mark.parametrize("field", ["reported_at", "occurred_at"])
def test_a_time_before_any_calendar_is_named_and_nothing_is_lost(client, agent, customer, contact, field):
    client.force_login(agent)
    body = {"subject": "x", "customer_id": customer.pk, field: "0001-01-01T00:00:00Z"}
    assert client.post("/api/requests", body, content_type="application/json").status_code == 409
    sent = {
        "customer": customer.pk, "contact": contact.pk, "channel": "phone", "kind": "fault", "subject": "打不开",
        "impact": "medium", "urgency": "medium", field: "0001-01-01T00:00",
    }  # fmt: skip
    answer = client.post("/requests/take/", sent)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert "打不开" in answer.content.decode()


@pytest.mark.parametrize(
    "body", [{"subject": "a\x00b"}, {"subject": "x", "need": "n" * 301}, {"subject": " "}, {"subject": "x" * 201}]
)
def test_the_api_takes_no_more_than_the_pages_do(client, agent, customer, body):
    client.force_login(agent)
    body = {"customer_id": customer.pk, **body}
    assert client.post("/api/requests", body, content_type="application/json").status_code in (409, 422)
    assert not ServiceRequest.objects.exists()
    assert client.get("/api/requests?limit=-1").status_code == 422


@pytest.mark.parametrize("role", ["trainer", "document_keeper", "general_manager"])
def test_who_does_not_serve_registers_nothing_over_the_api_either(client, person, customer, role):
    client.force_login(person("other", role))
    body = {"subject": "x", "customer_id": customer.pk}
    assert client.post("/api/requests", body, content_type="application/json").status_code == 404


def test_a_form_sent_three_times_makes_one_request(client, customer_user, agent, manager, customer):
    client.force_login(customer_user)
    sent = {"subject": "打不开", "description": "登录后白屏", "urgency": "medium", "once": str(uuid4())}
    places = {client.post("/portal/new/", sent)["Location"] for _ in range(3)}
    assert (len(places), ServiceRequest.objects.count()) == (1, 1)

    client.force_login(agent)
    page = client.get("/requests/late/").content.decode()
    assert 'name="once"' in page
    late = {"customer": customer.pk, "subject": "y", "reported_at": "2026-06-08T09:00", "once": str(uuid4())}
    with moved_to(at("2026-06-08 10:00")):
        for _ in range(2):
            client.post("/requests/late/", late)
    assert ServiceRequest.objects.count() == 2


def test_an_api_call_repeated_with_its_key_gives_the_first_ones_request(client, agent, customer):
    client.force_login(agent)
    body = {"subject": "磁盘将满", "customer_id": customer.pk}
    ids = {
        client.post("/api/requests", body, content_type="application/json", headers={"Idempotency-Key": key}).json()[
            "id"
        ]
        for key in ("a", "a", "b")
    }
    assert len(ids) == ServiceRequest.objects.count() == 2


def test_a_link_sent_for_the_failed_solution_does_not_confirm_the_next(client, take, agent):
    case = take()
    first = resolve_request(case, solution="重启", by=agent)
    case.reopen(by=agent, how="spoken")
    second = resolve_request(case, solution="更换主板", by=agent)

    page = client.get(f"/portal/confirm/{first}/").content.decode()
    assert "更换主板" not in page
    client.post(f"/portal/confirm/{first}/", {"answer": "solved"})
    case.refresh_from_db()
    assert case.status == "resolved"

    client.post(f"/portal/confirm/{second}/", {"answer": "solved"})
    case.refresh_from_db()
    assert (case.status, case.confirmed_how) == ("confirmed", "link")
    assert "更换主板" not in client.get(f"/portal/confirm/{second}/").content.decode()  # once used it shows nothing


def test_a_colleague_does_not_confirm_in_the_customers_name_by_link(client, take, agent):
    case = take()
    token = resolve_request(case, solution="x", by=agent)
    client.force_login(agent)
    client.post(f"/portal/confirm/{token}/", {"answer": "solved"})
    case.refresh_from_db()
    assert case.status == "resolved"
    assert ConfirmationLink.objects.get().used_at is None


def test_what_has_ended_stays_as_it_was(take, agent, manager):
    case = take()
    case.cancel(by=agent)
    before = kinds(case)
    for act in (
        lambda: grade_request(case, impact="low", urgency="low", by=agent),
        lambda: decide_coverage(case, coverage="paid", reason="x", by=manager),
        lambda: note_fact(case, fact="remote.started", by=agent),
        lambda: pause_request(case, reason="postponed", words="x", by=agent),
        lambda: send_message(case, text="?", by=agent, question=True),
        lambda: case.give_promise(by=agent),
    ):
        with pytest.raises(Refused):
            act()
    case.refresh_from_db()
    assert (kinds(case), case.severity, case.waiting) == (before, "medium", "")


def test_two_unknown_callers_are_not_the_same_customer(take, agent):
    one, two = (take(customer=None, contact=None, caller_unit=unit, caller_name="x") for unit in ("甲公司", "乙公司"))
    with pytest.raises(Refused):
        merge_requests(one, into=two, by=agent)
    assert not Event.objects.filter(kind="request.merged").exists()


def test_a_link_shows_no_words_of_a_case_that_the_reader_may_not_see(client, take, person, company, centre, agent):
    other = Customer.objects.create(organisation=company, name="别家")
    ours, secret = take(organisation=centre), take(customer=other, contact=None, subject="别家的秘密")
    link_requests(ours, to=secret, by=agent)
    client.force_login(person("local", "engineer", organisation=centre))
    page = client.get(f"/requests/{ours.pk}/").content.decode()
    assert secret.number in page
    assert "别家的秘密" not in page
    client.force_login(agent)
    assert "别家的秘密" in client.get(f"/requests/{ours.pk}/").content.decode()


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/requests/bulk/", {"next": "https://evil.example/", "move": "begin"}),
        ("/requests/bulk/", {"next": "//evil.example/", "pk": "²", "move": "begin"}),
    ],
)
def test_a_page_sends_nobody_elsewhere(client, agent, path, sent):
    client.force_login(agent)
    assert client.post(path, sent)["Location"] == "/requests/"


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/requests/take/?customer=²", None), ("/requests/take/?phone=%00", None),
        ("/requests/views/keep/", {"name": "n\x00", "query": "?q=1"}),
        ("/requests/take/times/", {"customer": "²"}), ("/requests/?q=%00a", None),
    ],
)  # fmt: skip
def test_odd_letters_break_no_page(client, agent, path, sent):
    client.force_login(agent)
    answer = client.get(path) if sent is None else client.post(path, sent)
    assert answer.status_code < 500


def test_bulk_moves_with_odd_fields_are_refused_by_name(client, manager, take):
    case = take()
    client.force_login(manager)
    for sent in ({"move": "reassign", "taker": "abc", "reason": "x"}, {"move": "incident", "title": "长" * 300}):
        assert client.post("/requests/bulk/", {"pk": case.pk, **sent}).status_code == 302
    assert not case.handovers.exists()
