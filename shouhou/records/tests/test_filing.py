"""Filing: number, PDF with the signatures, and what comes out when somebody changed something."""

import hashlib
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings as django_settings
from django.core.files.storage import default_storage

from shouhou.people.models import Organisation
from shouhou.records.actions import filing
from shouhou.records.actions.making import make_record, void
from shouhou.records.actions.signing import refuse, sign
from shouhou.records.models import Counter, Record
from shouhou.records.rules.kinds import KINDS
from shouhou.records.tests.make import log, png, sheet
from shouhou.records.tests.read_pdf import text_of
from shouhou.shared.files import place_of
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Event
from shouhou.shared.time import moved_to

pytestmark = pytest.mark.django_db
NEW_YEAR = datetime(2027, 1, 1, 0, 30, tzinfo=ZoneInfo("Asia/Shanghai"))  # still 2026 in Greenwich


@pytest.mark.clause("A4.11")
def test_filing_gives_number_pdf_and_the_day_until_which_it_is_kept(signed, keeper_of_documents):
    with moved_to(NEW_YEAR):
        filing.file(signed, by=keeper_of_documents)

    signed.refresh_from_db()
    assert (signed.status, signed.number, signed.year, signed.place) == ("filed", "PS-2027-00001", 2027, 1)
    assert (signed.filed_by, signed.retain_until_on) == (keeper_of_documents, date(2032, 1, 1))
    content = filing.pdf_of(signed)
    assert hashlib.sha256(content).hexdigest() == signed.pdf.sha256
    assert (signed.pdf.type, signed.pdf.size) == ("application/pdf", len(content))
    assert b"<pdfaid:part>2</pdfaid:part>" in content
    event = Event.objects.of(signed).latest("id")
    seals = {str(s.pk): s.seal() for s in signed.signatures.all()}
    assert event.kind == "record.filed"
    assert event.data == {
        "kind": "probe_sheet", "digest": signed.digest, "number": "PS-2027-00001", "pdf": signed.pdf.sha256,
        "signatures": seals,
    }  # fmt: skip


def test_the_filed_pdf_shows_content_number_parties_and_hash(signed, keeper_of_documents, company):
    filing.file(signed, by=keeper_of_documents)
    text = text_of(filing.pdf_of(signed))
    for words in (signed.number, "蓉城市民服务中心", "无法打印", "陈芳", "王强", signed.digest, company.name):
        assert words in text
    assert not any(mark in text for mark in ("草稿", "未归档", "作废"))


def test_a_draft_is_printed_with_a_mark_and_never_kept(draft):
    assert "草稿" in text_of(filing.pdf_of(draft))
    draft.refresh_from_db()
    assert draft.pdf is None


@pytest.mark.clause("A4.11")
def test_a_refusal_stands_on_the_paper(draft, engineer):
    sign(draft, role="engineer", name="王强", how="drawn", png=png(), by=engineer)
    refuse(draft, role="customer", name="陈芳", reason="打印仍然#很慢", by=engineer)
    filing.file(draft, by=engineer)
    assert "打印仍然#很慢" in text_of(filing.pdf_of(draft))


def test_what_is_missing_is_named_and_nothing_changes(draft, engineer):
    with pytest.raises(Refused, match=r"Customer.*Engineer"):
        filing.file(draft, by=engineer)
    draft.refresh_from_db()
    assert (draft.status, draft.number, draft.pdf) == ("draft", "", None)
    assert not Counter.objects.exists()


def test_a_kind_without_parties_is_filed_at_once(company, engineer):
    record = log(company, engineer)
    filing.file(record, by=engineer)
    assert record.number.startswith("PL-")


def test_only_those_who_serve_or_keep_documents_file(signed, person, centre):
    for by in (person("t", "trainer"), person("o", "engineer", organisation=centre), person("n")):
        with pytest.raises(Refused):
            filing.file(signed, by=by)
    assert not Counter.objects.exists()


def test_a_filed_record_is_not_filed_again_nor_declared_void(signed, engineer, supervisor):
    filing.file(signed, by=engineer)
    number = signed.number
    for act in (lambda: filing.file(signed, by=engineer), lambda: void(signed, reason="x", by=supervisor)):
        with pytest.raises(Refused):
            act()
    signed.refresh_from_db()
    assert signed.number == number
    assert Counter.objects.get().last == 1


def test_numbers_count_by_kind_organisation_and_year(company, centre, engineer, person):
    local = person("local", "engineer", organisation=centre)
    for organisation, by in ((company, engineer), (company, engineer), (centre, local)):
        filing.file(log(organisation, by), by=by)
    with moved_to(NEW_YEAR):
        filing.file(log(company, engineer), by=engineer)
    filed = Record.objects.filed().order_by("pk").values_list("organisation", "place")
    assert list(filed) == [(company.pk, 1), (company.pk, 2), (centre.pk, 1), (company.pk, 1)]


def test_a_kind_with_gaps_has_its_number_from_the_beginning(company, engineer):
    made = [
        make_record("probe_request", organisation=company, by=engineer, title="请求", content={"text": "x"})
        for _ in range(2)
    ]
    assert len({record.number for record in made}) == 2
    filing.file(made[1], by=engineer)
    assert (made[1].place, made[1].retain_until_on) == (None, None)
    assert not Counter.objects.exists()


def test_printing_that_fails_takes_no_number(signed, engineer, monkeypatch):
    def broken(*_args, **_fields):
        raise RuntimeError("no paper")

    monkeypatch.setattr(filing, "render", broken)
    with pytest.raises(RuntimeError):
        filing.file(signed, by=engineer)
    signed.refresh_from_db()
    assert (signed.status, signed.number) == ("signed", "")
    assert not Counter.objects.exists()


def test_the_years_of_keeping_end_on_a_real_day():
    assert filing.years_after(date(2024, 2, 29), 3) == date(2027, 3, 1)
    assert filing.years_after(date(2024, 2, 29), 4) == date(2028, 2, 29)
    assert filing.years_after(date(2024, 2, 29), None) is None


# --- reading the archive again (alterations of rows are tried as a superuser in test_frozen.py) -------


def test_an_untouched_archive_is_in_order(signed, company, engineer):
    filing.file(signed, by=engineer)
    filing.file(log(company, engineer), by=engineer)
    sheet(company, engineer)
    assert filing.altered() == []
    assert filing.is_genuine(signed)


def file_of(record) -> Path:
    return Path(default_storage.path(place_of(record.pdf.sha256)))


def test_a_pdf_changed_on_the_disk_is_found(signed, engineer):
    filing.file(signed, by=engineer)
    path = file_of(signed)
    path.write_bytes(path.read_bytes().replace(b"%PDF-1.7", b"%PDF-1.6"))
    assert [(a.code, a.number) for a in filing.altered()] == [("pdf", signed.number)]
    assert not filing.is_genuine(signed)


def test_a_pdf_gone_from_the_disk_is_found(signed, engineer):
    filing.file(signed, by=engineer)
    file_of(signed).unlink()
    assert [a.code for a in filing.altered([signed])] == ["pdf_missing"]


def test_a_record_that_pretends_to_be_filed_is_found(company, engineer):
    blob = log(company, engineer)
    filing.file(blob, by=engineer)
    forged = Record.objects.create(
        kind="probe_log", organisation=company, title="伪造", content={"text": "x"}, made_at=blob.made_at,
        digest="0" * 64, status="filed", number="PL-2026-00099", pdf=blob.pdf, filed_at=blob.filed_at,
    )  # fmt: skip
    assert [(a.code, a.record) for a in filing.altered()] == [("journal", forged.pk)]


def test_the_archive_is_readable_when_the_kind_s_room_is_gone(signed, engineer):
    filing.file(signed, by=engineer)
    content = filing.pdf_of(signed)
    del KINDS["probe_sheet"]
    assert filing.altered() == []
    assert filing.pdf_of(signed) == content


def test_the_verifying_address_is_public_and_unguessable(draft):
    assert filing.verify_url(draft) == f"{django_settings.PUBLIC_URL}/records/verify/{draft.uid}/"
    assert Organisation.top().name
