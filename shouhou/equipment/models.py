"""Products and installed items."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shouhou.customers.models import Customer, OfCustomer, Project, Site
from shouhou.people.models import Organisation
from shouhou.shared.facts import declare

declare({"item.added": _("Installed item added"), "item.edited": _("Installed item edited")})


class Product(models.Model):
    """Something that we deliver or maintain: a software system or a device."""

    class Kind(models.TextChoices):
        SOFTWARE = "software", _("Software")
        DEVICE = "device", _("Device")

    KIND: ClassVar[str] = "product"

    name = models.CharField(_("Name"), max_length=200, unique=True)
    kind = models.CharField(_("Kind"), max_length=20, choices=Kind.choices, default=Kind.SOFTWARE)
    item_class = models.CharField(_("Class"), max_length=60, blank=True, default="")
    vendor = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Vendor")
    )
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("Product")

    def __str__(self) -> str:
        return self.name


class InstalledItemQuerySet(OfCustomer):
    def matching(self, words: str) -> "InstalledItemQuerySet":
        """Items whose product, version or serial number contains the words."""
        return self.filter(
            Q(product__name__icontains=words) | Q(serial_number__icontains=words) | Q(version__icontains=words)
        )


class InstalledItem(models.Model):
    """A software system or device at a customer's site, with version or serial number."""

    KIND: ClassVar[str] = "item"

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="items", verbose_name=_("Customer"))
    site = models.ForeignKey(Site, models.PROTECT, null=True, blank=True, related_name="items", verbose_name=_("Site"))
    project = models.ForeignKey(
        Project, models.PROTECT, null=True, blank=True, related_name="items", verbose_name=_("Project")
    )
    product = models.ForeignKey(Product, models.PROTECT, related_name="items", verbose_name=_("Product"))
    version = models.CharField(_("Version"), max_length=60, blank=True, default="")
    serial_number = models.CharField(_("Serial number"), max_length=100, blank=True, default="")
    vendor = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Vendor")
    )
    subcontractor = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Subcontractor")
    )
    purchased_on = models.DateField(_("Purchased on"), null=True, blank=True)
    certified_on = models.DateField(_("Certificate signed on"), null=True, blank=True)
    accepted_on = models.DateField(_("Accepted on"), null=True, blank=True)
    warranty_from = models.DateField(_("Warranty from"), null=True, blank=True, editable=False)
    warranty_until = models.DateField(_("Warranty until"), null=True, blank=True, editable=False)
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = InstalledItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("Installed item")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["product", "serial_number"], condition=~Q(serial_number=""), name="item_serial_once"
            ),
        ]

    def __str__(self) -> str:
        return " ".join(part for part in (self.product.name, self.version, self.serial_number) if part)
