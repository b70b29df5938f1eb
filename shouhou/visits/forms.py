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


SCORES = [("", "—"), *[(n, f"{'★' * n} {n}") for n in range(5, 0, -1)]]


class RatingForm(Dressed, forms.Form):
    """What the customer says of the visit."""

    attitude = forms.TypedChoiceField(label=_("Attitude"), choices=SCORES, coerce=int)
    quality = forms.TypedChoiceField(label=_("Quality"), choices=SCORES, coerce=int)
    solving = forms.TypedChoiceField(label=_("Problem solving"), choices=SCORES, coerce=int)
    words = forms.CharField(
        label=_("What else do you want to say?"), max_length=20_000, required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip


class ObjectForm(Dressed, forms.Form):
    """The customer's wish for another time."""

    wish = forms.CharField(label=_("When would it suit you?"), max_length=300)
