"""Planning the hotline: seats, rules of working time, publishing in time."""

from datetime import date, timedelta

import pytest

from shouhou.hotline.actions import proposing, roster
from shouhou.hotline.actions.duty import remind
from shouhou.hotline.actions.seats import covered_users, load_of, plan_of, seats_asked
from shouhou.hotline.models import Call, DeskPlan, Shift, ShiftKind
from shouhou.hotline.tests.make import kind_of_shift, published, qualified
from shouhou.notices.models import Notice
from shouhou.people.actions import disqualify
from shouhou.people.models import Leave, Qualification
from shouhou.requests.tests.make import at
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Event
from shouhou.shared.time import moved_to

pytestmark = pytest.mark.django_db
MONDAY = date(2026, 11, 23)
THURSDAY_BEFORE = at("2026-11-19 10:00")


@pytest.fixture
def early(company):
    return kind_of_shift(company)


@pytest.fixture
def planner(manager):
    """The duty manager, on the Thursday before the week."""
    with moved_to(THURSDAY_BEFORE):
        yield manager


def tuesday(n=0):
    return MONDAY + timedelta(days=1 + n)


@pytest.mark.clause("A3.1")
def test_seats_are_two_per_thousand_covered_users_rounded_up(company, customer, agreement):
    plan = plan_of(company)
    assert (covered_users(company, plan, MONDAY), seats_asked(company, plan, MONDAY)) == (0, 0)
    agreement("application_maintenance")
    assert (covered_users(company, plan, MONDAY), seats_asked(company, plan, MONDAY)) == (1, 1)
    DeskPlan.objects.create(organisation=company, count="end_users", end_users=1001)
    assert seats_asked(company, plan_of(company), MONDAY) == 3


@pytest.mark.clause("A3.1")
def test_the_roster_shows_required_and_planned_and_names_the_shortfall(client, company, early, agent, planner):
    DeskPlan.objects.create(organisation=company, count="end_users", end_users=900)
    qualified(agent)
    roster.place(early, agent, tuesday(), by=planner)
    client.force_login(planner)
    page = client.get("/hotline/roster/?week=2026-11-25")
    assert page.context["monday"] == MONDAY
    [(kind, days)] = page.context["seats"]
    assert kind == early
    assert [(planned, needed) for _day, planned, needed in days] == [(0, 2), (1, 2), *[(0, 2)] * 5]
    assert page.context["empty"] == 13
    assert "13 seats empty" in page.content.decode() or "空缺 13 个岗位" in page.content.decode()


def test_kinds_of_shift_follow_the_company_s_calendar(company):
    kind_of_shift(company, "平日", days="working", seats=1)
    kind_of_shift(company, "休息日", days="rest", seats=1)
    # 2026-10-10 is a Saturday that is worked for the National Day holiday.
    week = roster.week_of(company, date(2026, 10, 5))
    sat = {kind.name: [day.day for day in days] for kind, days in week.kinds}
    assert sat == {"平日": [8, 9, 10], "休息日": [5, 6, 7, 11]}


def test_only_who_leads_plans_and_only_agents_of_the_house_are_planned(early, agent, engineer, planner):
    with pytest.raises(Refused):
        roster.place(early, agent, tuesday(), by=agent)
    with pytest.raises(Refused):
        roster.place(early, engineer, tuesday(), by=planner)
    with pytest.raises(Refused):
        roster.place(early, agent, date(2026, 11, 19), by=planner)  # began two hours ago
    roster.place(early, agent, tuesday(), by=planner)
    with pytest.raises(Refused):
        roster.place(early, agent, tuesday(), by=planner)
    assert Shift.objects.count() == 1


@pytest.mark.clause("M1")
def test_who_is_not_qualified_is_published_only_with_a_written_reason(company, early, agent, planner):
    roster.place(early, agent, tuesday(), by=planner)
    with pytest.raises(Refused):
        roster.publish_week(company, MONDAY, by=planner)
    assert roster.publish_week(company, MONDAY, by=planner, exception="新人，由周敏陪同").done == 1
    shift = Shift.objects.get()
    assert (shift.status, shift.exception) == ("published", "新人，由周敏陪同")
    assert Event.objects.get(kind="shift.published").data["offences"] == ["unqualified"]


@pytest.mark.clause("M1")
def test_a_qualification_that_ends_in_the_week_does_not_hold_for_it(company, early, agent, planner):
    qualified(agent)
    roster.place(early, agent, tuesday(), by=planner)
    assert roster.week_of(company, MONDAY).offences == {}
    row = Qualification.objects.get(skill="technical")
    row.until_on = tuesday(2)
    row.save()
    [offence] = roster.week_of(company, MONDAY).offences[Shift.objects.get().pk]
    assert (offence.code, offence.lacking) == ("unqualified", ("technical",))
    disqualify(row, by=planner)
    assert Event.objects.filter(kind="person.disqualified", subject_id=agent.pk).exists()


def test_rest_is_watched_across_weeks_and_houses(company, centre, early, agent, planner, person):
    qualified(agent)
    late = kind_of_shift(company, "晚班", "16:00", "00:00")
    roster.place(late, agent, MONDAY - timedelta(days=1), by=planner)
    roster.place(early, agent, MONDAY, by=planner)
    [[offence]] = roster.week_of(company, MONDAY).offences.values()
    assert (offence.code, offence.numbers["hours"]) == ("rest", 8.0)


def test_nobody_is_published_while_on_leave(company, early, agent, planner):
    qualified(agent)
    roster.place(early, agent, tuesday(), by=planner)
    Leave.objects.create(
        user=agent, organisation=company, status="approved", from_at=at("2026-11-24 09:00"),
        until_at=at("2026-11-24 10:00"), reason="体检", asked_at=THURSDAY_BEFORE,
    )  # fmt: skip
    with pytest.raises(Refused):
        roster.publish_week(company, MONDAY, by=planner, exception="不管")
    assert Shift.objects.get().status == "draft"


@pytest.mark.clause("A3.7")
@pytest.mark.parametrize(
    ("starts", "limit"),
    [
        ("2026-11-24 08:00", "2026-11-23 14:00"),  # four hours of the day before: 14 to 18
        ("2026-11-24 11:00", "2026-11-23 16:00"),  # two today, two yesterday
        ("2026-11-24 13:00", "2026-11-24 09:00"),
        ("2026-11-23 08:00", "2026-11-20 14:00"),  # over the weekend
        ("2026-10-08 08:00", "2026-09-30 14:00"),  # over the National Day holiday
    ],
)
def test_half_a_working_day_before_is_counted_in_company_hours(company, starts, limit):
    assert roster.limit_of(roster.hours_of(company, plan_of(company)), at(starts)) == at(limit)


@pytest.mark.clause("A3.7")
def test_what_is_published_later_than_half_a_working_day_before_shows(client, company, early, agent, manager):
    qualified(agent)
    with moved_to(at("2026-11-23 13:59")):
        roster.place(early, agent, tuesday(), by=manager)
        assert roster.publish_week(company, MONDAY, by=manager).late == 0
    with moved_to(at("2026-11-24 14:01")):
        roster.place(early, agent, tuesday(1), by=manager)
        client.force_login(manager)
        assert len(client.get("/hotline/roster/").context["over"]) == 1  # said before it is done
        assert roster.publish_week(company, MONDAY, by=manager).late == 1
        assert [chip.shift.starts_at for chip in client.get("/hotline/roster/").context["late"]] == [
            at("2026-11-25 08:00")
        ]
    told = [(e.data["late"], e.data["limit"]) for e in Event.objects.filter(kind="shift.published").order_by("id")]
    assert [late for late, _limit in told] == [False, True]


@pytest.mark.clause("A3.7")
def test_the_duty_manager_is_reminded_while_there_is_still_time(company, early, agent, manager, pump):
    early.seats = 1
    early.save()
    qualified(agent)
    with moved_to(at("2026-11-20 09:59")):
        for n in range(3):
            published(early, agent, date(2026, 11, 21) + timedelta(days=n), manager)
    # Tuesday's limit is Monday 14:00; a day of company hours before that is Friday 15:00.
    assert remind(at("2026-11-20 14:59")) == 0
    assert remind(at("2026-11-20 15:00")) == 1
    assert remind(at("2026-11-20 15:10")) == 0  # once
    assert remind(at("2026-11-23 14:30")) == 0  # for Wednesday it is early, for Tuesday too late
    event = Event.objects.get(kind="roster.reminded")
    assert event.data["day"] == "2026-11-24"
    pump()
    assert Notice.objects.get(user=manager).kind == "roster.reminded"


def test_moving_a_published_shift_tells_both_and_publishes_anew(company, early, agent, person, planner, pump):
    other = person("other", "agent", name="何燕")
    qualified(agent, other)
    shift = published(early, agent, tuesday(), planner)
    moved = roster.move(shift, kind=early, user=other, day=tuesday(1), by=planner)
    assert (moved.status, moved.user, moved.starts_at) == ("draft", other, at("2026-11-25 08:00"))
    shift.refresh_from_db()
    assert shift.status == "withdrawn"
    roster.publish_week(company, MONDAY, by=planner)
    pump()
    assert [n.kind for n in Notice.objects.filter(user=agent).order_by("id")] == ["shift.published", "shift.withdrawn"]
    assert [n.kind for n in Notice.objects.filter(user=other)] == ["shift.published"]


def test_a_draft_taken_out_troubles_nobody_and_agents_do_not_see_drafts(client, early, agent, planner, pump):
    shift = roster.place(early, agent, tuesday(), by=planner)
    client.force_login(agent)
    assert client.get("/hotline/roster/?week=2026-11-23").context["drafts"] == []
    roster.withdraw(shift, by=planner)
    pump()
    assert not Notice.objects.exists()


def test_as_last_week_leaves_out_what_is_not_possible(company, early, agent, person, planner):
    gone = person("gone", "agent", name="走了")
    roster.place(early, agent, tuesday(), by=planner)
    roster.place(early, gone, tuesday(1), by=planner)
    gone.is_active = False
    gone.save()
    copied = roster.copy_week(company, MONDAY + timedelta(days=7), by=planner)
    assert (copied.done, copied.left_out) == (1, 1)
    again = roster.copy_week(company, MONDAY + timedelta(days=7), by=planner)
    assert (again.done, again.left_out) == (0, 2)
    assert Shift.objects.filter(starts_at=at("2026-12-01 08:00")).count() == 1


@pytest.mark.clause("A3.1")
def test_a_proposal_fills_empty_seats_and_says_in_words_what_stays_empty(client, company, agent, person, planner):
    kind = kind_of_shift(company, seats=2)
    other, raw = person("other", "agent", name="何燕"), person("raw", "agent", name="新人")
    qualified(agent, other)
    client.force_login(planner)
    page = client.post("/hotline/roster/propose/", {"week": "2026-11-23"})
    assert Shift.objects.filter(kind=kind, status="draft").count() == 10  # two people, 44 hours each
    assert not Shift.objects.filter(user=raw).exists()
    assert sum(missing for _kind, _day, missing, _why in page.context["unmet"]) == 4
    words = page.content.decode()
    assert "林晓: 48 h in the week" in words or "林晓: 本周 48 小时" in words
    assert roster.publish_week(company, MONDAY, by=planner).done == 10  # it broke no rule


def test_a_proposal_without_agents_or_empty_seats_is_refused(company, planner):
    with pytest.raises(Refused):
        proposing.propose_week(company, MONDAY, by=planner)
    kind_of_shift(company, seats=1)
    with pytest.raises(Refused):
        proposing.propose_week(company, MONDAY, by=planner)


def test_the_grid_is_worked_by_one_form_with_and_without_scripts(client, company, early, agent, planner):
    client.force_login(planner)
    sent = {"week": "2026-11-23", "do": f"put {early.pk} {agent.pk} 2026-11-24"}
    assert client.post("/hotline/roster/plan/", sent).status_code == 302
    shift = Shift.objects.get()
    headers = {"HX-Request": "true"}
    moved = client.post(
        "/hotline/roster/plan/", sent | {"do": f"move {shift.pk} {agent.pk} 2026-11-26"}, headers=headers
    )
    assert moved.content.decode().lstrip().startswith('<div id="week">')
    new = Shift.objects.exclude(pk=shift.pk).get()
    assert new.starts_at == at("2026-11-26 08:00")
    client.post("/hotline/roster/plan/", sent | {"do": f"drop {new.pk}"})
    assert not Shift.objects.standing().exists()
    assert client.post("/hotline/roster/plan/", sent | {"do": "put 1 x 2026-11-24"}).status_code == 404
    assert client.post("/hotline/roster/plan/", sent | {"do": ""}).status_code == 404


def test_a_stranger_sees_no_roster_and_a_centre_only_its_own(client, company, centre, early, stranger, person, planner):
    client.force_login(stranger)
    assert client.get("/hotline/roster/").status_code == 404
    local = person("local", "duty_manager", organisation=centre)
    client.force_login(local)
    assert client.get("/hotline/roster/").context["organisation"] == centre
    assert client.get(f"/hotline/roster/?organisation={company.pk}").status_code == 404
    assert client.get("/hotline/roster/rules/").status_code == 200
    with pytest.raises(Refused):
        roster.publish_week(company, MONDAY, by=local)


def test_a_full_week_is_read_with_few_statements(
    client, company, person, manager, django_assert_max_num_queries
):  # fmt: skip
    kind = kind_of_shift(company, seats=10)
    people = [person(f"a{n}", "agent", name=f"坐席{n}") for n in range(12)]
    with moved_to(THURSDAY_BEFORE):
        for one in people:
            for n in range(5):
                roster.place(kind, one, MONDAY + timedelta(days=n), by=manager)
        client.force_login(manager)
        client.get("/hotline/roster/?week=2026-11-23")
        with django_assert_max_num_queries(26):
            assert client.get("/hotline/roster/?week=2026-11-23").status_code == 200


@pytest.mark.clause("A3.1")
def test_the_load_of_the_last_weeks_says_how_many_seats_an_hour_needs(client, company, agent, manager):
    with moved_to(at("2026-11-23 09:00")):
        for n in range(60):
            begun = at("2026-11-20 10:00") + timedelta(seconds=50 * n)
            Call.objects.create(
                organisation=company, arrived_at=begun, answered_at=begun, ended_at=begun + timedelta(seconds=120),
                recorded_at=begun + timedelta(seconds=180), phase="ended", agent=agent,
            )  # fmt: skip
        load = load_of(company, at("2026-11-23 09:00"))
        [hour] = load.hours
        # 60 calls on one of three days in that hour: 20 an hour of 3 minutes, one erlang; three seats for 85 % in 11 s
        assert (hour.hour, round(hour.calls), hour.handling, hour.needed) == (10, 20, 180.0, 3)
        client.force_login(manager)
        page = client.get("/hotline/roster/seats/")
        assert page.status_code == 200
        assert page.context["load"].calls == 60


def test_rules_and_kinds_are_kept_by_who_leads(client, company, agent, manager):
    client.force_login(agent)
    assert client.get("/hotline/roster/rules/", follow=True).redirect_chain or True
    assert not DeskPlan.objects.exists()
    client.force_login(manager)
    assert client.get("/hotline/roster/rules/").status_code == 200
    bad = {"count": "customers", "end_users": 0, "window": "夜里", "level": 85, "rest_hours": 11, "days_running": 6,
           "week_hours": 44}  # fmt: skip
    answer = client.post("/hotline/roster/rules/", bad)
    assert answer.status_code == 422
    assert "window" in answer.context["form"].errors
    client.post("/hotline/roster/rules/", bad | {"window": "08:30-17:30"})
    assert plan_of(company).window == "08:30-17:30"
    client.post("/hotline/roster/kinds/new/", {"name": "夜班", "starts": "22:00", "ends": "06:00", "break_minutes": 0,
                                               "days": "daily"})  # fmt: skip
    kind = ShiftKind.objects.get()
    assert kind.is_night
    assert kind.on(MONDAY) == (at("2026-11-23 22:00"), at("2026-11-24 06:00"))
    again = client.post("/hotline/roster/kinds/new/", {"name": "夜班", "starts": "22:00", "ends": "06:00",
                                                       "break_minutes": 0, "days": "daily"})  # fmt: skip
    assert again.status_code == 422
    client.post(f"/hotline/roster/kinds/{kind.pk}/retire/")
    assert client.get("/hotline/roster/rules/").context["kinds"].count() == 0


@pytest.mark.clause("M1")
def test_qualifications_are_recorded_and_withdrawn_by_who_leads(client, company, agent, engineer, manager):
    client.force_login(manager)
    sent = {"user": agent.pk, "skill": "etiquette", "given_on": "2026-01-05", "proof": "礼仪培训合格证 12 号"}
    client.post("/hotline/roster/skills/", sent)
    row = Qualification.objects.get()
    assert (row.user, row.skill, row.until_on) == (agent, "etiquette", None)
    refused = client.post("/hotline/roster/skills/", sent | {"user": engineer.pk})
    assert refused.status_code == 422
    client.post(f"/hotline/roster/skills/{row.pk}/withdraw/")
    row.refresh_from_db()
    assert not Qualification.objects.held_on(date.today()).exists()  # noqa: DTZ011
