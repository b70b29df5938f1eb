"""What the customer said when we called back."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from shouhou.shared.forms import Dressed

SCORES = [("", "-"), *[(n, str(n)) for n in range(5, 0, -1)]]


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
