"""What people fill in on a support request to a vendor."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from shouhou.people.models import Organisation
from shouhou.requests.actions.support import MAKERS, Addressee, likely_vendor
from shouhou.requests.models import ServiceRequest
from shouhou.requests.rules.support import Heard, Way
from shouhou.shared.forms import Dressed, Instant

BY_HAND = [(key, words) for key, words in Heard.choices if key != Heard.LINK]


def area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class AskVendorForm(Dressed, forms.Form):
    """The written request as the vendor reads it (A5.1)."""

    vendor = forms.ModelChoiceField(Organisation.objects.none(), label=_("Vendor"))
    contact_name = forms.CharField(label=_("Contact"), max_length=100)
    way = forms.ChoiceField(choices=Way.choices, label=_("Way"), initial=Way.LINK)
    email = forms.EmailField(label=_("E-mail"), required=False)
    phone = forms.CharField(label=_("Telephone or fax"), max_length=60, required=False)
    problem = forms.CharField(label=_("Problem"), widget=area(4))
    tried = forms.CharField(label=_("What we have tried"), widget=area(3))
    wanted = forms.CharField(label=_("What we ask for"), widget=area(2))
    wanted_by = Instant(label=_("Answer wanted until"), required=False)

    def __init__(self, data: Any = None, *, case: ServiceRequest) -> None:
        likely = likely_vendor(case)
        super().__init__(data, initial={"vendor": likely, "problem": case.description or case.subject})
        makers = Organisation.objects.filter(kind__in=MAKERS, retired_at=None).order_by("name")
        self.fields["vendor"].queryset = makers  # type: ignore[attr-defined]
        if not makers.exists():
            self.fields["vendor"].help_text = _now("None yet: add the vendor under People and organisations.")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("way") == Way.LINK and not data.get("email") and "email" not in self.errors:
            self.add_error("email", _now("The link needs the vendor's e-mail address; or choose the print-out."))
        if data.get("way") == Way.FAX and not data.get("phone"):
            self.add_error("phone", _now("Write down the fax number."))
        return data

    def addressee(self) -> Addressee:
        """Whom it goes to."""
        given = self.cleaned_data
        return Addressee(given["vendor"], given["contact_name"], given["email"], given["phone"], given["way"])


class HeardForm(Dressed, forms.Form):
    """The vendor confirmed the receipt, not by the link (A5.2)."""

    name = forms.CharField(label=_("Who confirmed it"), max_length=100)
    how = forms.ChoiceField(choices=BY_HAND, label=_("How"))
    at = Instant(label=_("When"), required=False, help_text=_("Leave empty for now."))


class AnswerForm(Dressed, forms.Form):
    """The vendor's solution as we heard it."""

    text = forms.CharField(label=_("The vendor's answer"), widget=area(5))
    name = forms.CharField(label=_("Who answered"), max_length=100)
    how = forms.ChoiceField(choices=BY_HAND, label=_("How"))
    at = Instant(label=_("When"), required=False, help_text=_("Leave empty for now."))
    upload = forms.FileField(label=_("File"), required=False)


class EngineerForm(Dressed, forms.Form):
    """The vendor's engineer who comes along (E8)."""

    name = forms.CharField(label=_("Vendor's engineer"), max_length=100)
    phone = forms.CharField(label=_("Telephone"), max_length=60, required=False)
    comes_at = Instant(label=_("Comes at"), required=False)


class TellForm(Dressed, forms.Form):
    """What the customer is told of it (A5.3)."""

    text = forms.CharField(label=_("What the customer is told"), widget=area(4))
    spoken = forms.BooleanField(label=_("Told on the telephone: keep the words as a note"), required=False)
