"""Agreements copy a preset, fill its blanks, freeze it, and cover what they name."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from shouhou.agreements.actions import (
    adopt_for_company,
    company_calendar,
    covering_agreement,
    draft_agreement,
    preset_of,
    sign_agreement,
    standing_set,
)
from shouhou.agreements.models import Agreement, ServiceLevel
from shouhou.equipment.models import InstalledItem, Product
from shouhou.promises.actions import make_calendar
from shouhou.promises.models import CommitmentSet
from shouhou.promises.rules.calendar import Calendar as Days
from shouhou.promises.rules.presets import all_presets, standing
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Event

FILLED = {"c9": "24 h", "c14": "2 h"}


def level(key: str) -> ServiceLevel:
    return ServiceLevel.objects.get(key=key)


@pytest.fixture
def draft(customer, manager):
    def make(key="application_maintenance", **fields):
        given = {"number": "HT-9", "name": "年度服务", "starts_on": date(2026, 1, 1), "ends_on": None, **fields}
        return draft_agreement(customer=customer, level=level(key), by=manager, **given)

    return make


@pytest.fixture
def item(customer, company):
    product = Product.objects.create(name="自助终端", kind="device")
    return lambda serial: InstalledItem.objects.create(
        organisation=company, customer=customer, product=product, serial_number=serial
    )


@pytest.mark.parametrize("key", list(all_presets()))
def test_signing_copies_every_promise_of_the_preset_word_for_word(agreement, key):
    signed = agreement(key, filled=FILLED)
    preset = all_presets()[key]
    copied = {c.code: c for c in signed.commitment_set.terms()}
    assert set(copied) == {c.key for c in preset.commitments}
    for wanted in preset.commitments:
        found = copied[wanted.key]
        assert (found.clause, found.start, tuple(found.stops), found.window, found.days) == (
            wanted.clause, wanted.start, wanted.stop, wanted.window, wanted.days,
        )  # fmt: skip
        assert found.within == (wanted.within or FILLED[wanted.key])
        assert (found.source, tuple(found.pause), found.when) == (wanted.source, wanted.pause, dict(wanted.when))
    assert set(signed.commitment_set.clauses) >= {c.clause for c in preset.commitments}


@pytest.mark.parametrize(("key", "blank"), [("terminal_warranty", "c9"), ("backend_warranty", "c14")])
@pytest.mark.parametrize("filled", ["", "   ", "soon", "0 h", "-1 d"])
def test_a_blank_of_the_document_must_be_filled_with_a_period(draft, manager, key, blank, filled):
    row = draft(key, filled={blank: filled})
    with pytest.raises(Refused):
        sign_agreement(row, by=manager)
    row.refresh_from_db()
    assert (row.status, row.commitment_set) == ("draft", None)
    assert not CommitmentSet.objects.filter(preset=key).exists()


def test_a_filled_in_figure_is_marked_as_such(agreement, client, agent):
    signed = agreement("terminal_warranty", filled={"c9": "8 h"})
    found = {c.code: c.source for c in signed.commitment_set.terms()}
    assert (found["c9"], found["c2"]) == ("required", "text")
    client.force_login(agent)
    page = client.get(f"/agreements/{signed.pk}/")
    assert [line["c"].within for line in page.context["lines"] if line["c"].code == "c9"] == ["8 h"]


def test_editing_the_service_level_later_changes_no_signed_promise(agreement, take):
    signed = agreement("application_maintenance")
    row = level("application_maintenance")
    row.terms["commitments"][1]["within"] = "9 wd"
    row.save()
    assert {c.code: c.within for c in signed.commitment_set.terms()}["i9"] == "2 wd"
    assert {c.commitment.code: c.commitment.within for c in take().clocks()}["i9"] == "2 wd"


def test_a_signed_promise_can_be_changed_by_nobody(agreement):
    commitment = agreement("application_maintenance").commitment_set.commitments.first()
    commitment.within = "99 wd"
    with pytest.raises(RuntimeError):
        commitment.save()


def test_only_who_decides_signs_and_only_once(draft, agent, engineer, stranger, manager):
    row = draft()
    for by in (agent, engineer, stranger):
        with pytest.raises(Refused):
            sign_agreement(row, by=by)
    sign_agreement(row, by=manager)
    first = row.commitment_set
    with pytest.raises(Refused):
        sign_agreement(row, by=manager)
    row.refresh_from_db()
    assert (row.commitment_set, CommitmentSet.objects.filter(purpose="agreement").count()) == (first, 1)
    assert list(Event.objects.of(row).values_list("kind", flat=True)) == ["agreement.drafted", "agreement.signed"]


def test_a_draft_binds_nobody(draft, take):
    draft()
    case = take()
    assert (case.agreement, case.coverage) == (None, "undecided")


def test_the_database_keeps_no_agreement_that_ends_before_it_starts_or_binds_without_promises(draft):
    row = draft()
    for change in ({"ends_on": date(2025, 12, 31)}, {"status": "in_force"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Agreement.objects.filter(pk=row.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        draft()  # the same number


@pytest.mark.parametrize(
    ("day", "covered"),
    [(date(2025, 12, 31), False), (date(2026, 1, 1), True), (date(2026, 12, 31), True), (date(2027, 1, 1), False)],
)
def test_cover_includes_its_first_and_last_day(agreement, customer, day, covered):
    signed = agreement("application_maintenance", starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31))
    assert (covering_agreement(customer, None, day) == signed) is covered


def test_the_agreement_that_names_the_item_goes_before_the_general_one(agreement, customer, item):
    first, second = item("A1"), item("B2")
    general = agreement("application_maintenance", number="HT-G")
    special = agreement("terminal_warranty", number="HT-S", items=[first], filled=FILLED)
    on = date(2026, 6, 8)
    assert covering_agreement(customer, first, on) == special
    assert covering_agreement(customer, second, on) == general
    assert covering_agreement(customer, None, on) == general


def test_an_ended_agreement_covers_nothing_and_open_clocks_stay_as_promised(agreement, take, manager):
    signed = agreement("application_maintenance")
    case = take()
    due = {c.commitment.code: c.due_at for c in case.clocks()}
    with signed.moving(Agreement.Status.ENDED, by=manager):
        pass
    case.advance()
    assert {c.commitment.code: c.due_at for c in case.clocks()} == due
    assert take().agreement is None


def test_parts_of_a_preset_are_agreed_apart(agreement):
    signed = agreement("project_warranty", parts=("F",))
    assert [c.code for c in signed.commitment_set.terms()] == []
    assert {clause[0] for clause in signed.commitment_set.clauses} == {"F"}
    assert {e.get("part") for e in signed.entitlements} == {"F"}


# --- the organisation's own promises --------------------------------------------------------------


@pytest.mark.clause("D1")
def test_a_centre_has_its_own_calendar_and_promises_else_those_above_it(company, centre):
    assert company_calendar(centre) == company_calendar(company)
    assert standing_set(centre, "standing") == standing_set(company, "standing")

    own = make_calendar(name="成都日历", days=Days.plain(), organisation=centre)
    kept = adopt_for_company(preset=standing(), organisation=centre, purpose="standing", by=None)

    assert (company_calendar(centre), standing_set(centre, "standing")) == (own, kept)
    assert company_calendar(company) != own
    assert standing_set(company, "standing") != kept
    assert kept.calendar == own


def test_adopting_again_retires_the_old_set_and_open_cases_keep_theirs(company, take):
    case = take()
    old = case.commitment_set
    new = adopt_for_company(preset=standing(), organisation=company, purpose="standing", by=None)
    old.refresh_from_db()
    assert (old.retired_at is not None, standing_set(company, "standing")) == (True, new)
    case.refresh_from_db()
    assert case.commitment_set == old
    assert take().commitment_set == new


# --- pages ----------------------------------------------------------------------------------------


@pytest.fixture
def form(customer, manager, client):
    client.force_login(manager)
    return {
        "customer": customer.pk, "level": level("terminal_warranty").pk, "number": "HT-2026-7", "name": "终端保修",
        "starts_on": "2026-01-01", "ends_on": "2026-12-31", "blank_c9": "12 h",
    }  # fmt: skip


def test_an_agreement_is_written_signed_and_ended_on_its_pages(client, form):
    answer = client.post("/agreements/new/", form)
    row = Agreement.objects.get()
    assert (answer["Location"], row.status, row.filled) == (f"/agreements/{row.pk}/", "draft", {"c9": "12 h"})
    client.post(f"/agreements/{row.pk}/sign/")
    row.refresh_from_db()
    assert (row.status, {c.code: c.within for c in row.commitment_set.terms()}["c9"]) == ("in_force", "12 h")
    client.post(f"/agreements/{row.pk}/end/")
    row.refresh_from_db()
    assert row.status == "ended"
    assert row.number in client.get("/agreements/").content.decode()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"number": ""}, "number"), ({"ends_on": "2025-12-31"}, "ends_on"), ({"starts_on": "soon"}, "starts_on"),
        ({"blank_c9": ""}, "blank_c9"), ({"blank_c9": "bald"}, "blank_c9"), ({"customer": "0"}, "customer"),
    ],
)  # fmt: skip
def test_a_wrong_form_comes_back_with_what_was_typed(client, form, change, field):
    answer = client.post("/agreements/new/", {**form, **change})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert "终端保修" in answer.content.decode()
    assert not Agreement.objects.exists()


def test_a_number_is_given_once(client, form, agreement):
    agreement("application_maintenance", number="HT-2026-7")
    answer = client.post("/agreements/new/", form)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["number"])


def test_who_does_not_decide_writes_none_and_customers_see_none(client, form, agent, customer_user, agreement):
    signed = agreement("application_maintenance")
    client.force_login(agent)
    client.post("/agreements/new/", form)
    client.post(f"/agreements/{signed.pk}/end/")
    assert list(Agreement.objects.values_list("status", flat=True)) == ["in_force"]
    client.force_login(customer_user)
    for path in ("/agreements/", f"/agreements/{signed.pk}/", "/agreements/presets/"):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize("key", list(all_presets()))
def test_every_preset_has_a_page_with_worked_examples(client, agent, key):
    client.force_login(agent)
    page = client.get(f"/agreements/presets/{key}/")
    assert page.status_code == 200
    assert len(page.context["lines"]) == len(preset_of(level(key)).commitments)
    for line in page.context["lines"]:
        if line["example"]:
            assert line["example"]["due"].at >= line["example"]["start"] + timedelta(minutes=1)
