"""Rows of the archive: a record, its signatures, and the counters of gapless numbers."""

import hashlib
from datetime import UTC, datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from shouhou.customers.models import Customer, OfCustomer, contact_of
from shouhou.people.models import Organisation, User
from shouhou.people.rules import Role
from shouhou.records.rules.content import canonical, digest_of, new_uid
from shouhou.records.rules.facts import FACTS
from shouhou.records.rules.kinds import KINDS, Kind, UnknownKind, kind_called
from shouhou.shared.facts import declare
from shouhou.shared.lifecycle import Lifecycle, Refused
from shouhou.shared.models import Blob, kind_of

declare(FACTS)


def keeper(record: Any, by: User) -> bool:
    """Who serves in the record's organisation, or keeps its documents."""
    path = record.organisation.path
    return by.serves_in(path) or by.holds(Role.DOCUMENT_KEEPER, organisation_path=path)


def signer(record: Any, by: User) -> bool:
    """A colleague who holds the pen for both parties, or one of the customer's own people."""
    contact = None if by.is_colleague else contact_of(by)
    return keeper(record, by) or (contact is not None and contact.customer_id == record.customer_id)


def decider(record: Any, by: User) -> bool:
    """Who leads the organisation, keeps its documents, or made the record."""
    path = record.organisation.path
    own = by.pk == record.made_by_id and by.serves_in(path)
    return own or by.leads_in(path) or by.holds(Role.DOCUMENT_KEEPER, organisation_path=path)


class RecordQuerySet(OfCustomer):
    def of_customer(self, customer_id: int) -> Q:
        """Customers see their own, once signed; never a draft nor what is internal."""
        return Q(customer_id=customer_id, internal=False) & ~Q(status=Record.Status.DRAFT)

    def of(self, case: models.Model) -> Any:
        """The records of one case of a room above."""
        return self.filter(case_kind=kind_of(case), case_id=case.pk)

    def filed(self) -> Any:
        return self.filter(status=Record.Status.FILED)

    def matching(self, words: str) -> Any:
        """Records whose number, title or customer contains the words."""
        return self.filter(Q(number__icontains=words) | Q(title__icontains=words) | Q(customer__name__icontains=words))

    def for_list(self) -> Any:
        return self.select_related("customer", "organisation", "made_by")


class Record(Lifecycle):
    """One document: what it says, who signed it, and once filed its number and its PDF, for ever the same."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft document")
        SIGNED = "signed", _("Signed, to be filed")
        FILED = "filed", _("Filed in the archive")
        VOID = "void", _("Declared void")

    KIND: ClassVar[str] = "record"
    MOVES: ClassVar = {
        Status.DRAFT: {Status.SIGNED: signer, Status.FILED: keeper, Status.VOID: decider},
        Status.SIGNED: {Status.FILED: keeper, Status.VOID: decider},
        Status.FILED: {},
        Status.VOID: {},
    }
    FACTS: ClassVar = {
        Status.SIGNED: "record.signed",
        Status.FILED: "record.filed",
        Status.VOID: "record.voided",
    }

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    kind = models.CharField(_("Kind"), max_length=40)
    number = models.CharField(_("Number"), max_length=60, blank=True, default="")
    year = models.PositiveIntegerField(null=True, editable=False)  # with `place`, of gapless kinds only
    place = models.PositiveIntegerField(null=True, editable=False)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", verbose_name=_("Service organisation")
    )
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, related_name="records", verbose_name=_("Customer")
    )
    internal = models.BooleanField(default=False)
    case_kind = models.TextField(blank=True, default="")
    case_id = models.BigIntegerField(null=True)
    title = models.CharField(_("Title"), max_length=300)
    language = models.CharField(_("Language"), max_length=10, default="zh-hans")
    content = models.JSONField(default=dict)
    digest = models.CharField(_("Hash of the content"), max_length=64)
    status = models.CharField(_("Status"), max_length=8, choices=Status.choices, default=Status.DRAFT)
    pdf = models.ForeignKey(Blob, models.PROTECT, null=True, related_name="+")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField(_("Made at"))
    filed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    filed_at = models.DateTimeField(_("Filed at"), null=True)
    retain_until_on = models.DateField(_("Kept until"), null=True)  # filed and none: for ever
    voided_at = models.DateTimeField(null=True)
    void_reason = models.TextField(_("Why void"), blank=True, default="")

    objects = RecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("Quality record")
        indexes: ClassVar = [
            models.Index(fields=["case_kind", "case_id"], name="record_case"),
            models.Index(fields=["organisation", "-id"], name="record_organisation"),
            models.Index(fields=["customer", "-id"], name="record_customer"),
            models.Index(fields=["kind", "-id"], name="record_kind"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "kind", "number"], condition=~Q(number=""), name="record_number_once"
            ),
            models.UniqueConstraint(
                fields=["organisation", "kind", "year", "place"],
                condition=Q(place__isnull=False),
                name="record_place_once",
            ),
            models.CheckConstraint(
                condition=~Q(status="filed") | ~Q(number="") & Q(pdf__isnull=False, filed_at__isnull=False),
                name="record_filed_is_whole",
            ),
            models.CheckConstraint(condition=~Q(status="void") | ~Q(void_reason=""), name="record_void_says_why"),
        ]

    def __str__(self) -> str:
        return self.number or self.title

    def get_absolute_url(self) -> str:
        return reverse("records:detail", args=[self.pk])

    @property
    def sort(self) -> Kind | None:
        """The kind as its room registered it; None where that room is gone."""
        return KINDS.get(self.kind)

    @property
    def known_kind(self) -> Kind:
        """The kind. Raises Refused where no room registers it any more: without it nothing can be printed."""
        try:
            return kind_called(self.kind)
        except UnknownKind:
            raise Refused(_now("No room registers documents of the kind “%(kind)s”.") % {"kind": self.kind}) from None

    def computed_digest(self) -> str:
        """The hash over what the row says now, in hexadecimal."""
        return digest_of(kind=self.kind, title=self.title, content=self.content)

    def valid_signatures(self) -> list["Signature"]:
        """Signatures of the content as it is now, the newest of each party; older content's count for nothing."""
        newest = {s.role: s for s in self.signatures.filter(digest=self.digest).order_by("pk")}
        return list(newest.values())

    def open_parties(self) -> list[Any]:
        """The parties that may still sign: those that have not answered, or refused so far."""
        sort = self.sort
        signed = {s.role for s in self.valid_signatures() if s.how != Signature.How.REFUSED}
        return [party for party in sort.parties if party.key not in signed] if sort else []

    def unsigned(self) -> list[Any]:
        """The parties that have neither signed the present content nor refused to."""
        sort = self.sort
        answered = {s.role for s in self.valid_signatures()}
        return [party for party in sort.parties if party.key not in answered] if sort else []


class Signature(models.Model):
    """Who signed a record, how and when, or why not. Never changed (see the migration's triggers)."""

    class How(models.TextChoices):
        DRAWN = "drawn", _("Drawn by hand")
        LINK = "link", _("By the link")
        PAPER = "paper", _("On signed paper")
        REFUSED = "refused", _("Refused to sign")

    KIND: ClassVar[str] = "signature"

    record = models.ForeignKey(Record, models.PROTECT, related_name="signatures")
    role = models.CharField(_("Party"), max_length=40)
    name = models.CharField(_("Name"), max_length=200)
    how = models.CharField(_("How"), max_length=8, choices=How.choices)
    image = models.ForeignKey(Blob, models.PROTECT, null=True, related_name="+")  # what was drawn, or the scan
    strokes = models.JSONField(null=True)
    reason = models.TextField(_("Reason"), blank=True, default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    signed_at = models.DateTimeField(_("Signed at"))
    occurred_at = models.DateTimeField()
    device = models.CharField(max_length=300, blank=True, default="")
    digest = models.CharField(max_length=64)  # of the content that was signed
    salt = models.CharField(max_length=32)
    key = models.CharField(max_length=100, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["record", "role", "digest"], condition=~Q(how="refused"), name="signature_once_per_party"
            ),
            models.UniqueConstraint(fields=["record", "key"], condition=~Q(key=""), name="signature_once_per_key"),
            models.CheckConstraint(condition=~Q(how="refused") | ~Q(reason=""), name="signature_refusal_says_why"),
            models.CheckConstraint(
                condition=~Q(how__in=["drawn", "paper"]) | Q(image__isnull=False), name="signature_shows_something"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.how}"

    @property
    def party(self) -> str:
        """What the kind calls this party, in the reader's language."""
        sort = self.record.sort
        return next((str(p.label) for p in sort.parties if p.key == self.role), self.role) if sort else self.role

    def seal(self) -> str:
        """SHA-256 over everything that the signature says. Salted, for the journal keeps it and names may be erased."""
        said = [
            self.salt, self.record_id, self.role, self.name, self.how, self.image.sha256 if self.image else "",
            self.strokes, self.reason, self.by_id, _utc(self.signed_at), _utc(self.occurred_at), self.device,
            self.digest,
        ]  # fmt: skip
        return hashlib.sha256(canonical(said)).hexdigest()


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


class Counter(models.Model):
    """The last number that a gapless kind has given in an organisation and year."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)
    year = models.PositiveIntegerField()
    last = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "kind", "year"], name="counter_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.year}: {self.last}"
