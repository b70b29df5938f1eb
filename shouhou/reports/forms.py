"""What people fill in about a clause that is not kept."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from shouhou.people.models import Organisation, User
from shouhou.shared.forms import Day, Dressed


class ActionForm(Dressed, forms.Form):
    """A corrective action: cause, measure, owner, day."""

    cause = forms.CharField(label=_("Cause"), widget=forms.Textarea(attrs={"rows": 2}))
    measure = forms.CharField(label=_("Measure"), widget=forms.Textarea(attrs={"rows": 2}))
    owner = forms.ModelChoiceField(User.objects.none(), label=_("Owner"))
    due_on = Day(label=_("Until"))

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        above = [int(part) for part in organisation.path.split("/") if part]
        inside = Organisation.objects.under([organisation.path]).values("pk")
        people = User.objects.filter(is_active=True).filter(appointments__organisation__in=inside)
        people = people | User.objects.filter(is_active=True, appointments__organisation__in=above)
        self.fields["owner"].queryset = people.distinct().order_by("name", "pk")  # type: ignore[attr-defined]


class DoneForm(Dressed, forms.Form):
    words = forms.CharField(label=_("What was done"), widget=forms.Textarea(attrs={"rows": 2}))


class JudgeForm(Dressed, forms.Form):
    """The effect, read from the trend."""

    words = forms.CharField(label=_("By what it is judged"), widget=forms.Textarea(attrs={"rows": 2}))
    effective = forms.ChoiceField(
        choices=[("yes", _("Effective")), ("no", _("Not effective"))], label=_("Effect"), initial="yes"
    )
