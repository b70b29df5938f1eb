"""A drawn signature: a real PNG of sane size that somebody drew on."""

import struct
import zlib
from typing import Any

MOST_BYTES = 500_000
MOST_PIXELS = 4_000_000
SMALLEST, LARGEST = 20, 4000  # pixels of a side
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # colour type -> samples per pixel
MOST_STROKES, MOST_POINTS = 500, 20_000


class BadPicture(ValueError):
    """The bytes are no such picture. `code` says why: no_png, size, broken, empty."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def check_png(data: bytes) -> tuple[int, int]:
    """Width and height in pixels of a drawn signature. Raises BadPicture.

    Every chunk is read and the picture is unpacked up to its own size, so neither a damaged nor an exploding file
    reaches the printer.
    """
    if not data.startswith(b"\x89PNG\r\n\x1a\n") or len(data) > MOST_BYTES:
        raise BadPicture("size" if len(data) > MOST_BYTES else "no_png")
    chunks = _chunks(data)
    if not chunks or chunks[0][0] != b"IHDR" or len(chunks[0][1]) != 13 or chunks[-1][0] != b"IEND":
        raise BadPicture("broken")
    width, height, depth, colour, packing, filtering, interlaced = struct.unpack(">LLBBBBB", chunks[0][1])
    if not (SMALLEST <= width <= LARGEST and SMALLEST <= height <= LARGEST and width * height <= MOST_PIXELS):
        raise BadPicture("size")
    if colour not in SAMPLES or depth not in (1, 2, 4, 8, 16) or packing or filtering or interlaced:
        raise BadPicture("broken")
    row = (width * depth * SAMPLES[colour] + 7) // 8 + 1  # a filter byte first
    raw = _unpacked(b"".join(body for name, body in chunks if name == b"IDAT"), row * height)
    # An untouched canvas has one value all over; a line on it gives at least a second one.
    if len({part for start in range(0, len(raw), row) for part in raw[start + 1 : start + row]}) < 2:
        raise BadPicture("empty")
    return width, height


def _chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 8
    while at + 12 <= len(data):
        length, name = struct.unpack_from(">L4s", data, at)
        body = data[at + 8 : at + 8 + length]
        check = data[at + 8 + length : at + 12 + length]
        if len(check) != 4 or struct.unpack(">L", check)[0] != zlib.crc32(name + body):
            raise BadPicture("broken")
        found.append((name, body))
        at += 12 + length
    if at != len(data):
        raise BadPicture("broken")
    return found


def _unpacked(packed: bytes, size: int) -> bytes:
    reader = zlib.decompressobj()
    try:
        raw = reader.decompress(packed, size + 1)
    except zlib.error:
        raise BadPicture("broken") from None
    if len(raw) != size:
        raise BadPicture("broken")
    return raw


def check_strokes(strokes: Any) -> list[list[list[int]]]:
    """The way of the pen as whole numbers: strokes of points [x, y] or [x, y, milliseconds]. Raises BadPicture."""
    if not isinstance(strokes, list) or len(strokes) > MOST_STROKES:
        raise BadPicture("broken")
    kept = []
    for stroke in strokes:
        if not isinstance(stroke, list):
            raise BadPicture("broken")
        for point in stroke:
            fine = isinstance(point, list) and 2 <= len(point) <= 3
            if not fine or not all(isinstance(v, int | float) and abs(v) < 1e9 for v in point):
                raise BadPicture("broken")
        kept.append([[round(v) for v in point] for point in stroke])
    if sum(map(len, kept)) > MOST_POINTS:
        raise BadPicture("size")
    return kept
