"""The proposed plan: what waits is planned with reasons, what is fixed stays, nothing happens by itself."""

from datetime import datetime, timedelta

import pytest

from shouhou.customers.models import Site
from shouhou.people.actions import qualify
from shouhou.people.models import Leave
from shouhou.requests.tests.make import at
from shouhou.shared.lifecycle import Refused
from shouhou.shared.time import moved_to
from shouhou.visits.actions import proposing
from shouhou.visits.models import Visit
from shouhou.visits.rules.asked import Reason
from shouhou.visits.rules.reasons import _words, spoken
from shouhou.visits.tests.make import HOUR, NINE, TWO, ask, plan  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db


def propose(company, manager, when=NINE + HOUR):
    with moved_to(when):
        return proposing.propose(company, when.date(), by=manager)


def test_what_waits_is_planned_when_somebody_is_there_and_adopted_only_by_the_dispatcher(
    client, ask, company, manager, engineer, norm
):  # fmt: skip
    wanted = [ask(), ask(available=("2026-11-25 am",))]
    found = propose(company, manager)
    assert {stop.wanted.pk for stop in found.stops} == {w.pk for w in wanted}
    assert not Visit.objects.exists()
    for stop in found.stops:
        local = stop.begins.astimezone(company.tz)
        half = f"{local.date().isoformat()} {'am' if local.hour < 12 else 'pm'}"
        assert half in stop.wanted.available
        assert stop.reasons
    client.force_login(manager)
    with moved_to(NINE + HOUR):
        page = client.post("/visits/propose/", {"day": "2026-11-23"}).content.decode()
        assert engineer.name in page
        values = [f"wanted|{s.wanted.pk}|{s.engineer.pk}|{s.begins.isoformat()}|{s.minutes}" for s in found.stops]
        client.post("/visits/adopt/", {"stop": [*values, "nonsense", "visit|9|9|x|y"]})
    assert {(v.visit_request_id, v.starts_at) for v in Visit.objects.all()} == {
        (s.wanted.pk, s.begins) for s in found.stops
    }


def test_what_the_customer_agreed_to_does_not_move(ask, plan, company, manager, engineer, norm):
    visit = plan(ask())
    with moved_to(NINE + HOUR):
        visit.agree(by=manager)
    ask()
    found = propose(company, manager)
    assert [stop.visit for stop in found.stops if stop.visit] == []
    other = next(stop for stop in found.stops if stop.wanted)
    assert other.begins >= visit.ends_at or other.ends <= visit.starts_at or other.engineer != engineer


def test_leave_and_qualifications_count_and_what_cannot_be_planned_says_why(
    ask, company, manager, engineer, person, customer, norm
):  # fmt: skip
    from shouhou.equipment.models import InstalledItem, Product

    second = person("second", "engineer")
    product = Product.objects.create(name="终端", kind="device")
    item = InstalledItem.objects.create(organisation=company, customer=customer, product=product)
    ask(item=item)
    found = propose(company, manager)
    assert [reasons[0].code for _w, reasons in found.unplanned] == ["skill"]
    qualify(user=second, skill="hardware", given_on=datetime(2026, 1, 1).date(), by=None)  # noqa: DTZ001
    assert propose(company, manager).stops[0].engineer == second
    Leave.objects.create(
        user=second, organisation=company, from_at=TWO - 9 * HOUR, until_at=TWO + 9 * HOUR, reason="事", asked_at=NINE,
        status="approved",
    )  # fmt: skip
    assert propose(company, manager).stops == []


def test_only_who_leads_and_only_with_something_to_plan(ask, company, manager, agent, norm):
    with pytest.raises(Refused):
        propose(company, manager)
    ask()
    with pytest.raises(Refused):
        propose(company, agent)


def test_near_sites_take_less_time_than_far_ones(company, customer):
    places = proposing.Places(company)
    kwargs = {"organisation": company, "customer": customer}
    here = Site(name="a", latitude=30.66, longitude=104.07, **kwargs)
    there = Site(name="b", latitude=30.57, longitude=104.06, **kwargs)
    region = Site(name="c", region="绵阳", **kwargs)

    class Case:
        customer = None

    rows = [places.of(site, Case()) for site in (here, there, region)]
    travel = places.travel()
    assert timedelta(minutes=10) < travel(rows[0], rows[1]) < timedelta(minutes=60)
    assert travel(rows[0], rows[2]) == proposing.UNKNOWN
    assert travel(rows[1], rows[1]) == timedelta()


def test_a_span_less_what_is_cut_out():
    eight, hour = at("2026-11-23 08:00"), timedelta(hours=1)
    day = [(eight, eight + 10 * hour)]
    assert proposing.without(day, [(eight + hour, eight + 2 * hour)]) == [
        (eight, eight + hour), (eight + 2 * hour, eight + 10 * hour),
    ]  # fmt: skip
    assert proposing.without(day, [(eight - hour, eight + 11 * hour)]) == []
    assert proposing.without(day, [(eight - hour, eight)]) == day


@pytest.mark.parametrize("code", sorted(_words()))
def test_every_reason_has_its_words(code):
    instant = "2026-11-23T01:00:00+00:00"
    numbers = {"minutes": 12, "qualified": 2, "from": 1, "to": 2, "lacking": ["x"], "earliest": instant, "due": instant}
    words = spoken(
        Reason(code, numbers), {1: "王强", 2: "刘磊"}, lambda text: text[11:16], lambda seconds: f"{seconds} s"
    )
    assert "%" not in words
    assert words != code
