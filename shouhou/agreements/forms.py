"""Writing an agreement that copies a preset."""

from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import get_language
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from shouhou.agreements.actions import blanks, name_of, preset_of
from shouhou.agreements.models import Agreement, ServiceLevel
from shouhou.customers.models import Customer
from shouhou.equipment.models import InstalledItem
from shouhou.people.models import User
from shouhou.promises.rules.period import BadPeriod, in_words, read_period
from shouhou.shared.forms import Day, Dressed, Found


class AmendForm(Dressed, forms.Form):
    """From which day other terms hold."""

    from_on = Day(label=_("Amended from"))


class WhatIfForm(Dressed, forms.Form):
    """Whose past cases to judge, and which."""

    of = forms.ChoiceField(label=_("Past cases"), choices=[("customer", _("of this customer")), ("desk", _("of all"))])
    first = Day(label=_("From"))
    last = Day(label=_("Until"))

    def clean(self) -> dict[str, Any]:
        """Refuse days the wrong way round."""
        found = super().clean() or {}
        if found.get("first") and found.get("last") and found["first"] > found["last"]:
            self.add_error("last", _("The last day lies before the first."))
        return found


class AgreementForm(Dressed, forms.Form):
    """Customer, preset, period, and each blank that the source document leaves open."""

    customer = forms.ModelChoiceField(
        Customer.objects.none(), label=_("Customer"), widget=Found(reverse_lazy("customers:find"))
    )
    level = forms.ModelChoiceField(
        ServiceLevel.objects.filter(retired_at=None).order_by("position"), label=_("Service level")
    )
    number = forms.CharField(label=_("Agreement number"), max_length=60)
    name = forms.CharField(label=_("Name"), max_length=200)
    starts_on = Day(label=_("From"))
    ends_on = Day(label=_("Until"), required=False)
    renewal = forms.ChoiceField(label=_("Renewal"), choices=Agreement.Renewal.choices, required=False)
    notice_days = forms.IntegerField(
        label=_("Notice before the end (days)"), required=False, initial=60, min_value=0, max_value=365
    )
    items = forms.ModelMultipleChoiceField(
        InstalledItem.objects.none(),
        required=False,
        label=_("Installed items"),
        help_text=_("None chosen: the agreement covers all of the customer's items. Hold Ctrl to choose several."),
    )

    def __init__(self, *args: Any, user: User, agreement: Agreement | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.agreement = agreement
        self.fields["customer"].disabled = agreement is not None
        self.fields["customer"].queryset = Customer.objects.visible_to(user).order_by("name")  # type: ignore[attr-defined]
        for name in ("customer", "level"):
            self.fields[name].widget.attrs["data-refresh"] = "#terms"
        values = self.data if self.is_bound else self.initial
        customer, level = str(values.get("customer") or ""), str(values.get("level") or "")
        if agreement is not None:
            customer = str(agreement.customer_id)
        if customer.isdigit():
            items = InstalledItem.objects.visible_to(user).filter(customer_id=customer).select_related("product")
            self.fields["items"].queryset = items.order_by("pk")  # type: ignore[attr-defined]
        self.blank_names: list[str] = []
        found = ServiceLevel.objects.filter(pk=level).first() if level.isdigit() else None
        preset = preset_of(found) if found else None
        if preset and preset.optional:
            self.fields["parts"] = forms.MultipleChoiceField(
                label=_("Parts agreed"),
                required=False,
                widget=forms.CheckboxSelectMultiple,
                choices=[(name, f"{name} ({', '.join(clauses)})") for name, clauses in preset.parts.items()],
                initial=[name for name in preset.parts if name not in preset.optional],
                help_text=_("A clause binds only where its part is agreed."),
            )
        for commitment in blanks(preset) if preset else []:
            name = f"blank_{commitment.key}"
            self.blank_names.append(name)
            self.fields[name] = forms.CharField(
                label=name_of(commitment),
                max_length=40,
                initial=said(commitment.proposed),
                widget=forms.TextInput(attrs={"class": "form-control"}),
                help_text=_("The source document leaves this open: fill it in. It will be marked as an agreed figure."),
            )

    def clean_number(self) -> str:
        number: str = self.cleaned_data["number"].strip()
        standing = self.agreement.pk if self.agreement else None
        if Agreement.objects.filter(number=number).exclude(pk=standing).exists():
            raise forms.ValidationError(_now("There is an agreement with this number already."))
        return number

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("starts_on") and data.get("ends_on") and data["ends_on"] < data["starts_on"]:
            self.add_error("ends_on", _now("It ends before it starts: correct one of the two days."))
        for name in self.blank_names:
            try:
                if data.get(name):
                    data[name] = str(read_period(data[name]))
            except BadPeriod:
                wrong = _now("This is no period. Write for example 30 minutes, 24 hours, 3 days or 2 working days.")
                self.add_error(name, wrong)
        return data

    @property
    def blank_fields(self) -> list[Any]:
        return [self[name] for name in self.blank_names]

    def parts(self) -> tuple[str, ...] | None:
        """The parts that are agreed; None where the preset has none to choose."""
        return tuple(self.cleaned_data["parts"]) if "parts" in self.fields else None

    def filled(self) -> dict[str, str]:
        """What was filled in, by the key of the promise."""
        return {name.removeprefix("blank_"): self.cleaned_data[name] for name in self.blank_names}

    def written(self) -> dict[str, Any]:
        """What a draft is written with, but for the customer."""
        names = ("level", "number", "name", "starts_on", "ends_on")
        given = {name: self.cleaned_data[name] for name in names}
        notice = self.cleaned_data["notice_days"]
        given["renewal"] = self.cleaned_data["renewal"] or self.initial.get("renewal", Agreement.Renewal.NONE)
        given["notice_days"] = self.initial.get("notice_days", 60) if notice is None else notice
        return {**given, "items": list(self.cleaned_data["items"]), "filled": self.filled(), "parts": self.parts()}

    @property
    def changed_columns(self) -> list[str]:
        """What differs from before; every figure counts as one."""
        left = {name for name in ("renewal", "notice_days") if not self.data.get(name)}  # not sent: as it stood
        return sorted({"filled" if n in self.blank_names else n for n in self.changed_data if n not in left})


def standing_values(agreement: Agreement) -> dict[str, Any]:
    """What stands in the form of a draft that is edited."""
    names = ("customer", "number", "name", "starts_on", "ends_on", "renewal", "notice_days")
    figures = {f"blank_{key}": said(within) for key, within in agreement.filled.items()}
    chosen = {"parts": agreement.parts} if agreement.parts is not None else {}
    items = [item.pk for item in agreement.items.all()]
    standing = {name: getattr(agreement, name) for name in names}
    return {**standing, **figures, **chosen, "level": agreement.service_level_id, "items": items}


def said(within: str) -> str:
    """A figure in the reader's language."""
    return in_words(within, get_language() or "zh-hans")
