"""Finding records, signing one at a desk, declaring one void."""

from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from shouhou.customers.models import Customer
from shouhou.people.models import User
from shouhou.records.models import Record, Signature
from shouhou.records.rules.kinds import KINDS, Party
from shouhou.shared.forms import Dressed, Found, Once


class FilterForm(Dressed, forms.Form):
    """Which records are shown."""

    q = forms.CharField(label=_("Search"), max_length=100, required=False)
    kind = forms.ChoiceField(label=_("Kind"), required=False)
    status = forms.ChoiceField(label=_("Status"), required=False, choices=[("", _("All")), *Record.Status.choices])
    customer = forms.ModelChoiceField(
        label=_("Customer"),
        required=False,
        queryset=Customer.objects.none(),
        widget=Found(reverse_lazy("customers:find")),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = sorted((str(kind.name), key) for key, kind in KINDS.items() if user.is_colleague or not kind.internal)
        self.fields["kind"].choices = [("", _("All")), *((key, name) for name, key in kinds)]  # type: ignore[attr-defined]
        if user.is_colleague:
            self.fields["customer"].queryset = Customer.objects.visible_to(user)  # type: ignore[attr-defined]
        else:
            del self.fields["customer"]

    def narrow(self, rows: Any) -> Any:
        """The rows that fit; a wrong choice in the address is left out."""
        self.full_clean()
        given = self.cleaned_data
        if given.get("q"):
            rows = rows.matching(given["q"])
        for name in ("kind", "status", "customer"):
            if given.get(name):
                rows = rows.filter(**{name: given[name]})
        return rows


class SignForm(Dressed, Once):
    """One party's answer, at a colleague's screen."""

    role = forms.ChoiceField(label=_("Party"))
    name = forms.CharField(label=_("Who signs"), max_length=200)
    how = forms.ChoiceField(
        label=_("How"),
        choices=[(h, h.label) for h in (Signature.How.DRAWN, Signature.How.PAPER, Signature.How.REFUSED)],
    )
    drawn = forms.CharField(required=False, widget=forms.HiddenInput, max_length=700_000)  # a data: address of a PNG
    strokes = forms.JSONField(required=False, widget=forms.HiddenInput)
    digest = forms.CharField(widget=forms.HiddenInput, max_length=64)  # of what the page showed
    scan = forms.FileField(label=_("Signed paper, as picture or PDF"), required=False)
    reason = forms.CharField(
        label=_("Why the signature was refused"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, parties: list[Party], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [(p.key, str(p.label)) for p in parties]  # type: ignore[attr-defined]


class VoidForm(Dressed, forms.Form):
    """Why a document does not count."""

    reason = forms.CharField(label=_("Why void"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))
