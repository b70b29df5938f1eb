"""The words of an article."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from shouhou.equipment.models import Product
from shouhou.knowledge.models import Audience
from shouhou.shared.forms import Dressed


class ArticleForm(Dressed, forms.Form):
    """Title, problem, cause and remedy; a draft may still lack cause and remedy."""

    title = forms.CharField(label=_("Title"), max_length=200)
    product = forms.ModelChoiceField(label=_("Product"), queryset=Product.objects.none(), required=False)
    problem = forms.CharField(label=_("Problem"), max_length=20_000, widget=forms.Textarea(attrs={"rows": 4}))
    cause = forms.CharField(
        label=_("Cause"), max_length=20_000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    remedy = forms.CharField(
        label=_("Remedy"), max_length=20_000, required=False, widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Step by step, so that a colleague who never saw the problem can follow."),
    )  # fmt: skip
    audience = forms.ChoiceField(
        label=_("Who may read it"), choices=Audience.choices,
        help_text=_("What customers read holds no names, passwords or addresses of other customers."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["product"].queryset = Product.objects.filter(retired_at=None).order_by("name")  # type: ignore[attr-defined]
