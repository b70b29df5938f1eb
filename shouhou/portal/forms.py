"""What customers fill in."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from shouhou.customers.models import Contact
from shouhou.equipment.models import InstalledItem
from shouhou.requests.rules.words import Grade
from shouhou.shared.forms import Dressed, Instant, ManyFiles, Once


class NewForm(Dressed, Once):
    """A request in under a minute."""

    item = forms.ModelChoiceField(InstalledItem.objects.none(), required=False, label=_("Which system"))
    subject = forms.CharField(label=_("In one line"), max_length=200)
    description = forms.CharField(label=_("What happened"), widget=forms.Textarea(attrs={"rows": 4}))
    urgency = forms.ChoiceField(choices=Grade.choices, label=_("How urgent"), initial=Grade.MEDIUM)
    files = ManyFiles(label=_("Screenshots and logs"), required=False)  # type: ignore[assignment]

    def __init__(self, *args: Any, contact: Contact, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        items = InstalledItem.objects.filter(customer_id=contact.customer_id, retired_at=None).select_related("product")
        self.fields["item"].queryset = items.order_by("product__name", "pk")  # type: ignore[attr-defined]


class ReplyForm(Dressed, forms.Form):
    text = forms.CharField(label=_("Your message"), widget=forms.Textarea(attrs={"rows": 3}))


class ConfirmForm(Dressed, forms.Form):
    """Is it solved? “No” needs words: who goes on must know what still is wrong."""

    words = forms.CharField(
        label=_("What still does not work?"), widget=forms.Textarea(attrs={"rows": 3}), required=False
    )
    answer = forms.ChoiceField(
        choices=[("solved", _("It is solved")), ("open", _("It is not solved"))], widget=forms.HiddenInput
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("answer") == "open" and not data.get("words"):
            self.add_error("words", _now("Please say what still does not work, so that we can go on at once."))
        return data


class VendorNameForm(Dressed, forms.Form):
    """Who confirms the receipt of a support request."""

    name = forms.CharField(label=_("Your name"), max_length=100)


class VendorAnswerForm(Dressed, forms.Form):
    """The vendor's solution."""

    name = forms.CharField(label=_("Your name"), max_length=100)
    text = forms.CharField(label=_("Your solution"), widget=forms.Textarea(attrs={"rows": 6}))
    upload = forms.FileField(label=_("File"), required=False)


class VendorEngineerForm(Dressed, forms.Form):
    """Whom the vendor sends."""

    name = forms.CharField(label=_("Engineer's name"), max_length=100)
    phone = forms.CharField(label=_("Telephone"), max_length=60, required=False)
    comes_at = Instant(label=_("Comes at"), required=False)
