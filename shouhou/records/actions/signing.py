"""Signing a record, and refusing to."""

import secrets
from datetime import datetime
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.translation import gettext as _

from shouhou.people.models import User
from shouhou.records.models import Record, Signature, signer
from shouhou.records.rules.pictures import BadPicture, check_png, check_strokes
from shouhou.shared.files import keep
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Blob
from shouhou.shared.time import now

SCANS = ("image/png", "image/jpeg", "application/pdf")
OPEN = (Record.Status.DRAFT, Record.Status.SIGNED)


def sign(
    record: Record, *, role: str, name: str, how: str, by: User | None, png: bytes = b"", scan: Blob | None = None,
    strokes: Any = None, occurred_at: datetime | None = None, device: str = "", digest: str = "", key: str = "",
) -> Signature:  # fmt: skip
    """A party signs what the record says. The last one to answer moves it to “signed”.

    `digest` is the hash of what was shown to the signer, by default that of the row in hand; where the record says
    something else by now, it is refused. `png` is what was drawn, `scan` the paper. `occurred_at` (aware) is the
    device's time. The same `key` again gives the signature made before. Raises Refused.
    """
    if how not in (Signature.How.DRAWN, Signature.How.LINK, Signature.How.PAPER):
        raise Refused(_("Say how it was signed."))
    if how == Signature.How.DRAWN and not png:
        raise Refused(_("The signature is missing: draw it in the box."))
    if how == Signature.How.PAPER and (scan is None or scan.type not in SCANS):
        raise Refused(_("Add the signed paper as a picture or PDF."))
    try:
        if png:
            check_png(png)
        pen = check_strokes(strokes) if strokes is not None else None
    except BadPicture as trouble:
        raise Refused(_why(trouble.code)) from None
    image = keep(SimpleUploadedFile("signature.png", png)) if png else scan
    given = Signature(role=role, name=name, how=how, image=image, strokes=pen, device=device[:300], key=key, by=by)
    return _answer(record, given, occurred_at, digest)


def refuse(
    record: Record, *, role: str, name: str, reason: str, by: User | None, occurred_at: datetime | None = None,
    device: str = "", digest: str = "", key: str = "",
) -> Signature:  # fmt: skip
    """A party does not sign, and says why; they may still sign until the record is filed. Raises Refused."""
    if not reason.strip():
        raise Refused(_("Say why the signature was refused."))
    refusal = Signature.How.REFUSED
    given = Signature(
        role=role, name=name, how=refusal, reason=reason.strip()[:2000], device=device[:300], key=key, by=by
    )
    return _answer(record, given, occurred_at, digest)


def _answer(record: Record, given: Signature, occurred_at: datetime | None, digest: str) -> Signature:
    """Write down what a party said, under the record's lock, with its one event."""
    given.name = " ".join(given.name.split())[:200]
    if not given.name:
        raise Refused(_("Write down who signs."))
    if given.role not in {party.key for party in record.known_kind.parties}:
        raise Refused(_("This document is not signed by this party."))
    shown = digest or record.digest
    with record.locked():
        if given.key and (before := record.signatures.filter(key=given.key).first()):
            return before
        _check(record, given, shown)
        given.record, given.digest, given.salt = record, record.digest, secrets.token_hex(16)
        given.signed_at = now()
        given.occurred_at = occurred_at or given.signed_at
        given.save()
        data = {"signature": given.pk, "role": given.role, "how": given.how, "seal": given.seal()}
        fact = "record.refused" if given.how == Signature.How.REFUSED else "record.signed"
        if record.status == Record.Status.DRAFT and not record.unsigned():
            with record.moving(Record.Status.SIGNED, by=given.by, occurred_at=given.occurred_at, fact=fact, data=data):
                pass
        else:
            record.note(fact, by=given.by, occurred_at=given.occurred_at, data=data)
    return given


def _check(record: Record, given: Signature, shown: str) -> None:
    """Raises Refused where this party cannot answer now."""
    if given.by is not None and not signer(record, given.by):
        raise Refused(_("Only colleagues of this organisation and the customer's own people sign here."))
    if record.status not in OPEN:
        raise Refused(record.refusal(Record.Status.SIGNED))
    if shown != record.digest or record.computed_digest() != record.digest:
        raise Refused(_("The document was changed since it was shown: read it again, then sign."))
    answers = record.signatures.filter(role=given.role, digest=record.digest)
    if answers.exclude(how=Signature.How.REFUSED).exists():
        raise Refused(_("This party has signed already."))


def _why(code: str) -> str:
    """What is wrong with a drawn signature, in words."""
    return {
        "empty": _("The signature is empty: draw it in the box."),
        "size": _("The drawn signature is too large or too small: draw it again."),
    }.get(code, _("The drawn signature is damaged: draw it again."))
