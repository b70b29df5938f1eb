"""The first-run wizard and the import door."""

import os
import secrets
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from shouhou.promises.rules.presets import all_presets
from shouhou.shared.forms import Dressed


def preset_choices() -> list[tuple[str, str]]:
    return [(key, f"{p.name_zh} · {p.name_en}") for key, p in all_presets().items()]


NORM = [
    ("A", _("Service norm: hotline, on-site service, training (A)")),
    ("J", _("Management system of after-sales service (J)")),
    ("B", _("Service plan of a project (B)")),
    ("L", _("Delivery of a project (L)")),
]


class SetupForm(Dressed, forms.Form):
    setup_key = forms.CharField(
        label=_("Setup key"), help_text=_("Printed in the terminal in which you started Shouhou.")
    )
    company = forms.CharField(label=_("Company"), max_length=200)
    hotline = forms.CharField(label=_("Hotline number"), max_length=40)
    calendar = forms.ChoiceField(
        label=_("Working calendar"),
        choices=[("CN", _("China, with make-up working days")), ("plain", _("Monday to Friday, no holidays"))],
    )
    presets = forms.MultipleChoiceField(
        label=_("Presets that your company offers"),
        choices=preset_choices,
        widget=forms.CheckboxSelectMultiple,
        initial=["software_standard"],
    )
    norm = forms.MultipleChoiceField(
        label=_("What your company itself adopts"),
        choices=NORM,
        widget=forms.CheckboxSelectMultiple,
        initial=["A", "J"],
        required=False,
    )
    username = forms.CharField(label=_("Administrator's user name"), max_length=150)
    name = forms.CharField(label=_("Administrator's name"), max_length=100)
    email = forms.EmailField(label=_("E-mail"), required=False)
    password = forms.CharField(
        label=_("Password"), widget=forms.PasswordInput(render_value=True), help_text=_("At least 10 characters.")
    )
    password_again = forms.CharField(label=_("Password again"), widget=forms.PasswordInput(render_value=True))

    def clean_setup_key(self) -> str:
        """Only who started the system may set it up."""
        given: str = self.cleaned_data["setup_key"].strip()
        if not secrets.compare_digest(given.encode(), os.environ.get("SHOUHOU_SETUP_KEY", "").encode()) or not given:
            raise forms.ValidationError(
                _now("This is not the key that was printed at the start: look in the terminal.")
            )
        return given

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password)
        return password

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("password") and data.get("password") != data.get("password_again"):
            self.add_error("password_again", _now("The two passwords differ: type them again."))
        return data


class ImportForm(Dressed, forms.Form):
    file = forms.FileField(label=_("Excel workbook"), widget=forms.FileInput(attrs={"accept": ".xlsx"}))

    def clean_file(self) -> UploadedFile:
        """Refused here by its size, before anything of it is read."""
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > settings.UPLOAD_MAX_BYTES:
            raise forms.ValidationError(
                _now("%(name)s is larger than %(limit)s MB: split it.")
                % {"name": file.name, "limit": settings.UPLOAD_MAX_BYTES // 1024 // 1024}
            )
        return file
