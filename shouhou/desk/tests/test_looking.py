"""What the desk shows at a glance: headings, what is past its day, which promise a notice is about, where one is."""

import re
from datetime import timedelta

import pytest

from shouhou.feedback.actions.following_up import plan_follow_up
from shouhou.feedback.models import FollowUp
from shouhou.notices.models import Notice
from shouhou.requests.actions.talk import resolve_request
from shouhou.requests.tests.make import at, sweep
from shouhou.shared.time import moved_to

NINE = at("2026-06-08 09:00")


@pytest.fixture
def signed(client, agent):
    client.force_login(agent)
    return client


@pytest.fixture
def running(agreement, take):
    """A request of 8 June: response within 4 hours, repaired within two working days."""
    agreement("application_maintenance")
    with moved_to(NINE):
        return take(channel="mail")


@pytest.mark.parametrize("url", ["/", "/search/?q=打印"])
def test_tables_have_headings_and_no_boxes_that_do_nothing(signed, running, url):
    page = signed.get(url).content.decode()
    assert running.number in page
    assert page.index("<thead>") < page.index(running.number)
    assert 'type="checkbox"' not in page


@pytest.mark.parametrize(
    ("url", "current"),
    [
        ("/", "h"), ("/requests/", "r"), ("/requests/board/", "b"), ("/requests/incidents/", "r"),
        ("/follow-ups/", "f"), ("/promises/calendars/", "l"), ("/notices/", None),
    ],
)  # fmt: skip
def test_one_place_of_the_menu_is_the_present_one(signed, url, current):
    found = re.findall(r'data-go="(.)" aria-current="page"', signed.get(url).content.decode())
    assert found == ([current] if current else [])


def test_words_looked_for_in_a_list_do_not_turn_up_in_the_search_above(signed):
    assert 'value="打印"' in signed.get("/search/?q=打印").content.decode().split("</header>")[0]
    assert 'value="打印"' not in signed.get("/requests/?q=打印").content.decode().split("</header>")[0]


@pytest.mark.parametrize(("days", "marks"), [(0, 0), (1, 1)])
@pytest.mark.parametrize("url", ["/", "/follow-ups/"])
def test_a_follow_up_past_its_day_is_marked(client, manager, running, agent, url, days, marks):
    with moved_to(NINE):
        resolve_request(running, solution="重装驱动", by=agent)
        running.confirm("spoken", by=agent)
        plan_follow_up(running)
    row = FollowUp.objects.get()
    client.force_login(manager)
    with moved_to(at(f"{row.due_on} 23:30") + timedelta(days=days)):  # of our day, not of Greenwich's
        page = client.get(url).content.decode()
    assert row.request.subject in page
    assert page.count("逾期") == marks


def test_who_has_nothing_to_do_sees_the_overdue_of_colleagues_first(client, manager, running):
    client.force_login(manager)
    with moved_to(NINE + timedelta(days=30)):
        page = client.get("/").content.decode()
    assert page.index(running.number) < page.index("没有待办")
    client.force_login(running.owner)
    assert "没有待办" not in client.get("/").content.decode()


def test_a_notice_says_which_promise_when_it_was_due_and_how_late_it_is(client, running, agent, pump):
    clock = running.clocks().get(commitment__code="i8")
    with moved_to(clock.due_at + timedelta(minutes=10)):
        sweep()
        pump()
        client.force_login(agent)
        page = client.get("/notices/").content.decode()
    assert Notice.objects.filter(user=agent, kind="clock.broken").exists()
    assert clock.commitment.name in page
    assert f'data-due="{clock.due_at.isoformat()}"' in page

    with moved_to(clock.due_at + timedelta(minutes=45)):
        running.note("request.responded", by=agent, occurred_at=clock.due_at + timedelta(minutes=30))
        page = client.get("/notices/").content.decode()
    assert "超时 30分钟" in page


def test_a_notice_without_a_promise_is_shown_as_it_was(client, running, agent):
    Notice.objects.create(
        user=agent, kind="request.rejected", case_kind="request", case_id=running.pk, data={"clock": None}, made_at=NINE
    )
    client.force_login(agent)
    page = client.get("/notices/").content.decode()
    assert running.number in page
    assert "data-due" not in page


def test_all_read_is_offered_only_where_something_is_unread(client, running, agent):
    client.force_login(agent)
    assert "/notices/read" not in client.get("/notices/").content.decode()
    Notice.objects.create(user=agent, kind="request.rejected", case_kind="request", case_id=running.pk, made_at=NINE)
    assert "/notices/read" in client.get("/notices/").content.decode()
    client.post("/notices/read/")
    assert "/notices/read" not in client.get("/notices/").content.decode()
