"""Words and files on a request, questions to the customer, and the confirmation link."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from shouhou.customers.models import Contact
from shouhou.notices.actions import send_mail
from shouhou.people.models import User
from shouhou.people.rules import Role
from shouhou.requests.models import Attachment, ConfirmationLink, Message, ServiceRequest
from shouhou.requests.models.permits import staff
from shouhou.requests.rules.facts import NOTED
from shouhou.requests.rules.words import Waiting
from shouhou.shared.files import keep
from shouhou.shared.journal import record
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Event
from shouhou.shared.time import now

LINK_LIFE = timedelta(days=30)
CONFIRM_WINDOW = timedelta(days=3)
ON_SITE = ("visit.requested", "visit.urgent_requested", "visit.arrived")
BEFORE_REPORT = frozenset({"call.ringing", "call.answered", "call.abandoned", "call.ended"})


def _store(request: ServiceRequest, *, text: str, **fields: Any) -> Message:
    if not text.strip():
        raise Refused(_("Write something first."))
    return Message.objects.create(request=request, text=text.strip(), at=now(), **fields)


@transaction.atomic
def write_note(request: ServiceRequest, *, text: str, by: User) -> Message:
    """An internal note: never a response, never shown to the customer."""
    must_serve(request, by)
    message = _store(request, text=text, author=by, direction=Message.Direction.NOTE)
    request.note("note.written", by=by, data={"message": message.pk})
    return message


@transaction.atomic
def send_message(request: ServiceRequest, *, text: str, by: User, question: bool = False) -> Message:
    """Words to the customer: the first is the response. A question also starts waiting for the customer."""
    must_serve(request, by)
    message = _store(request, text=text, author=by, direction=Message.Direction.OUT, is_question=question)
    with request.noting("message.sent", by=by, audience="customer", data={"message": message.pk}):
        _first_response(request, by=by)
    if question:
        with request.noting(
            "customer.asked", by=by, audience="customer", data={"message": message.pk, "reason": "customer"}
        ):
            request.must_be_open()
            if request.waiting not in ("", Waiting.CUSTOMER):
                raise Refused(_("The clock is paused for another reason: resume it before you ask."))
            request.waiting = Waiting.CUSTOMER
    if request.contact and request.contact.email:
        subject = f"[{request.number}] {request.subject}"
        send_mail(to=request.contact.email, subject=subject, body=message.text, case_kind="request", case_id=request.pk)
    return message


def _first_response(request: ServiceRequest, *, by: User) -> None:
    """The first message or call of ours to the customer; assigning, pausing or a receipt never is one."""
    if not Event.objects.of(request).filter(kind="request.responded").exists():
        record("request.responded", subject=request, by=by, audience="customer")
    if (
        by.holds(Role.ENGINEER, organisation_path=request.organisation.path)
        and not Event.objects.of(request).filter(kind="engineer.contacted_customer").exists()
    ):
        record("engineer.contacted_customer", subject=request, by=by)


@transaction.atomic
def receive_message(
    request: ServiceRequest, *, text: str, by: User | None, contact: Contact | None = None, channel: str = "portal"
) -> Message:
    """Words from the customer. Any reply ends “waiting for the customer” by itself."""
    message = _store(
        request,
        text=text,
        author=by,
        contact=contact or request.contact,
        direction=Message.Direction.IN,
        channel=channel,
    )
    request.note("message.received", by=by, audience="customer", data={"message": message.pk})
    if request.waiting == Waiting.CUSTOMER:
        with request.noting("customer.answered", by=by, audience="customer", data={"message": message.pk}):
            request.waiting = ""
    return message


@transaction.atomic
def pause_request(request: ServiceRequest, *, reason: str, words: str, by: User) -> None:
    """Force majeure or an agreed postponement; waiting for the customer needs a question instead."""
    if reason not in (Waiting.FORCE_MAJEURE, Waiting.POSTPONED):
        raise Refused(_("To wait for the customer, send a question."))
    if not words.strip():
        raise Refused(_("Say what happened or what was agreed."))
    if not staff(request, by):
        raise Refused(_("Only colleagues of this organisation may do this."))
    message = _store(request, text=words, author=by, direction=Message.Direction.NOTE)
    with request.noting("clock.paused", by=by, audience="customer", data={"reason": reason, "message": message.pk}):
        request.must_be_open()
        if request.waiting:  # under the lock: two may pause at once, and only one reason can be ended
            raise Refused(_("It is waiting already."))
        request.waiting = reason


@transaction.atomic
def resume_request(request: ServiceRequest, *, by: User) -> None:
    """The obstacle is gone, or the customer answered on the phone."""
    must_serve(request, by)
    with request.locked():
        if not request.waiting:
            raise Refused(_("It is not waiting."))
        reason = request.waiting
        fact = "customer.answered" if reason == Waiting.CUSTOMER else "clock.resumed"
        with request.noting(fact, by=by, audience="customer", data={"reason": reason}):
            request.waiting = ""


@transaction.atomic
def attach_files(request: ServiceRequest, *, files: Sequence[UploadedFile], by: User | None) -> list[Attachment]:
    """Screenshots and logs (F2), checked by content; the same content twice is attached once."""
    kept = []
    for upload in files:
        blob = keep(upload)
        row, new = Attachment.objects.get_or_create(
            request=request, blob=blob, defaults={"name": (upload.name or "file")[:200], "by": by, "at": now()}
        )
        if new:
            request.note("file.attached", by=by, audience="customer", data={"attachment": row.pk})
        kept.append(row)
    return kept


@transaction.atomic
def resolve_request(
    request: ServiceRequest, *, solution: str, by: User, cause: str = "", occurred_at: datetime | None = None
) -> str:
    """Resolve, and ask the customer once to confirm by link. Returns the secret of the link."""
    at = now()
    request.resolve(solution, by=by, cause=cause, confirm_by=at + CONFIRM_WINDOW, occurred_at=occurred_at)
    token = new_link(request)
    contact = request.contact
    if contact and contact.email:
        address = settings.PUBLIC_URL + reverse("portal:confirm", args=[token])
        with translation.override(contact.user.language if contact.user else "zh-hans"):
            told = {
                "number": request.number,
                "subject": request.subject,
                "solution": request.solution,
                "address": address,
            }
            body = (
                _(
                    "%(number)s “%(subject)s” is solved:\n\n%(solution)s\n\n"
                    "Please confirm or tell us that it is not: %(address)s"
                )
                % told
            )
            send_mail(
                to=contact.email,
                subject=f"[{request.number}] {request.subject}",
                body=body,
                case_kind="request",
                case_id=request.pk,
            )
    return token


@transaction.atomic
def new_link(request: ServiceRequest) -> str:
    """A secret address for the present solution; one sent before stops working. Raises Refused when none waits."""
    with request.locked():
        if request.status != ServiceRequest.Status.RESOLVED:
            raise Refused(_("No solution waits for the customer's confirmation."))
        at, token = now(), ConfirmationLink.new_token()
        request.confirmation_links.filter(used_at=None, expires_at__gt=at).update(expires_at=at)
        ConfirmationLink.objects.create(
            request=request, digest=ConfirmationLink.digest_of(token), made_at=at, expires_at=at + LINK_LIFE
        )
    return token


@transaction.atomic
def answer_by_link(link: ConfirmationLink, *, solved: bool, words: str = "") -> None:
    """The customer's answer at the secret address; it counts once."""
    # The request before its links, as everywhere: whoever makes another link at this moment waits, and so do we.
    request = ServiceRequest.objects.select_for_update().get(pk=link.request_id)
    link = ConfirmationLink.objects.select_for_update().get(pk=link.pk)
    if link.used_at or link.expires_at < now():
        raise Refused(_("This link has been used or has expired."))
    if request.status != ServiceRequest.Status.RESOLVED:
        raise Refused(_("This has been answered already. Thank you."))
    link.used_at = now()
    link.save(update_fields=["used_at"])
    if not solved:
        reject_solution(request, words=words, by=None, how="link")
        return
    if words.strip():
        receive_message(request, text=words, by=None, channel="link")
    request.confirm("link", by=None)


@transaction.atomic
def reject_solution(request: ServiceRequest, *, words: str, by: User | None, how: str, channel: str = "") -> None:
    """The customer says that it is not solved, and what still is wrong: who goes on must not have to ask again."""
    if not words.strip():
        raise Refused(_("Say what still does not work."))
    receive_message(request, text=words, by=by, channel=channel or how)
    request.reopen(by=by, how=how)


def confirm_expired(at: datetime) -> int:
    """Requests whose confirmation window has passed unanswered; recorded as such and counted apart (A1.2)."""
    done = 0
    waiting = ServiceRequest.objects.filter(status=ServiceRequest.Status.RESOLVED, confirm_by__lte=at).order_by(
        "confirm_by"
    )
    for request in waiting[:200]:
        try:
            request.confirm("expired", by=None)
        except Refused:
            continue  # the customer answered at this very moment
        done += 1
    return done


def sent_on_site(request: ServiceRequest) -> int | None:
    """Who is on the way to the customer or there, if anybody (H2)."""
    kinds = ("visit.dispatched", "visit.departed", "visit.cancelled")
    last = Event.objects.of(request).filter(kind__in=kinds).order_by("occurred_at", "id").last()
    return last.data.get("engineer") if last is not None and last.kind == "visit.dispatched" else None


@transaction.atomic
def note_fact(
    request: ServiceRequest, *, fact: str, by: User, occurred_at: datetime | None = None, words: str = ""
) -> None:
    """Record what was done on a case at the time it was really done; never in the future.

    Until the rooms above record these by their own acts, a person notes them here. Only an engineer's own contact
    counts as one (C2), and only the duty manager's call is the call-back of A3.18. A try to reach the customer
    counts for the same people's promises, and only with the message that was left (`words`).
    """
    must_serve(request, by)
    if fact not in NOTED:
        raise Refused(_("This cannot be noted by hand."))
    if occurred_at and occurred_at > now():
        raise Refused(_("The time lies in the future: correct it."))
    if occurred_at and occurred_at < request.reported_at and fact not in BEFORE_REPORT:
        raise Refused(_("The time lies before the report: correct it."))
    path = request.organisation.path
    if fact == "engineer.contacted_customer" and not by.holds(Role.ENGINEER, organisation_path=path):
        raise Refused(_("Only an engineer's own contact counts."))
    if fact == "manager.called_back" and not by.holds(Role.DUTY_MANAGER, organisation_path=path):
        raise Refused(_("Only the duty manager's own call counts."))
    if fact == "remote.started" and sent_on_site(request) == by.pk:
        raise Refused(_("You go to the customer yourself: another engineer works on it from afar (H2)."))
    sends = by.holds(Role.ENGINEER, Role.DUTY_MANAGER, organisation_path=path)
    if fact == "visit.dispatched" and not sends:
        raise Refused(_("The engineer who goes says so, or the duty manager who has the engineer's word."))
    data: dict[str, Any] = {}
    if fact == "contact.attempted":
        if not words.strip():
            raise Refused(_("Write down the message that you left for the customer."))
        left = _store(request, text=words, author=by, direction=Message.Direction.OUT, channel="phone")
        data = {"message": left.pk, "for": tried_for(by, path)}
    with request.noting(fact, by=by, occurred_at=occurred_at, audience="customer", data=data):
        request.must_be_open()
        if fact in ("visit.requested", "visit.urgent_requested"):
            request.needs_visit = True
        if fact in ON_SITE and request.remote_failed is None:
            request.remote_failed = True  # somebody had to come: that decides what nobody had decided (H3)


def tried_for(by: User, path: str) -> list[str]:
    """Which promises to reach the customer this person's try may keep: those that their own call would."""
    found = ["customer.informed"]
    if by.holds(Role.ENGINEER, organisation_path=path):
        found.append("engineer.contacted_customer")
    if by.holds(Role.DUTY_MANAGER, organisation_path=path):
        found.append("manager.called_back")
    return found


def must_serve(request: ServiceRequest, by: User) -> None:
    """Raises Refused for who does not serve the request's organisation."""
    if not staff(request, by):
        raise Refused(_("Only colleagues of this organisation may do this."))
