"""Sending the hotline card, and knowing who has not got it (A3.2)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Case, CharField, Exists, OuterRef, Value, When
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from shouhou.agreements.models import Agreement
from shouhou.customers.models import Contact, Customer
from shouhou.hotline.models import HotlineCard, Line
from shouhou.hotline.rules.cards import Printed, digest_of, kept, printed
from shouhou.hotline.rules.words import Purpose
from shouhou.notices.actions import send_mail
from shouhou.people.models import Organisation, User, today
from shouhou.shared.journal import record
from shouhou.shared.lifecycle import Refused
from shouhou.shared.time import now


def numbers_of(organisation: Organisation) -> list[Printed]:
    """What stands on the card of this organisation's customers (D9): its own numbers, else those above it."""
    return numbers_by([organisation])[organisation.pk]


def numbers_by(organisations: Iterable[Organisation]) -> dict[int, list[Printed]]:
    """The card of each organisation, in two questions to the database."""
    ways = {o.pk: [int(part) for part in o.path.split("/") if part] for o in organisations}
    above = Organisation.objects.in_bulk({pk for way in ways.values() for pk in way})
    lines: dict[int, list[Printed]] = {pk: [] for pk in above}
    for line in Line.objects.filter(organisation__in=above, retired_at=None).order_by("pk"):
        lines[line.organisation_id].append(Printed(line.purpose, line.number, line.e164))
    for pk, organisation in above.items():  # a house that entered no lines has the numbers of its own page
        has = {n.purpose for n in lines[pk]}
        for purpose, number in (
            (Purpose.HOTLINE, organisation.hotline),
            (Purpose.COMPLAINTS, organisation.complaint_phone),
        ):
            if number and purpose not in has:
                lines[pk].append(Printed(purpose, number))
    return {pk: printed(lines[above_it] for above_it in reversed(way)) for pk, way in ways.items()}


def owed(by: User) -> Any:
    """Customers with an agreement in force who have not been sent the present numbers; `present` is their digest."""
    in_force = Agreement.objects.in_force(today()).values("customer_id")
    rows = Customer.objects.visible_to(by).filter(pk__in=in_force, retired_at=None).select_related("organisation")
    houses = Organisation.objects.filter(pk__in=rows.order_by().values("organisation_id"))
    digests = {pk: digest_of(numbers) for pk, numbers in numbers_by(houses).items()}
    cases = [When(organisation_id=pk, then=Value(digest)) for pk, digest in digests.items() if digest]
    if not cases:
        return Customer.objects.none()
    present = rows.annotate(present=Case(*cases, default=Value(""), output_field=CharField())).exclude(present="")
    sent = HotlineCard.objects.filter(customer=OuterRef("pk"), digest=OuterRef("present"))
    return present.filter(~Exists(sent))


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a sending: the cards made, and who has no address for one by mail."""

    cards: list[HotlineCard]
    without_address: list[Customer]


@transaction.atomic
def send_cards(customers: Iterable[Customer], *, channel: str, by: User) -> Sent:
    """Give each of these customers the present numbers, by mail with a link that confirms receipt, or on paper.

    Raises Refused for a customer of an organisation that has no number, or that is not one's own to serve.
    """
    rows = list(customers)
    cards = numbers_by({c.organisation_id: c.organisation for c in rows}.values())
    reached = addressees(rows)
    made, without = [], []
    for customer in rows:
        if not by.serves_in(customer.organisation.path):
            raise Refused(_("Only colleagues of this organisation may do this."))
        numbers = cards[customer.organisation_id]
        if not numbers:
            raise Refused(_("%(name)s has no telephone number yet: enter one first.") % {"name": customer.organisation})
        contact = reached.get(customer.pk)
        if channel == HotlineCard.Channel.MAIL and contact is None:
            without.append(customer)
            continue
        made.append(_send(customer, contact, numbers, channel=channel, by=by))
    return Sent(made, without)


def addressees(customers: Iterable[Customer]) -> dict[int, Contact]:
    """Whom a card by mail reaches: each customer's first contact with an address."""
    rows = Contact.objects.filter(customer__in=[c.pk for c in customers], retired_at=None).exclude(email="")
    return {row.customer_id: row for row in rows.select_related("user").order_by("customer_id", "-pk")}


def _send(
    customer: Customer, contact: Contact | None, numbers: list[Printed], *, channel: str, by: User
) -> HotlineCard:
    Customer.objects.select_for_update().get(pk=customer.pk)  # two sendings at once make two cards, never half of one
    last = HotlineCard.objects.filter(customer=customer).order_by("-pk").first()
    digest = digest_of(numbers)
    reason = HotlineCard.Reason.HAND_OVER
    if last:
        same = last.digest == digest
        reason = HotlineCard.Reason.ASKED if same else HotlineCard.Reason.NUMBER_CHANGED
    by_mail = channel == HotlineCard.Channel.MAIL
    token = HotlineCard.new_token()
    card = HotlineCard.objects.create(
        organisation=customer.organisation, customer=customer, contact=contact, reason=reason, channel=channel,
        address=contact.email if contact and by_mail else "", numbers=kept(numbers), digest=digest,
        token_digest=HotlineCard.hashed(token) if by_mail else "", sent_at=now(), sent_by=by,
    )  # fmt: skip
    record("card.sent", subject=card, by=by, occurred_at=card.sent_at, data={"reason": reason, "channel": channel})
    if by_mail and contact:
        _mail(card, contact, token)
    return card


def _mail(card: HotlineCard, contact: Contact, token: str) -> None:
    with translation.override(contact.user.language if contact.user else "zh-hans"):
        lines = "\n".join(f"{purpose}  {number}" for purpose, number in card.lines)
        told: dict[str, Any] = {
            "company": card.organisation.name, "lines": lines, "customer": card.customer.name,
            "address": settings.PUBLIC_URL + reverse("hotline:receipt", args=[token]),
        }  # fmt: skip
        send_mail(
            to=contact.email, subject=_("Service numbers of %(company)s") % told, case_kind=HotlineCard.KIND,
            case_id=card.pk,
            body=_(
                "To %(customer)s:\n\nThese are our numbers. Please keep them where the telephone is.\n\n%(lines)s\n\n"
                "Please confirm that you have received them: %(address)s\n\n%(company)s"
            ) % told,
        )  # fmt: skip


def card_of(token: str) -> HotlineCard | None:
    """The card that a secret address belongs to."""
    rows = HotlineCard.objects.select_related("customer", "organisation", "contact")
    return rows.filter(token_digest=HotlineCard.hashed(token)).first()
