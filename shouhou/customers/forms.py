"""Customers, contacts, sites, projects."""

import re
from typing import Any, ClassVar

from django import forms
from django.core.validators import MaxLengthValidator, RegexValidator
from django.db.models import Q
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from shouhou.customers.actions import ANSWERING, may_name
from shouhou.customers.models import Contact, Customer, Project, Site
from shouhou.people.models import Organisation, User
from shouhou.people.rules import Role
from shouhou.shared.forms import Day, Dressed


class CustomerForm(Dressed, forms.ModelForm):
    class Meta:
        model = Customer
        fields = ["name", "short_name", "number", "organisation", "region", "address", "owner", "deputy", "end_users"]
        error_messages: ClassVar = {"name": {"unique": _("This name is taken: choose another one.")}}

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = Organisation.objects.visible_to(by).order_by("path")  # type: ignore[attr-defined]
        able = User.objects.holding(Role.PROJECT_MANAGER, Role.ENGINEER, Role.DUTY_MANAGER, Role.SUPERVISOR)
        standing = [pk for pk in (self.instance.owner_id, self.instance.deputy_id) if pk]
        people = User.objects.filter(Q(pk__in=able.visible_to(by).values("pk")) | Q(pk__in=standing)).order_by("name")
        self.fields["owner"].queryset = self.fields["deputy"].queryset = people  # type: ignore[attr-defined]
        if not may_name(by, self.instance):
            for name in ANSWERING:
                self.fields[name].disabled = True

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("owner") and data.get("owner") == data.get("deputy"):
            self.add_error("deputy", _now("The deputy must be another person."))
        return data


def phones_in(text: str) -> list[str]:
    """Several numbers in one field, separated by semicolons or lines."""
    return [phone.strip() for phone in re.split(r"[;；\n]", text) if phone.strip()]


class ContactForm(Dressed, forms.ModelForm):
    phones = forms.CharField(
        label=_("Phones"),
        max_length=300,
        required=False,
        help_text=_("Several are separated by semicolons; an extension is written 转 808."),
    )

    class Meta:
        model = Contact
        fields = ["name", "department", "site", "email", "wechat"]
        labels: ClassVar = {"name": _("Full name")}

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["site"].queryset = customer.sites.order_by("name")  # type: ignore[attr-defined]
        if self.instance.pk:
            self.initial["phones"] = "; ".join(p.written for p in self.instance.phones.all())

    def clean_phones(self) -> str:
        phones: str = self.cleaned_data["phones"]
        for phone in phones_in(phones):
            MaxLengthValidator(60)(phone)
        return phones


class AccountForm(Dressed, forms.Form):
    """The name under which a contact signs in to the portal."""

    username = forms.CharField(
        label=_("User name"),
        max_length=60,
        validators=[RegexValidator(r"\A[\w.-]+\Z", _("Letters, digits, dots, dashes and underscores only."))],
        help_text=_("The customer signs in with it; with the e-mail address too, where nobody else does."),
    )

    def clean_username(self) -> str:
        name: str = self.cleaned_data["username"]
        if User.objects.filter(username__iexact=name).exists():
            raise forms.ValidationError(_now("This user name is taken: choose another one."))
        return name


class SiteForm(Dressed, forms.ModelForm):
    """A site of the customer that its instance names."""

    class Meta:
        model = Site
        fields = ["name", "address", "region", "latitude", "longitude"]

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if self.instance.customer.sites.filter(name=name).exclude(pk=self.instance.pk).exists():
            raise self.instance.unique_error_message(Site, ("customer", "name"))
        return name


class ProjectForm(Dressed, forms.ModelForm):
    accepted_on = Day(label=_("Accepted on"), required=False)

    class Meta:
        model = Project
        fields = ["name", "number", "stage", "manager", "support_engineer", "accepted_on"]

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.holding(
            Role.PROJECT_MANAGER, Role.ENGINEER, Role.DUTY_MANAGER, organisation=customer.organisation
        )
        self.fields["manager"].queryset = self.fields["support_engineer"].queryset = people.order_by("name")  # type: ignore[attr-defined]
