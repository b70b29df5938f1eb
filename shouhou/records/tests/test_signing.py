"""Who signed what: a signature is of one content, by one party, once."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from shouhou.records.actions.making import make_record, revise, void
from shouhou.records.actions.signing import refuse, sign
from shouhou.records.models import Record, Signature
from shouhou.records.rules.content import UnknownField
from shouhou.records.rules.kinds import UnknownKind
from shouhou.records.tests.make import CONTENT, png, sheet
from shouhou.shared.files import keep
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Event
from shouhou.shared.time import now

pytestmark = pytest.mark.django_db


def drawn(record, by, role="customer", name="陈芳", **fields):
    return sign(record, role=role, name=name, how="drawn", png=png(), by=by, **fields)


def kinds_of(record) -> list[str]:
    return list(Event.objects.of(record).order_by("id").values_list("kind", flat=True))


def test_a_record_is_made_with_its_hash_and_one_event(draft, customer, engineer):
    assert (draft.status, draft.number, draft.customer) == ("draft", "", customer)
    assert draft.digest == draft.computed_digest()
    event = Event.objects.of(draft).get()
    assert (event.kind, event.by_id, event.customer_id) == ("record.made", engineer.pk, customer.pk)
    assert event.data == {"kind": "probe_sheet", "digest": draft.digest}


def test_a_repeated_act_makes_one_record(company, engineer):
    first, again = (sheet(company, engineer, key="device:1") for _ in range(2))
    assert first == again
    assert Record.objects.count() == 1


def test_a_record_belongs_to_any_case_of_a_room_above(company, engineer, take):
    case = take()
    record = sheet(company, engineer, case=case)
    sheet(company, engineer)
    assert list(Record.objects.of(case)) == [record]


def test_what_no_kind_knows_is_not_made(company, engineer):
    with pytest.raises(UnknownKind):
        make_record("absent", organisation=company, by=engineer, title="x", content={})
    with pytest.raises(UnknownField):
        sheet(company, engineer, content={"phone": "1"})
    with pytest.raises(Refused):
        sheet(company, engineer, title=" \x00 ")
    assert not Record.objects.exists()


def test_the_last_party_moves_it_to_signed_and_each_leaves_one_event(draft, engineer):
    drawn(draft, engineer, device="Pixel", strokes=[[[1, 2]]])
    assert draft.status == "draft"
    assert [p.key for p in draft.unsigned()] == ["engineer"]
    second = drawn(draft, engineer, "engineer", "王强")

    draft.refresh_from_db()
    assert draft.status == "signed"
    assert kinds_of(draft) == ["record.made", "record.signed", "record.signed"]
    last = Event.objects.of(draft).latest("id")
    assert (last.was, last.to) == ("draft", "signed")
    assert last.data == {"signature": second.pk, "role": "engineer", "how": "drawn", "seal": second.seal()}
    assert "王强" not in str(last.data)


def test_a_signature_keeps_what_was_signed_and_how(draft, engineer):
    at = now()
    row = drawn(draft, engineer, device="Pixel", strokes=[[[1.2, 2]]], occurred_at=at)
    row.refresh_from_db()
    assert (row.digest, row.strokes, row.device, row.occurred_at) == (draft.digest, [[[1, 2]]], "Pixel", at)
    assert row.signed_at >= at
    assert row.image.type == "image/png"


def test_what_the_signer_saw_must_be_what_the_record_says(draft, engineer):
    seen = draft.digest
    stale = Record.objects.get(pk=draft.pk)
    revise(draft, content={**CONTENT, "problem": "别的问题"}, by=engineer)
    for act in (lambda: drawn(stale, engineer), lambda: drawn(draft, engineer, digest=seen)):
        with pytest.raises(Refused, match=r"changed since|改动"):
            act()
    assert not Signature.objects.exists()
    drawn(draft, engineer)


def test_a_signature_of_a_former_content_does_not_count(draft, engineer):
    drawn(draft, engineer)
    revise(draft, content={**CONTENT, "problem": "别的问题"}, by=engineer)
    assert [p.key for p in draft.unsigned()] == ["customer", "engineer"]
    drawn(draft, engineer, "engineer")
    assert draft.status == "draft"
    drawn(draft, engineer)
    assert draft.status == "signed"
    assert draft.signatures.count() == 3


def test_content_changed_behind_our_back_is_not_signed(draft, engineer):
    Record.objects.filter(pk=draft.pk).update(content={**CONTENT, "problem": "偷换"})
    with pytest.raises(Refused):
        drawn(draft, engineer)


def test_a_party_signs_once_and_a_repeated_message_is_harmless(draft, engineer):
    first = drawn(draft, engineer, key="device:7")
    assert drawn(draft, engineer, key="device:7") == first
    with pytest.raises(Refused):
        drawn(draft, engineer)
    assert draft.signatures.count() == 1


def test_a_refusal_says_why_counts_as_an_answer_and_may_be_overcome(draft, engineer):
    with pytest.raises(Refused):
        refuse(draft, role="customer", name="陈芳", reason=" ", by=engineer)
    drawn(draft, engineer, "engineer", "王强")
    refuse(draft, role="customer", name="陈芳", reason="打印仍然很慢", by=engineer)
    assert draft.status == "signed"
    assert kinds_of(draft)[-1] == "record.refused"

    drawn(draft, engineer)
    assert [s.how for s in draft.valid_signatures()] == ["drawn", "drawn"]
    assert kinds_of(draft)[-1] == "record.signed"


@pytest.mark.parametrize(
    "fields",
    [
        {"png": b""}, {"png": b"GIF89a"}, {"png": png(wave=0)}, {"name": "  "}, {"role": "neighbour"},
        {"how": "refused"}, {"how": "paper"}, {"strokes": "x"},
    ],
)  # fmt: skip
def test_what_is_no_signature_is_refused_and_nothing_changes(draft, engineer, fields):
    given = {"role": "customer", "name": "陈芳", "how": "drawn", "png": png(), "by": engineer, **fields}
    with pytest.raises(Refused):
        sign(draft, **given)
    assert not Signature.objects.exists()
    assert kinds_of(draft) == ["record.made"]


def test_paper_is_bound_to_the_record(draft, engineer):
    text = keep(SimpleUploadedFile("a.log", b"08:31 stopped"))
    with pytest.raises(Refused):
        sign(draft, role="customer", name="陈芳", how="paper", scan=text, by=engineer)
    scan = keep(SimpleUploadedFile("a.pdf", b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer <<>>\n%%EOF"))
    row = sign(draft, role="customer", name="陈芳", how="paper", scan=scan, by=engineer)
    assert row.image == scan


def test_only_those_concerned_sign(draft, stranger, customer_user, person, centre):
    outsider = person("out", "engineer", organisation=centre)
    for by in (stranger, outsider, person("nobody")):
        with pytest.raises(Refused):
            drawn(draft, by)
    drawn(draft, customer_user)
    drawn(draft, None, "engineer")  # the system, for a link
    assert draft.status == "signed"


def test_a_void_record_says_why_and_is_closed(draft, engineer, person):
    with pytest.raises(Refused):
        void(draft, reason=" ", by=engineer)
    with pytest.raises(Refused):
        void(draft, reason="写错客户", by=person("other", "engineer"))
    void(draft, reason="写错客户", by=engineer)
    assert (draft.status, draft.void_reason) == ("void", "写错客户")
    for act in (lambda: drawn(draft, engineer), lambda: revise(draft, content=CONTENT, by=engineer)):
        with pytest.raises(Refused):
            act()


def test_a_signed_record_is_no_longer_revised(signed, engineer):
    with pytest.raises(Refused):
        revise(signed, content=CONTENT, by=engineer)
