"""The figures of the hotline's clauses: each both ways, agreeing with the list behind it, of its period and branch."""

from datetime import date, timedelta

import pytest

from shouhou.feedback.actions.complaining import take_complaint
from shouhou.feedback.models import FollowUp
from shouhou.hotline.actions.answering import raise_complaint, record_consultation
from shouhou.hotline.actions.cards import send_cards
from shouhou.hotline.actions.duty import watch
from shouhou.hotline.actions.free_lines import watch_lines
from shouhou.hotline.actions.roster import place, publish_week
from shouhou.hotline.models import Call, Line
from shouhou.hotline.rules.duty import Check
from shouhou.hotline.tests.make import kind_of_shift, message, post, published, qualified, telephones
from shouhou.reports.actions.adoption import adopted
from shouhou.reports.actions.clauses import CLAUSES
from shouhou.reports.actions.scope import Scope
from shouhou.reports.rules import Evidence, Offender
from shouhou.requests.actions.visits import Where, arrange_visit, ask_for_visit
from shouhou.requests.tests.make import at
from shouhou.shared.time import moved_to

pytestmark = pytest.mark.django_db
TEN = at("2026-11-23 10:00")
NIGHT = at("2026-11-24 00:00")
PLACE = Where("市民中心", "天府大道 1 号", "陈芳", "028-1")
RECORD = {
    "phone": "13900001111", "unit": "市民中心", "address": "天府大道", "contact_name": "陈芳", "question": "怎么导出",
    "handling": "已指导",
}  # fmt: skip


@pytest.fixture
def figure(company, manager):
    """The evidence of a clause on the 23rd, asked for in the night after it."""

    def count(code, start=None, until=NIGHT, inside=None, asked_at=NIGHT):
        with moved_to(asked_at):
            scope = Scope(frozenset(inside or {company.pk}), start or until - timedelta(days=1), until, manager)
            return CLAUSES[code](scope)

    return count


def said(evidence: Evidence) -> tuple[int, int, list[str]]:
    return evidence.applicable, evidence.conforming, [o.why for o in evidence.offenders]


@pytest.fixture
def call(client, company, agent, norm):
    """A maker of calls through the telephone system."""
    _line, door = telephones(company, n801=agent)

    def make(name="c1", when=TEN, rings=2, *, seconds_of_talk=120):
        for kind, second, more in (("ringing", -rings * 5, {}), ("answered", 0, {"rings": rings}),
                                   ("hung_up", seconds_of_talk, {})):  # fmt: skip
            moment = when + timedelta(seconds=second)
            with moved_to(moment):
                post(client, door, message(kind, moment, call_id=name, extension="801", **more))
        return Call.objects.get(call_ref=name)

    return make


def test_three_rings_and_the_record_of_every_call(call, figure, agent):
    call("c1", rings=2)
    call("c2", TEN + timedelta(minutes=10), rings=5)
    with moved_to(TEN + timedelta(minutes=5)):
        record_consultation(Call.objects.get(call_ref="c1"), RECORD, by=agent)
    assert said(figure("A3.9")) == (2, 1, ["late"])
    evidence = figure("A3.11")
    assert said(evidence) == (2, 1, ["unrecorded"])
    assert evidence.offenders[0].id == Call.objects.get(call_ref="c2").pk
    assert said(figure("A3.3")) == said(figure("A3.12")) == (1, 1, [])
    assert said(figure("J6")) == (1, 1, [])
    with moved_to(TEN + timedelta(minutes=20)):
        Call.objects.get(call_ref="c2").settle("wrong_number", by=agent)
    assert said(figure("A3.11")) == (2, 2, [])


def test_a_case_belongs_to_the_day_on_which_it_began_and_to_its_branch(call, figure, centre):
    call("c1", NIGHT - timedelta(seconds=1))
    call("c2", NIGHT)
    assert figure("A3.11").applicable == 1
    assert figure("A3.11", NIGHT, NIGHT + timedelta(days=1), asked_at=NIGHT + timedelta(days=1)).applicable == 1
    assert figure("A3.11", inside={centre.pk}).applicable == 0


def test_the_line_is_freed(call, client, company, agent, figure):
    made = call("c1", seconds_of_talk=900)
    assert said(figure("A3.10")) == (0, 0, [])
    with moved_to(TEN + timedelta(minutes=2)):
        Call.objects.filter(pk=made.pk).update(phase="active", ended_at=None)
        record_consultation(Call.objects.get(pk=made.pk), RECORD, by=agent)
    assert said(figure("A3.10")) == (1, 1, [])
    watch_lines(TEN + timedelta(minutes=4))
    assert said(figure("A3.10")) == (1, 0, ["line_held"])


def test_the_complaints_line_opens_complaints(client, company, agent, supervisor, call, figure):
    complaints = Line.objects.create(organisation=company, name="投诉", number="028-96000", purpose="complaints")
    rows = [call(f"c{n}", TEN + timedelta(minutes=20 * n)) for n in range(3)]
    Call.objects.filter(pk__in=[row.pk for row in rows]).update(line=complaints)
    with moved_to(TEN + timedelta(hours=2)):
        raise_complaint(Call.objects.get(pk=rows[0].pk), RECORD, by=agent)
        record_consultation(Call.objects.get(pk=rows[1].pk), RECORD, by=agent)
        Call.objects.get(pk=rows[2].pk).settle("silent", by=agent)
    assert said(figure("D9")) == (2, 1, ["no_complaint"])
    assert take_complaint  # complaints by letter fall under no line


@pytest.fixture
def shift(company, agent, manager):
    qualified(agent)
    early = kind_of_shift(company, seats=1)

    def make(when=at("2026-11-20 10:00"), who=agent, day=date(2026, 11, 23), kind=early):
        with moved_to(when):
            return published(kind, who, day, manager)

    return make


def test_a_shift_as_the_norm_wants_it(shift, agent, figure):
    made = shift()
    with moved_to(at("2026-11-23 07:58")):
        made.begin(by=agent)
        made.prepare(Check.values, by=agent)
    for code in ("A3.1", "A3.4", "A3.7", "A3.8", "M1"):
        assert said(figure(code)) == (1, 1, []), code
    hours = figure("C6")
    assert (hours.applicable, hours.conforming) == (24, 9)  # from 7:58 to 16:00 nine hours are touched
    assert hours.share.percent == 37.5


def test_who_was_not_qualified_at_publishing_stays_so(company, figure, person, manager):
    early, fresh = kind_of_shift(company, seats=1), person("fresh", "agent")
    with moved_to(at("2026-11-20 10:00")):
        place(early, fresh, date(2026, 11, 23), by=manager)
        publish_week(company, date(2026, 11, 23), by=manager, exception="人手不足")
    qualified(fresh)  # afterwards: what was so when it was published remains
    assert said(figure("M1")) == (1, 0, ["unqualified"])


def test_a_shift_against_the_norm(shift, figure, manager):
    shift(when=at("2026-11-23 07:00"))
    watch(at("2026-11-23 08:11"))
    assert said(figure("A3.7")) == (1, 0, ["published_late"])
    assert said(figure("A3.8")) == (1, 0, ["not_come"])
    assert said(figure("A3.4")) == (1, 0, ["absent"])
    assert said(figure("A3.1")) == (1, 0, ["short"])
    assert figure("C6").lacks == "no_shifts"


def test_satisfaction_has_its_own_bar(figure, take, agent, engineer, company):
    def answered(score, when=TEN, **fields):
        FollowUp.objects.create(
            organisation=company, request=take(**fields), served_by=agent, done_by=engineer, status="done", solved=True,
            attitude=score, from_on=when, due_on=when, done_at=when,
        )  # fmt: skip

    assert figure("A3.6").keeps is None
    for score in (5, 5, 5, 5, 5, 5, 2):
        answered(score)
    answered(1, channel="portal")  # not by telephone
    answered(1, when=TEN - timedelta(days=9))
    evidence = figure("A3.6")
    assert (said(evidence), evidence.keeps) == ((7, 6, ["dissatisfied"]), True)  # 85.7 % exceeds 85 %
    answered(2)
    assert figure("A3.6").keeps is False


def test_the_card_is_sent_and_received(figure, agreement, customer, agent):
    agreement("application_maintenance")
    assert said(figure("A3.2")) == (1, 0, ["no_card"])
    with moved_to(TEN):
        card = send_cards([customer], channel="paper", by=agent).cards[0]
    assert said(figure("A3.2")) == (1, 0, ["no_receipt"])
    with moved_to(TEN + timedelta(hours=1)):
        card.receive(how="signed", name="陈芳", by=agent)
    assert said(figure("A3.2")) == (1, 1, [])


def test_visits_that_the_telephone_could_not_spare(figure, agreement, take, agent, manager, norm):
    agreement("application_maintenance")
    with moved_to(TEN):
        agreed, special, urgent = (take() for _n in range(3))
        agreed.give_promise(by=agent)
        ask_for_visit(agreed, wish="agreed", where=PLACE, available=["2026-11-24 am"], by=agent)
        wanted = ask_for_visit(special, wish="special", where=PLACE, wanted="周三", by=agent)
        late = ask_for_visit(urgent, wish="urgent", where=PLACE, wanted="今天", by=agent)
    assert said(figure("A3.14")) == said(figure("A3.15")) == (1, 1, [])
    assert said(figure("A3.17")) == (1, 0, ["not_phoned"])
    with moved_to(TEN + timedelta(hours=2)):
        arrange_visit(wanted, by=manager, outcome="周三上午")
        arrange_visit(late, by=manager, outcome="今天来不了")
    assert said(figure("A3.17")) == (1, 1, [])
    assert said(figure("A3.18")) == (1, 0, ["late"])


def test_what_is_spoken_has_no_figure(figure):
    for code in ("A1.7", "A3.13", "A4.12"):
        assert (figure(code).lacks, figure(code).keeps) == ("spoken", None)


def test_online_and_telephone_are_both_answered(figure, take, customer_user):
    with moved_to(TEN):
        take()
        take(channel="portal", by=customer_user)
    assert said(figure("I15")) == (2, 1, ["unanswered"])


def test_no_case_is_not_all_cases():
    assert (Evidence().keeps, Evidence().share.percent) == (None, None)
    assert Evidence(2, [Offender("call", 1, TEN, "late")]).keeps is False
    assert Evidence(2).keeps is True


# --- the pages ------------------------------------------------------------------------------------


def test_each_figure_agrees_with_the_list_behind_it(client, call, manager, norm):
    call("c1")
    client.force_login(manager)
    with moved_to(NIGHT - timedelta(hours=1)):
        page = client.get("/reports/conformance/")
        assert page.status_code == 200
        for clause, evidence in page.context["rows"]:
            behind = client.get(f"/reports/conformance/{clause.id}/")
            assert len(behind.context["rows"]) == len(evidence.offenders), clause.id
            assert behind.context["evidence"] == evidence
        text = client.get("/reports/conformance/A3.11/").content.decode()
    assert f"/hotline/calls/{Call.objects.get().pk}/" in text


def test_only_adopted_clauses_stand_there(client, company, manager, agreement, norm):
    client.force_login(manager)
    shown = {clause.id for clause, _e in client.get("/reports/conformance/").context["rows"]}
    assert "A3.11" in shown
    assert "D5" not in shown
    assert shown <= adopted(company)
    agreement("local_centre")
    assert "D5" in {clause.id for clause, _e in client.get("/reports/conformance/").context["rows"]}


def test_who_reads_it(client, agent, engineer, supervisor, customer_user):
    for user, code in ((agent, 404), (engineer, 404), (customer_user, 404), (supervisor, 200)):
        client.force_login(user)
        assert client.get("/reports/conformance/").status_code == code
    assert client.get("/reports/conformance/X9/").status_code == 404
    assert client.get("/reports/conformance/?organisation=99999").status_code == 404
    assert client.get("/reports/conformance/?from=2026-13-40&until=x").status_code == 200


def test_a_thousand_cases_cost_no_more_questions_than_one(
    client, call, supervisor, norm, django_assert_max_num_queries
):
    for n in range(12):
        call(f"c{n}", TEN + timedelta(minutes=5 * n))
    client.force_login(supervisor)
    with django_assert_max_num_queries(110):
        client.get("/reports/conformance/")
