"""The archive's pages, and the public one."""

import base64
import hashlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from shouhou.records.actions import filing
from shouhou.records.models import Record, Signature
from shouhou.records.rules.kinds import KINDS
from shouhou.records.tests.make import log, png, sheet

pytestmark = pytest.mark.django_db
NOT_SHOWN = ("陈芳", "王强", "市民中心", "无法打印", "现场服务单")  # names and content never reach the public page


@pytest.fixture
def filed(signed, engineer):
    filing.file(signed, by=engineer)
    return signed


@pytest.fixture
def staff(client, engineer):
    client.force_login(engineer)
    return client


def body(answer) -> str:
    return answer.content.decode()


def test_the_list_finds_by_words_kind_status_and_customer(staff, filed, company, engineer, customer):
    other = log(company, engineer)
    for query, shown in {
        "": {filed, other}, f"q={filed.number}": {filed}, "q=值班": {other}, "q=市民服务": {filed},
        "kind=probe_log": {other},
        "status=filed": {filed}, f"customer={customer.pk}": {filed}, "kind=absent": {filed, other}, "q=没有": set(),
    }.items():  # fmt: skip
        answer = staff.get(f"/records/?{query}")
        assert {r.pk for r in answer.context["rows"]} == {r.pk for r in shown}, query


def test_the_list_comes_in_pages_and_asks_as_often_for_many_as_for_few(
    staff, company, engineer, django_assert_max_num_queries
):
    for n in range(55):
        log(company, engineer, f"{n}")
    with django_assert_max_num_queries(12):
        first = staff.get("/records/")
    assert len(first.context["rows"]) == 50
    more = staff.get("/records/", {"after": first.context["after"]}, headers={"HX-Request": "true"})
    assert body(more).count("data-row") == 5
    assert "<html" not in body(more)


def test_the_page_of_a_record_shows_content_signatures_and_hashes(staff, filed):
    text = body(staff.get(f"/records/{filed.pk}/"))
    for words in (
        filed.number,
        "无法打印",
        "On site",
        "核对地址",
        "陈芳",
        filed.digest,
        filed.pdf.sha256,
        str(filed.uid),
    ):
        assert words in text


def test_a_record_whose_kind_is_gone_is_still_shown(staff, filed, draft):
    del KINDS["probe_sheet"]
    assert "无法打印" in body(staff.get(f"/records/{filed.pk}/"))
    assert staff.get(f"/records/{filed.pk}/pdf/").status_code == 200


def test_the_pdf_is_the_one_that_was_filed_and_is_shown_or_saved(staff, filed):
    shown, saved = staff.get(f"/records/{filed.pk}/pdf/"), staff.get(f"/records/{filed.pk}/pdf/?save")
    assert hashlib.sha256(shown.content).hexdigest() == filed.pdf.sha256
    assert (shown["Content-Type"], saved.content) == ("application/pdf", shown.content)
    assert shown["Content-Disposition"].startswith("inline")
    assert saved["Content-Disposition"].startswith("attachment")
    assert filed.number in saved["Content-Disposition"]


def test_customers_read_their_own_once_signed_and_nothing_else(
    client, customer_user, filed, company, customer, engineer
):
    draft = sheet(company, engineer, customer=customer)
    internal = Record.objects.create(
        kind="probe_request", organisation=company, customer=customer, internal=True, title="内部", status="signed",
        digest="0" * 64, made_at=filed.made_at,
    )  # fmt: skip
    client.force_login(customer_user)
    assert [r.pk for r in client.get("/records/").context["rows"]] == [filed.pk]
    assert client.get(f"/records/{filed.pk}/pdf/").status_code == 200
    assert "Time line" not in body(client.get(f"/records/{filed.pk}/"))
    for row in (draft, internal):
        assert client.get(f"/records/{row.pk}/").status_code == 404
        assert client.get(f"/records/{row.pk}/pdf/").status_code == 404
    for act in ("sign", "file", "void"):
        assert client.post(f"/records/{filed.pk}/{act}/").status_code == 404


def test_strangers_find_nothing(client, stranger, filed):
    client.force_login(stranger)
    mark = filed.signatures.first()
    for path in (f"{filed.pk}/", f"{filed.pk}/pdf/", f"signatures/{mark.pk}/"):
        assert client.get(f"/records/{path}").status_code == 404
    assert list(client.get("/records/").context["rows"]) == []


def test_a_drawn_signature_is_shown_and_does_nothing_else(staff, filed):
    picture = staff.get(f"/records/signatures/{filed.signatures.first().pk}/")
    assert b"".join(picture.streaming_content) == png()
    assert picture["Content-Security-Policy"] == "default-src 'none'; sandbox"


def answer_of(record, **fields):
    drawn = "data:image/png;base64," + base64.b64encode(png()).decode()
    return {"role": "customer", "name": "陈芳", "how": "drawn", "drawn": drawn, "digest": record.digest, **fields}


def test_a_party_signs_at_the_desk(staff, draft):
    assert staff.get(f"/records/{draft.pk}/sign/").status_code == 200
    answer = staff.post(f"/records/{draft.pk}/sign/", answer_of(draft, strokes="[[[1,2,3]]]"))
    assert answer.status_code == 302
    row = Signature.objects.get()
    assert (row.role, row.how, row.strokes) == ("customer", "drawn", [[[1, 2, 3]]])


def test_paper_and_refusal_are_taken_at_the_desk(staff, draft):
    scan = SimpleUploadedFile("a.png", png())
    staff.post(f"/records/{draft.pk}/sign/", answer_of(draft, how="paper", scan=scan))
    staff.post(f"/records/{draft.pk}/sign/", answer_of(draft, role="engineer", how="refused", reason="不同意"))
    assert list(Signature.objects.order_by("pk").values_list("how", flat=True)) == ["paper", "refused"]
    draft.refresh_from_db()
    assert draft.status == "signed"


def test_who_refused_may_still_sign_and_who_signed_may_not(staff, draft):
    page = f"/records/{draft.pk}/sign/"
    staff.post(page, answer_of(draft, how="refused", reason="不同意"))
    assert [key for key, _name in staff.get(page).context["form"].fields["role"].choices] == ["customer", "engineer"]
    staff.post(page, answer_of(draft))
    assert [key for key, _name in staff.get(page).context["form"].fields["role"].choices] == ["engineer"]
    staff.post(page, answer_of(draft, role="engineer"))
    assert staff.get(page).status_code == 302
    assert Signature.objects.count() == 3


@pytest.mark.parametrize(
    "wrong",
    [{"drawn": ""}, {"drawn": "data:image/png;base64,%%"}, {"digest": "0" * 64}, {"how": "paper"}, {"name": ""}],
)
def test_an_answer_that_does_not_hold_is_not_written_down(staff, draft, wrong):
    answer = staff.post(f"/records/{draft.pk}/sign/", answer_of(draft, **wrong))
    assert answer.status_code in (302, 422)  # refused with a message, or shown again
    assert not Signature.objects.exists()


def test_a_form_sent_twice_signs_once(staff, draft):
    once = "0190b3c4-0000-7000-8000-000000000001"
    for _ in range(2):
        staff.post(f"/records/{draft.pk}/sign/", answer_of(draft, once=once))
    assert Signature.objects.count() == 1


def test_filing_and_declaring_void_by_their_buttons(staff, signed, draft, company, engineer):
    staff.post(f"/records/{signed.pk}/file/")
    signed.refresh_from_db()
    assert signed.status == "filed"
    other = log(company, engineer)
    assert staff.post(f"/records/{other.pk}/void/", {"reason": ""}).status_code == 422
    staff.post(f"/records/{other.pk}/void/", {"reason": "重复"})
    other.refresh_from_db()
    assert other.status == "void"


# --- the public page ------------------------------------------------------------------------------


def test_anybody_learns_that_a_filed_document_is_genuine_and_nothing_about_people(client, filed):
    answer = client.get(f"/records/verify/{filed.uid}/")
    text = body(answer)
    assert answer.status_code == 200
    assert 'alert-success" id="verdict"' in text
    for words in (filed.number, filed.digest, filed.pdf.sha256, "Probe sheet"):
        assert words in text
    assert [words for words in NOT_SHOWN if words in text.replace(filed.organisation.name, "")] == []


def test_a_hash_is_compared(client, filed):
    good = client.get(f"/records/verify/{filed.uid}/", {"sha256": f" {filed.pdf.sha256.upper()} "})
    bad = client.get(f"/records/verify/{filed.uid}/", {"sha256": "0" * 64})
    assert 'alert-success" id="compared"' in body(good)
    assert 'alert-danger" id="compared"' in body(bad)
    evil = body(client.get(f"/records/verify/{filed.uid}/", {"sha256": '"><script>alert(1)</script>'}))
    assert "<script>alert" not in evil


def test_a_document_that_is_not_filed_is_not_called_genuine(client, draft):
    assert 'alert-warning" id="verdict"' in body(client.get(f"/records/verify/{draft.uid}/"))


def test_an_altered_document_is_not_called_genuine(client, filed):
    from pathlib import Path

    from django.core.files.storage import default_storage

    from shouhou.shared.files import place_of

    Path(default_storage.path(place_of(filed.pdf.sha256))).write_bytes(b"%PDF-1.7 other")
    assert 'alert-danger" id="verdict"' in body(client.get(f"/records/verify/{filed.uid}/"))


def test_an_unknown_document_is_said_to_be_unknown(client, company):
    assert client.get("/records/verify/0190b3c4-0000-7000-8000-000000000001/").status_code == 404


def test_who_asks_without_end_is_told_to_wait(client, filed):
    codes = [client.get(f"/records/verify/{filed.uid}/").status_code for _ in range(62)]
    assert codes[:60] == [200] * 60
    assert codes[60:] == [429] * 2
