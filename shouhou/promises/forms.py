"""Trying a promise out, and editing a calendar's days."""

from typing import ClassVar

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import get_language
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from shouhou.promises.rules.period import BadPeriod, Period, in_words, read_period
from shouhou.shared.forms import Day, Dressed, Instant


def no_period() -> str:
    """What to write instead."""
    return _now("This is no period. Write for example 30 minutes, 24 hours, 3 days or 2 working days.")


class CountForm(Dressed, forms.Form):
    """A start and a period: when is it due, and why?"""

    start = Instant(label=_("From"))
    within = forms.CharField(
        label=_("Within"),
        max_length=40,
        initial=lambda: in_words("2 wd", get_language() or "zh-hans"),
        help_text=_(
            "For example 30 minutes, 24 hours, 3 days, 2 weeks, 1 month, 2 working days or same day; short: 24 h, 2 wd."
        ),
    )
    window = forms.CharField(
        label=_("Window"),
        max_length=60,
        required=False,
        help_text=_("For example 09:00-12:00,13:00-18:00. Empty: day and night."),
    )
    days = forms.ChoiceField(
        label=_("On"), choices=[("daily", _("every day")), ("working", _("working days"))], required=False
    )
    roll = forms.BooleanField(label=_("Moves off days of rest"), required=False, initial=True)

    def clean_within(self) -> Period:
        try:
            return read_period(self.cleaned_data["within"])
        except BadPeriod:
            raise forms.ValidationError(no_period()) from None


class DayForm(Dressed, forms.Form):
    """A change of one day of the calendar: it becomes a new version."""

    day = Day(label=_("Day"))
    what = forms.ChoiceField(
        label=_("Is"),
        choices=[("rest", _("a day of rest")), ("worked", _("worked (make-up day)")), ("plain", _("as its weekday"))],
    )
    name = forms.CharField(label=_("Name"), max_length=60, required=False)


class CalendarFileForm(Dressed, forms.Form):
    """Holidays from an iCalendar file."""

    MAX_BYTES: ClassVar[int] = 1024 * 1024  # twenty years of holidays have a tenth of it

    file = forms.FileField(label=_("iCalendar file"))

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > self.MAX_BYTES:
            raise forms.ValidationError(
                _now("%(name)s is larger than %(limit)s MB: choose a calendar of holidays only.")
                % {"name": file.name, "limit": 1}
            )
        return file
