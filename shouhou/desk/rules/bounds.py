"""A workbook is measured before it is loaded.

The reading library lays out every cell between the first and the last one: two cells at opposite corners of a sheet,
one and a half kilobytes as a file, would take half a terabyte and the web process with it. So every part is read as a
stream first, and the library is given only the parts that were measured.
"""

import io
import re
import zipfile
import zlib
from typing import Any, NoReturn
from xml.parsers import expat

from django.utils.translation import gettext as _

MAX_ROWS, MAX_COLUMNS = 10_000, 200
SPARE_ROWS = 100  # for a head line and empty rows above it
MAX_UNPACKED = 100 * 1024 * 1024
MAX_PARTS = 2_000
MAX_ELEMENTS = 5_000_000  # a full sheet has four million: a cell and its value
CHUNK = 64 * 1024
PARTS = (".xml", ".rels")  # pictures and macros are left out
CELL = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")


class BadWorkbook(ValueError):
    """A file that cannot be read as a workbook at all; the message holds the remedy."""


def unreadable() -> BadWorkbook:
    return BadWorkbook(_("This is no Excel workbook that can be read: save it as .xlsx and choose it again."))


def measured(content: bytes) -> bytes:
    """The parts of a workbook that may be loaded, packed anew. Raises BadWorkbook with the remedy."""
    if content[:4] == b"\xd0\xcf\x11\xe0":
        # The old format has no parts that could be measured; a workbook with a password comes in the same wrapping.
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise BadWorkbook(_("The workbook is protected by a password: save it without one."))
        raise unreadable()
    out = io.BytesIO()
    try:
        # Packed anew, because two readers may find different contents in one and the same crafted archive.
        with zipfile.ZipFile(io.BytesIO(content)) as packed, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as clean:
            parts = packed.infolist()
            if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
                raise BadWorkbook(_("The workbook is too large: split it."))
            seen, titles = set[str](), _titles(packed)
            for part in parts:
                name = part.filename.lower()
                if name.endswith(PARTS) and name.startswith(("xl/", "_rels/", "[content_types]")):
                    if name in seen:
                        raise unreadable()
                    seen.add(name)
                    clean.writestr(part.filename, _measured_part(packed, part, titles.get(name, part.filename)))
            if "xl/workbook.xml" not in seen:
                raise unreadable()
    except (zipfile.BadZipFile, zlib.error, expat.ExpatError, EOFError, NotImplementedError, RuntimeError):
        raise unreadable() from None
    return out.getvalue()


def _titles(packed: zipfile.ZipFile) -> dict[str, str]:
    """What people call the parts that are sheets. Only for the message: what is measured does not depend on it."""
    found: list[dict[str, str]] = []
    for part in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels"):
        parser = expat.ParserCreate()
        parser.StartElementHandler = lambda name, attributes: found.append(attributes)
        parser.StartDoctypeDeclHandler = _foreign
        if part in packed.namelist():
            parser.Parse(packed.read(part), True)
    targets = {f["Id"]: f["Target"].lower() for f in found if "Target" in f and "Id" in f}
    named = {targets.get(f.get("r:id", ""), ""): f["name"] for f in found if "sheetId" in f and "name" in f}
    return {target.lstrip("/") if target[:1] == "/" else f"xl/{target}": title for target, title in named.items()}


def _foreign(*ignored: Any) -> NoReturn:
    """No workbook declares entities; who does so wants them to grow."""
    raise unreadable()


def _measured_part(packed: zipfile.ZipFile, part: zipfile.ZipInfo, title: str) -> bytes:
    """One part, if its cells lie within bounds. No part says more than its size in the archive's list."""
    ruler, read = Ruler(title), io.BytesIO()
    with packed.open(part) as stream:
        while chunk := stream.read(CHUNK):
            read.write(chunk)
            ruler.parser.Parse(chunk)
    ruler.parser.Parse(b"", True)
    return read.getvalue()


class Ruler:
    """Follows one part's elements and refuses the first cell out of bounds.

    What the sheet says of its own size (`dimension`) is not asked: the reading library does not believe it either, and
    with whole columns coloured it names a million rows that hold nothing. A cell counts once something is in it.
    """

    def __init__(self, title: str) -> None:
        self.title = title
        self.row = self.column = -1
        self.elements = 0
        self.cell: tuple[int, int] | None = None
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self.begins
        self.parser.EndElementHandler = self.ends
        self.parser.StartDoctypeDeclHandler = _foreign
        self.parser.XmlDeclHandler = self.declared

    def declared(self, version: str, encoding: str | None, standalone: int) -> None:
        if (encoding or "utf-8").lower() != "utf-8":
            raise unreadable()

    def begins(self, name: str, attributes: dict[str, str]) -> None:
        self.elements += 1
        if self.elements > MAX_ELEMENTS:
            raise BadWorkbook(_("The workbook is too large: split it."))
        name, place = name.rpartition(":")[2], attributes.get("r")
        if self.cell is not None:
            self.within_bounds(*self.cell)
        elif name == "row":
            self.row, self.column = (self.number(place) - 1 if place else self.row + 1), -1
        elif name == "c":
            row, self.column = self.place(place) if place else (self.row, self.column + 1)
            self.cell = row, self.column

    def ends(self, name: str) -> None:
        if name.rpartition(":")[2] == "c":
            self.cell = None

    def number(self, written: str) -> int:
        if not (written.isascii() and written.isdecimal() and len(written) <= 7):
            raise unreadable()
        return int(written)

    def place(self, written: str) -> tuple[int, int]:
        """Row and column of a cell's name, both from 0."""
        found = CELL.fullmatch(written)
        if found is None:
            raise unreadable()
        column = 0
        for sign in found[1].upper():
            column = column * 26 + ord(sign) - 64
        return int(found[2]) - 1, column - 1

    def within_bounds(self, row: int, column: int) -> None:
        if row >= MAX_ROWS + SPARE_ROWS or column >= MAX_COLUMNS:
            raise BadWorkbook(
                _(
                    "Sheet “%(sheet)s” has something in row %(row)s, column %(column)s. At most %(rows)s rows and "
                    "%(columns)s columns can be read: delete what lies beyond, or split the sheet."
                )
                % {
                    "sheet": self.title, "row": row + 1, "column": column + 1,
                    "rows": MAX_ROWS, "columns": MAX_COLUMNS,
                }
            )  # fmt: skip
