"""Fields and looks that every form shares."""

from typing import Any
from uuid import uuid4

from django import forms
from django.contrib.auth.password_validation import MinimumLengthValidator
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _


class Dressed(forms.BaseForm):
    """Gives fields Tabler's classes, marks wrong ones, and names them for screen readers."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            dress(field)

    def full_clean(self) -> None:
        super().full_clean()
        for name in self.errors:
            if name in self.fields:
                attributes = self.fields[name].widget.attrs
                attributes["class"] = attributes.get("class", "") + " is-invalid"
                attributes["aria-invalid"] = "true"
                attributes["aria-describedby"] = f"{self[name].id_for_label}_error"


def dress(field: forms.Field) -> None:
    """Give a field's widget Tabler's class."""
    if isinstance(field.widget, forms.CheckboxSelectMultiple | forms.RadioSelect):
        field.widget.attrs.setdefault("class", "form-check-input")
    elif not isinstance(field.widget, forms.CheckboxInput | forms.HiddenInput):
        select = isinstance(field.widget, forms.Select)
        field.widget.attrs.setdefault("class", "form-select" if select else "form-control")


class Once(forms.Form):
    """A form that makes something new: sent twice, it makes one thing. `once` goes along as the act's key."""

    once = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["once"].initial = uuid4

    def full_clean(self) -> None:
        """Chosen files do not come back with a wrong form: a browser lets nobody fill them in but the person."""
        super().full_clean()
        if not self.errors:
            return
        for name, field in self.fields.items():
            names = [file.name or "?" for file in self.files.getlist(self.add_prefix(name))] if self.files else []
            if isinstance(field, ManyFiles) and names and name not in self.errors:
                self.add_error(name, _now("Choose these files again: %(names)s.") % {"names": ", ".join(names)})

    def key(self, user: Any) -> str:
        """What makes this sending the same as its repetition; empty where the form came without."""
        once = self.cleaned_data.get("once")
        return f"form:{user.pk}:{once}" if once else ""


def row_id(text: Any) -> int | None:
    """The id that somebody sent in an address or a bare field; None for what cannot be one (“²” is a digit too)."""
    text = str(text or "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


class LongEnough(MinimumLengthValidator):
    """Django's own rule, in words that our catalogue has."""

    def get_error_message(self) -> str:
        return _now("This password is too short: take at least %(least)s characters.") % {"least": self.min_length}


class Found(forms.Select):
    """A choice among many rows: only the chosen one is in the page, others are found at `address` while typing."""

    def __init__(self, address: Any) -> None:
        super().__init__()
        self.address = address

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        return super().get_context(name, value, {**(attrs or {}), "data-find": str(self.address)})

    def optgroups(self, name: str, value: list[str], attrs: Any = None) -> list[Any]:
        rows = self.choices.queryset.filter(pk__in=[v for v in value if row_id(v)])  # type: ignore[attr-defined]
        shown = [("", ""), *((str(row.pk), str(row)) for row in rows)]
        options = [self.create_option(name, key, text, key in value, i) for i, (key, text) in enumerate(shown)]
        return [(None, options, 0)]


class Instant(forms.DateTimeField):
    """A date and time in the reader's zone."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"))
        super().__init__(input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"], **kwargs)


class Day(forms.DateField):
    """A calendar day."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
        super().__init__(input_formats=["%Y-%m-%d"], **kwargs)


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class ManyFiles(forms.FileField):
    """Several files at once."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", FilesInput(attrs={"multiple": True}))
        kwargs.setdefault("help_text", _("Paste a screenshot or drop files here."))
        super().__init__(**kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        files = data if isinstance(data, list | tuple) else [data] if data else []
        if self.required and not files:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        return [super(ManyFiles, self).clean(one, initial) for one in files]
