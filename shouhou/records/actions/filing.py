"""Filing a record for ever, its PDF, and reading the archive again for what somebody changed."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from shouhou.people.models import Organisation, User
from shouhou.records.actions.making import next_place
from shouhou.records.models import Counter, Record, Signature
from shouhou.records.rules.rendering import Sheet, Signed, render
from shouhou.shared.files import keep, open_blob
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Event


def verify_url(record: Record) -> str:
    """The public address at which anybody checks the document."""
    return settings.PUBLIC_URL + reverse("records:verify", args=[record.uid])


def file(record: Record, *, by: User | None) -> None:
    """Give the record its number and its PDF with the signatures; from then on nothing of it changes.

    Raises Refused where a party has not answered, where the content no longer fits its hash, or by rights.
    """
    with record.locked():
        _fit_to_file(record)
        data: dict[str, Any] = {"kind": record.kind, "digest": record.digest}
        with record.moving(Record.Status.FILED, by=by, data=data) as at:
            sort, day = record.known_kind, at.astimezone(record.organisation.tz).date()
            record.filed_by, record.filed_at = by, at
            record.retain_until_on = years_after(day, sort.retention_years)
            if sort.gapless:  # last of all locks: whoever files the same kind waits from here on
                record.year, record.place = (
                    day.year,
                    next_place(record.kind, organisation=record.organisation, year=day.year),
                )
                record.number = sort.number(year=record.year, n=record.place)
            name = f"{record.number}.pdf"
            record.pdf = keep(SimpleUploadedFile(name, printed(record, archive=True), "application/pdf"))
            data |= {"number": record.number, "pdf": record.pdf.sha256, "signatures": _seals(record)}


def _fit_to_file(record: Record) -> None:
    """Raises Refused where something is missing, and says what."""
    if record.status not in (Record.Status.DRAFT, Record.Status.SIGNED):
        raise Refused(record.refusal(Record.Status.FILED))
    if record.computed_digest() != record.digest:
        raise Refused(_("The content of this document does not fit its hash: it was changed outside the system."))
    if missing := record.unsigned():
        names = _(", ").join(str(party.label) for party in missing)
        raise Refused(_("Not filed: the signature of %(parties)s is missing.") % {"parties": names})


def years_after(day: date, years: int | None) -> date | None:
    """The day until which a record of that day is kept; None for ever. 29 February becomes 1 March."""
    if years is None:
        return None
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def _seals(record: Record) -> dict[str, str]:
    return {str(s.pk): s.seal() for s in record.signatures.select_related("image").order_by("pk")}


def pdf_of(record: Record) -> bytes:
    """The PDF: of a filed record the one that was kept, else a print of the present state, marked as such."""
    if record.pdf is None:
        return printed(record, archive=False)
    with open_blob(record.pdf) as content:
        return bytes(content.read())


def printed(record: Record, *, archive: bool, picture: bool = False) -> bytes:
    """The record as PDF in its own language; not filed ones bear a mark. `picture` gives page one as PNG."""
    with translation.override(record.language):
        marks: dict[str, str] = {
            Record.Status.DRAFT: _("DRAFT"),
            Record.Status.SIGNED: _("NOT FILED"),
            Record.Status.VOID: _("VOID"),
        }
        sheet = Sheet(
            company=Organisation.top().name, organisation=record.organisation.name, title=record.title,
            number=record.number, customer=record.customer.name if record.customer else "", digest=record.digest,
            url=verify_url(record), mark="" if archive else marks.get(record.status, ""),
            signatures=_signed(record), printed_at=(record.filed_at or record.made_at),
            zone=record.organisation.tz,
        )  # fmt: skip
    return render(
        record.known_kind, record.content, language=record.language, sheet=sheet, archive=archive, picture=picture
    )


def _signed(record: Record) -> list[Signed]:
    """The boxes in the kind's order: who answered, and empty ones for whom has not."""
    answers = {s.role: s for s in record.valid_signatures()}
    boxes = []
    for party in record.known_kind.parties:
        answer = answers.get(party.key)
        if answer is None:
            boxes.append(Signed(str(party.label)))
            continue
        at = answer.occurred_at.astimezone(record.organisation.tz)
        words = f"{answer.get_how_display()} {at:%Y-%m-%d %H:%M}"
        if answer.reason:
            words += "\n" + _("Reason") + ": " + answer.reason
        picture = b""
        if answer.image and answer.how != Signature.How.PAPER:
            with open_blob(answer.image) as content:
                picture = content.read()
        elif answer.image:
            words += "\nSHA-256 " + answer.image.sha256
        boxes.append(Signed(str(party.label), answer.name, words, picture))
    return boxes


@dataclass(frozen=True, slots=True)
class Alteration:
    """What does not fit in the archive. `code`: content, row, signatures, pdf, pdf_missing, journal, removed, gap."""

    code: str
    number: str
    record: int | None = None
    detail: str = ""

    def __str__(self) -> str:
        return f"record {self.number} ({self.record}): {self.code} {self.detail}".rstrip()


def altered(records: Iterable[Record] | None = None) -> list[Alteration]:
    """Read filed records again, and name each that differs from what was filed; all of them, and gaps, by default.

    What was filed stands in the journal, whose own chain is read by shared.seal.verify.
    """
    found: list[Alteration] = []
    if records is None:
        found += [*_removed(), *_gaps()]
        records = Record.objects.filed().select_related("pdf", "organisation").order_by("pk").iterator(500)
    for record in records:
        found += _differences(record)
    return found


def _differences(record: Record) -> Iterator[Alteration]:
    def named(code: str, detail: str = "") -> Alteration:
        return Alteration(code, record.number, record.pk, detail)

    event = Event.objects.filter(kind="record.filed", subject_kind=Record.KIND, subject_id=record.pk).first()
    if event is None:
        yield named("journal", "no filing in the journal")
        return
    if record.computed_digest() != record.digest or record.digest != event.data["digest"]:
        yield named("content")
    filed = (event.data["number"], event.data["kind"], event.occurred_at, event.by_id)
    if filed != (record.number, record.kind, record.filed_at, record.filed_by_id):
        yield named("row", "number, kind, or who filed it and when")
    if _seals(record) != event.data["signatures"]:
        yield named("signatures")
    if record.pdf is None or record.pdf.sha256 != event.data["pdf"]:
        yield named("pdf", "another file is named")
        return
    try:
        content = pdf_of(record)
    except OSError:
        yield named("pdf_missing")
        return
    if hashlib.sha256(content).hexdigest() != event.data["pdf"]:
        yield named("pdf")


def _removed() -> Iterator[Alteration]:
    """Filings in the journal whose record is gone, or no longer counts as filed."""
    filed = Record.objects.filed()
    lost = Event.objects.filter(kind="record.filed", subject_kind=Record.KIND).exclude(
        subject_id__in=filed.values("pk")
    )
    for event in lost.order_by("id"):
        yield Alteration("removed", event.data.get("number", ""), event.subject_id)


def _gaps() -> Iterator[Alteration]:
    """Gapless numbers that were given and that no record bears."""
    for counter in Counter.objects.order_by("pk"):
        same = Record.objects.filter(organisation=counter.organisation_id, kind=counter.kind, year=counter.year)
        borne = set(same.values_list("place", flat=True))
        for place in sorted(set(range(1, counter.last + 1)) ^ borne):
            yield Alteration("gap", f"{counter.kind} {counter.year}: {place}")


def is_genuine(record: Record) -> bool:
    """Whether a filed record is what was filed."""
    return record.status == Record.Status.FILED and not altered([record])
