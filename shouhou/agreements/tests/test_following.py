"""Agreements that follow another: amended, renewed, announced before their end, renewed tacitly."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from shouhou.agreements.actions import amend, covering_agreement, renew, sign_agreement, watch_periods
from shouhou.agreements.models import Agreement
from shouhou.agreements.rules import following_period
from shouhou.notices.models import Notice
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Event

pytestmark = pytest.mark.django_db
YEAR = {"starts_on": date(2026, 1, 1), "ends_on": date(2026, 12, 31)}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize(
    ("starts", "ends", "expected"),
    [
        ("2026-01-01", "2026-12-31", ("2027-01-01", "2027-12-31")),
        ("2027-03-01", "2028-02-29", ("2028-03-01", "2029-02-28")),  # a leap day is the month's last
        ("2024-02-29", "2025-02-27", ("2025-02-28", "2026-02-27")),  # not whole months: as many days
        ("2026-01-31", "2026-02-27", ("2026-02-28", "2026-03-30")),  # one month from the 31st
        ("2026-04-01", "2026-06-30", ("2026-07-01", "2026-09-30")),
        ("2026-01-10", "2026-01-19", ("2026-01-20", "2026-01-29")),
        ("2026-05-05", "2026-05-05", ("2026-05-06", "2026-05-06")),
    ],
)
def test_the_next_period_has_the_same_length(starts, ends, expected):
    found = following_period(date.fromisoformat(starts), date.fromisoformat(ends))
    assert tuple(day.isoformat() for day in found) == expected


@pytest.mark.clause("J1")
def test_an_agreement_in_force_is_amended_by_one_that_follows(agreement, manager, customer):
    former = agreement("application_maintenance", **YEAR)
    draft = amend(former, from_on=date(2026, 7, 1), by=manager)
    assert (draft.status, draft.number, draft.follows) == ("draft", "HT-1/2", former)
    assert covering_agreement(customer, None, date(2026, 8, 1)) == former  # a draft binds nobody
    frozen = former.commitment_set_id
    sign_agreement(draft, by=manager)
    former.refresh_from_db()
    assert (former.ends_on, former.status, former.commitment_set_id) == (date(2026, 6, 30), "in_force", frozen)
    assert covering_agreement(customer, None, date(2026, 6, 30)) == former  # reported late, bound by what held then
    assert covering_agreement(customer, None, date(2026, 7, 1)) == draft
    assert amend(draft, from_on=date(2026, 9, 1), by=manager).number == "HT-1/3"


def test_renewal_starts_the_day_after_and_only_once(agreement, manager, customer):
    former = agreement("application_maintenance", **YEAR)
    draft = renew(former, by=manager)
    assert (draft.starts_on, draft.ends_on) == (date(2027, 1, 1), date(2027, 12, 31))
    for again in (lambda: renew(former, by=manager), lambda: amend(former, from_on=date(2026, 7, 1), by=manager)):
        with pytest.raises(Refused):
            again()
    sign_agreement(draft, by=manager)
    former.refresh_from_db()
    assert former.ends_on == date(2026, 12, 31)
    assert covering_agreement(customer, None, date(2027, 1, 1)) == draft


def test_what_cannot_follow(agreement, manager, agent):
    endless = agreement("application_maintenance", starts_on=date(2026, 1, 1))
    for wrong in (
        lambda: renew(endless, by=manager),
        lambda: amend(endless, from_on=date(2025, 12, 1), by=manager),
        lambda: amend(endless, from_on=date(2026, 1, 1), by=manager),
        lambda: amend(endless, from_on=date(2026, 5, 1), by=agent),
    ):
        with pytest.raises(Refused):
            wrong()
    draft = amend(endless, from_on=date(2026, 5, 1), by=manager)
    with endless.moving(Agreement.Status.ENDED, by=manager):
        pass
    with pytest.raises(Refused):
        sign_agreement(draft, by=manager)
    draft.refresh_from_db()
    assert draft.status == "draft"


def test_it_is_announced_once_within_its_notice(pump, agreement, manager, supervisor, customer):
    former = agreement("application_maintenance", **YEAR)
    customer.owner = manager
    customer.save()
    for day, told in (("2026-10-31 23:30", 0), ("2026-11-01 00:30", 1), ("2026-11-03 09:00", 1)):  # 60 days before
        watch_periods(at(day))
        assert Event.objects.filter(kind="agreement.announced", case_id=former.pk).count() == told, day
    pump()
    assert set(Notice.objects.filter(kind="agreement.announced").values_list("user", flat=True)) == {
        manager.pk, supervisor.pk,
    }  # fmt: skip


def test_nothing_is_announced_where_the_next_one_is_written(agreement, manager):
    renew(agreement("application_maintenance", **YEAR), by=manager)
    watch_periods(at("2026-12-20 09:00"))
    assert not Event.objects.filter(kind="agreement.announced").exists()


def test_a_tacit_one_goes_on_for_the_same_length_and_an_express_one_does_not(agreement, manager, customer):
    tacit = agreement("application_maintenance", **YEAR)
    Agreement.objects.filter(pk=tacit.pk).update(renewal="tacit")
    watch_periods(at("2026-12-31 23:00"))
    tacit.refresh_from_db()
    assert tacit.ends_on == date(2026, 12, 31)  # its last day is not over
    watch_periods(at("2027-01-01 00:10"))
    watch_periods(at("2027-01-01 01:10"))
    tacit.refresh_from_db()
    assert (tacit.ends_on, tacit.announced_at) == (date(2027, 12, 31), None)
    assert Event.objects.filter(kind="agreement.renewed").count() == 1
    watch_periods(at("2030-05-05 09:00"))  # a worker that slept for years
    tacit.refresh_from_db()
    assert tacit.ends_on == date(2030, 12, 31)
    Agreement.objects.filter(pk=tacit.pk).update(renewal="express")
    watch_periods(at("2031-02-01 09:00"))
    assert covering_agreement(customer, None, date(2031, 2, 1)) is None


def test_the_pages_amend_and_renew(client, agreement, manager, agent):
    former = agreement("application_maintenance", **YEAR)
    client.force_login(agent)
    client.post(f"/agreements/{former.pk}/renew/")
    assert Agreement.objects.count() == 1
    client.force_login(manager)
    assert client.post(f"/agreements/{former.pk}/amend/", {"from_on": ""}).status_code == 422
    made = client.post(f"/agreements/{former.pk}/amend/", {"from_on": "2026-07-01"})
    draft = Agreement.objects.latest("pk")
    assert made["Location"] == f"/agreements/{draft.pk}/edit/"
    assert client.get(made["Location"]).status_code == 200
    shown = client.get(f"/agreements/{former.pk}/").content.decode()
    assert draft.number in shown
    assert f"/agreements/{former.pk}/amend/" not in shown  # one follows already
    client.post(f"/agreements/{draft.pk}/sign/")
    former.refresh_from_db()
    assert former.ends_on == draft.starts_on - timedelta(days=1)
