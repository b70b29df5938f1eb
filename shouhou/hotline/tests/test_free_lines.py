"""The line is freed when the talk is written down, and the board says how satisfied callers are."""

from datetime import date, timedelta

import pytest

from shouhou.feedback.models import FollowUp
from shouhou.feedback.rules import Share, is_satisfied
from shouhou.hotline.actions.answering import record_consultation, take_by_hand
from shouhou.hotline.actions.free_lines import free_desks, watch_lines
from shouhou.hotline.models import Call
from shouhou.hotline.tests.make import kind_of_shift, message, post, published, qualified, seconds, telephones
from shouhou.notices.models import Notice
from shouhou.requests.tests.make import at
from shouhou.shared.models import Event
from shouhou.shared.time import moved_to

pytestmark = pytest.mark.django_db
RECORD = {
    "phone": "13900001111", "unit": "市民中心", "address": "天府大道", "contact_name": "陈芳", "question": "怎么导出",
    "handling": "已指导",
}  # fmt: skip
TEN = at("2026-11-23 10:00")


@pytest.fixture
def talking(client, company, agent, manager):
    """A call that the agent answered at ten, through a telephone system."""
    _line, door = telephones(company, n801=agent)
    with moved_to(TEN):
        post(client, door, message("ringing", TEN - seconds(8), extension="801", caller="13900001111"))
        post(client, door, message("answered", TEN, extension="801", rings=2))
    return door, Call.objects.get()


@pytest.mark.clause("A3.10")
def test_who_has_written_it_down_hangs_up(client, talking, agent, manager, pump):
    _door, call = talking
    written = TEN + timedelta(minutes=3)
    assert watch_lines(written) == 0  # still talking, nothing written
    with moved_to(written):
        record_consultation(call, RECORD, by=agent)
    assert watch_lines(written + seconds(58)) == 0  # the farewell
    assert watch_lines(written + seconds(62)) == 1
    assert watch_lines(written + seconds(120)) == 0  # once
    pump()
    told = Notice.objects.filter(kind="call.lingered")
    assert set(told.values_list("user", flat=True)) == {agent.pk, manager.pk}
    client.force_login(manager)
    assert "已记录：请挂机" in client.get("/hotline/").content.decode()


def test_a_line_that_was_freed_in_time_is_never_mentioned(client, talking, agent):
    door, call = talking
    with moved_to(TEN + timedelta(minutes=3)):
        record_consultation(call, RECORD, by=agent)
        ended = TEN + timedelta(minutes=3, seconds=10)
    with moved_to(ended):
        post(client, door, message("hung_up", ended, extension="801"))
    assert watch_lines(TEN + timedelta(hours=1)) == 0
    assert not Event.objects.filter(kind="call.lingered").exists()


def test_a_plain_telephone_is_not_judged(agent):
    call = take_by_hand(by=agent, caller="13900001111")
    record_consultation(call, RECORD, by=agent)
    assert watch_lines(at("2099-01-01 00:00")) == 0


def test_a_desk_is_free_while_nobody_calls_there(client, company, agent, manager, talking):
    assert free_desks(company) == 0  # nobody has come to a shift
    qualified(agent)
    with moved_to(at("2026-11-20 10:00")):
        shift = published(kind_of_shift(company), agent, date(2026, 11, 23), manager)
    with moved_to(TEN):
        shift.begin(by=agent)
        assert free_desks(company) == 0  # on the telephone
        door, _call = talking
    ended = TEN + timedelta(minutes=1)
    with moved_to(ended):
        post(client, door, message("hung_up", ended, extension="801"))
        assert free_desks(company) == 1


@pytest.mark.parametrize(
    ("scores", "satisfied"),
    [((5, 5, 2), True), ((4, 4, 3), False), ((None, 4, None), True), ((3, None, None), False), ((None,) * 3, None)],
)
def test_what_counts_as_satisfied(take, agent, engineer, scores, satisfied):
    assert is_satisfied(scores) is satisfied
    attitude, quality, solving = scores
    FollowUp.objects.create(
        organisation=take().organisation, request=take(), served_by=agent, done_by=engineer, status="done",
        solved=True, attitude=attitude, quality=quality, solving=solving, from_on=TEN, due_on=TEN, done_at=TEN,
    )  # fmt: skip
    expected = Share(int(bool(satisfied)), int(satisfied is not None))
    assert FollowUp.objects.satisfaction() == expected


def test_no_answer_is_no_share_and_few_answers_say_how_little_they_say():
    assert (Share(0, 0).percent, Share(0, 0).interval) == (None, None)
    assert Share(9, 10).percent == 90.0
    assert Share(9, 10).interval == (59.6, 98.2)  # Wilson's own example of small numbers, computed by hand
    assert Share(10, 10).interval[1] == 100.0


@pytest.mark.clause("A3.6")
def test_the_board_shows_today_s_satisfaction_and_the_bar(client, take, agent, engineer, manager):
    def answered(score, day):
        FollowUp.objects.create(
            organisation=manager.home, request=take(), served_by=agent, done_by=engineer, status="done", solved=True,
            attitude=score, from_on=day, due_on=day, done_at=day,
        )  # fmt: skip

    client.force_login(manager)
    assert "–" in client.get("/hotline/").content.decode()
    for score, day in ((5, TEN), (2, TEN), (5, TEN - timedelta(days=3)), (1, TEN - timedelta(days=40))):
        answered(score, day)
    with moved_to(TEN + timedelta(hours=1)):
        context = client.get("/hotline/").context["satisfaction"]
    assert (context["today"], context["month"]) == (Share(1, 2), Share(2, 3))
    take(channel="portal")
    assert "66.7" in client.get("/hotline/").content.decode() or context["month"].percent == 66.7
