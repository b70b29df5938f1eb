"""What is installed at a customer."""

from typing import Any

from django import forms
from django.db.models import Q
from django.urls import reverse_lazy
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from shouhou.customers.models import Customer
from shouhou.equipment.models import InstalledItem, Product
from shouhou.people.models import Organisation
from shouhou.shared.forms import Day, Dressed, Found

DAYS = ("purchased_on", "certified_on", "accepted_on", "warranty_from", "warranty_until")
MAKERS = (Organisation.Kind.VENDOR, Organisation.Kind.PARTNER)


class ItemForm(Dressed, forms.ModelForm):
    """An installed item of the customer that its instance names; its product is found by name, or is a new one."""

    new_product = forms.CharField(
        label=_("Or a new product"),
        max_length=200,
        required=False,
        help_text=_("Only if the list of products does not have it."),
    )
    new_kind = forms.ChoiceField(label=_("Kind of the new product"), choices=Product.Kind.choices, required=False)
    purchased_on = Day(label=_("Purchased on"), required=False)
    certified_on = Day(label=_("Certificate signed on"), required=False)
    accepted_on = Day(label=_("Accepted on"), required=False)
    warranty_from = Day(label=_("Warranty from"), required=False)
    warranty_until = Day(label=_("Warranty until"), required=False)

    field_order = ["product", "new_product", "new_kind"]

    class Meta:
        model = InstalledItem
        fields = ["product", "version", "serial_number", "site", "project", "vendor", "subcontractor", *DAYS[:3]]
        widgets = {"product": Found(reverse_lazy("equipment:products"))}

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        item = self.instance
        fields: Any = self.fields
        fields["product"].queryset = Product.objects.filter(Q(retired_at=None) | Q(pk=item.product_id)).order_by("name")
        fields["product"].required = False
        fields["site"].queryset = customer.sites.filter(Q(retired_at=None) | Q(pk=item.site_id)).order_by("name")
        fields["project"].queryset = customer.projects.order_by("name")
        makers = Organisation.objects.filter(
            Q(kind__in=MAKERS, retired_at=None) | Q(pk__in=[pk for pk in (item.vendor_id, item.subcontractor_id) if pk])
        )
        fields["vendor"].queryset = fields["subcontractor"].queryset = makers.order_by("name")
        if item.pk:
            self.initial.update(warranty_from=item.warranty_from, warranty_until=item.warranty_until)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        name = " ".join(data.get("new_product", "").split())
        if bool(name) == bool(data.get("product")):
            self.add_error("product", _now("Choose a product, or name a new one: one of the two."))
        elif name and (known := Product.objects.filter(name__iexact=name, retired_at=None).first()):
            data["product"], name = known, ""  # it is no new one: nobody should find it twice
        data["new_product"] = name
        serial, product = data.get("serial_number"), data.get("product")
        if serial and product:
            same = InstalledItem.objects.filter(product=product, serial_number=serial).exclude(pk=self.instance.pk)
            if same.exists():
                self.add_error("serial_number", _now("An item of this product has this serial number already."))
        if data.get("warranty_from") and data.get("warranty_until") and data["warranty_until"] < data["warranty_from"]:
            self.add_error("warranty_until", _now("It ends before it starts: correct one of the two days."))
        self.instance.warranty_from, self.instance.warranty_until = (
            data.get("warranty_from"),
            data.get("warranty_until"),
        )
        return data

    @property
    def product_to_make(self) -> Product | None:
        """The new product, if one was named."""
        name = self.cleaned_data["new_product"]
        return Product(name=name, kind=self.cleaned_data["new_kind"] or Product.Kind.SOFTWARE) if name else None

    @property
    def changed_columns(self) -> list[str]:
        """What differs from before, as columns of the item; a product by another name is another product."""
        renamed = {"new_product": "product", "new_kind": ""}
        return sorted({renamed.get(name, name) for name in self.changed_data} - {""})
