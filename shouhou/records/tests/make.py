"""A kind of document as a room above would register it, records of it, and drawn signatures."""

import math
import struct
import zlib
from typing import Any

from shouhou.records.actions.making import make_record
from shouhou.records.models import Record
from shouhou.records.rules.kinds import Field, Kind, Party, Section, register_kind
from shouhou.records.tests.read_pdf import text_of

__all__ = ["CONTENT", "LOG", "LOOSE", "SHEET", "chunk", "kinds", "log", "png", "sheet", "text_of"]

SHEET = Kind(
    key="probe_sheet",
    name="Probe sheet",
    sections=(
        Section("Where", (Field("unit", "Unit"), Field("contact", "Contact"), Field("arrived", "Arrived", "moment"))),
        Section(
            "What",
            (
                Field("problem", "Problem", wide=True),
                Field("works", "Works again", "yes"),
                Field("way", "Way", words={"site": "On site", "remote": "Remote"}),
                Field("steps", "Steps", "table", columns=(Field("n", "No."), Field("text", "Done"))),
            ),
        ),
    ),
    pattern="PS-{year}-{n:05}",
    retention_years=5,
    parties=(Party("customer", "Customer"), Party("engineer", "Engineer")),
)
LOG = Kind("probe_log", "Probe log", (Section("", (Field("text", "Text", wide=True),)),), "PL-{year}-{n:05}", 3)
LOOSE = Kind("probe_request", "Probe request", LOG.sections, "PR-{year}-{n:06}", None, gapless=False, internal=True)
CONTENT: dict[str, Any] = {
    "unit": "市民中心", "contact": "陈芳", "arrived": "2026-06-08T01:00:00+00:00", "problem": "无法打印",
    "works": True, "way": "site", "steps": [{"n": 1, "text": "核对地址"}, {"n": 2, "text": "确认故障"}],
}  # fmt: skip


def kinds() -> None:
    for kind in (SHEET, LOG, LOOSE):
        register_kind(kind)


def sheet(organisation: Any, by: Any, **fields: Any) -> Record:
    """A draft of the signed kind."""
    given = {"title": "现场服务单", "content": CONTENT, **fields}
    return make_record("probe_sheet", organisation=organisation, by=by, **given)


def log(organisation: Any, by: Any, text: str = "一切正常", **fields: Any) -> Record:
    """A draft that nobody has to sign."""
    return make_record(
        "probe_log", organisation=organisation, by=by, title="值班记录", content={"text": text}, **fields
    )


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">L", len(body)) + name + body + struct.pack(">L", zlib.crc32(name + body))


def png(width: int = 120, height: int = 50, *, wave: int = 15, raw: bytes | None = None, interlaced: int = 0) -> bytes:
    """A transparent canvas with a wave of ink on it; wave=0 leaves it blank."""

    def ink(x: int, y: int) -> bool:
        return bool(wave) and abs(y - height / 2 - wave * math.sin(x / 9)) < 2

    rows = b"".join(
        b"\0" + b"".join(b"\0\0\0\xff" if ink(x, y) else b"\0\0\0\0" for x in range(width)) for y in range(height)
    )
    head = struct.pack(">LLBBBBB", width, height, 8, 6, 0, 0, interlaced)
    body = zlib.compress(rows if raw is None else raw)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
