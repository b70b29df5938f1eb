"""Times are typed in the reader's zone; a time that the clocks skip or repeat is asked again, never guessed."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from django.utils.datastructures import MultiValueDict

from shouhou.shared.forms import Day, Dressed, Instant, ManyFiles


class Sheet(Dressed, forms.Form):
    at = Instant(required=False)
    on = Day(required=False)
    files = ManyFiles(required=False)
    seen = forms.BooleanField(required=False)
    kind = forms.ChoiceField(choices=[("a", "A")], required=False)
    words = forms.CharField()


def typed(zone: str, text: str):
    with timezone.override(ZoneInfo(zone)):
        return Instant().clean(text)


@pytest.mark.parametrize(
    ("zone", "text", "instant"),
    [
        ("Asia/Shanghai", "2026-09-30T17:50", datetime(2026, 9, 30, 9, 50, tzinfo=UTC)),
        ("Asia/Shanghai", "2026-09-30 17:50", datetime(2026, 9, 30, 9, 50, tzinfo=UTC)),
        ("Asia/Shanghai", "2026-09-30T17:50:09", datetime(2026, 9, 30, 9, 50, 9, tzinfo=UTC)),
        ("Asia/Urumqi", "2026-09-30T17:50", datetime(2026, 9, 30, 11, 50, tzinfo=UTC)),
        ("America/New_York", "2026-09-30T17:50", datetime(2026, 9, 30, 21, 50, tzinfo=UTC)),
        ("America/New_York", "2026-12-01T17:50", datetime(2026, 12, 1, 22, 50, tzinfo=UTC)),
        ("Europe/Berlin", "2026-03-29T01:59", datetime(2026, 3, 29, 0, 59, tzinfo=UTC)),
        ("Europe/Berlin", "2026-03-29T03:00", datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
        ("Europe/Berlin", "2026-10-25T03:00", datetime(2026, 10, 25, 2, 0, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_in_the_zone_of_the_reader(zone, text, instant):
    assert typed(zone, text) == instant


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("Europe/Berlin", "2026-03-29T02:30"),  # the clocks go from 2 to 3
        ("Europe/Berlin", "2026-10-25T02:30"),  # this time comes twice
        ("America/New_York", "2026-03-08T02:30"),
        ("America/New_York", "2026-11-01T01:30"),
    ],
)
def test_a_time_in_the_gap_or_the_fold_is_asked_again(zone, text):
    with pytest.raises(forms.ValidationError):
        typed(zone, text)


@pytest.mark.parametrize("text", ["2026-02-30T10:00", "2026-09-30T25:00", "30.09.2026 10:00", "tomorrow"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(forms.ValidationError):
        typed("Asia/Shanghai", text)


@pytest.mark.parametrize(
    ("zone", "shown"), [("Asia/Shanghai", "2026-09-30T17:50"), ("Europe/Berlin", "2026-09-30T11:50")]
)
def test_a_time_that_is_there_already_is_shown_in_the_zone_of_the_reader(zone, shown):
    with timezone.override(ZoneInfo(zone)):
        form = Sheet(initial={"at": datetime(2026, 9, 30, 9, 50, tzinfo=UTC)})
        assert f'value="{shown}"' in str(form["at"])
        assert 'type="datetime-local"' in str(form["at"])


def test_a_day_is_the_same_day_in_every_zone():
    for zone in ("Pacific/Kiritimati", "Asia/Shanghai", "Pacific/Pago_Pago"):
        with timezone.override(ZoneInfo(zone)):
            assert Day().clean("2026-09-30") == date(2026, 9, 30)
            assert 'value="2026-09-30"' in str(Sheet(initial={"on": date(2026, 9, 30)})["on"])


@pytest.mark.parametrize("text", ["2026-02-30", "30.09.2026", "2026-9", "x"])
def test_what_is_no_day_is_refused(text):
    with pytest.raises(forms.ValidationError):
        Day().clean(text)


def test_several_files_come_as_a_list():
    given = [SimpleUploadedFile(name, b"x") for name in ("a.txt", "b.txt")]
    form = Sheet({"words": "x"}, MultiValueDict({"files": given}))
    assert form.is_valid(), form.errors
    assert [file.name for file in form.cleaned_data["files"]] == ["a.txt", "b.txt"]
    assert Sheet({"words": "x"}).fields["files"].clean([]) == []
    with pytest.raises(forms.ValidationError):
        ManyFiles().clean([])


def test_a_wrong_field_is_marked_and_named_for_screen_readers():
    form = Sheet({"kind": "z"})
    assert not form.is_valid()
    wrong = str(form["words"])
    assert 'aria-invalid="true"' in wrong
    assert "is-invalid" in wrong
    assert 'aria-describedby="id_words_error"' in wrong
    assert "is-invalid" not in str(form["at"])


def test_fields_wear_the_classes_of_the_theme():
    form = Sheet()
    assert "form-select" in str(form["kind"])
    assert "form-control" in str(form["words"])
    assert "form-control" not in str(form["seen"])
