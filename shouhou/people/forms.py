"""Colleagues and organisations."""

from typing import Any, ClassVar

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from shouhou.people.actions import kept_organisations, must_be_free
from shouhou.people.models import Organisation, User
from shouhou.people.rules import Role
from shouhou.shared.files import keep
from shouhou.shared.forms import Dressed
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Blob


class OwnAddress(forms.ModelForm):
    """A person's form in which the e-mail is one's own."""

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        if "email" in self.changed_data:
            must_be_free(email, besides=self.instance)
        return email


class MeForm(Dressed, OwnAddress):
    """What a person sets for themselves."""

    class Meta:
        model = User
        fields = ["name", "email", "phone", "language", "zone", "theme"]
        labels: ClassVar = {"name": _("Full name")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.is_colleague:
            # A customer's words stand under this name between ours: it must not become a colleague's.
            self.fields["name"].disabled = True
            self.fields["name"].help_text = _("To correct it, ask your service organisation.")


class ColleagueForm(Dressed, OwnAddress):
    """A colleague with one role; more are added later."""

    organisation = forms.ModelChoiceField(Organisation.objects.none(), label=_("Service organisation"))
    roles = forms.MultipleChoiceField(
        choices=Role.choices,
        label=_("Roles"),
        widget=forms.SelectMultiple(attrs={"size": 10}),
        help_text=_("Hold Ctrl (⌘ on a Mac) to choose several."),
    )
    password = forms.CharField(
        label=_("Password"),
        widget=forms.PasswordInput(render_value=True),
        help_text=_("At least 10 characters."),
        error_messages={"required": _("A new colleague needs a password.")},
    )

    photo = forms.FileField(
        label=_("Photo of the badge"), required=False, help_text=_("PNG or JPEG; customers see it when they scan.")
    )

    class Meta:
        model = User
        fields = ["username", "name", "number", "email", "phone", "is_active"]
        labels: ClassVar = {"name": _("Full name"), "is_active": _("May sign in")}
        error_messages: ClassVar = {"username": {"unique": _("This user name is taken: choose another one.")}}

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = kept_organisations(by).order_by("path")  # type: ignore[attr-defined]
        if self.instance.pk:
            self.fields["password"].required = False
            self.fields["password"].help_text = _("At least 10 characters; leave empty to keep it.")
            posts = self.instance.posts
            if posts:
                self.initial["organisation"] = posts[0].organisation
                self.initial["roles"] = [p.role for p in posts if p.organisation_id == posts[0].organisation_id]

    def clean_photo(self) -> Blob | None:
        """The picture's content, kept; None where none was chosen."""
        upload = self.cleaned_data["photo"]
        if upload is None:
            return None
        try:
            blob = keep(upload)
        except Refused as refused:
            raise forms.ValidationError(str(refused)) from None
        if blob.type not in ("image/png", "image/jpeg"):
            raise forms.ValidationError(_("Choose a PNG or JPEG picture."))
        return blob

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if password:
            validate_password(password, self.instance)
        return password


class OrganisationForm(Dressed, forms.ModelForm):
    class Meta:
        model = Organisation
        fields = ["name", "kind", "parent", "zone", "region", "hotline", "complaint_phone"]
        error_messages: ClassVar = {"name": {"unique": _("This name is taken: choose another one.")}}

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["parent"].queryset = kept_organisations(by).order_by("path")  # type: ignore[attr-defined]
        self.fields["parent"].required = True
