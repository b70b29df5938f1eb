"""The page of one request as its people use it: nothing typed is lost, nothing stays open that is over."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from shouhou.customers.models import Contact
from shouhou.requests.actions.grouping import merge_requests
from shouhou.requests.actions.handover import offer_reassignment
from shouhou.requests.actions.talk import (
    note_fact,
    receive_message,
    reject_solution,
    resolve_request,
    send_message,
)
from shouhou.requests.models import ServiceRequest
from shouhou.requests.tests.make import at, clock, kinds, states, sweep
from shouhou.shared.models import Event
from shouhou.shared.time import moved_to, now

NINE = at("2026-06-08 09:00")
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"


@pytest.fixture
def signed(client, agent):
    client.force_login(agent)
    return client


def shown(client, case, query="") -> str:
    return client.get(f"/requests/{case.pk}/{query}").content.decode()


# --- moves ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["say", "resolve", "fact", "begin", "cancel", "edit"])
def test_the_address_of_a_move_opened_by_itself_leads_to_the_request_and_moves_nothing(signed, client, take, name):
    case = take()
    assert signed.get(f"/requests/{case.pk}/{name}/")["Location"] == f"/requests/{case.pk}/"
    assert ServiceRequest.objects.get().status == "new"


def test_a_time_in_the_future_comes_back_with_what_was_typed(signed, take):
    case = take()
    when = (now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    answer = signed.post(f"/requests/{case.pk}/fact/", {"fact": "visit.arrived", "occurred_at": when})
    assert (answer.status_code, list(answer.context["fact_form"].errors)) == (422, ["occurred_at"])
    assert when in answer.content.decode()
    assert not kinds(case, "visit.arrived")


def test_every_form_of_the_page_keeps_its_words_apart_from_the_others(signed, take):
    """keys.js keeps a draft for each form by its own address, so an error in one card costs no other card its words."""
    case = take()
    page = signed.post(f"/requests/{case.pk}/say/", {"text": " ", "way": "message"}).content.decode()
    for name, draft in (("say", "say"), ("resolve", "resolve"), ("fact", "fact")):
        assert f'action="/requests/{case.pk}/{name}/" data-draft="{draft}"' in page, name
    act = signed.get(f"/requests/{case.pk}/do/split/").content.decode()
    assert 'data-draft="split"' in act


def test_who_accepts_or_declines_is_told_what_that_means(client, take, agent, engineer):
    case = take()
    for answer, words in (("decline", "林晓"), ("accept", case.number)):
        offer_reassignment(case, taker=engineer, reason="需要现场", by=agent)
        client.force_login(engineer)
        page = client.post(f"/requests/{case.pk}/{answer}/", {"answer": "忙"}, follow=True)
        assert words in next(str(message) for message in page.context["messages"])


# --- an offer ends with the work ------------------------------------------------------------------


def _resolved(case, by, other):
    resolve_request(case, solution="已修复", by=by)


def _cancelled(case, by, other):
    case.cancel(by=by)


def _merged(case, by, other):
    merge_requests(case, into=other, by=by)


@pytest.mark.clause("A1.10")
@pytest.mark.parametrize("end", [_resolved, _cancelled, _merged])
def test_an_offer_to_take_over_ends_with_the_work(take, agent, engineer, end):
    other, case = take(), take()
    row = offer_reassignment(case, taker=engineer, reason="需要现场", by=agent)
    end(case, agent, other)
    row.refresh_from_db()
    assert (row.state, row.answered_at is not None) == ("withdrawn", True)
    event = Event.objects.of(case).get(kind="reassignment.withdrawn")
    assert (event.by_id, event.data["handover"]) == (agent.pk, row.pk)


@pytest.mark.clause("A1.10")
def test_an_offer_made_while_the_answer_is_awaited_ends_when_the_request_closes(take, agent, engineer):
    case = take()
    resolve_request(case, solution="已修复", by=agent)
    row = offer_reassignment(case, taker=engineer, reason="换班", by=agent)
    case.confirm("spoken", by=agent)
    case.follow_up(by=agent)
    row.refresh_from_db()
    assert row.state == "offered"
    case.close(by=agent)
    row.refresh_from_db()
    assert row.state == "withdrawn"


# --- what the page says ---------------------------------------------------------------------------


def test_a_rejected_solution_is_marked_and_not_offered_again(signed, take, agent):
    case = take()
    resolve_request(case, solution="重装驱动", by=agent)
    assert "客户反馈未解决" not in signed.get(f"/requests/{case.pk}/").content.decode().split('id="case-line"')[0]
    reject_solution(case, words="还是卡纸", by=agent, how="spoken")
    answer = signed.get(f"/requests/{case.pk}/")
    assert answer.context["failed"]
    assert "客户表示未解决" in answer.content.decode()
    assert answer.context["resolve_form"]["solution"].value() == ""
    resolve_request(case, solution="换定影器", by=agent)
    assert not signed.get(f"/requests/{case.pk}/").context["failed"]


def test_while_it_waits_only_going_on_is_offered(signed, take, agent):
    case = take()
    begin, resume = f'action="/requests/{case.pk}/begin/"', f'action="/requests/{case.pk}/resume/"'
    assert (begin in shown(signed, case), resume in shown(signed, case)) == (True, False)
    send_message(case, text="型号?", by=agent, question=True)
    assert (begin in shown(signed, case), resume in shown(signed, case)) == (False, True)


def test_the_same_words_stand_once_on_the_time_line(signed, take, agent):
    case = take()
    send_message(case, text="型号是多少", by=agent, question=True)
    receive_message(case, text="是M401", by=None)
    lines = shown(signed, case).split('id="case-line"')[1]
    assert (lines.count("型号是多少"), lines.count("是M401")) == (1, 1)


@pytest.mark.clause("A1.3")
def test_a_confirmed_request_says_what_it_waits_for_and_how_an_open_promise_is_settled(
    client, agreement, take, agent, engineer
):
    agreement("terminal_warranty", filled={"c9": "24 h"})
    with moved_to(NINE):
        case = take(reported_at=NINE)
    with moved_to(NINE + timedelta(hours=2)):
        resolve_request(case, solution="换主板", by=agent)
        case.confirm("spoken", by=agent)
        client.force_login(engineer)
        page = client.get(f"/requests/{case.pk}/")
        owed = {c.commitment.code: fact for c, fact in page.context["unsettled"]}
        assert "等待回访" in page.content.decode()
        assert owed["c2"] == "engineer.contacted_customer"
        assert "?fact=engineer.contacted_customer#note-fact" in page.content.decode()
        chosen = client.get(f"/requests/{case.pk}/?fact=engineer.contacted_customer").context["fact_form"]
        assert chosen["fact"].value() == "engineer.contacted_customer"

        client.post(
            f"/requests/{case.pk}/fact/", {"fact": "engineer.contacted_customer", "occurred_at": "2026-06-08T09:04"}
        )

        left = client.get(f"/requests/{case.pk}/").context["unsettled"]
    assert states(case)["c2"] == "met"
    assert "c2" not in {c.commitment.code for c, _fact in left}


def test_what_follows_a_broken_promise_stands_under_it_with_its_reason(signed, agreement, take, agent):
    agreement("terminal_warranty", filled={"c9": "8 h"})
    start = at("2026-10-02 10:00")
    with moved_to(start):
        case = take(reported_at=start)
        note_fact(case, fact="visit.arrived", occurred_at=start, by=agent)
        signed.force_login(agent)
        assert "未兑现时须提供备用机" in shown(signed, case)
    with moved_to(at("2026-10-02 18:00:01")):
        sweep()
        signed.force_login(agent)
        page = shown(signed, case)
    assert "现须提供备用机" in page
    assert "2026-10-02 18:00" in page.split("现须提供备用机")[1][:200]


def test_a_follow_on_promise_says_from_which_it_follows(signed, agreement, take, agent):
    agreement("application_maintenance")
    start = at("2026-09-30 17:50")
    with moved_to(start):
        case = take(reported_at=start)
    with moved_to(at("2026-10-10 08:00")):
        sweep()
        signed.force_login(agent)
        page = shown(signed, case, "promises/")
    late, plan = clock(case, "i9").commitment, clock(case, "i10").commitment
    assert f"现须兑现： {plan.name}" in page
    assert f"因未兑现而产生：{late.name}" in page


def test_the_time_to_be_corrected_stands_in_the_form_with_a_way_back(signed, take, agent):
    with moved_to(NINE):
        case = take(reported_at=NINE)
        note_fact(case, fact="visit.arrived", occurred_at=NINE, by=agent)
        signed.force_login(agent)
        event = Event.objects.of(case).get(kind="visit.arrived")
        page = shown(signed, case, f"events/{event.pk}/")
    assert 'value="2026-06-08T09:00"' in page
    assert f'class="btn" href="/requests/{case.pk}/"' in page


# --- taking ---------------------------------------------------------------------------------------


@pytest.fixture
def form(customer, contact):
    return {
        "customer": customer.pk, "contact": contact.pk, "channel": "phone", "kind": "fault", "subject": "打印机卡纸",
        "impact": "medium", "urgency": "medium",
    }  # fmt: skip


@pytest.mark.parametrize("url", ["/requests/take/", "/requests/late/"])
def test_files_of_a_wrong_form_are_named_beside_their_field_to_be_chosen_again(signed, form, url):
    sent = {**form, "subject": "", "files": SimpleUploadedFile("屏幕.png", PNG)}
    answer = signed.post(url, sent)
    assert answer.status_code == 422
    assert "屏幕.png" in answer.context["form"].errors["files"][0]
    assert 'id="id_files_error"' in answer.content.decode()


@pytest.mark.parametrize(
    ("phone", "taken"), [("abc@@@", False), ("转", False), ("808", True), ("028-8533 1200 转 8", True), ("", True)]
)
def test_a_number_without_digits_calls_nobody_back(signed, form, phone, taken):
    answer = signed.post("/requests/take/", {**form, "caller_phone": phone})
    assert ServiceRequest.objects.exists() == taken
    if not taken:
        assert list(answer.context["form"].errors) == ["caller_phone"]


def test_the_customers_only_contact_is_the_caller_and_nothing_more_is_asked(signed, customer, contact):
    opened = signed.get(f"/requests/take/?customer={customer.pk}")
    assert (opened.context["form"].initial["contact"], opened.context["known"]) == (contact, True)
    second = Contact.objects.create(organisation=customer.organisation, customer=customer, name="李强")
    second.set_phones("139 0000 0001")
    opened = signed.get(f"/requests/take/?customer={customer.pk}")
    assert (opened.context["form"].initial.get("contact"), opened.context["known"]) == (None, False)
    called = signed.post(
        "/requests/take/times/", {"customer": customer.pk, "caller_phone": "13900000001", "changed": "caller_phone"}
    )
    assert called.context["form"].initial["contact"] == second


def test_who_empties_the_contact_or_changes_the_customer_is_heeded(signed, company, customer, contact):
    emptied = {"customer": customer.pk, "contact": "", "caller_phone": "13800138000", "changed": "contact"}
    part = signed.post("/requests/take/times/", emptied)
    assert (part.context["form"].initial.get("contact"), part.context["known"]) == (None, False)
    other = type(customer).objects.create(organisation=company, name="别家医院")
    part = signed.post("/requests/take/times/", {**emptied, "customer": other.pk, "contact": contact.pk})
    assert (part.context["chosen"], part.context["known"]) == (other, False)
