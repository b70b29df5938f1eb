"""Uploads are judged by what they are, kept once, and never changed."""

import gzip
import io
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile

from shouhou.shared.files import ALLOWED, ENDINGS, download_name, keep, open_blob, place_of
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Blob

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89"
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0" + b"\0" * 40
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\ntrailer\n%%EOF\n"
EXE = b"MZ\x90\0\x03\0\0\0" + b"\0" * 56 + b"PE\0\0" + b"This program cannot be run in DOS mode."
ELF = b"\x7fELF\x02\x01\x01" + b"\0" * 60
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


def packed(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "x" * 50)
    return out.getvalue()


DOCX = packed("[Content_Types].xml", "word/document.xml")


def file(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="image/png")  # what the browser claims counts for nothing


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("shot.png", PNG, "image/png"),
        ("shot.txt", PNG, "image/png"),
        ("shot.exe", PNG, "image/png"),
        ("photo.jpg", JPEG, "image/jpeg"),
        ("sheet.pdf", PDF, "application/pdf"),
        ("logs.zip", packed("a.log"), "application/zip"),
        ("logs.gz", gzip.compress(b"x" * 100, mtime=0), "application/gzip"),
        ("report.docx", DOCX, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("app.log", "08:31 打印服务停止".encode(), "text/plain"),
        ("app.log", "08:31 打印服务停止，错误 0x0000011b".encode("gb18030"), "text/plain"),
        ("no-name", b"plain words", "text/plain"),
    ],
)
def test_the_type_comes_from_the_content(name, content, kind):
    assert keep(file(name, content)).type == kind


@pytest.mark.parametrize("name", ["x.png", "x.txt", "x.pdf", "x.zip", "x.docx", "x", "x.log"])
@pytest.mark.parametrize(
    "content", [EXE, ELF, HTML, b"\n  " + HTML, SVG, b"<?php system($_GET[0]);", b"\0\x01\x02" * 40]
)
def test_programs_markup_and_the_unknown_are_refused_under_any_name(name, content):
    with pytest.raises(Refused):
        keep(file(name, content))
    assert not Blob.objects.exists()


def test_markup_behind_a_byte_order_mark_is_still_markup():
    with pytest.raises(Refused):
        keep(file("x.txt", b"\xef\xbb\xbf" + HTML))


def test_an_empty_file_is_refused_by_name():
    with pytest.raises(Refused, match=r"shot\.png"):
        keep(file("shot.png", b""))


def test_a_file_at_the_limit_is_kept_and_one_byte_more_is_refused(settings):
    settings.UPLOAD_MAX_BYTES = 1024 * 1024
    assert keep(file("a.log", b"a" * 1024 * 1024)).size == 1024 * 1024
    with pytest.raises(Refused, match="1 MB"):
        keep(file("b.log", b"b" * (1024 * 1024 + 1)))
    assert Blob.objects.count() == 1


def stored() -> list[Path]:
    return [path for path in Path(default_storage.location).rglob("*") if path.is_file()]


def test_the_same_content_is_stored_once_whatever_its_name():
    first, second = keep(file("a.png", PNG)), keep(file("b.txt", PNG))
    assert first == second
    assert (Blob.objects.count(), len(stored())) == (1, 1)


def test_content_lies_under_its_hash_and_reads_back_the_same():
    blob = keep(file("../../etc/passwd.png", PNG))
    assert blob.sha256 == sha256(PNG).hexdigest()
    assert stored() == [Path(default_storage.location) / place_of(blob.sha256)]
    with open_blob(blob) as content:
        assert content.read() == PNG


def test_a_file_larger_than_memory_comes_through_its_chunks():
    upload = TemporaryUploadedFile("big.log", "text/plain", 300_000, "utf-8")
    upload.write(b"0123456789" * 30_000)
    upload.seek(0)
    blob = keep(upload)
    upload.close()
    assert (blob.size, blob.sha256) == (300_000, sha256(b"0123456789" * 30_000).hexdigest())


@pytest.mark.parametrize(
    ("name", "kind", "handed_out"),
    [
        ("app.log", "text/plain", "app.log"),
        ("说明.TXT", "text/plain", "说明.TXT"),
        ("p.hta", "text/plain", "p.hta.txt"),
        ("j.bat", "text/plain", "j.bat.txt"),
        ("b.html", "text/plain", "b.html.txt"),
        ("log", "text/plain", "log.txt"),
        (".log", "text/plain", "log.txt"),
        ("shot.exe", "image/png", "shot.exe.png"),
        ("photo.JPEG", "image/jpeg", "photo.JPEG"),
        ("tool.jar", "application/zip", "tool.jar.zip"),
        ("x.docm", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "x.docm.docx"),
        ("gnp.\u202etxt.hta", "text/plain", "gnp._txt.hta.txt"),
        ("p.hta\0.txt", "text/plain", "p.hta_.txt"),
        ("..\\..\\run.bat. .", "text/plain", "_.._run.bat.txt"),
        ("...", "text/plain", "file.txt"),
        ("x.y", "application/unheard-of", "x.y.bin"),
    ],
)
def test_a_file_is_handed_out_under_the_ending_of_its_type(name, kind, handed_out):
    assert download_name(name, kind) == handed_out


def test_every_allowed_type_has_its_ending():
    assert set(ENDINGS) == ALLOWED


def test_half_a_file_that_a_crash_left_is_written_again():
    content = b"08:31 stopped, and then a good deal more"
    place = default_storage.save(place_of(sha256(content).hexdigest()), SimpleUploadedFile("x", content[:5]))
    with open_blob(keep(file("app.log", content))) as stored:
        assert stored.read() == content
    assert default_storage.size(place) == len(content)
