"""The shift: coming in time, being ready, being there, handing over."""

from datetime import date, timedelta

import pytest

from shouhou.hotline.actions.duty import standing, take_over_calls, watch
from shouhou.hotline.actions.leaves import approve_leave, ask_leave
from shouhou.hotline.models import Call, Feed, Shift
from shouhou.hotline.rules.duty import Check
from shouhou.hotline.tests.make import kind_of_shift, message, post, published, qualified, seconds, telephones
from shouhou.notices.models import Notice
from shouhou.people.models import Leave
from shouhou.requests.tests.make import at
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Event
from shouhou.shared.time import moved_to

pytestmark = pytest.mark.django_db
BEFORE = at("2026-11-20 10:00")
EIGHT = at("2026-11-23 08:00")
TEN_PAST = EIGHT + timedelta(minutes=10)


@pytest.fixture
def early(company):
    return kind_of_shift(company, seats=2)


@pytest.fixture
def shift(early, agent, manager):
    """The agent's published shift, Monday 8 to 16."""
    qualified(agent)
    with moved_to(BEFORE):
        return published(early, agent, date(2026, 11, 23), manager)


def facts(row) -> list[str]:
    return list(Event.objects.of(row).order_by("id").values_list("kind", flat=True))


@pytest.mark.clause("A3.8")
def test_on_time_and_ready_within_ten_minutes(client, shift, agent):
    client.force_login(agent)
    with moved_to(EIGHT - timedelta(minutes=3)):
        assert "data-focus" in client.get("/hotline/shift/").content.decode()
        assert client.post(f"/hotline/shift/{shift.pk}/begin/").status_code == 302
        client.post(f"/hotline/shift/{shift.pk}/prepare/", {"check": ["sheet", "pen"]})
    with moved_to(EIGHT + timedelta(minutes=9)):
        client.post(f"/hotline/shift/{shift.pk}/prepare/", {"check": ["pen", "telephone", "surroundings"]})
    shift.refresh_from_db()
    assert set(shift.checks) == set(Check.values)
    assert (shift.began.late, shift.began.ready, shift.began.kept) == (False, True, True)
    assert facts(shift)[-3:] == ["shift.begun", "shift.checked", "shift.prepared"]
    assert watch(TEN_PAST) == 0


@pytest.mark.clause("A3.8")
def test_late_and_incomplete_are_flagged_once_and_the_duty_manager_hears(shift, agent, manager, pump):
    with moved_to(EIGHT + timedelta(minutes=4)):
        shift.begin(by=agent)
        shift.prepare(["sheet", "pen", "telephone"], by=agent)
    assert watch(TEN_PAST - timedelta(seconds=1)) == 0
    assert watch(TEN_PAST) == 1
    assert watch(TEN_PAST + timedelta(minutes=1)) == 0
    shift.refresh_from_db()
    assert list(shift.found) == ["unready"]
    assert Event.objects.get(kind="shift.begun").data["late"] is True
    with moved_to(TEN_PAST + timedelta(minutes=2)):
        shift.prepare(["surroundings"], by=agent)
    assert (shift.began.late, shift.began.ready) == (True, False)
    pump()
    assert Notice.objects.get(user=manager).kind == "shift.found_unready"


@pytest.mark.clause("A3.8")
def test_the_very_minute_is_on_time(shift, agent):
    with moved_to(EIGHT + timedelta(seconds=59)):
        shift.begin(by=agent)
    assert not shift.began.late


def test_one_clocks_in_oneself_not_hours_before_and_not_afterwards(shift, agent, manager):
    with moved_to(EIGHT - timedelta(hours=3)), pytest.raises(Refused):
        shift.begin(by=agent)
    with moved_to(EIGHT), pytest.raises(Refused):
        shift.begin(by=manager)
    with moved_to(EIGHT), pytest.raises(Refused):
        shift.prepare(["pen"], by=agent)
    with moved_to(at("2026-11-23 16:00")), pytest.raises(Refused):
        shift.begin(by=agent)
    shift.refresh_from_db()
    assert shift.status == "published"


@pytest.mark.clause("A3.4")
def test_an_unapproved_absence_is_found_and_shown_to_the_duty_manager(client, company, shift, agent, manager, pump):
    assert watch(TEN_PAST) == 1
    assert watch(TEN_PAST + timedelta(minutes=5)) == 0
    pump()
    assert Notice.objects.get(user=manager).kind == "shift.found_absent"
    client.force_login(manager)
    with moved_to(TEN_PAST + timedelta(minutes=5)):
        now = standing(company, TEN_PAST)
        assert (now.required, now.planned, now.present) == (2, 1, 0)
        page = client.get("/hotline/").content.decode()
    assert "擅离岗位" in page or "Absent without leave" in page
    told = client.get("/notices/").content.decode()
    assert "林晓" in told


@pytest.mark.clause("A3.4")
def test_approved_leave_with_a_covering_agent_is_no_absence(company, early, shift, agent, manager, person):
    cover = person("cover", "agent", name="何燕")
    qualified(cover)
    with moved_to(BEFORE):
        leave = ask_leave(by=agent, kind="annual", from_at=EIGHT, until_at=EIGHT + timedelta(days=1), reason="家中有事")
        with pytest.raises(Refused):
            approve_leave(leave, by=agent, cover=cover)  # nobody decides on their own
        with pytest.raises(Refused):
            approve_leave(leave, by=manager, cover=None)  # the seat would stay empty
        assert Leave.objects.get().status == "asked"
        [covering] = approve_leave(leave, by=manager, cover=cover)
    shift.refresh_from_db()
    assert shift.status == "withdrawn"
    assert (covering.user, covering.status, covering.starts_at, covering.is_late) == (cover, "published", EIGHT, False)
    assert watch(TEN_PAST) == 1  # the cover is missing, not who is on leave
    covering.refresh_from_db()
    assert "absent" in covering.found


@pytest.mark.clause("A3.4")
def test_stepping_out_is_covered_for_that_hour(early, shift, agent, manager, person):
    cover = person("cover", "agent", name="何燕")
    with moved_to(EIGHT):
        shift.begin(by=agent)
    with moved_to(EIGHT + timedelta(hours=1)):
        begin = EIGHT + timedelta(hours=2)
        leave = ask_leave(by=agent, kind="step_out", from_at=begin, until_at=begin + timedelta(hours=1), reason="取药")
        with pytest.raises(Refused):
            ask_leave(by=agent, kind="step_out", from_at=begin, until_at=begin + timedelta(hours=2), reason="再请")
        [covering] = approve_leave(leave, by=manager, cover=cover)
    shift.refresh_from_db()
    assert shift.status == "begun"
    assert (covering.starts_at, covering.ends_at) == (begin, begin + timedelta(hours=1))
    assert covering.is_late  # arranged an hour before: it shows (A3.7)


def test_a_sick_note_that_comes_afterwards_excuses(shift, agent, manager, person):
    watch(TEN_PAST)
    with moved_to(EIGHT + timedelta(hours=9)):
        leave = ask_leave(by=agent, kind="sick", from_at=EIGHT, until_at=EIGHT + timedelta(hours=8), reason="发烧")
        assert approve_leave(leave, by=manager, cover=None) == []
    assert facts(shift)[-2:] == ["shift.found_absent", "shift.excused"]


def test_a_cover_that_sits_or_is_away_itself_is_refused(early, shift, agent, manager, person):
    cover = person("cover", "agent", name="何燕")
    with moved_to(BEFORE):
        published(early, cover, date(2026, 11, 23), manager)
        leave = ask_leave(by=agent, kind="annual", from_at=EIGHT, until_at=EIGHT + timedelta(hours=8), reason="有事")
        with pytest.raises(Refused):
            approve_leave(leave, by=manager, cover=cover)
    shift.refresh_from_db()
    assert (shift.status, Leave.objects.get().status) == ("published", "asked")


def test_leave_is_asked_and_decided_on_its_page(client, shift, agent, manager, person, stranger):
    cover = person("cover", "agent", name="何燕")
    client.force_login(stranger)
    assert client.get("/hotline/leave/").status_code == 404
    client.force_login(agent)
    with moved_to(BEFORE):
        sent = {"kind": "annual", "from_at": "2026-11-23T08:00", "until_at": "2026-11-23T07:00", "reason": "有事"}
        assert client.post("/hotline/leave/", sent).status_code == 422
        client.post("/hotline/leave/", sent | {"until_at": "2026-11-23T16:00"})
        leave = Leave.objects.get()
        client.force_login(manager)
        [(row, shifts, form)] = client.get("/hotline/leave/").context["decide"]
        assert (row, shifts) == (leave, [shift])
        assert list(form.fields["cover"].queryset) == [cover]
        prefix = f"l{leave.pk}"
        client.post(f"/hotline/leave/{leave.pk}/decide/", {f"{prefix}-cover": cover.pk, "say": "yes"})
    leave.refresh_from_db()
    assert (leave.status, leave.cover) == ("approved", cover)
    assert Shift.objects.get(user=cover).covers == leave
    client.force_login(agent)
    client.post(f"/hotline/leave/{leave.pk}/withdraw/")
    leave.refresh_from_db()
    assert leave.status == "withdrawn"


@pytest.mark.clause("A3.4")
def test_calls_that_ring_in_vain_say_that_nobody_sits_there(client, company, shift, agent, manager, person):
    other = person("other", "agent", name="何燕")
    _line, door = telephones(company, n801=agent, n802=other)
    with moved_to(EIGHT):
        shift.begin(by=agent)
        shift.prepare(Check.values, by=agent)
    start = EIGHT + timedelta(hours=1)

    def rings(ref, minute, *, then):
        begun = start + timedelta(minutes=minute)
        legs = [("ringing", 0, "801"), ("ringing", 15, "802"), ("answered", 18, "802")]
        if then == "answered":
            legs = [("ringing", 0, "801"), ("answered", 5, "801")]
        for kind, second, extension in legs:
            moment = begun + seconds(second)
            with moved_to(moment):
                post(client, door, message(kind, moment, ref, extension=extension))

    rings("a", 0, then="missed")
    assert watch(start + timedelta(minutes=2)) == 0  # once is no sign
    rings("b", 5, then="answered")
    rings("c", 10, then="missed")
    assert watch(start + timedelta(minutes=12)) == 0
    rings("d", 15, then="missed")
    assert watch(start + timedelta(minutes=17)) == 1
    shift.refresh_from_db()
    assert list(shift.found) == ["away"]


@pytest.mark.clause("A3.11")
def test_a_shift_with_a_call_without_record_cannot_be_handed_over(client, company, shift, agent, manager):
    _line, door = telephones(company, n801=agent)
    with moved_to(EIGHT):
        shift.begin(by=agent)
    start = EIGHT + timedelta(hours=1)
    for kind, second in (("ringing", 0), ("answered", 5), ("hung_up", 60)):
        with moved_to(start + seconds(second)):
            post(client, door, message(kind, start + seconds(second), extension="801"))
    client.force_login(agent)
    with moved_to(at("2026-11-23 16:00")):
        client.post(f"/hotline/shift/{shift.pk}/hand-over/", {"words": "无"})
        shift.refresh_from_db()
        assert shift.status == "begun"
        assert take_over_calls(agent, by=manager) == 1
        client.post(f"/hotline/shift/{shift.pk}/hand-over/", {"words": "市民中心打印机待回复"})
    shift.refresh_from_db()
    assert (shift.status, shift.words) == ("ended", "市民中心打印机待回复")
    assert Call.objects.get().agent == manager
    assert Event.objects.get(kind="shift.handed_over").data["early"] is False


@pytest.mark.clause("A3.4")
def test_leaving_before_the_end_shows_unless_it_was_approved(shift, agent):
    with moved_to(EIGHT):
        shift.begin(by=agent)
    from shouhou.hotline.actions.duty import hand_over

    with moved_to(at("2026-11-23 15:30")):
        hand_over(shift, words="", by=agent)
    assert Event.objects.get(kind="shift.handed_over").data["early"] is True


def test_the_next_shift_reads_and_receives(client, company, shift, agent, person):
    from shouhou.hotline.actions.duty import hand_over

    other = person("other", "agent", name="何燕")
    with moved_to(EIGHT):
        shift.begin(by=agent)
    with moved_to(at("2026-11-23 16:00")):
        hand_over(shift, words="市民中心打印机待回复", by=agent)
        client.force_login(other)
        assert "市民中心打印机待回复" in client.get("/hotline/shift/").content.decode()
        client.post(f"/hotline/shift/{shift.pk}/receive/")
        assert "市民中心打印机待回复" not in client.get("/hotline/shift/").content.decode()
        client.force_login(agent)
        client.post(f"/hotline/shift/{shift.pk}/receive/")
    shift.refresh_from_db()
    assert shift.received_by == other


def test_the_calendar_address_shows_shifts_to_whoever_holds_it_and_to_nobody_else(client, early, shift, agent, manager):
    from icalendar import Calendar

    client.force_login(agent)
    with moved_to(BEFORE):
        link = client.post("/hotline/shift/feed/").context["feed"]
        second = published(early, agent, date(2026, 11, 24), manager)
        with second.moving(Shift.Status.WITHDRAWN, by=manager):
            pass
        client.logout()
        sheet = Calendar.from_ical(client.get(link).content)
    [first, gone] = sheet.walk("VEVENT")
    assert (first["summary"], first.decoded("dtstart"), str(first["status"])) == ("早班 · 华信软件", EIGHT, "CONFIRMED")
    assert str(gone["status"]) == "CANCELLED"
    secret = link.rsplit("/", 1)[1].removesuffix(".ics")
    assert not Feed.objects.filter(digest=secret).exists()  # only its hash is kept
    Feed.renew(agent)
    assert client.get(link).status_code == 404


def test_a_stranger_cannot_reach_a_shift(client, shift, stranger, person, company):
    client.force_login(stranger)
    for verb in ("begin", "prepare", "hand-over", "receive"):
        assert client.post(f"/hotline/shift/{shift.pk}/{verb}/").status_code == 404
    assert client.get("/hotline/shift/").status_code == 404
