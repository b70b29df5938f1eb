"""What customers see and do: theirs alone, in their words, never our notes."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile

from shouhou.customers.models import Customer, Project
from shouhou.portal.rules import STATES, TOLD
from shouhou.requests.actions.intake import take_request
from shouhou.requests.actions.talk import (
    attach_files,
    confirm_expired,
    new_link,
    pause_request,
    resolve_request,
    send_message,
    write_note,
)
from shouhou.requests.models import ServiceRequest
from shouhou.shared.facts import DECLARED
from shouhou.shared.models import Event
from shouhou.shared.templatetags.shared import moment
from shouhou.shared.time import moved_to

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
NINE = datetime(2026, 6, 8, 1, tzinfo=UTC)


def kinds(row, *names: str) -> list[str]:
    found = Event.objects.of(row).order_by("id").values_list("kind", flat=True)
    return [kind for kind in found if not names or kind in names]


def states(case) -> dict[str, str]:
    return {c.commitment.code: c.state for c in case.clocks()}


@pytest.fixture
def portal(client, customer_user):
    client.force_login(customer_user)
    return client


@pytest.fixture
def theirs(company, agent, manager):
    """A request of somebody else."""
    other = Customer.objects.create(organisation=company, name="别家医院")
    return take_request(by=agent, subject="别家的秘密", customer=other)


@pytest.fixture
def solved(take, agent):
    case = take()
    return case, resolve_request(case, solution="重装驱动", by=agent)


def test_customers_see_their_own_requests_and_nobody_elses(portal, take, theirs):
    mine = take(subject="我们的打印机")
    home = portal.get("/portal/").content.decode()
    assert "我们的打印机" in home
    assert "别家的秘密" not in home
    assert portal.get(f"/portal/requests/{mine.pk}/").status_code == 200
    for method in (portal.get, portal.post):
        assert method(f"/portal/requests/{theirs.pk}/").status_code == 404
    assert "别家的秘密" not in portal.get("/search/?q=秘密").content.decode()
    assert portal.get(f"/requests/{theirs.pk}/").status_code == 404


def test_our_own_pages_send_a_customer_to_the_portal(portal, take):
    case = take()
    assert portal.get(f"/requests/{case.pk}/")["Location"] == f"/portal/requests/{case.pk}/"


@pytest.mark.parametrize("path", ["/agreements/", "/follow-ups/", "/promises/calendars/", "/customers/", "/people/"])
def test_our_other_pages_are_not_for_customers(portal, path):
    assert portal.get(path).status_code in (302, 404)


def test_a_customer_raises_a_request_and_sees_at_once_what_is_promised(
    portal, agreement, customer, contact, customer_user, manager
):
    agreement("application_maintenance")
    answer = portal.post(
        "/portal/new/",
        {
            "subject": "报表导不出来", "description": "点导出没有反应", "urgency": "high",
            "files": SimpleUploadedFile("屏幕.png", PNG),
        },
    )  # fmt: skip
    case = ServiceRequest.objects.get()
    assert answer["Location"] == f"/portal/requests/{case.pk}/"
    assert (case.channel, case.customer, case.contact, case.owner) == ("portal", customer, contact, manager)
    assert (case.attachments.get().name, states(case)["i8"]) == ("屏幕.png", "running")
    page = portal.get(answer["Location"]).content.decode()
    assert "2 个工作日内排除故障" in page
    assert case.number in page


@pytest.mark.parametrize("missing", ["subject", "description", "urgency"])
def test_a_wrong_form_comes_back_with_what_was_typed(portal, manager, missing):
    data = {"subject": "报表导不出来", "description": "点导出没有反应", "urgency": "high", missing: ""}
    answer = portal.post("/portal/new/", data)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [missing])
    kept = next(value for name, value in data.items() if name != missing)
    assert kept in answer.content.decode()
    assert not ServiceRequest.objects.exists()


def test_internal_notes_are_never_shown(portal, take, agent):
    case = take()
    send_message(case, text="我们马上处理", by=agent)
    write_note(case, text="客户脾气大,小心", by=agent)
    page = portal.get(f"/portal/requests/{case.pk}/").content.decode()
    assert "我们马上处理" in page
    assert "脾气" not in page


def test_the_words_with_which_we_stopped_a_clock_stay_with_us(portal, take, agent):
    case = take()
    pause_request(case, reason="postponed", words="内部:仓库没有备件", by=agent)
    assert "仓库" not in portal.get(f"/portal/requests/{case.pk}/").content.decode()


def test_a_reply_ends_our_waiting_and_the_customer_sees_that_we_wait(portal, take, agent):
    case = take()
    send_message(case, text="型号是?", by=agent, question=True)
    url = f"/portal/requests/{case.pk}/"
    assert portal.get(url).context["case"].waiting == "customer"
    assert "state paused" in portal.get(url).content.decode()

    empty = portal.post(url, {"do": "reply", "text": " "})
    assert (empty.status_code, ServiceRequest.objects.get().waiting) == (422, "customer")
    portal.post(url, {"do": "reply", "text": "M401"})

    case.refresh_from_db()
    assert (case.waiting, states(case)["default_repair"]) == ("", "running")


@pytest.mark.clause("A1.2")
def test_a_signed_in_customer_confirms_or_rejects(portal, solved):
    case, _token = solved
    url = f"/portal/requests/{case.pk}/"
    silent = portal.post(url, {"do": "reopen", "words": " "})
    assert (silent.status_code, list(silent.context["confirm_form"].errors)) == (422, ["words"])
    assert ServiceRequest.objects.get().status == "resolved"
    portal.post(url, {"do": "reopen", "words": "还是卡纸"})
    case.refresh_from_db()
    assert (case.status, kinds(case, "request.rejected")) == ("new", ["request.rejected"])
    assert case.messages.get(direction="in").text == "还是卡纸"
    case.resolve("再修", by=case.owner)
    portal.post(url, {"do": "confirm"})
    case.refresh_from_db()
    assert (case.status, case.confirmed_how) == ("confirmed", "portal")
    refused = portal.post(url, {"do": "confirm"}, follow=True)
    assert refused.status_code == 200
    assert kinds(case, "request.confirmed") == ["request.confirmed"]


@pytest.mark.clause("A1.2", "A1.3")
def test_a_customer_reopens_within_thirty_days_and_not_later(portal, solved, agent, customer_user):
    case, _token = solved
    case.confirm("spoken", by=agent)
    case.follow_up(by=agent)
    case.close(by=agent)
    url = f"/portal/requests/{case.pk}/"
    with moved_to(case.closed_at + timedelta(days=30, minutes=1)):
        portal.post(url, {"do": "reopen", "words": "又坏了"})
        assert ServiceRequest.objects.get().status == "closed"
        assert not case.messages.exists()
    with moved_to(case.closed_at + timedelta(days=29)):
        portal.post(url, {"do": "reopen", "words": "又坏了"})
        assert ServiceRequest.objects.get().status == "new"


# --- the secret link ------------------------------------------------------------------------------


@pytest.mark.clause("A1.2")
def test_the_link_confirms_without_signing_in_and_says_so_the_second_time(client, solved):
    case, token = solved
    url = f"/portal/confirm/{token}/"
    first = client.get(url)
    assert (first.status_code, first.context["closed"]) == (200, False)
    page = first.content.decode()
    for words in ("华信软件", "tel:4008001234", "问题解决了吗", "打印时报错 0x0000011b。", "重装驱动"):
        assert words in page, words
    assert moment(case.confirm_by) in page  # until when, before it is taken as solved
    assert client.post(url, {"answer": "solved", "words": "谢谢"})["Location"] == url

    again = client.get(url)

    assert again.context["closed"]
    assert "您的答复是：已解决" in again.content.decode()
    assert "400-800-1234" in again.content.decode()
    assert 'name="answer"' not in again.content.decode()
    late = client.post(url, {"answer": "open", "words": "不行"}, follow=True)
    assert late.status_code == 200
    case.refresh_from_db()
    assert (case.status, case.confirmed_how) == ("confirmed", "link")
    assert case.messages.get(direction="in").text == "谢谢"


def test_a_mail_reader_that_only_opens_the_link_confirms_nothing(client, solved):
    _case, token = solved
    for method in (client.get, client.head):
        method(f"/portal/confirm/{token}/")
    assert ServiceRequest.objects.get().status == "resolved"


@pytest.mark.clause("A1.2")
def test_not_solved_by_link_opens_it_again_with_the_words(client, solved):
    case, token = solved
    client.post(f"/portal/confirm/{token}/", {"answer": "open", "words": "还是卡纸"})
    case.refresh_from_db()
    assert (case.status, case.messages.get(direction="in").text) == ("new", "还是卡纸")


@pytest.mark.clause("A1.2")
def test_not_solved_needs_words_and_the_answer_page_says_what_comes_next(client, solved):
    case, token = solved
    url = f"/portal/confirm/{token}/"
    silent = client.post(url, {"answer": "open", "words": "  "})
    assert (silent.status_code, list(silent.context["form"].errors)) == (422, ["words"])
    assert ServiceRequest.objects.get().status == "resolved"

    client.post(url, {"answer": "open", "words": "还是卡纸"})

    page = client.get(url).content.decode()
    for words in ("您的答复是：未解决", case.owner.name, "400-800-1234", "华信软件"):
        assert words in page, words
    assert 'name="answer"' not in page


def test_an_address_that_was_replaced_or_not_answered_in_time_says_so(client, solved):
    case, token = solved
    fresh = new_link(case)
    assert "此链接已失效" in client.get(f"/portal/confirm/{token}/").content.decode()
    with moved_to(case.confirm_by + timedelta(minutes=1)):
        confirm_expired(case.confirm_by)
        page = client.get(f"/portal/confirm/{fresh}/").content.decode()
    assert "逾期未答复" in page
    assert "您的答复" not in page


def test_customers_read_of_their_request_in_their_own_words(portal, agreement, take, agent):
    agreement("application_maintenance")
    case = take()
    case.give_promise(by=agent)
    resolve_request(case, solution="重装驱动", by=agent)
    page = portal.get(f"/portal/requests/{case.pk}/").content.decode()
    page = re.sub(r"\w{64}", "", page)  # the forms' token, in which any two letters may stand side by side
    for ours in ("I9", "已向客户承诺时间", "故障已报告", "待用户确认", "首次响应"):
        assert ours not in page, ours
    for words in ("等待您确认", "我们已收到您的请求", "您报告的问题", "问题解决了吗"):
        assert words in page, words


def test_each_fact_that_customers_are_told_of_is_one_that_is_recorded():
    assert set(TOLD) <= DECLARED.keys()
    assert set(STATES) == set(ServiceRequest.Status.values)


@pytest.mark.parametrize("data", [{"answer": ""}, {"answer": "maybe"}])
def test_an_answer_that_is_none_changes_nothing(client, solved, data):
    _case, token = solved
    answer = client.post(f"/portal/confirm/{token}/", data)
    assert answer.status_code == 422
    assert ServiceRequest.objects.get().status == "resolved"


def test_a_guessed_secret_is_404_and_nothing_is_said_about_it(client, solved):
    case, token = solved
    answer = client.get(f"/portal/confirm/{token[:-1]}/")
    assert answer.status_code == 404
    assert case.number not in answer.content.decode()
    assert "400-800-1234" in answer.content.decode()


def test_the_mail_carries_the_link_that_works(client, take, agent, run_jobs, settings):
    case = take()
    resolve_request(case, solution="重装驱动", by=agent)
    run_jobs()
    body = mail.outbox[-1].body
    address = next(word for word in body.split() if "/portal/confirm/" in word)
    path = address[address.index("/portal/") :]
    assert client.get(path).context["case"] == case


# --- who answers for us ---------------------------------------------------------------------------


@pytest.mark.clause("F1", "H6")
def test_customers_see_who_answers_for_them_with_phone_and_deputy(portal, customer, company, person):
    owner = person("owner", "engineer", name="王强", phone="13911112222")
    deputy = person("deputy", "agent", name="林晓", phone="13933334444")
    lead = person("lead", "project_manager", name="周经理", phone="13955556666")
    support = person("support", "engineer", name="小吴", phone="13977778888")
    Customer.objects.filter(pk=customer.pk).update(owner=owner, deputy=deputy)
    Project.objects.create(
        organisation=company, customer=customer, name="一网通办平台", manager=lead, support_engineer=support
    )
    other = Customer.objects.create(organisation=company, name="别家医院")
    Project.objects.create(organisation=company, customer=other, name="医院系统", manager=lead)

    page = portal.get("/portal/").content.decode()

    for words in (
        "400-800-1234", "王强", "13911112222", "林晓", "13933334444", "一网通办平台", "周经理", "13955556666", "小吴",
        "13977778888",
    ):  # fmt: skip
        assert words in page
    assert "医院系统" not in page


def test_a_colleague_has_no_portal_and_who_left_the_customer_has_none_either(client, agent, customer_user, contact):
    client.force_login(agent)
    assert client.get("/portal/").status_code == 404
    contact.retired_at = NINE
    contact.save()
    client.force_login(customer_user)
    assert client.get("/portal/").status_code == 404


def test_another_persons_file_is_404(portal, theirs, agent):
    (row,) = attach_files(theirs, files=[SimpleUploadedFile("a.png", PNG)], by=agent)
    assert portal.get(f"/requests/files/{row.pk}/").status_code == 404
