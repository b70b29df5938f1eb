"""Lists of requests: filters in the address, pages by key, kept views, bulk moves, export; queries counted."""

import io
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from shouhou.customers.models import Customer
from shouhou.requests.actions.handover import accept_reassignment, offer_reassignment
from shouhou.requests.actions.intake import take_request
from shouhou.requests.actions.talk import attach_files, resolve_request, send_message, write_note
from shouhou.requests.models import MajorIncident, SavedView, ServiceRequest
from shouhou.requests.tests.make import at, sweep
from shouhou.shared.time import moved_to

NINE = at("2026-06-08 09:00")
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"


@contextmanager
def counting():
    """Queries of the block; a test's savepoints, and clock readings that need none outside a transaction, left out."""
    with CaptureQueriesContext(connection) as captured:
        counted: list[str] = []
        yield counted
    counted += [
        q["sql"] for q in captured.captured_queries if "SAVEPOINT" not in q["sql"] and "clock_timestamp" not in q["sql"]
    ]


@pytest.fixture
def signed(client, agent):
    client.force_login(agent)
    return client


@pytest.fixture
def form(customer, contact):
    return {
        "customer": customer.pk, "contact": contact.pk, "channel": "phone", "kind": "fault", "subject": "打印机卡纸",
        "description": "第二纸盒", "need": "今天修好", "impact": "medium", "urgency": "medium",
    }  # fmt: skip


# --- queries --------------------------------------------------------------------------------------


def fill(take, agent, engineer, number):
    for n in range(number):
        case = take(subject=f"第 {n} 件", impact="high" if n % 2 else "low")
        if n % 3 == 0:
            send_message(case, text="型号?", by=agent, question=True)
        if n % 5 == 0:
            accept_reassignment(offer_reassignment(case, taker=engineer, reason="x", by=agent), by=engineer)


@pytest.mark.parametrize(
    ("url", "most"),
    [
        ("/requests/", 8),
        ("/requests/?view=all", 8),
        ("/requests/?q=第", 8),
        ("/requests/?view=all&reported_from=2020-01-01&status=new", 8),
        ("/requests/?sort=reported", 8),
        ("/requests/board/", 10),
        ("/requests/export/?view=all", 8),
        ("/api/requests", 5),
    ],
)
def test_a_list_costs_the_same_for_three_rows_and_for_thirty(signed, agreement, take, agent, engineer, url, most):
    agreement("application_maintenance")
    counts = []
    for number in (3, 27):
        fill(take, agent, engineer, number)
        signed.get(url)
        with counting() as queries:
            assert signed.get(url).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= most


def test_a_request_costs_the_same_with_a_long_history(signed, agreement, take, agent, engineer):
    agreement("terminal_warranty", filled={"c9": "24 h"})
    with moved_to(NINE):
        case = take(reported_at=NINE)
    counts = []
    for number in (1, 12):
        for n in range(number):
            send_message(case, text=f"消息 {n}", by=(agent, engineer)[n % 2])
            write_note(case, text=f"备注 {n}", by=agent)
            attach_files(case, files=[SimpleUploadedFile(f"{number}-{n}.png", PNG + bytes([number, n]))], by=agent)
        sweep()
        with counting() as queries:
            assert signed.get(f"/requests/{case.pk}/").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 16


def test_registering_costs_few_queries(signed, agreement, form):
    agreement("application_maintenance")
    signed.post("/requests/take/", form)
    with counting() as queries:
        answer = signed.post("/requests/take/", form)
    assert answer.status_code == 302
    assert len(queries) <= 16


# --- list -----------------------------------------------------------------------------------------


@pytest.fixture
def three(take, agent, engineer):
    with moved_to(NINE):
        return {
            "high": take(subject="全网中断", impact="high", urgency="high"),
            "mail": take(subject="扫描仪不亮", channel="mail"),
            "done": take(subject="键盘失灵", kind="consultation"),
        }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"high", "mail", "done"}),
        ("severity=critical", {"high"}),
        ("channel=mail", {"mail"}),
        ("kind=consultation", {"done"}),
        ("q=扫描仪", {"mail"}),
        ("q=网中", {"high"}),  # inside a word
        ("view=undecided&severity=medium", {"mail", "done"}),
        ("view=ended", set()),
        ("view=nonsense", {"high", "mail", "done"}),
        ("severity=nonsense&channel=mail", {"mail"}),
        ("after=forged", {"high", "mail", "done"}),
        ("reported_from=2026-06-08&reported_until=2026-06-08", {"high", "mail", "done"}),
        ("reported_from=2026-06-09", set()),
        ("reported_until=2026-06-07", set()),
        ("view=all&reported_until=2026-06-08", {"high", "mail", "done"}),
        ("reported_from=0001-01-01&reported_until=9999-12-31&channel=mail", {"mail"}),  # slips of the hand
        ("status=new&kind=consultation", {"done"}),
        ("status=closed", set()),
        ("view=open&status=closed", {"high", "mail", "done"}),  # means nothing there
        ("customer=0&owner=²&channel=mail", {"mail"}),
    ],
)
def test_filters_stand_in_the_address(signed, three, query, expected):
    shown = signed.get(f"/requests/?{query}")
    assert shown.status_code == 200
    assert {name for name, case in three.items() if case in shown.context["rows"]} == expected


def test_customer_and_owner_are_filters_and_an_ended_status_is_looked_for_everywhere(
    signed, three, agent, engineer, customer, company
):
    other = take_request(
        by=agent, subject="另一家", customer=Customer.objects.create(organisation=company, name="别家")
    )
    accept_reassignment(offer_reassignment(three["high"], taker=engineer, reason="x", by=agent), by=engineer)
    three["mail"].cancel(by=agent)

    def shown(**query):
        return {row.pk for row in signed.get("/requests/", query).context["rows"]}

    assert shown(customer=customer.pk, owner=engineer.pk) == {three["high"].pk}
    assert shown(customer=other.customer_id) == {other.pk}
    assert shown(status="cancelled") == {three["mail"].pk}
    page = signed.get("/requests/", {"customer": customer.pk, "view": "all"}).content.decode()
    assert customer.name in page.split('name="customer"')[1].split("</select>")[0]  # the field says who was chosen
    assert 'href="?view=all"' in page.split('class="filters"')[1]  # and can be cleared, keeping the view


def test_a_filter_names_no_customer_or_colleague_of_another_branch(client, person, centre, customer, agent, take):
    take()
    client.force_login(person("far", "agent", organisation=centre))
    assert customer.name not in client.get("/requests/", {"customer": customer.pk}).content.decode()
    assert client.get("/requests/owners/", {"q": agent.name}).json() == []


def test_owners_are_found_while_typing_and_by_colleagues_only(signed, client, agent, engineer, customer_user):
    assert signed.get("/requests/owners/", {"q": "王"}).json() == [{"value": str(engineer.pk), "text": "王强"}]
    client.force_login(customer_user)
    assert client.get("/requests/owners/").status_code == 404


def test_the_latest_reported_can_stand_first_and_pages_follow_in_that_order(signed, take):
    with moved_to(NINE):
        made = [take(reported_at=NINE - timedelta(minutes=n)).pk for n in range(60)]
        first = signed.get("/requests/", {"sort": "reported"}).context
        second = signed.get("/requests/", {"sort": "reported", "after": first["after"]}).context
    assert [row.pk for row in (*first["rows"], *second["rows"])] == made


def test_the_list_says_which_promise_the_clock_belongs_to(signed, agreement, take, agent):
    agreement("application_maintenance")
    case = take(channel="mail")
    (row,) = signed.get("/requests/").context["rows"]
    due = case.clocks().filter(state="running").order_by("due_at").first()
    assert (row.promise_name, row.next_due_at) == (due.commitment.name, due.due_at)
    assert due.commitment.name in signed.get("/requests/").content.decode()
    case.cancel(by=agent)
    (row,) = signed.get("/requests/?view=all").context["rows"]
    assert (row.next_clock_state, row.promise_name) == ("none", None)


def test_mine_and_overdue_are_what_they_say(signed, three, engineer, agent):
    accept_reassignment(offer_reassignment(three["high"], taker=engineer, reason="x", by=agent), by=engineer)
    mine = signed.get("/requests/?view=mine").context["rows"]
    assert set(mine) == {three["mail"], three["done"]}
    overdue = signed.get("/requests/?view=overdue").context["rows"]  # June has passed
    assert set(overdue) == {case for case in three.values() if case.next_due_at.year < 2027}


def test_pages_follow_by_key_without_gap_or_repetition(signed, take):
    made = [take().pk for _ in range(60)]
    seen, after = [], ""
    while True:
        context = signed.get("/requests/", {"view": "open", "after": after}).context
        seen += [row.pk for row in context["rows"]]
        after = context["after"]
        if not after:
            break
    assert (len(seen), sorted(seen)) == (60, sorted(made))


def test_htmx_gets_the_rows_alone_and_history_the_whole_page(signed, three):
    part = signed.get("/requests/", headers={"HX-Request": "true"}).content
    again = signed.get("/requests/", headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert b"<html" not in part
    assert "全网中断".encode() in part
    assert b"<html" in again.content
    assert "HX-Request" in again["Vary"]


def test_a_kept_view_is_ones_own(signed, client, three, engineer):
    answer = signed.post("/requests/views/keep/", {"name": "急的", "query": "?severity=critical&view=open"})
    assert answer["Location"] == "/requests/?severity=critical&view=open"
    view = SavedView.objects.get()
    assert "急的" in signed.get("/requests/").content.decode()

    def active(query):
        page = signed.get(f"/requests/?{query}").content.decode()
        return [bit.split("</a>")[0].split(">")[1] for bit in page.split('<a class="nav-link py-1 px-2 active"')[1:]]

    assert active("sort=&view=open&severity=critical&q=") == ["急的"]  # however the address is written
    assert "急的" not in active("view=open")

    client.force_login(engineer)
    assert "急的" not in client.get("/requests/").content.decode()
    assert client.post(f"/requests/views/{view.pk}/drop/").status_code == 404
    assert SavedView.objects.exists()


def test_the_sheet_holds_the_chosen_rows_and_no_formula(signed, three, take):
    evil = take(subject='=HYPERLINK("http://evil")', channel="mail")
    answer = signed.get("/requests/export/?channel=mail&view=open")
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    assert [row[0] for row in sheet[1:]] == [three["mail"].number, evil.number]
    assert sheet[2][4] == '=HYPERLINK("http://evil")'
    assert answer["Content-Disposition"] == 'attachment; filename="requests.xlsx"'


def test_a_bulk_move_names_the_rows_that_refuse_and_does_the_others(signed, three, agent, engineer):
    resolve_request(three["mail"], solution="已修复", by=agent)
    answer = signed.post("/requests/bulk/", {"move": "begin", "pk": [case.pk for case in three.values()]}, follow=True)
    told = [str(m) for m in answer.context["messages"]]
    assert [three["mail"].number in text for text in told] == [True, False]
    assert {name: ServiceRequest.objects.get(pk=c.pk).status for name, c in three.items()} == {
        "high": "working", "mail": "resolved", "done": "working",
    }  # fmt: skip


def test_what_refused_is_told_once_and_stays_ticked_where_one_was(signed, three, agent):
    for name in ("mail", "done"):
        resolve_request(three[name], solution="已修复", by=agent)
    sent = {"move": "begin", "pk": [case.pk for case in three.values()], "next": "/requests/?view=open&q="}
    answer = signed.post("/requests/bulk/", sent, follow=True)
    assert answer.redirect_chain == [("/requests/?view=open&q=", 302)]
    error, success = (str(m) for m in answer.context["messages"])
    assert [three[name].number in error for name in ("high", "mail", "done")] == [False, True, True]
    assert three["high"].number not in success

    def ticked(page):
        return {name for name, case in three.items() if f'value="{case.pk}"' in page and tick(page, case)}

    def tick(page, case):
        return " checked" in page.split(f'value="{case.pk}" form="bulk"')[1].split(">")[0]

    assert ticked(answer.content.decode()) == {"mail", "done"}
    assert ticked(signed.get("/requests/").content.decode()) == set()  # once, not for ever


def test_an_incident_without_a_title_costs_no_selection(signed, three):
    answer = signed.post("/requests/bulk/", {"move": "incident", "pk": [three["high"].pk]}, follow=True)
    assert answer.context["ticked"] == [three["high"].pk]
    assert len(list(answer.context["messages"])) == 1
    assert not MajorIncident.objects.exists()


@pytest.mark.clause("K4")
def test_chosen_rows_become_a_major_incident(signed, three):
    rows = [three["high"].pk, three["mail"].pk]
    answer = signed.post("/requests/bulk/", {"move": "incident", "pk": rows, "title": "核心交换机"})
    incident = MajorIncident.objects.get()
    assert answer["Location"] == f"/requests/incidents/{incident.pk}/"
    page = signed.get(answer["Location"]).content.decode()
    assert "全网中断" in page
    assert "键盘失灵" not in page


def test_a_bulk_move_reaches_no_row_that_one_cannot_see(client, three, stranger):
    client.force_login(stranger)
    client.post("/requests/bulk/", {"move": "begin", "pk": [case.pk for case in three.values()]})
    assert set(ServiceRequest.objects.values_list("status", flat=True)) == {"new"}
