"""A draft shows its figures, is edited and deleted; what is in force is neither."""

from datetime import date

import pytest
from django.db.models import ProtectedError

from shouhou.agreements.actions import company_calendar, discard_draft, draft_agreement, edit_draft, sign_agreement
from shouhou.agreements.models import Agreement, ServiceLevel
from shouhou.equipment.models import InstalledItem, Product
from shouhou.people.models import User
from shouhou.promises.rules.clauses import clause
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Event

pytestmark = pytest.mark.django_db


def level(key: str) -> ServiceLevel:
    return ServiceLevel.objects.get(key=key)


@pytest.fixture
def draft(customer, manager):
    return draft_agreement(
        customer=customer, level=level("terminal_warranty"), number="HT-9", name="终端保修",
        starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31), filled={"c9": "12 h"}, by=manager,
    )  # fmt: skip


def sent(draft: Agreement, **changes) -> dict[str, object]:
    given = {
        "level": draft.service_level_id, "number": draft.number, "name": draft.name, "starts_on": "2026-01-01",
        "ends_on": "2026-12-31", "blank_c9": "12 小时",
    }  # fmt: skip
    return {**given, **changes}


def page(client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return str(answer.content.decode())


@pytest.mark.parametrize(("language", "words"), [("zh-hans", "12 小时"), ("en", "12 hours")])
def test_the_figure_that_was_filled_in_and_the_calendar_stand_on_the_draft(client, person, draft, language, words):
    client.force_login(person("li", "supervisor", language=language))
    shown = page(client, f"/agreements/{draft.pk}/")
    assert f">{words}</b>" in shown
    assert company_calendar(draft.organisation).name in shown
    assert clause("C9").title(language) in shown  # what the clause says, on pointing at its number
    assert "data-sure=" in shown
    assert ">?</b>" not in shown


def test_a_figure_that_is_open_is_named_and_signing_waits_for_it(client, manager, draft):
    Agreement.objects.filter(pk=draft.pk).update(filled={})
    client.force_login(manager)
    answer = client.get(f"/agreements/{draft.pk}/")
    assert len(answer.context["open_blanks"]) == 1
    client.post(f"/agreements/{draft.pk}/sign/")
    draft.refresh_from_db()
    assert draft.status == "draft"


def test_a_draft_is_edited_with_its_trace(client, manager, draft, customer):
    item = InstalledItem.objects.create(
        organisation=customer.organisation, customer=customer, product=Product.objects.create(name="终端")
    )
    client.force_login(manager)
    assert 'value="12 小时"' in page(client, f"/agreements/{draft.pk}/edit/")
    changed = sent(draft, number="HT-10", ends_on="", blank_c9="两个工作日", items=[item.pk])
    assert client.post(f"/agreements/{draft.pk}/edit/", changed).status_code == 302
    draft.refresh_from_db()
    assert (draft.number, draft.ends_on, draft.filled, list(draft.items.all())) == (
        "HT-10",
        None,
        {"c9": "2 wd"},
        [item],
    )
    event = Event.objects.get(kind="agreement.edited")
    assert (event.by_id, event.data) == (manager.pk, {"fields": ["ends_on", "filled", "items", "number"]})
    sign_agreement(draft, by=manager)
    assert {c.code: c.within for c in draft.commitment_set.terms()}["c9"] == "2 wd"


def test_another_service_level_brings_its_own_blanks_and_entitlements(client, manager, draft):
    other = level("backend_warranty")
    client.force_login(manager)
    fragment = client.get(f"/agreements/{draft.pk}/edit/", {"level": other.pk}, headers={"HX-Request": "true"})
    assert 'name="blank_c14"' in fragment.content.decode()
    before = draft.entitlements
    assert (
        client.post(f"/agreements/{draft.pk}/edit/", sent(draft, level=other.pk, blank_c14="2 小时")).status_code == 302
    )
    draft.refresh_from_db()
    assert (draft.service_level, draft.filled) == (other, {"c14": "2 h"})
    assert draft.entitlements != before


def test_the_customer_of_a_draft_stays(client, manager, draft, stranger):
    client.force_login(manager)
    other = stranger.contact.customer_id
    client.post(f"/agreements/{draft.pk}/edit/", sent(draft, customer=other))
    draft.refresh_from_db()
    assert draft.customer_id != other


@pytest.mark.parametrize("wrong", [{"number": ""}, {"ends_on": "2025-01-01"}, {"blank_c9": "bald"}, {"number": "HT-1"}])
def test_a_wrong_edit_changes_nothing(client, manager, draft, agreement, wrong):
    agreement("application_maintenance", number="HT-1")
    client.force_login(manager)
    assert client.post(f"/agreements/{draft.pk}/edit/", sent(draft, **wrong)).status_code == 422
    draft.refresh_from_db()
    assert (draft.number, draft.filled) == ("HT-9", {"c9": "12 h"})


def test_a_draft_is_deleted_and_its_number_is_free_again(client, manager, draft):
    client.force_login(manager)
    assert client.post(f"/agreements/{draft.pk}/delete/")["Location"] == "/agreements/"
    assert not Agreement.objects.exists()
    event = Event.objects.get(kind="agreement.discarded")
    assert (event.by_id, event.customer_id, event.data) == (manager.pk, draft.customer_id, {"number": "HT-9"})
    assert "HT-9" not in page(client, "/agreements/")


def test_what_is_in_force_or_ended_is_neither_edited_nor_deleted(client, manager, agreement):
    signed = agreement("application_maintenance")
    client.force_login(manager)
    for _status in ("in_force", "ended"):
        for address in ("edit", "delete"):
            client.post(f"/agreements/{signed.pk}/{address}/", sent(signed, name="anders"))
        with pytest.raises(Refused):
            discard_draft(signed, by=manager)
        kept = Agreement.objects.get()
        assert (kept.name, kept.status) == (signed.name, _status)
        shown = page(client, f"/agreements/{signed.pk}/")
        assert f"/agreements/{signed.pk}/edit/" not in shown
        assert f"/agreements/{signed.pk}/delete/" not in shown
        client.post(f"/agreements/{signed.pk}/end/")
        signed.refresh_from_db()
    assert not Event.objects.filter(kind__in=["agreement.edited", "agreement.discarded"]).exists()


def test_a_draft_read_before_it_was_signed_is_not_edited_after(draft, manager):
    """Two people at one draft: who saves second is refused, and the frozen promises keep their figures."""
    stale = Agreement.objects.get(pk=draft.pk)
    sign_agreement(draft, by=manager)
    with pytest.raises(Refused):
        edit_draft(
            stale, level=draft.service_level, number="X", name="X", starts_on=draft.starts_on, ends_on=None, items=[],
            filled={}, parts=None, changed=["name"], by=manager,
        )  # fmt: skip
    with pytest.raises((Refused, ProtectedError)):
        discard_draft(stale, by=manager)
    draft.refresh_from_db()
    assert (draft.number, draft.filled, draft.status) == ("HT-9", {"c9": "12 h"}, "in_force")


@pytest.mark.parametrize("who", ["agent", "engineer", "customer_user", "stranger"])
def test_who_does_not_decide_neither_edits_nor_deletes(client, draft, who, request):
    user: User = request.getfixturevalue(who)
    client.force_login(user)
    for address in ("edit", "delete"):
        client.get(f"/agreements/{draft.pk}/{address}/")
        client.post(f"/agreements/{draft.pk}/{address}/", sent(draft, name="anders"))
    assert Agreement.objects.get().name == "终端保修"
