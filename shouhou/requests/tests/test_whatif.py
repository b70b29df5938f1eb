"""What-if: past requests judged by other terms, as the journal tells them."""

import csv
import lzma
from datetime import UTC, date, datetime
from itertools import islice

import pytest

from bench.whatif import of_the_log
from shouhou.agreements.actions import agreed, draft_agreement, preset_of, tried
from shouhou.agreements.models import ServiceLevel
from shouhou.promises.actions import past_cases, replay_cases
from shouhou.promises.rules.calendar import Calendar
from shouhou.promises.rules.replay import one_by_one
from shouhou.requests.actions.importing import import_incidents
from shouhou.requests.models import ServiceRequest
from shouhou.requests.tests.test_import import COLUMNS, LOG, REAL
from shouhou.shared.models import Event

pytestmark = pytest.mark.django_db

FIRST, LAST = datetime(2016, 1, 1, tzinfo=UTC), datetime(2018, 1, 1, tzinfo=UTC)


@pytest.fixture
def load(tmp_path, company):
    def read(rows):
        path = tmp_path / "log.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)
        return import_incidents(path, organisation=company)

    return read


def terms_of(key):
    preset = preset_of(ServiceLevel.objects.get(key=key))
    filled = {c.key: c.proposed or "24 h" for c in preset.commitments}
    return [c.built(Calendar.china()) for c in tried(agreed(preset, None), filled)]


def must_be_equal(terms):
    cases = ServiceRequest.objects.all()
    quick = replay_cases(terms, cases=cases, since=FIRST, until=LAST, at=LAST, zone="Asia/Shanghai")
    slow = [
        verdict
        for case, what, facts in past_cases(cases, terms, FIRST, LAST)
        for verdict in one_by_one(case, what, facts, terms, LAST)
    ]
    assert quick.verdicts == slow
    return quick


def test_every_service_level_judges_a_log_as_the_ordinary_fold_does(load, django_assert_max_num_queries):
    load(LOG)
    before = Event.objects.count()
    counts = [must_be_equal(terms_of(key)) for key in ServiceLevel.objects.values_list("key", flat=True)]
    assert {replay.cases for replay in counts} == {5}
    assert len(must_be_equal(of_the_log(Calendar.china())).verdicts) > 10
    assert Event.objects.count() == before  # nothing is written
    terms = terms_of("terminal_warranty")
    with django_assert_max_num_queries(2):
        replay_cases(terms, cases=ServiceRequest.objects.all(), since=FIRST, until=LAST, at=LAST, zone="UTC")


def test_only_cases_that_began_in_the_period_are_read(load):
    load(LOG)
    terms = terms_of("terminal_warranty")
    found = replay_cases(terms, cases=ServiceRequest.objects.all(), since=LAST, until=LAST, at=LAST, zone="UTC")
    assert (found.cases, found.verdicts) == (0, [])


def test_the_real_log_is_judged_as_the_ordinary_fold_does(load):
    if not REAL.exists():
        pytest.skip(f"the public incident log {REAL} is not on this machine")
    with lzma.open(REAL, "rt", encoding="utf-8", newline="") as file:
        rows = list(islice(csv.DictReader(file), 12_000))
    numbers = {row["number"] for row in rows} - {rows[-1]["number"]}
    load([row for row in rows if row["number"] in numbers])
    found = must_be_equal(of_the_log(Calendar.china()))
    assert found.cases == len(numbers)
    sums = {row.code: row for row in found.sums}
    assert all(row.kept and row.missed for row in (sums["solved"], sums["again"]))


@pytest.fixture
def draft(load, manager):
    load(LOG)
    customer = ServiceRequest.objects.get(external_ref="INC1").customer
    level = ServiceLevel.objects.get(key="terminal_warranty")
    preset = preset_of(level)
    filled = {c.key: c.proposed or "24 h" for c in preset.commitments}
    return draft_agreement(
        customer=customer, level=level, number="HT-W", name="终端保修", starts_on=date(2026, 1, 1), ends_on=None,
        filled=filled, by=manager,
    )  # fmt: skip


@pytest.mark.parametrize(("language", "title"), [("zh-hans", "假设"), ("en", "What if")])
def test_the_page_tells_the_cases_of_the_customer_or_of_all(client, person, draft, language, title):
    client.force_login(person("li", "general_manager", language=language))
    address = f"/agreements/{draft.pk}/what-if/"
    days = {"first": "2016-02-29", "last": "2016-02-29"}
    mine = client.get(address, {**days, "of": "customer"})
    desk = client.get(address, {**days, "of": "desk"})
    assert (mine.status_code, desk.status_code) == (200, 200)
    assert mine.context["replay"].cases == ServiceRequest.objects.filter(customer=draft.customer).count()
    assert desk.context["replay"].cases == 5 > mine.context["replay"].cases
    assert title in desk.content.decode()
    assert [c.code for c, row in desk.context["lines"]] == [row.code for c, row in desk.context["lines"]]


def test_days_the_wrong_way_round_and_too_many_cases_are_refused(client, manager, draft, monkeypatch):
    client.force_login(manager)
    address = f"/agreements/{draft.pk}/what-if/"
    assert client.get(address, {"first": "2016-03-02", "last": "2016-03-01"}).status_code == 422
    monkeypatch.setattr("shouhou.agreements.actions.MOST_CASES", 3)
    days = {"first": "2016-02-29", "last": "2016-02-29"}
    assert client.get(address, {**days, "of": "desk"}).status_code == 422


def test_who_does_not_see_the_agreement_does_not_see_its_what_if(client, customer_user, draft):
    client.force_login(customer_user)
    assert client.get(f"/agreements/{draft.pk}/what-if/").status_code in (302, 403, 404)
