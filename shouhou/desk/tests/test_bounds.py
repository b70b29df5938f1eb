"""A workbook made to burst the server is refused before anything is laid out for it."""

import io
import resource
import subprocess
import sys
import zipfile

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile

from shouhou.desk.actions.workbook import keep_workbook
from shouhou.desk.rules import bounds
from shouhou.desk.rules.bounds import BadWorkbook, measured
from shouhou.shared.lifecycle import Refused

HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
SHEET = (
    HEAD
    + '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>'
)
NAME = '<row r="1"><c r="A1" t="inlineStr"><is><t>Name</t></is></c></row>'
FAR = NAME + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'


def packed(rows: str = "", **changes: bytes) -> bytes:
    """A small workbook of one sheet, whose sheet says these rows."""
    plain, out = io.BytesIO(), io.BytesIO()
    with xlsxwriter.Workbook(plain, {"in_memory": True}) as written:
        written.add_worksheet("客户").write(0, 0, "客户名称")
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, SHEET % rows if rows and part == "xl/worksheets/sheet1.xml" else old.read(part))
        for name, content in changes.items():
            new.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return out.getvalue()


BEYOND = {
    "opposite corners": FAR,
    "a row too many": NAME + '<row r="10101"><c r="A10101"><v>1</v></c></row>',
    "a column too many": '<row r="1"><c r="GS1"><v>1</v></c></row>',
    "small letters": '<row r="1"><c r="zz1"><v>1</v></c></row>',
    "a cell without a name": NAME + '<row r="1048576"><c><v>1</v></c></row>',
    "with a prefix": NAME + '<x:row xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main" r="9">'
    '<x:c r="B1048576"><x:v>1</x:v></x:c></x:row>',
}  # fmt: skip


@pytest.mark.parametrize("rows", BEYOND.values(), ids=BEYOND)
def test_something_beyond_the_bounds_is_named(rows):
    with pytest.raises(BadWorkbook, match="客户"):
        measured(packed(rows))


@pytest.mark.django_db
def test_the_refusal_names_file_sheet_and_remedy(company, manager):
    with pytest.raises(Refused) as refused:
        keep_workbook(SimpleUploadedFile("far.xlsx", packed(FAR)), by=manager)
    for word in ("far.xlsx", "客户", "1048576", "16384", "10000", "200"):
        assert word in str(refused.value)


@pytest.mark.skipif(sys.platform != "linux", reason="limits memory")
def test_the_reader_needs_no_memory_for_a_bomb(tmp_path):
    """In a process of its own: what is tested here would end the process that tests it."""
    file = tmp_path / "far.xlsx"
    file.write_bytes(packed(FAR))
    code = (
        "import sys, zoneinfo, django; django.setup()\n"
        "from shouhou.desk.rules.reading import BadWorkbook, read_workbook\n"
        "try: read_workbook(open(sys.argv[1], 'rb').read(), zone=zoneinfo.ZoneInfo('Asia/Shanghai'))\n"
        "except BadWorkbook: sys.exit(7)"
    )
    limit = 2 * 1024**3
    done = subprocess.run(
        [sys.executable, "-c", code, str(file)], capture_output=True, timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )  # fmt: skip
    assert done.returncode == 7, done.stderr


def test_whole_columns_coloured_without_content_are_read():
    rows = NAME + '<row r="1048576"><c r="XFD1048576" s="1"/></row>'
    assert measured(packed(rows))


UNREADABLE = {
    "entities": packed(xl__drawings_xml=b'<!DOCTYPE a [<!ENTITY b "cc">]><a>&b;</a>'),
    "another alphabet": packed(xl__drawings_xml='<?xml version="1.0" encoding="UTF-16"?><a/>'.encode("utf-16")),
    "no XML": packed(xl__drawings_xml=b"<a"),
    "a cell of no name": packed('<row r="1"><c r="A0x"><v>1</v></c></row>'),
    "a row of no number": packed('<row r="x"><c><v>1</v></c></row>'),
    "an old workbook": b"\xd0\xcf\x11\xe0" + b"\0" * 512,
    "half a workbook": packed()[:900],
    "no workbook in it": packed().replace(b"xl/workbook.xml", b"xl/workbooc.xml"),
}  # fmt: skip


@pytest.mark.parametrize("content", UNREADABLE.values(), ids=UNREADABLE)
def test_what_no_spreadsheet_program_writes_is_not_loaded(content):
    with pytest.raises(BadWorkbook):
        measured(content)


def test_much_out_of_little_is_refused_by_the_size_in_the_list(monkeypatch):
    content = packed(xl__drawings_xml=b"<a>" + b" " * 2_000_000 + b"</a>")
    assert len(content) < 20_000
    monkeypatch.setattr(bounds, "MAX_UNPACKED", 1_000_000)
    with pytest.raises(BadWorkbook):
        measured(content)


def test_endless_cells_at_one_and_the_same_place_are_refused(monkeypatch):
    monkeypatch.setattr(bounds, "MAX_ELEMENTS", 5_000)
    with pytest.raises(BadWorkbook):
        measured(packed('<row r="1">' + '<c r="A1"><v>1</v></c>' * 5_000 + "</row>"))


def test_pictures_and_other_formats_in_the_archive_are_left_out():
    clean = measured(packed(xl__media__a_png=b"x", content_xml=b"<a/>"))
    with zipfile.ZipFile(io.BytesIO(clean)) as archive:
        assert not {"content.xml", "xl/media/a_png"} & set(archive.namelist())


@pytest.mark.django_db
def test_a_workbook_of_megabytes_is_refused_by_its_size(company, manager, client, settings):
    settings.UPLOAD_MAX_BYTES = 1024
    client.force_login(manager)
    answer = client.post("/imports/", {"file": SimpleUploadedFile("far.xlsx", packed() + b"0" * 1024)})
    assert answer.status_code == 422
    assert "far.xlsx" in answer.content.decode()
