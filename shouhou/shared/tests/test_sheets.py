"""Sheets that people open in Excel: nothing that a customer wrote is ever calculated."""

import io
import zipfile
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from django.utils.translation import gettext_lazy
from python_calamine import CalamineWorkbook

from shouhou.shared.sheets import workbook


def read(content: bytes) -> list[list[object]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()


def inside(content: bytes) -> str:
    """The XML of the sheet."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read("xl/worksheets/sheet1.xml").decode()


@pytest.mark.parametrize(
    "text",
    ["=1+1", "=cmd|'/C calc'!A0", "{=SUM(A1:A9)}", "+1+1", "-1+1", "@SUM(A1)", '=HYPERLINK("http://x","y")', "\t=1+1",
     "http://x.example", "mailto:a@b.c", "internal:Sheet!A1", "'=1"],
)  # fmt: skip
def test_what_looks_like_a_formula_or_a_link_stays_text(text):
    content = workbook("x", ["subject", text], [[text, text]])
    assert "<f>" not in inside(content)
    assert "<f " not in inside(content)
    assert "hyperlink" not in inside(content)
    assert read(content) == [["subject", text], [text, text]]


def test_numbers_days_and_empty_cells_keep_their_kind():
    content = workbook("月报", ["n", "amount", "on", "nothing"], [[3, Decimal("12.50"), date(2026, 9, 30), None]])
    assert read(content)[1][:3] == [3.0, 12.5, date(2026, 9, 30)]
    assert "<f>" not in inside(content)


@pytest.mark.parametrize(("zone", "hour"), [("Asia/Shanghai", 17), ("Europe/Berlin", 11)])
def test_instants_stand_in_the_zone_of_the_reader(zone, hour):
    with timezone.override(ZoneInfo(zone)):
        content = workbook("x", ["at"], [[datetime(2026, 9, 30, 9, 50, tzinfo=UTC)]])
    assert read(content)[1][0] == datetime(2026, 9, 30, hour, 50)  # noqa: DTZ001 - Excel knows no zones


def test_words_to_translate_and_lengths_of_time_can_be_written():
    content = workbook("x", ["状态"], [[gettext_lazy("Closed")], [timedelta(hours=26)], [True]])
    assert str(read(content)[1][0])


def test_marks_that_xml_forbids_and_endless_texts_do_not_spoil_the_file():
    content = workbook("x", ["a"], [["a\x00\x08b"], ["长" * 40_000], ["<b>&\"'"]])
    rows = read(content)
    assert len(rows) == 4
    assert rows[3] == ["<b>&\"'"]


def test_a_long_title_becomes_the_name_of_the_sheet_as_far_as_it_fits():
    content = workbook("售后服务季度统计报表" * 5, ["a"], [])
    assert CalamineWorkbook.from_filelike(io.BytesIO(content)).sheet_names == [("售后服务季度统计报表" * 5)[:31]]
