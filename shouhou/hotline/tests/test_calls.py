"""The call: written down by the norm's form or settled by one key, and never lost."""

from datetime import timedelta

import pytest

from shouhou.hotline.actions.answering import call_back, record_consultation, take_by_hand
from shouhou.hotline.models import Call
from shouhou.hotline.rules.words import RECORD, Disposition
from shouhou.hotline.tests.make import message, post, telephones
from shouhou.promises.models import Clock
from shouhou.requests.models import ServiceRequest
from shouhou.requests.tests.make import kinds
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Event
from shouhou.shared.time import now

pytestmark = pytest.mark.django_db


@pytest.fixture
def house(company, agent):
    return telephones(company, n801=agent)


@pytest.fixture
def call(house, agent, contact):
    return take_by_hand(by=agent, caller="028-8533 1234 转 808", line=house[0], rings=2)


@pytest.fixture
def record():
    return {
        "phone": "028-8533 1234", "unit": "蓉城市民服务中心", "address": "天府大道 1 号", "contact_name": "陈芳",
        "question": "打印机卡纸", "handling": "请用户打开后盖取出纸张,已恢复",
    }  # fmt: skip


@pytest.fixture
def signed(client, agent):
    client.force_login(agent)
    return client


@pytest.mark.clause("A3.3")
def test_the_form_is_that_of_the_norm_and_known_customers_fill_themselves_in(signed, call):
    page = signed.get(call.get_absolute_url())
    form = page.context["record"]
    assert tuple(f.name for f in form.visible_fields()) == RECORD
    assert form.initial["unit"] == "蓉城市民服务中心"
    assert form.initial["address"] == "天府大道 1 号"
    assert form.initial["contact_name"] == "陈芳"
    assert form.initial["phone"] == "028-8533 1234 转 808"


@pytest.mark.clause("A3.3")
@pytest.mark.parametrize("lacking", RECORD)
def test_an_incomplete_record_is_named_and_nothing_is_lost(signed, call, record, lacking):
    answer = signed.post(f"/hotline/calls/{call.pk}/consultation/", record | {lacking: "  "})
    assert answer.status_code == 422
    assert list(answer.context["record"].errors) == [lacking]
    kept = next(name for name in RECORD if name != lacking)
    assert record[kept] in answer.content.decode()
    call.refresh_from_db()
    assert call.status == "open"
    with pytest.raises(Refused, match="缺少"):
        call.keep_record(record | {lacking: ""}, disposition="consultation", by=call.agent)


@pytest.mark.clause("J6")
def test_a_consultation_is_no_fault_and_starts_none_of_its_promises(signed, call, record):
    answer = signed.post(f"/hotline/calls/{call.pk}/consultation/", record)
    assert answer.status_code == 302
    call.refresh_from_db()
    assert (call.status, call.disposition, call.phase) == ("recorded", "consultation", "ended")
    assert not ServiceRequest.objects.exists()
    assert not Event.objects.filter(kind__in=("fault.reported", "request.received")).exists()
    assert {c.commitment.clause for c in Clock.objects.filter(case_kind="call")} == {"A3.9"}


@pytest.mark.clause("J6", "A3.5")
def test_a_request_of_the_call_bears_the_call_s_own_times(signed, call, record, norm):
    answered = call.answered_at
    sent = record | {"kind": "fault", "impact": "high", "urgency": "high", "promise_given": "on"}
    answer = signed.post(f"/hotline/calls/{call.pk}/request/", sent)
    assert answer.status_code == 302, answer.content.decode()
    call.refresh_from_db()
    case = call.request
    assert (case.reported_at, case.channel, case.severity) == (answered, "phone", "critical")
    assert (case.customer, case.contact) == (call.customer, call.contact)
    assert {"call.answered", "request.received", "fault.reported", "request.responded"} <= set(kinds(case))
    assert Event.objects.of(case).get(kind="call.answered").occurred_at == answered
    case.needs_visit = True
    with case.locked():
        case.needs_visit = True
        case.write()
        case.advance()
    assert case.clocks().get(commitment__clause="A3.5").due_at == answered + timedelta(hours=24)


def test_the_same_form_twice_makes_one_request(signed, call, record):
    once = signed.get(call.get_absolute_url()).context["record"]["once"].value()
    sent = record | {"kind": "fault", "impact": "low", "urgency": "low", "once": str(once)}
    for _ in range(2):
        assert signed.post(f"/hotline/calls/{call.pk}/request/", sent).status_code == 302
    assert ServiceRequest.objects.count() == 1


def test_a_call_about_an_open_request_belongs_to_it(signed, call, record, take):
    case = take(subject="上周的打印机")
    sent = record | {"kind": "fault", "impact": "low", "urgency": "low", "existing": case.pk}
    signed.post(f"/hotline/calls/{call.pk}/request/", sent)
    call.refresh_from_db()
    assert call.request == case
    assert ServiceRequest.objects.count() == 1


@pytest.mark.clause("A3.11")
def test_every_call_without_a_record_is_an_open_task_of_its_agent(signed, house, agent, manager, record):
    _line, door = house
    start = now() - timedelta(minutes=5)
    post(signed, door, message("ringing", start, caller="13900000000", extension="801"))
    post(signed, door, message("answered", start + timedelta(seconds=5), extension="801"))
    post(signed, door, message("hung_up", start + timedelta(seconds=90), extension="801"))
    owed = Call.objects.visible_to(agent).without_record().get()
    assert owed.agent == agent
    assert str(owed.pk) in signed.get("/hotline/").content.decode()
    owed.keep_record(record, disposition=Disposition.CONSULTATION, by=agent)
    assert not Call.objects.without_record().exists()


@pytest.mark.clause("A3.11")
@pytest.mark.parametrize("how", ["wrong_number", "nuisance", "silent"])
def test_one_key_settles_what_needs_no_record(signed, call, how):
    signed.post(f"/hotline/calls/{call.pk}/settle/", {"how": how})
    call.refresh_from_db()
    assert (call.status, call.disposition) == ("settled", how)
    assert Event.objects.of(call).get(kind="call.disposed").data["how"] == how


@pytest.mark.clause("A3.11")
def test_cut_off_and_called_again_names_the_other_call(call, house, agent):
    with pytest.raises(Refused):
        call.settle(Disposition.DROPPED, by=agent)
    again = take_by_hand(by=agent, caller="028-8533 1234 转 808", line=house[0])
    call.settle(Disposition.DROPPED, by=agent, other=again)
    assert call.other == again


@pytest.mark.clause("A3.11")
def test_the_duty_manager_takes_over_what_is_left_behind(client, call, manager, engineer, record):
    assert call.moves_for(engineer) == set()
    client.force_login(manager)
    client.post(f"/hotline/calls/{call.pk}/take-over/")
    call.refresh_from_db()
    assert call.agent == manager
    assert Event.objects.of(call).get(kind="call.taken_over").by_id == manager.pk
    with pytest.raises(Refused):
        call.take_over(by=engineer)


@pytest.mark.clause("A3.9")
def test_who_gave_up_is_listed_until_called_back(signed, house, agent):
    _line, door = house
    start = now() - timedelta(minutes=5)
    post(signed, door, message("ringing", start, caller="13800138000", extension="801"))
    post(signed, door, message("abandoned", start + timedelta(seconds=40)))
    lost = Call.objects.to_call_back().get()
    assert call_back(lost, by=agent, reached=False) is None
    assert Call.objects.to_call_back().get() == lost
    talk = call_back(lost, by=agent, reached=True)
    assert not Call.objects.to_call_back().exists()
    assert (talk.outgoing, talk.caller_number, talk.agent) == (True, "13800138000", agent)
    assert Call.objects.without_record().get() == talk  # what was said is written down like any other call
    assert not Clock.objects.of(talk).exists()  # nobody promised to answer our own call within three rings


def test_what_is_typed_in_the_middle_of_a_call_survives_the_browser(signed, call, record):
    answer = signed.post(f"/hotline/calls/{call.pk}/draft/", {"question": "打印机冒", "phone": "1"})
    assert answer.status_code == 204
    form = signed.get(call.get_absolute_url()).context["record"]
    assert form.initial["question"] == "打印机冒"
    call.refresh_from_db()
    record_consultation(call, record, by=call.agent)
    assert call.draft == {}


def test_nobody_else_writes_into_the_draft(client, call, person, engineer):
    client.force_login(engineer)
    client.post(f"/hotline/calls/{call.pk}/draft/", {"question": "x"})
    call.refresh_from_db()
    assert call.draft == {}


@pytest.mark.clause("A3.12")
def test_the_words_of_the_norm_stand_in_speaking_order(signed, call, agent):
    agent.number = "06"
    agent.save()
    words = signed.get(call.get_absolute_url()).content.decode()
    said = ["华信软件，06 号", "您的回电号码", "您是哪个单位", "单位地址是", "联系人怎么称呼", "遇到了什么问题"]
    places = [words.index(word) for word in said]
    assert places == sorted(places)


@pytest.mark.clause("A3.13", "A4.12")
def test_asking_again_and_the_farewell_are_at_hand(signed, call):
    scripts = signed.get(call.get_absolute_url()).context["scripts"]
    assert "再说一遍" in scripts["ask_again"]
    assert "400-123-4567" in scripts["farewell"]


def test_the_pop_shows_whom_it_is_before_the_agent_speaks(signed, house, agent, customer, contact):
    _line, door = house
    assert "蓉城" not in signed.get("/hotline/ringing/").content.decode()
    post(signed, door, message("ringing", now(), caller="13800138000", extension="801"))
    pop = signed.get("/hotline/ringing/").content.decode()
    assert "蓉城市民服务中心" in pop
    assert "陈芳" in pop


def test_it_rings_at_one_desk_only(client, house, person):
    other = person("other", "agent")
    _line, door = house
    post(client, door, message("ringing", now(), caller="13800138000", extension="801"))
    client.force_login(other)
    assert "13800138000" not in client.get("/hotline/ringing/").content.decode()


def test_strangers_do_not_learn_of_the_hotline(client, call, customer_user, stranger):
    for user in (customer_user, stranger):
        client.force_login(user)
        for address in ("/hotline/", "/hotline/calls/", call.get_absolute_url(), "/hotline/lines/", "/hotline/visits/"):
            assert client.get(address).status_code == 404, address


def test_another_centre_does_not_see_the_call(client, call, person, centre):
    client.force_login(person("local", "agent", organisation=centre))
    assert client.get(call.get_absolute_url()).status_code == 404


def test_the_hotline_s_lists_hold_a_thousand_calls(signed, house, agent, django_assert_max_num_queries):
    for n in range(60):
        take_by_hand(by=agent, caller=f"1390000{n:04}", line=house[0])
    with django_assert_max_num_queries(8):
        page = signed.get("/hotline/calls/")
    assert page.context["after"]
    with django_assert_max_num_queries(20):
        signed.get("/hotline/")
