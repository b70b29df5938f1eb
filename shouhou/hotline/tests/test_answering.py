"""The agent's help: complaints from a call, what was solved before, and the way from a request to a visit."""

import pytest

from shouhou.feedback.models import Complaint
from shouhou.hotline.actions.answering import take_by_hand
from shouhou.hotline.models import Line
from shouhou.requests.actions.talk import resolve_request
from shouhou.requests.actions.visits import Where, ask_for_visit
from shouhou.requests.models import ServiceRequest

pytestmark = pytest.mark.django_db
RECORD = {
    "phone": "13900001111", "unit": "蓉城市民服务中心", "address": "天府大道 1 号", "contact_name": "陈芳",
    "question": "约好的工程师没有来", "handling": "已致歉，转主管",
}  # fmt: skip


@pytest.fixture
def complaints_line(company):
    return Line.objects.create(organisation=company, name="投诉", number="028-96000", purpose="complaints")


@pytest.mark.clause("D9")
def test_a_call_on_the_complaints_line_opens_a_complaint(client, complaints_line, agent, supervisor, engineer):
    call = take_by_hand(by=agent, caller="13900001111", line=complaints_line)
    client.force_login(agent)
    page = client.get(f"/hotline/calls/{call.pk}/").content.decode()
    assert page.index("登记投诉") < page.index("记录为咨询")
    answer = client.post(f"/hotline/calls/{call.pk}/complaint/", {**RECORD, "about": engineer.pk}, follow=True)
    complaint = Complaint.objects.get()
    call.refresh_from_db()
    assert (call.status, call.disposition, call.complaint) == ("recorded", "complaint", complaint)
    assert (complaint.words, complaint.about, complaint.owner) == (RECORD["question"], engineer, supervisor)
    assert complaint.received_at == call.answered_at
    assert complaint.number in answer.content.decode()
    assert not ServiceRequest.objects.exists()


def test_an_incomplete_complaint_keeps_what_was_typed(client, complaints_line, agent, supervisor):
    call = take_by_hand(by=agent, caller="", line=complaints_line)
    client.force_login(agent)
    answer = client.post(f"/hotline/calls/{call.pk}/complaint/", {**RECORD, "phone": ""})
    assert (answer.status_code, RECORD["question"] in answer.content.decode()) == (422, True)
    assert not Complaint.objects.exists()


@pytest.fixture
def solved(take, agent):
    def make(subject, solution):
        case = take(subject=subject)
        resolve_request(case, solution=solution, by=agent)
        return case

    return make


def test_what_was_solved_before_is_shown_while_typing(client, solved, take, agent, company):
    printer = solved("窗口打印机卡纸报错 E-305", "清洁进纸辊")
    solved("统计报表无法导出", "升级客户端")
    take(subject="打印机卡纸")  # not solved: no help
    call = take_by_hand(by=agent, caller="")
    client.force_login(agent)
    here = f"/hotline/calls/{call.pk}/similar/"
    page = client.get(here, {"question": "你好，我们二楼窗口的打印机又卡纸了，怎么办"}).content.decode()
    assert printer.number in page
    assert "清洁进纸辊" in page
    assert "升级客户端" not in page
    assert "card" not in client.get(here, {"question": ""}).content.decode()
    assert "card" not in client.get(here, {"question": "！！ 的 ' & | \x00"}).content.decode()


def test_one_shared_word_among_many_says_too_little(solved):
    solved("打印机卡纸", "清洁进纸辊")
    assert ServiceRequest.objects.like("打印机驱动需要升级到新的版本") == []
    assert len(ServiceRequest.objects.like("打印机")) == 1  # it has no other word


def test_what_was_solved_in_the_same_words_stands_once_the_newest_first(solved):
    cases = [solved("打印机卡纸", "清洁进纸辊") for _n in range(3)] + [solved("打印机卡纸", "更换进纸辊")]
    assert ServiceRequest.objects.like("打印机卡纸了") == [cases[3], cases[2]]


def test_what_is_like_shows_only_what_one_may_see(solved, person, centre):
    solved("打印机卡纸", "清洁进纸辊")
    outsider = person("outsider", "agent", organisation=centre)
    assert ServiceRequest.objects.visible_to(outsider).like("打印机卡纸") == []


@pytest.mark.clause("A3.14")
def test_from_the_request_to_the_visit_and_back(client, take, agent, engineer):
    case = take()
    client.force_login(agent)
    ask = f"/hotline/requests/{case.pk}/visit/"
    assert ask in client.get(f"/requests/{case.pk}/").content.decode()
    visit = ask_for_visit(
        case, wish="urgent", where=Where("市民中心", "天府大道", "陈芳", "028-1"), wanted="今天", by=agent
    )
    page = client.get(f"/requests/{case.pk}/").content.decode()
    assert visit.number in page
    assert ask not in page  # one is open already
