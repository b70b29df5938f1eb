"""Asking a vendor for support in writing: signed, sent, chased, acknowledged, answered, told (A5.1-A5.4)."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from shouhou.notices.models import Mail, Notice
from shouhou.records.models import Record
from shouhou.records.tests.make import text_of
from shouhou.requests.actions import support as acts
from shouhou.requests.actions.support import Addressee, secret_of, write_support_request
from shouhou.requests.models import SupportRequest
from shouhou.requests.rules.support import chase_due
from shouhou.requests.tests.make import at, clock, kinds, vendor_asked
from shouhou.shared.files import open_blob
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Event
from shouhou.shared.time import now

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(take, agent):
    case = take()
    asked = vendor_asked(case, agent, signed=True)
    acts.send_support_request(asked, by=agent)
    return asked


# --- the document ---------------------------------------------------------------------------------


@pytest.mark.clause("A5.1")
def test_what_nobody_signed_is_not_sent(take, agent):
    asked = vendor_asked(take(), agent)
    with pytest.raises(Refused, match=r"signs|签"):
        acts.send_support_request(asked, by=agent)
    asked.refresh_from_db()
    assert (asked.status, asked.paper.status) == ("draft", Record.Status.DRAFT)
    assert not Mail.objects.exists()


@pytest.mark.clause("A5.1")
def test_the_signed_document_is_numbered_filed_and_says_what_we_ask(sent):
    sent.refresh_from_db()
    assert sent.paper.number == f"JS-{now().astimezone(sent.organisation.tz).year}-00001"
    with open_blob(sent.paper.pdf) as content:
        text = text_of(content.read())
    for words in ("建文软件", "何工", "无法打印", "重装驱动", "补丁", "周敏"):
        assert words in text
    assert kinds(sent.request, "vendor.drafted", "vendor.requested") == ["vendor.drafted", "vendor.requested"]


@pytest.mark.clause("A5.1")
def test_by_mail_goes_the_link_and_by_fax_nothing(sent, take, agent):
    letter = Mail.objects.get()
    assert letter.to == "he@vendor.example.cn"
    assert f"/portal/vendor/{secret_of(sent)}/" in letter.body
    paper = vendor_asked(take(), agent, way="fax", signed=True)
    acts.send_support_request(paper, by=agent)
    assert Mail.objects.count() == 1


def test_only_vendors_and_partners_are_asked_and_only_by_us(take, agent, company, customer_user):
    case = take()
    words = {"problem": "p", "tried": "t", "wanted": "w"}
    with pytest.raises(Refused):
        write_support_request(case, to=Addressee(company, "x", "a@b.cn"), by=agent, **words)
    asked = vendor_asked(case, agent)
    with pytest.raises(Refused):
        write_support_request(case, to=Addressee(asked.vendor, "x", "a@b.cn"), by=customer_user, **words)
    with pytest.raises(Refused):
        write_support_request(case, to=Addressee(asked.vendor, "x", ""), by=agent, **words)


# --- receipt --------------------------------------------------------------------------------------


@pytest.mark.clause("A5.2")
def test_who_keeps_silent_is_reminded_with_the_same_link(pump, sent, agent, manager, run_jobs):
    first = sent.chase_at
    assert acts.chase_unacknowledged(first - timedelta(seconds=1)) == 0
    assert acts.chase_unacknowledged(first) == 1
    assert acts.chase_unacknowledged(first) == 0
    assert Mail.objects.count() == 2
    assert all(secret_of(sent) in letter.body for letter in Mail.objects.all())
    assert acts.chase_unacknowledged(first + timedelta(days=9)) == 1  # a worker that slept reminds once
    sent.refresh_from_db()
    assert sent.chase_at > first + timedelta(days=9)
    pump()
    run_jobs()
    told = Notice.objects.filter(kind="vendor.chased")
    assert {notice.user for notice in told} == {agent, manager}  # the silence was long
    assert len(mail.outbox) == 3


@pytest.mark.clause("A5.2")
def test_reminders_end_with_the_receipt_and_its_time_is_kept(sent, agent):
    heard = now()
    acts.acknowledge(sent, name="何工", how="phone", by=agent, at=heard)
    sent.refresh_from_db()
    assert (sent.status, sent.heard_from, sent.heard_how, sent.heard_at) == ("acknowledged", "何工", "phone", heard)
    assert acts.chase_unacknowledged(now() + timedelta(days=30)) == 0
    event = Event.objects.of(sent.request).get(kind="vendor.acknowledged")
    assert (event.occurred_at, event.by_id) == (heard, agent.pk)
    with pytest.raises(Refused):
        acts.acknowledge(sent, name="何工", how="phone", by=agent)


def test_a_receipt_needs_a_name_and_lies_between_sending_and_now(sent, agent):
    with pytest.raises(Refused):
        acts.acknowledge(sent, name=" ", how="phone", by=agent)
    for when in (now() + timedelta(hours=1), sent.sent_at - timedelta(hours=1)):
        with pytest.raises(Refused):
            acts.acknowledge(sent, name="何工", how="phone", by=agent, at=when)


def test_chases_come_after_one_and_four_hours_and_then_daily():
    start = at("2026-09-30 17:50")
    hours = [(chase_due(start, n) - start) / timedelta(hours=1) for n in range(5)]
    assert hours == [1, 4, 28, 52, 76]


# --- the vendor's own page ------------------------------------------------------------------------


@pytest.mark.clause("A5.2", "E8")
def test_the_vendor_confirms_announces_and_answers_at_the_link(sent, client):
    address = f"/portal/vendor/{secret_of(sent)}/"
    assert "无法打印" in client.get(address).content.decode()
    assert client.get(address + "document/").content.startswith(b"%PDF")
    client.post(address, {"do": "heard", "name": "何工"})
    client.post(address, {"do": "engineer", "name": "陈工", "phone": "139", "comes_at": "2026-12-01T09:00"})
    patch = SimpleUploadedFile("patch.txt", b"step 1", "text/plain")
    client.post(address, {"do": "answer", "name": "何工", "text": "装补丁 5.2", "upload": patch})
    sent.refresh_from_db()
    assert (sent.status, sent.heard_how, sent.engineer_name) == ("answered", "link", "陈工")
    assert (sent.answer, sent.answer_file_name) == ("装补丁 5.2", "patch.txt")
    told = ["vendor.acknowledged", "vendor.announced", "support.solution_received"]
    assert kinds(sent.request, *told) == told


def test_a_wrong_answer_at_the_link_loses_nothing(sent, client):
    answer = client.post(f"/portal/vendor/{secret_of(sent)}/", {"do": "answer", "name": "", "text": "装补丁"})
    assert answer.status_code == 422
    assert "装补丁" in answer.content.decode()
    sent.refresh_from_db()
    assert sent.status == "sent"


def test_a_guessed_link_opens_nothing_and_a_draft_has_none(take, agent, client):
    drafted = vendor_asked(take(), agent)
    for token in ("x" * 32, secret_of(drafted)):
        assert client.get(f"/portal/vendor/{token}/").status_code == 404
        assert client.get(f"/portal/vendor/{token}/document/").status_code == 404
        assert client.post(f"/portal/vendor/{token}/", {"do": "heard", "name": "x"}).status_code == 404


def test_a_customer_sees_nothing_of_it(sent, customer_user, client):
    client.force_login(customer_user)
    assert client.get(f"/requests/support/{sent.pk}/").status_code == 404
    assert client.get(f"/records/{sent.paper_id}/").status_code == 404


# --- the solution ---------------------------------------------------------------------------------


@pytest.mark.clause("A5.3")
def test_the_hour_to_tell_the_customer_runs_from_the_solution(norm, take, agent):
    case = take()
    asked = vendor_asked(case, agent, signed=True)
    acts.send_support_request(asked, by=agent)
    acts.receive_answer(asked, text="装补丁", name="何工", how="phone", by=agent)
    asked.refresh_from_db()
    code = case.clocks().get(commitment__clause="A5.3").commitment.code
    assert clock(case, code).state == "running"
    assert clock(case, code).due_at == asked.answered_at + timedelta(hours=1)
    acts.tell_solution(asked, text="请装补丁 5.2", by=agent, spoken=False)
    assert clock(case, code).state == "met"
    assert case.messages.get().text == "请装补丁 5.2"


@pytest.mark.clause("A5.2")
def test_an_answer_proves_the_receipt(sent, agent):
    acts.receive_answer(sent, text="装补丁", name="何工", how="mail", by=agent)
    assert kinds(sent.request, "vendor.acknowledged", "support.solution_received") == [
        "vendor.acknowledged", "support.solution_received",
    ]  # fmt: skip


@pytest.mark.clause("A5.4")
def test_from_the_solution_another_visit_is_raised_and_the_request_stays_open(sent, agent, client):
    acts.receive_answer(sent, text="需要换主板", name="何工", how="phone", by=agent)
    client.force_login(agent)
    body = client.get(f"/requests/support/{sent.pk}/").content.decode()
    form = f"/hotline/requests/{sent.request_id}/visit/"
    assert form in body
    assert client.get(form).status_code == 200
    sent.request.refresh_from_db()
    assert sent.request.status in sent.request.RUNNING


def test_what_is_over_is_not_chased(pump, sent, agent):
    sent.request.cancel(by=agent)
    pump()
    sent.refresh_from_db()
    assert sent.status == SupportRequest.Status.WITHDRAWN
    assert acts.chase_unacknowledged(now() + timedelta(days=1)) == 0


def test_a_withdrawn_draft_makes_its_paper_void(take, agent):
    asked = vendor_asked(take(), agent)
    acts.withdraw_support_request(asked, by=agent)
    asked.paper.refresh_from_db()
    assert asked.paper.status == Record.Status.VOID


# --- the pages ------------------------------------------------------------------------------------


@pytest.mark.clause("A5.1", "A5.2", "A5.3")
def test_from_the_request_to_the_told_customer_on_our_pages(take, agent, client):
    case = take()
    client.force_login(agent)
    vendor = vendor_asked(case, agent).vendor
    words = {"vendor": vendor.pk, "contact_name": "何工", "way": "link", "email": "", "problem": "无法打印",
             "tried": "重装驱动", "wanted": "补丁"}  # fmt: skip
    wrong = client.post(f"/requests/{case.pk}/ask-vendor/", words)
    assert wrong.status_code == 422
    assert "重装驱动" in wrong.content.decode()
    made = client.post(f"/requests/{case.pk}/ask-vendor/", {**words, "email": "he@v.example.cn"})
    asked = SupportRequest.objects.latest("pk")
    assert made["Location"] == f"/requests/support/{asked.pk}/"
    from shouhou.records.actions.signing import sign
    from shouhou.records.tests.make import png

    sign(asked.paper, role="representative", name="周敏", how="drawn", png=png(), by=agent)
    page = f"/requests/support/{asked.pk}/"
    client.post(page, {"do": "send"})
    client.post(page, {"do": "heard", "name": "何工", "how": "phone"})
    empty = client.post(page, {"do": "answer", "name": "何工", "how": "phone", "text": ""})
    assert empty.status_code == 422
    client.post(page, {"do": "answer", "name": "何工", "how": "phone", "text": "装补丁"})
    client.post(page, {"do": "tell", "text": "请装补丁", "spoken": "on"})
    asked.refresh_from_db()
    assert (asked.status, asked.told_at is not None) == ("answered", True)
    assert "customer.informed" in kinds(case)
    shown = client.get(f"/requests/{case.pk}/").content.decode()
    assert page in shown


def test_the_request_page_reads_no_support_where_no_vendor_was_asked(take, agent, client):
    case = take()
    client.force_login(agent)
    with CaptureQueriesContext(connection) as asked:
        client.get(f"/requests/{case.pk}/")
    assert [q["sql"] for q in asked if "requests_supportrequest" in q["sql"]] == []
