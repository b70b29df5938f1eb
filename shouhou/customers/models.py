"""Customers, sites, contacts and projects."""

from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from shouhou.customers.rules import read_number
from shouhou.people.models import Organisation, User
from shouhou.shared.facts import declare

declare(
    {
        "customer.added": _("Customer added"),
        "customer.edited": _("Customer edited"),
        "customer.owner_named": _("Person responsible named"),
        "customer.moved": _("Customer handed to another organisation"),
        "contact.account_opened": _("Portal account opened"),
        "contact.account_closed": _("Portal account closed"),
        "contact.account_reset": _("Portal account: new invitation"),
    }
)


class OfCustomer(models.QuerySet[Any]):
    """Rows that carry organisation and customer: staff see their branch, a customer's people their own."""

    def visible_to(self, user: User) -> Self:
        """Nothing for somebody who is neither staff nor a customer's contact."""
        if user.is_colleague:
            if user.sees_all:
                return self.all()
            return self.filter(organisation__in=Organisation.objects.visible_to(user))
        contact = contact_of(user)
        return self.filter(self.of_customer(contact.customer_id)) if contact else self.none()

    def of_customer(self, customer_id: int) -> Q:
        return Q(customer_id=customer_id)


def contact_of(user: User) -> "Contact | None":
    """The customer's contact that signs in as this user, read once per request."""
    if "_contact" not in user.__dict__:
        user.__dict__["_contact"] = Contact.objects.filter(user=user, retired_at=None).first() if user.pk else None
    contact: Contact | None = user.__dict__["_contact"]
    return contact


class CustomerQuerySet(OfCustomer):
    def of_customer(self, customer_id: int) -> Q:
        return Q(pk=customer_id)

    def matching(self, words: str) -> "CustomerQuerySet":
        """Customers whose name, short name or number contains the words."""
        return self.filter(Q(name__icontains=words) | Q(short_name__icontains=words) | Q(number__istartswith=words))


class Customer(models.Model):
    """A unit that we serve (用户单位), with the organisation that answers for it first."""

    KIND: ClassVar[str] = "customer"

    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="customers", verbose_name=_("Service organisation")
    )
    number = models.CharField(_("Customer number"), max_length=40, blank=True, default="")
    name = models.CharField(_("Name"), max_length=200)
    short_name = models.CharField(_("Short name"), max_length=60, blank=True, default="")
    region = models.CharField(_("Region"), max_length=100, blank=True, default="")
    address = models.CharField(_("Address"), max_length=300, blank=True, default="")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("Person responsible"),
    )
    deputy = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Deputy")
    )
    end_users = models.PositiveIntegerField(_("End users"), default=0)
    external_ref = models.CharField(max_length=100, blank=True, default="", editable=False)
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("Customer")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["name"], name="customer_name_once"),
            models.CheckConstraint(
                condition=Q(deputy=None) | ~Q(deputy=models.F("owner")), name="customer_deputy_is_another"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["external_ref"], name="customer_external", condition=~Q(external_ref="")),
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="customer_name_trgm"),
            GinIndex(OpClass(Upper("short_name"), name="gin_trgm_ops"), name="customer_short_trgm"),
            GinIndex(OpClass(Upper("number"), name="gin_trgm_ops"), name="customer_number_trgm"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def customer_id(self) -> int:
        """The journal files a customer's own events under the customer."""
        return self.pk


class Site(models.Model):
    """A place at which a customer is served."""

    KIND: ClassVar[str] = "site"

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="sites", verbose_name=_("Customer"))
    name = models.CharField(_("Name"), max_length=100)
    address = models.CharField(_("Address"), max_length=300, blank=True, default="")
    region = models.CharField(_("Region"), max_length=100, blank=True, default="")
    latitude = models.FloatField(
        _("Latitude"), null=True, blank=True, validators=[MinValueValidator(-90), MaxValueValidator(90)],
        help_text=_("WGS 84, for travel times; without it the region counts."),
    )  # fmt: skip
    longitude = models.FloatField(
        _("Longitude"), null=True, blank=True, validators=[MinValueValidator(-180), MaxValueValidator(180)]
    )
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = OfCustomer.as_manager()

    class Meta:
        verbose_name = _("Site")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(latitude=None, longitude=None) | Q(latitude__isnull=False, longitude__isnull=False),
                name="site_has_both_coordinates",
                violation_error_message=_("Give both, latitude and longitude, or neither."),
            ),
            models.UniqueConstraint(fields=["customer", "name"], name="site_name_once"),
        ]

    def __str__(self) -> str:
        return self.name


class ContactQuerySet(OfCustomer):
    def called_by(self, number: str) -> "ContactQuerySet":
        """Contacts that a caller's number belongs to; without a readable number, those written exactly so."""
        read = read_number(number)
        present = self.filter(retired_at=None)
        if not read.e164:
            return present.filter(phones__written=read.written).distinct()
        found = present.filter(phones__e164=read.e164)
        if read.extension:
            exact = found.filter(phones__extension=read.extension)
            if exact.exists():
                return exact.distinct()
        return found.distinct()

    def matching(self, words: str) -> "ContactQuerySet":
        """Contacts in whose name or number, as written, the words stand; the first hundred of each."""
        by_name = self.filter(name__icontains=words).values_list("pk", flat=True)[:100]
        by_phone = self.filter(phones__written__icontains=words).values_list("pk", flat=True)[:100]
        return self.filter(pk__in={*by_name, *by_phone})


class Contact(models.Model):
    """A person at a customer who calls us or is called."""

    KIND: ClassVar[str] = "contact"

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="contacts", verbose_name=_("Customer"))
    site = models.ForeignKey(
        Site, models.PROTECT, null=True, blank=True, related_name="contacts", verbose_name=_("Site")
    )
    name = models.CharField(_("Name"), max_length=100)
    department = models.CharField(_("Department"), max_length=100, blank=True, default="")
    email = models.EmailField(_("E-mail"), blank=True, default="")
    wechat = models.CharField(_("WeChat"), max_length=60, blank=True, default="")
    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="contact")
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = _("Contact")
        indexes: ClassVar = [GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="contact_name_trgm")]

    def __str__(self) -> str:
        return self.name

    def set_phones(self, *written: str) -> None:
        """Replace the contact's numbers."""
        self.phones.all().delete()
        for text in dict.fromkeys(w.strip() for w in written if w.strip()):
            read = read_number(text)
            Phone.objects.create(contact=self, e164=read.e164, extension=read.extension, written=read.written)

    @property
    def phone(self) -> str:
        """The first number, as it was written."""
        first = next(iter(self.phones.all()), None)
        return first.written if first else ""


class Phone(models.Model):
    """One of a contact's numbers: as written, and comparable."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="phones")
    e164 = models.CharField(max_length=20, blank=True, default="", db_index=True)
    extension = models.CharField(max_length=10, blank=True, default="")
    written = models.CharField(max_length=60)

    class Meta:
        indexes: ClassVar = [GinIndex(OpClass(Upper("written"), name="gin_trgm_ops"), name="phone_written_trgm")]

    def __str__(self) -> str:
        return self.written


class Project(models.Model):
    """A system delivered to a customer, with the manager and the engineer who answer for it."""

    class Stage(models.TextChoices):
        INSTALLATION = "installation", _("Installation and first acceptance")
        TRIAL = "trial", _("Trial run and final acceptance")
        FREE = "free", _("Free maintenance")
        AFTER = "after", _("After the free period")

    KIND: ClassVar[str] = "project"

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="projects", verbose_name=_("Customer"))
    number = models.CharField(_("Project number"), max_length=60, blank=True, default="")
    name = models.CharField(_("Name"), max_length=200)
    stage = models.CharField(_("Stage"), max_length=20, choices=Stage.choices, default=Stage.INSTALLATION)
    manager = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("Project manager")
    )
    support_engineer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("Support engineer"),
    )
    accepted_on = models.DateField(_("Accepted on"), null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = OfCustomer.as_manager()

    class Meta:
        verbose_name = _("Project")

    def __str__(self) -> str:
        return self.name
