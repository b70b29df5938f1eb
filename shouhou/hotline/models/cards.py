"""The hotline card: which numbers a customer was told, when, and whether it reached them (A3.2)."""

import hashlib
import secrets
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from shouhou.customers.models import Contact, Customer, OfCustomer
from shouhou.hotline.rules import cards
from shouhou.hotline.rules.words import Purpose
from shouhou.people.models import Organisation, User
from shouhou.shared.lifecycle import Lifecycle, Refused


def staff(card: Any, by: User) -> bool:
    return by.serves_in(card.organisation.path)


class CardQuerySet(OfCustomer):
    def newest(self) -> Any:
        """Only the newest card of each customer: what was sent before it is overtaken."""
        later = HotlineCard.objects.filter(customer=OuterRef("customer"), pk__gt=OuterRef("pk"))
        return self.filter(~Exists(later))

    def awaited(self) -> Any:
        """Sent, and nobody has said yet that it arrived."""
        return self.newest().filter(status=HotlineCard.Status.SENT)


class HotlineCard(Lifecycle):
    """One card given to one customer."""

    class Status(models.TextChoices):
        SENT = "sent", _("Sent, receipt awaited")
        RECEIVED = "received", _("Received")

    class Channel(models.TextChoices):
        MAIL = "mail", _("By mail")
        PAPER = "paper", _("On paper")

    class Reason(models.TextChoices):
        HAND_OVER = "hand_over", _("First card, at hand-over")
        NUMBER_CHANGED = "number_changed", _("A number changed")
        ASKED = "asked", _("Asked for")

    class How(models.TextChoices):
        LINK = "link", _("By the link")
        SIGNED = "signed", _("Signed on paper")
        TOLD = "told", _("By telephone")

    KIND: ClassVar[str] = "card"
    MOVES: ClassVar = {Status.SENT: {Status.RECEIVED: staff}, Status.RECEIVED: {}}
    FACTS: ClassVar = {Status.RECEIVED: "card.received"}

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="hotline_cards", verbose_name=_("Customer"))
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, related_name="+", verbose_name=_("Contact"))
    status = models.CharField(_("Status"), max_length=10, choices=Status.choices, default=Status.SENT)
    reason = models.CharField(_("Reason"), max_length=14, choices=Reason.choices)
    channel = models.CharField(_("How it was sent"), max_length=8, choices=Channel.choices)
    address = models.CharField(max_length=254, blank=True, default="")
    numbers = models.JSONField(default=list)  # as printed, see rules/cards.py
    digest = models.CharField(max_length=64)
    token_digest = models.CharField(max_length=64, blank=True, default="")  # only of those sent by mail
    sent_at = models.DateTimeField(_("Sent at"))
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    received_at = models.DateTimeField(_("Received at"), null=True)
    received_how = models.CharField(max_length=8, choices=How.choices, blank=True, default="")
    received_by = models.CharField(_("Who received it"), max_length=100, blank=True, default="")

    objects = CardQuerySet.as_manager()

    class Meta:
        verbose_name = _("Hotline card")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["token_digest"], condition=~Q(token_digest=""), name="card_token_once"),
            models.CheckConstraint(
                condition=~Q(status="received") | Q(received_at__isnull=False) & ~Q(received_how=""),
                name="card_received_says_how",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["customer", "-id"], name="card_customer")]

    def __str__(self) -> str:
        return f"{self.customer} {self.sent_at:%Y-%m-%d}"

    def get_absolute_url(self) -> str:
        return reverse("hotline:card", args=[self.pk])

    @staticmethod
    def new_token() -> str:
        return secrets.token_urlsafe(24)

    @staticmethod
    def hashed(token: str) -> str:
        return hashlib.sha256(token.encode()).hexdigest()

    @property
    def lines(self) -> list[tuple[str, str]]:
        """Purpose, in the reader's language, and number; the order of the card."""
        return [(str(Purpose(n.purpose).label), n.number) for n in cards.read(self.numbers)]

    def receive(self, *, how: str, by: User | None, name: str = "") -> None:
        """The customer has it. Raises Refused where a colleague does not say how they know, and from whom."""
        if how not in self.How.values:
            raise Refused(_now("Say how you know that the card arrived."))
        if by is not None and not name.strip():
            raise Refused(_now("Write down who received the card."))
        with self.moving(self.Status.RECEIVED, by=by, data={"how": how}) as at:
            self.received_at, self.received_how, self.received_by = at, how, name.strip()[:100]
