"""What the customer said when we called back."""

from django import forms
from django.utils.translation import gettext_lazy as _

from shouhou.shared.forms import Dressed

SCORES = [("", "-"), *[(n, str(n)) for n in range(5, 0, -1)]]


class FollowUpForm(Dressed, forms.Form):
    solved = forms.TypedChoiceField(
        label=_("Truly solved?"), choices=[("yes", _("Yes")), ("no", _("No, reopen it"))], coerce=lambda v: v == "yes"
    )
    attitude = forms.TypedChoiceField(label=_("Attitude"), choices=SCORES, coerce=int, empty_value=None, required=False)
    quality = forms.TypedChoiceField(label=_("Quality"), choices=SCORES, coerce=int, empty_value=None, required=False)
    solving = forms.TypedChoiceField(
        label=_("Problem solving"), choices=SCORES, coerce=int, empty_value=None, required=False
    )
    words = forms.CharField(
        label=_("In the customer's words"), widget=forms.Textarea(attrs={"rows": 3}), required=False
    )
