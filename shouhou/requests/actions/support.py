"""Asking a vendor for support in writing, and hearing from them (A5.1-A5.4, E8, H4)."""

import hashlib
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from shouhou.notices.actions import send_mail
from shouhou.people.models import Organisation, User
from shouhou.records.actions.filing import file
from shouhou.records.actions.making import make_record, void
from shouhou.records.models import Record, Signature
from shouhou.requests.actions.talk import send_message, write_note
from shouhou.requests.models import ServiceRequest, SupportRequest
from shouhou.requests.models.permits import staff
from shouhou.requests.rules.support import KIND, Way, chase_due
from shouhou.shared.files import keep
from shouhou.shared.lifecycle import Refused
from shouhou.shared.time import now

MAKERS = (Organisation.Kind.VENDOR, Organisation.Kind.PARTNER)


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whom we write to."""

    vendor: Organisation
    contact_name: str
    email: str = ""
    phone: str = ""
    way: str = Way.LINK


def secret_of(support: SupportRequest) -> str:
    """What opens the vendor's page: derived from the product's secret, so that every reminder bears the same link."""
    secret = salted_hmac("requests.support", str(support.pk), algorithm="sha256").digest()
    return urlsafe_b64encode(secret).decode()[:32]


def digest_of(token: str) -> str:
    """What the database keeps of it."""
    return hashlib.sha256(token.encode()).hexdigest()


def likely_vendor(request: ServiceRequest) -> Organisation | None:
    """Whose fault it would be (K1): the item's subcontractor, else its vendor, else the product's."""
    item = request.item
    return (item.subcontractor or item.vendor or item.product.vendor) if item else None


@transaction.atomic
def write_support_request(
    request: ServiceRequest, *, to: Addressee, problem: str, tried: str, wanted: str, by: User,
    wanted_by: datetime | None = None,
) -> SupportRequest:  # fmt: skip
    """Draft the document; it is signed and sealed in the archive, then sent. Raises Refused for what lacks."""
    if not staff(request, by):
        raise Refused(_("Only colleagues of this organisation may do this."))
    request.must_be_open()
    if to.vendor.kind not in MAKERS:
        raise Refused(_("%(name)s is neither vendor nor partner.") % {"name": to.vendor.name})
    if to.way == Way.LINK and not to.email:
        raise Refused(_("The link needs the vendor's e-mail address; or choose the print-out."))
    if to.way == Way.FAX and not to.phone:
        raise Refused(_("Write down the fax number."))
    content = {
        "vendor": to.vendor.name, "contact": to.contact_name, "email": to.email, "phone": to.phone,
        "request": f"{request.number} {request.subject}",
        "customer": request.customer.name if request.customer else request.caller_unit,
        "item": str(request.item) if request.item else "", "severity": str(request.get_severity_display()),
        "problem": problem, "tried": tried, "wanted": wanted,
        "wanted_by": wanted_by.isoformat() if wanted_by else None, "asked_by": by.name,
        "reply_to": by.phone or request.organisation.hotline,
    }  # fmt: skip
    paper = make_record(
        KIND.key, organisation=request.organisation, title=f"{to.vendor.name}: {request.subject}", content=content,
        by=by, customer=request.customer, case=request,
    )  # fmt: skip
    made = SupportRequest.objects.create(
        organisation=request.organisation, customer=request.customer, request=request, vendor=to.vendor,
        contact_name=to.contact_name, email=to.email, phone=to.phone, way=to.way, problem=problem, tried=tried,
        wanted=wanted, wanted_by=wanted_by, asked_by=by, asked_at=now(), paper=paper,
    )  # fmt: skip
    request.note("vendor.drafted", by=by, source=made, data={"support": made.pk})
    return made


@transaction.atomic
def send_support_request(support: SupportRequest, *, by: User) -> str:
    """File the signed document under its number and send it; from now on it is chased until it is acknowledged.

    Returns the secret that opens the vendor's page; only its hash is kept. Raises Refused while it is unsigned.
    """
    support.request.must_be_open()
    if not support.is_signed:
        raise Refused(_("Our representative signs and seals the document first."))
    if any(answer.how == Signature.How.REFUSED for answer in support.paper.valid_signatures()):
        raise Refused(_("Our representative refused to sign: write another document."))
    token = secret_of(support)
    with support.moving(SupportRequest.Status.SENT, by=by, data={"support": support.pk, "way": support.way}) as at:
        support.sent_at, support.chase_at = at, chase_due(at, 0)
        support.digest = digest_of(token)
    if support.paper.status != Record.Status.FILED:
        file(support.paper, by=by)
    _advance(support)
    _write_to_vendor(support, token, again=False)
    return token


def _advance(support: SupportRequest) -> None:
    with support.request.locked():
        support.request.advance()


def _write_to_vendor(support: SupportRequest, token: str, *, again: bool) -> None:
    """The mail with the link, in the language of the document."""
    if support.way != Way.LINK:
        return
    address = settings.PUBLIC_URL + reverse("portal:vendor", args=[token])
    with translation.override(support.paper.language):
        words = {"number": support.paper.number, "company": support.organisation.name, "address": address,
                 "name": support.contact_name, "subject": support.request.subject}  # fmt: skip
        subject = _("[%(number)s] %(company)s asks for technical support") % words
        if again:
            subject = _("Please confirm the receipt: ") + subject
        text = _(
            "Dear %(name)s,\n\n%(company)s asks you for technical support: %(subject)s\n\n"
            "Please read the request, confirm that you have received it, and write your solution here:\n%(address)s"
        )
    send_mail(
        to=support.email, subject=subject, body=text % words, case_kind=ServiceRequest.KIND, case_id=support.request_id
    )


def acknowledge(support: SupportRequest, *, name: str, how: str, by: User | None, at: datetime | None = None) -> None:
    """The vendor says that it has arrived: who, when and how (A5.2). Chasing ends. Raises Refused."""
    if not name.strip():
        raise Refused(_("Write down who confirmed the receipt."))
    _between(support, at)
    data = {"support": support.pk, "how": how}
    with transaction.atomic():
        with support.moving(SupportRequest.Status.ACKNOWLEDGED, by=by, occurred_at=at, data=data) as moment:
            support.heard_from, support.heard_how, support.heard_at = name.strip()[:100], how, moment
            support.chase_at = None
        _advance(support)


def _between(support: SupportRequest, at: datetime | None) -> None:
    if at and (at > now() or (support.sent_at and at < support.sent_at)):
        raise Refused(_("It was between sending and now: correct the time."))


@transaction.atomic
def receive_answer(
    support: SupportRequest, *, text: str, name: str, how: str, by: User | None, at: datetime | None = None,
    upload: UploadedFile | None = None,
) -> None:  # fmt: skip
    """The vendor's solution: the customer is told within the hour from now on (A5.3). An answer proves the receipt."""
    if not text.strip():
        raise Refused(_("Write down the answer."))
    _between(support, at)
    if support.status == SupportRequest.Status.SENT:
        acknowledge(support, name=name, how=how, by=by, at=at)
    data = {"support": support.pk, "how": how}
    with support.moving(SupportRequest.Status.ANSWERED, by=by, occurred_at=at, data=data) as moment:
        support.answer, support.answer_from, support.answered_at = text.strip(), name.strip()[:100], moment
        support.chase_at = None
        if upload is not None:
            support.answer_file, support.answer_file_name = keep(upload), (upload.name or "file")[:200]
    _advance(support)


def announce_engineer(
    support: SupportRequest, *, name: str, phone: str, comes_at: datetime | None, by: User | None
) -> None:
    """The vendor sends an engineer along (E8); who comes stands on the request. Raises Refused."""
    if not name.strip():
        raise Refused(_("Write down who comes."))
    with support.noting("vendor.announced", by=by, data={"support": support.pk}):
        if support.status not in (SupportRequest.Status.SENT, SupportRequest.Status.ACKNOWLEDGED, "answered"):
            raise Refused(support.refusal(SupportRequest.Status.ACKNOWLEDGED))
        support.engineer_name, support.engineer_phone = name.strip()[:100], phone.strip()[:60]
        support.engineer_comes_at = comes_at


@transaction.atomic
def tell_solution(support: SupportRequest, *, text: str, by: User, spoken: bool) -> None:
    """Tell the customer what the vendor found, in writing or on the telephone (A5.3). Raises Refused."""
    if support.status != SupportRequest.Status.ANSWERED:
        raise Refused(_("The vendor has not answered yet."))
    (write_note if spoken else send_message)(support.request, text=text, by=by)
    support.request.note("customer.informed", by=by, source=support, audience="customer", data={"support": support.pk})
    with support.locked():
        support.told_at = support.told_at or now()
        support.write()


@transaction.atomic
def withdraw_support_request(support: SupportRequest, *, by: User | None) -> None:
    """It is not needed any more; the document that was never sent becomes void."""
    unsent = support.status == SupportRequest.Status.DRAFT
    with support.moving(SupportRequest.Status.WITHDRAWN, by=by, data={"support": support.pk}):
        support.chase_at = None
    if unsent and support.paper.status in (Record.Status.DRAFT, Record.Status.SIGNED):
        void(support.paper, reason=_("No longer needed"), by=by)


def chase_unacknowledged(at: datetime) -> int:
    """Write again to vendors that have not confirmed the receipt, and tell who answers for it. Returns how many."""
    waiting = SupportRequest.objects.unacknowledged().filter(chase_at__lte=at).values_list("pk", flat=True)
    return sum(_chase(pk, at) for pk in list(waiting[:200]))


@transaction.atomic
def _chase(pk: int, at: datetime) -> bool:
    """One chase, once: the row is locked, and whoever comes second finds the next time set."""
    rows: Any = SupportRequest.objects.select_for_update(skip_locked=True, of=("self",))
    rows = rows.select_related("organisation", "request__organisation", "paper", "vendor")
    support = rows.filter(pk=pk, status=SupportRequest.Status.SENT, chase_at__lte=at).first()
    if support is None:
        return False
    data = {"support": support.pk, "way": support.way}
    with support.noting("vendor.chased", by=None, occurred_at=at, data=data):
        support.chases += 1
        while support.chase_at <= at:  # a worker that slept chases once, not once for each time missed
            support.chase_at = chase_due(support.sent_at, support.chases)
            support.chases += support.chase_at <= at
    _write_to_vendor(support, secret_of(support), again=True)
    return True


def support_called(token: str) -> SupportRequest | None:
    """What a vendor's secret address opens; None for an address that was never sent."""
    rows = SupportRequest.objects.select_related("organisation", "request__organisation", "paper__pdf", "vendor")
    return rows.filter(digest=digest_of(token)).first()
