"""What the customer said when we called back, and what customers complain of."""

from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from shouhou.customers.models import Customer
from shouhou.people.models import User
from shouhou.people.rules import SERVING
from shouhou.shared.forms import Dressed, Found, Instant, Once

SCORES = [("", "-"), *[(n, str(n)) for n in range(5, 0, -1)]]


class ComplaintForm(Dressed, Once):
    """A complaint that did not come by a call of the hotline."""

    customer = forms.ModelChoiceField(
        label=_("Customer"), queryset=Customer.objects.none(), required=False,
        widget=Found(reverse_lazy("customers:find")),
    )  # fmt: skip
    unit = forms.CharField(
        label=_("Unit"), max_length=200, required=False, help_text=_("For somebody who is no customer of ours.")
    )
    name = forms.CharField(label=_("Who complains"), max_length=100)
    phone = forms.CharField(label=_("Call-back number"), max_length=60)
    words = forms.CharField(
        label=_("What the customer complains of"), max_length=20_000, widget=forms.Textarea(attrs={"rows": 5})
    )
    about = forms.ModelChoiceField(
        label=_("Whom it is about"), queryset=User.objects.none(), required=False,
        empty_label=_("Nobody in particular"),
        help_text=_("This person does not handle the complaint."),
    )  # fmt: skip
    received_at = Instant(label=_("Received at"), required=False, help_text=_("Empty: just now."))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["customer"].queryset = Customer.objects.visible_to(user)  # type: ignore[attr-defined]
        self.fields["about"].queryset = colleagues(user)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not data.get("customer") and not data.get("unit") and "customer" not in self.errors:
            self.add_error("unit", _now("Choose the customer, or write down the unit."))
        return data


def colleagues(user: User) -> Any:
    """Whom a complaint may be about: those who serve in one's own branch."""
    return User.objects.visible_to(user).filter(pk__in=User.objects.holding(*SERVING)).order_by("name")


class AnswerForm(Dressed, forms.Form):
    """What was found, what is done, and what the customer was told."""

    cause = forms.CharField(label=_("Cause"), max_length=20_000, widget=forms.Textarea(attrs={"rows": 2}))
    measure = forms.CharField(label=_("Measure"), max_length=20_000, widget=forms.Textarea(attrs={"rows": 2}))
    answer = forms.CharField(
        label=_("Answer to the customer"), max_length=20_000, widget=forms.Textarea(attrs={"rows": 3})
    )


class FollowUpForm(Dressed, forms.Form):
    solved = forms.TypedChoiceField(
        label=_("Truly solved?"),
        choices=[("", "—"), ("yes", _("Yes")), ("no", _("No, reopen it"))],
        coerce=lambda v: v == "yes",
    )
    attitude = forms.TypedChoiceField(label=_("Attitude"), choices=SCORES, coerce=int, empty_value=None, required=False)
    quality = forms.TypedChoiceField(label=_("Quality"), choices=SCORES, coerce=int, empty_value=None, required=False)
    solving = forms.TypedChoiceField(
        label=_("Problem solving"), choices=SCORES, coerce=int, empty_value=None, required=False
    )
    words = forms.CharField(
        label=_("In the customer's words"), widget=forms.Textarea(attrs={"rows": 3}), required=False
    )
    exception = forms.CharField(
        label=_("Why nobody else can ask"), max_length=300,
        help_text=_("You did this service yourself: the reason stays on record."),
    )  # fmt: skip

    def __init__(self, *args: Any, own: bool, **kwargs: Any) -> None:
        """`own`: whoever asks did the service."""
        super().__init__(*args, **kwargs)
        if not own:
            del self.fields["exception"]

    def clean(self) -> dict[str, Any]:
        """Who goes on must know what the customer says: “no” needs words."""
        data = super().clean() or {}
        if data.get("solved") is False and not data.get("words", "").strip() and "words" not in self.errors:
            self.add_error("words", _now("Write down what still does not work."))
        return data
