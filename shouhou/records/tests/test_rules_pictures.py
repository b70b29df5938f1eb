"""A drawn signature: only a real, sane PNG with ink on it is taken."""

import struct
import zlib

import pytest

from shouhou.records.rules.pictures import BadPicture, check_png, check_strokes
from shouhou.records.tests.make import chunk, png


def test_a_drawn_signature_is_taken():
    assert check_png(png(300, 120)) == (300, 120)


def refused(data: bytes) -> str:
    with pytest.raises(BadPicture) as trouble:
        check_png(data)
    return trouble.value.code


def test_what_is_no_png_is_refused():
    assert refused(b"") == "no_png"
    assert refused(b"GIF89a" + b"\0" * 100) == "no_png"
    assert refused(b"<svg onload=alert(1)>") == "no_png"
    assert refused(b"\x89PNG\r\n\x1a\n") == "broken"


def test_a_blank_canvas_is_no_signature():
    assert refused(png(wave=0)) == "empty"
    assert refused(png(50, 50, raw=(b"\0" + b"\xff" * 200) * 50)) == "empty"


@pytest.mark.parametrize("size", [(19, 50), (50, 19), (4001, 20)])
def test_a_picture_of_insane_size_is_refused(size):
    assert refused(png(*size)) == "size"


def test_a_picture_larger_than_half_a_megabyte_is_refused():
    assert refused(png() + b"\0" * 500_000) == "size"


def test_damage_anywhere_is_found():
    whole = png(40, 20)
    taken = []
    for place in range(len(whole)):
        hurt = bytearray(whole)
        hurt[place] ^= 0x55
        try:
            check_png(bytes(hurt))
        except BadPicture:
            continue
        taken.append(place)
    assert taken == []
    assert refused(whole[:-1]) == "broken"
    assert refused(whole + b"x") == "broken"
    assert refused(png(interlaced=1)) == "broken"


def test_a_picture_that_explodes_is_not_unpacked():
    bomb = zlib.compress(b"\0" * 50_000_000)
    head = struct.pack(">LLBBBBB", 100, 100, 8, 6, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", bomb) + chunk(b"IEND", b"")
    assert refused(data) == "broken"


def test_the_way_of_the_pen_is_kept_in_whole_numbers():
    assert check_strokes([[[1.4, 2.6, 12], [3, 4]], []]) == [[[1, 3, 12], [3, 4]], []]


@pytest.mark.parametrize(
    "strokes", ["x", [1], [[1]], [[[1]]], [[["a", 1]]], [[[1, 2, 3, 4]]], [[[float("nan"), 1]]], [[[True, None]]]]
)
def test_strokes_that_are_none_are_refused(strokes):
    with pytest.raises(BadPicture):
        check_strokes(strokes)


def test_endless_strokes_are_refused():
    with pytest.raises(BadPicture):
        check_strokes([[]] * 501)
    with pytest.raises(BadPicture):
        check_strokes([[[1, 2]] * 20_001])
