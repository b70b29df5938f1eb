"""The pages of requests: who may, what a wrong form gives back, and the moves of one request."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import translation

from shouhou.requests.actions.talk import attach_files, resolve_request
from shouhou.requests.models import ConfirmationLink, Reassignment, ServiceRequest
from shouhou.requests.tests.make import at, kinds
from shouhou.shared.models import Event
from shouhou.shared.time import moved_to

NINE = at("2026-06-08 09:00")
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"


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


# --- intake form ----------------------------------------------------------------------------------


@pytest.mark.clause("A1.1", "F2")
def test_the_form_registers_shows_the_promises_and_takes_pictures_along(signed, agreement, form, agent):
    signed_agreement = agreement("application_maintenance")
    page = signed.get(f"/requests/take/?customer={form['customer']}").content.decode()
    assert signed_agreement.number in page
    assert "2 个工作日内排除故障" in page  # the agent reads the promise before anything is saved

    answer = signed.post(
        "/requests/take/", {**form, "promise_given": "on", "files": SimpleUploadedFile("屏幕.png", PNG)}
    )

    case = ServiceRequest.objects.get()
    assert answer["Location"] == f"/requests/{case.pk}/"
    assert (case.owner, case.promised_at is not None, case.attachments.get().name) == (agent, True, "屏幕.png")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"subject": ""}, "subject"),
        ({"customer": "", "contact": ""}, "customer"),
        ({"contact": ""}, "caller_name"),
        ({"kind": "party"}, "kind"),
        ({"impact": "huge"}, "impact"),
        ({"reported_at": "昨天"}, "reported_at"),
        ({"need": "", "promise_given": "on"}, "promise_given"),
        ({"reported_at": "2026-06-08T09:00", "occurred_at": "2026-06-08T10:00"}, "occurred_at"),
    ],
)
def test_a_wrong_form_comes_back_with_what_was_typed_and_names_the_field(signed, form, change, field):
    answer = signed.post("/requests/take/", {**form, **change})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert f'id="id_{field}_error"' in page
    assert "第二纸盒" in page
    assert not ServiceRequest.objects.exists()


def test_a_report_in_the_future_keeps_what_was_typed(signed, form):
    """The refusal must not cost the agent the whole form."""
    answer = signed.post("/requests/take/", {**form, "reported_at": "2099-01-01T09:00"})
    assert not ServiceRequest.objects.exists()
    assert answer.status_code == 422
    assert "第二纸盒" in answer.content.decode()


def test_a_callers_number_fills_in_customer_and_contact(signed, contact, customer):
    shown = signed.get("/requests/take/?phone=13800138000")
    assert (shown.context["form"].initial["contact"], shown.context["chosen"]) == (contact, customer)
    part = signed.post("/requests/take/times/", {"caller_phone": "028-85331234转808"}, headers={"HX-Request": "true"})
    assert part.context["chosen"] == customer
    assert b"<html" not in part.content


def test_half_a_minute_on_the_phone_registers_late_with_a_photo(signed, customer, agent):
    with moved_to(NINE):
        answer = signed.post(
            "/requests/late/",
            {
                "customer": customer.pk, "subject": "用户打我手机报修", "reported_at": "2026-06-08T07:30",
                "files": SimpleUploadedFile("现场.png", PNG),
            },
        )  # fmt: skip
    assert answer.status_code == 302
    case = ServiceRequest.objects.get()
    assert (case.channel, case.registered_late, case.reported_at) == ("engineer", True, at("2026-06-08 07:30"))
    assert case.attachments.count() == 1


@pytest.mark.parametrize("url", ["/requests/take/", "/requests/late/"])
def test_customers_do_not_take_requests_on_our_pages(client, customer_user, url):
    client.force_login(customer_user)
    assert client.get(url).status_code == 302
    assert client.post(url, {}).status_code == 302
    assert not ServiceRequest.objects.exists()


# --- one request ----------------------------------------------------------------------------------

MOVES = [
    ("begin", {}), ("resolve", {"solution": "x"}), ("confirm", {}), ("reopen", {}), ("close", {}), ("file", {}),
    ("cancel", {}), ("promise", {}), ("say", {"text": "x", "way": "message"}), ("resume", {}),
    ("pause", {"reason": "postponed", "words": "x"}), ("fact", {"fact": "visit.arrived"}),
    ("grade", {"impact": "high", "urgency": "high"}), ("coverage", {"coverage": "paid", "reason": "x"}),
    ("split", {"subject": "x"}), ("problem", {"title": "x"}), ("continue", {}), ("accept", {}), ("attach", {}),
    ("reassign", {"reason": "x"}), ("decline", {"answer": "x"}), ("merge", {"number": "SR-1"}),
    ("link", {"number": "SR-1"}),
]  # fmt: skip


@pytest.mark.parametrize(("move", "data"), MOVES)
def test_a_stranger_moves_nothing_and_learns_nothing(client, take, stranger, move, data):
    case = take()
    before = kinds(case)
    client.force_login(stranger)
    assert client.post(f"/requests/{case.pk}/{move}/", data).status_code == 404
    assert kinds(case) == before


@pytest.mark.parametrize(
    ("move", "data"),
    [m for m in MOVES if m[0] in ("begin", "resolve", "pause", "fact", "grade", "coverage", "split", "problem", "say")],
)
def test_a_customers_own_user_does_none_of_our_work(client, take, customer_user, move, data):
    case = take()
    before = kinds(case)
    client.force_login(customer_user)
    client.post(f"/requests/{case.pk}/{move}/", data)
    assert kinds(case) == before
    assert ServiceRequest.objects.count() == 1


def test_a_plain_post_redirects_and_htmx_gets_the_fragment(signed, take):
    first, second = take(), take()
    assert signed.post(f"/requests/{first.pk}/begin/")["Location"] == f"/requests/{first.pk}/"
    part = signed.post(f"/requests/{second.pk}/begin/", headers={"HX-Request": "true"})
    assert (part.status_code, b"<html" in part.content) == (200, False)
    assert second.number in part.content.decode()


def test_a_refusal_is_a_toast_for_htmx_and_a_message_for_a_plain_form(signed, take, agent):
    case = take()
    resolve_request(case, solution="x", by=agent)
    toast = signed.post(f"/requests/{case.pk}/begin/", headers={"HX-Request": "true"})
    assert (toast.status_code, toast["HX-Retarget"]) == (409, "#toast")
    plain = signed.post(f"/requests/{case.pk}/begin/", headers={"Referer": f"/requests/{case.pk}/"}, follow=True)
    (message,) = plain.context["messages"]
    assert str(message) in toast.content.decode()


@pytest.mark.parametrize(
    ("move", "data", "name", "field"),
    [
        ("resolve", {"solution": ""}, "resolve_form", "solution"),
        ("pause", {"reason": "postponed", "words": ""}, "pause", "words"),
        ("coverage", {"coverage": "paid", "reason": ""}, "coverage", "reason"),
        ("say", {"text": "", "way": "message"}, "text_form", "text"),
        ("fact", {"fact": "moon.landed"}, "fact_form", "fact"),
        ("reassign", {"reason": "忙不过来"}, "reassign", "taker"),
        ("merge", {"number": "SR-0"}, "merge", "number"),
    ],
)
def test_a_wrong_move_form_comes_back_open_with_its_words(signed, take, engineer, move, data, name, field):
    case = take()
    before = kinds(case)
    answer = signed.post(f"/requests/{case.pk}/{move}/", data)
    assert (answer.status_code, answer.context["opened"]) == (422, name)
    assert field in answer.context[name if name.endswith("_form") else "act_form"].errors
    for value in data.values():
        assert value in answer.content.decode()
    assert kinds(case) == before


def test_the_buttons_walk_a_request_to_its_end(signed, client, agreement, take, agent, engineer):
    agreement("application_maintenance")
    case = take(channel="mail")
    url = f"/requests/{case.pk}"
    signed.post(f"{url}/promise/")
    signed.post(f"{url}/reassign/", {"taker": engineer.pk, "reason": "需要驱动工程师"})
    client.force_login(engineer)
    client.post(f"{url}/accept/")
    client.post(f"{url}/say/", {"text": "请发截图", "way": "question"})
    client.post(f"{url}/say/", {"text": "已发", "way": "reply"})
    client.post(f"{url}/grade/", {"impact": "high", "urgency": "high", "cause": "software"})
    client.post(f"{url}/resolve/", {"solution": "已修复", "cause": "software"})
    client.post(f"{url}/confirm/")

    case.refresh_from_db()
    assert (case.status, case.owner, case.severity, case.cause) == ("confirmed", engineer, "critical", "software")
    assert Reassignment.objects.get().state == "accepted"
    page = client.get(f"{url}/").content.decode()
    assert "已修复" in page
    assert client.get(f"{url}/promises/").status_code == 200


LINK = re.compile(r"http://testserver(/portal/confirm/[^/]+/)")


def link_on(client, case) -> str:
    """The confirmation link that the page shows; empty where it shows none."""
    found = LINK.search(client.get(f"/requests/{case.pk}/").content.decode())
    return found[1] if found else ""


def test_the_link_for_the_customer_is_shown_to_who_resolved_and_to_nobody_else(signed, take, manager):
    case = take()
    signed.post(f"/requests/{case.pk}/resolve/", {"solution": "已修复"})
    token = link_on(signed, case).rstrip("/").split("/")[-1]
    assert ConfirmationLink.objects.get().digest == ConfirmationLink.digest_of(token)
    other = Client()
    other.force_login(manager)
    assert link_on(other, case) == ""


def test_pictures_are_shown_everything_else_is_downloaded_and_only_to_who_may(signed, client, take, agent, stranger):
    case = take()
    picture, log = attach_files(
        case, files=[SimpleUploadedFile("屏幕.png", PNG), SimpleUploadedFile("app.log", b"ERROR <script>")], by=agent
    )
    shown, saved = (signed.get(f"/requests/files/{row.pk}/") for row in (picture, log))
    assert b"".join(shown.streaming_content) == PNG
    assert (shown["Content-Type"], shown["Content-Disposition"].startswith("inline")) == ("image/png", True)
    assert (saved["Content-Type"], saved["Content-Disposition"].startswith("attachment")) == ("text/plain", True)
    assert {r["X-Content-Type-Options"] for r in (shown, saved)} == {"nosniff"}
    assert b"".join(saved.streaming_content) == b"ERROR <script>"
    client.force_login(stranger)
    assert client.get(f"/requests/files/{log.pk}/").status_code == 404


def test_the_page_speaks_the_readers_language(signed, take, agent):
    case = take()
    for language, words in (("zh-hans", "新建"), ("en", "New")):
        agent.language = language
        agent.save()
        with translation.override(language):
            expected = case.get_status_display()
        assert expected in signed.get(f"/requests/{case.pk}/").content.decode(), words


def test_what_was_taken_down_can_be_put_right_and_is_found_by_the_new_words(signed, take, customer):
    case = take(need="")
    form = signed.get(f"/requests/{case.pk}/do/edit/").content.decode()
    assert 'name="need"' in form
    sent = {"subject": "扫描枪失灵", "description": case.description, "need": "今天恢复", "contact": case.contact_id}
    assert signed.post(f"/requests/{case.pk}/edit/", sent).status_code == 302
    case.refresh_from_db()
    assert (case.subject, case.need, case.missing_for_promise()) == ("扫描枪失灵", "今天恢复", [])
    assert Event.objects.of(case).get(kind="request.edited").data == {"fields": ["need", "site", "subject"]}
    assert case.number in signed.get("/requests/?q=扫描枪").content.decode()

    empty = signed.post(f"/requests/{case.pk}/edit/", {**sent, "subject": ""})
    assert (empty.status_code, list(empty.context["act_form"].errors)) == (422, ["subject"])
    assert "今天恢复" in empty.content.decode()


def test_the_confirmation_link_can_be_made_anew_and_the_old_one_ends(signed, take):
    case = take()
    signed.post(f"/requests/{case.pk}/resolve/", {"solution": "已修复"})
    shown = link_on(signed, case)
    signed.post(f"/requests/{case.pk}/relink/")
    again = link_on(signed, case)
    assert shown != again
    visitor = Client()
    visitor.post(shown, {"answer": "solved"})
    case.refresh_from_db()
    assert case.status == "resolved"
    visitor.post(again, {"answer": "solved"})
    case.refresh_from_db()
    assert case.status == "confirmed"


def test_a_page_that_is_not_there_says_so_in_the_readers_language(signed):
    page = signed.get("/requests/999999/")
    assert page.status_code == 404
    assert "Not Found" not in page.content.decode()
    assert "/static/shared/theme.css" in page.content.decode()
