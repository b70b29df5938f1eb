"""Which characters our font can print, and what stands for the others.

PDF/A forbids characters without a shape, so one emoji in a customer's words would stop the whole document.
"""

import re
import struct
import unicodedata
from functools import cache
from pathlib import Path

# Letters that steer what comes after them: invisible, and able to turn the reading order of a line around.
STEERING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
LONG_RUN = re.compile(r"[^\s\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]{25,}")
ZERO_WIDTH_SPACE = "\u200b"


@cache
def covered(font: Path) -> frozenset[int]:
    """The code points of a TrueType font, read from its character map (formats 4 and 12 of OpenType)."""
    data = font.read_bytes()
    tables = struct.unpack_from(">H", data, 4)[0]
    start = 0
    for i in range(tables):
        tag, _check, offset, _length = struct.unpack_from(">4sLLL", data, 12 + 16 * i)
        if tag == b"cmap":
            start = offset
    found: set[int] = set()
    for i in range(struct.unpack_from(">H", data, start + 2)[0]):
        platform, _encoding, offset = struct.unpack_from(">HHL", data, start + 4 + 8 * i)
        if platform in (0, 3):
            found |= _read_map(data, start + offset)
    return frozenset(found)


def _read_map(data: bytes, at: int) -> set[int]:
    kind = struct.unpack_from(">H", data, at)[0]
    if kind == 12:
        groups = struct.unpack_from(">L", data, at + 12)[0]
        spans = (struct.unpack_from(">LLL", data, at + 16 + 12 * i) for i in range(groups))
        return {code for first, last, glyph in spans if glyph for code in range(first, last + 1)}
    if kind != 4:
        return set()
    count = struct.unpack_from(">H", data, at + 6)[0] // 2
    ends = struct.unpack_from(f">{count}H", data, at + 14)
    starts = struct.unpack_from(f">{count}H", data, at + 16 + 2 * count)
    deltas = struct.unpack_from(f">{count}H", data, at + 16 + 4 * count)
    where = at + 16 + 6 * count
    ranges = struct.unpack_from(f">{count}H", data, where)
    found = set()
    for i in range(count):
        for code in range(starts[i], ends[i] + 1):
            glyph = code
            if ranges[i]:
                glyph = struct.unpack_from(">H", data, where + 2 * i + ranges[i] + 2 * (code - starts[i]))[0]
                if not glyph:
                    continue
            if (glyph + deltas[i]) & 0xFFFF and code != 0xFFFF:
                found.add(code)
    return found


def printable(text: str, glyphs: frozenset[int]) -> str:
    """The text with what cannot be printed written as 〔U+1F600〕; line ends stay, other controls become blanks."""
    out = []
    for c in text.replace("\r\n", "\n").replace("\r", "\n"):
        if c == "\n" or (ord(c) in glyphs and not STEERING.match(c)):
            out.append(c)
        elif STEERING.match(c):
            out.append(f"〔U+{ord(c):04X}〕")
        elif unicodedata.category(c) in ("Cc", "Zs", "Zl", "Zp"):
            out.append(" ")
        elif unicodedata.category(c) != "Cf" and not _is_variant(c):
            out.append(f"〔U+{ord(c):04X}〕")
    return "".join(out)


def _is_variant(c: str) -> bool:
    """Says only which shape the letter before it has; skin tones are letters of their own and stay."""
    return "\ufe00" <= c <= "\ufe0f" or "\U000e0100" <= c <= "\U000e01ef"


def breakable(text: str) -> str:
    """Lets a line end within a run of letters too long for a column: a hash, an address, a log line."""
    return LONG_RUN.sub(lambda m: ZERO_WIDTH_SPACE.join(_pieces(m.group())), text)


def _pieces(run: str, size: int = 12) -> list[str]:
    return [run[i : i + size] for i in range(0, len(run), size)]
