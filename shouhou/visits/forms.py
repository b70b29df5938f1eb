"""The forms of planning a visit."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from shouhou.people.models import Organisation, User
from shouhou.people.rules import Role
from shouhou.shared.forms import Dressed, Instant


def engineers_of(organisation: Organisation) -> Any:
    """Who may be sent for this organisation."""
    return User.objects.holding(Role.ENGINEER, organisation=organisation).order_by("name", "pk")


class PlanForm(Dressed, forms.Form):
    """Who goes, when, and for how long."""

    engineer = forms.ModelChoiceField(label=_("Service engineer"), queryset=User.objects.none())
    starts_at = Instant(label=_("Appointment"))
    minutes = forms.IntegerField(label=_("Minutes on site"), min_value=10, max_value=1440, initial=90)
    reason = forms.CharField(
        label=_("Why it is planned all the same"), max_length=300, required=False,
        help_text=_("Only where something speaks against it."),
    )  # fmt: skip
    pinned = forms.BooleanField(label=_("Fix it: no proposal moves it"), required=False)

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["engineer"].queryset = engineers_of(organisation)  # type: ignore[attr-defined]

    def times(self) -> tuple[datetime, datetime]:
        start: datetime = self.cleaned_data["starts_at"]
        return start, start + timedelta(minutes=self.cleaned_data["minutes"])


class ObjectForm(Dressed, forms.Form):
    """The customer's wish for another time."""

    wish = forms.CharField(label=_("When would it suit you?"), max_length=300)
