"""Uploaded content: checked by what it is, kept once, never changed."""

import hashlib
import re
from typing import Any

import puremagic
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Blob
from shouhou.shared.time import now

# What a customer or engineer may hand in: pictures, logs, office documents, packed logs, short clips.
ALLOWED = {
    "image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "text/plain", "application/zip",
    "application/gzip", "application/x-7z-compressed", "video/mp4", "audio/mpeg", "audio/mp4",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/msword", "application/vnd.ms-excel",
}  # fmt: skip
# Under which endings each of them is handed out, the usual one first: the ending decides what a double click starts.
ENDINGS = {
    "image/png": ("png",), "image/jpeg": ("jpg", "jpeg"), "image/gif": ("gif",), "image/webp": ("webp",),
    "application/pdf": ("pdf",), "text/plain": ("txt", "log"), "application/zip": ("zip",),
    "application/gzip": ("gz", "tgz"), "application/x-7z-compressed": ("7z",), "video/mp4": ("mp4",),
    "audio/mpeg": ("mp3",), "audio/mp4": ("m4a",),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ("docx",),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ("xlsx",),
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ("pptx",),
    "application/msword": ("doc",), "application/vnd.ms-excel": ("xls",),
}  # fmt: skip
# What would end a name, hide its ending, or lead into another folder.
UNNAMED = re.compile(r"[\x00-\x1f\x7f<>:\"/\\|?*\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")

# What the type catalogue calls otherwise than the world does.
ALIASES = {"application/x-gzip": "application/gzip", "application/excel": "application/vnd.ms-excel"}


def true_type(head: bytes, name: str) -> str:
    """The media type by content; the name only helps among office formats and plain text."""
    if head[:2] == b"MZ" or head[:4] == b"\x7fELF":
        return "application/x-executable"
    try:
        found = puremagic.magic_string(head, name)
    except puremagic.PureError:
        found = []
    for match in found:
        kind = ALIASES.get(match.mime_type, match.mime_type)
        if match.byte_match and kind in ALLOWED:  # without bytes it is only the name that matches
            return str(kind)
    return "text/plain" if _is_text(head) else "application/octet-stream"


def _is_text(head: bytes) -> bool:
    """Logs come in UTF-8 or GB18030; markup is not a log."""
    if b"\0" in head or head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<":
        return False
    for encoding in ("utf-8", "gb18030"):
        try:
            head[: max(0, len(head) - 4)].decode(encoding)
        except UnicodeDecodeError:
            continue
        return True
    return False


def keep(upload: UploadedFile) -> Blob:
    """Check an upload and keep its content. The same content twice is one blob. Raises Refused with the remedy."""
    name = upload.name or ""
    if upload.size is None or upload.size == 0:
        raise Refused(_("%(name)s is empty: choose another file.") % {"name": name})
    if upload.size > settings.UPLOAD_MAX_BYTES:
        limit = settings.UPLOAD_MAX_BYTES // 1024 // 1024
        raise Refused(_("%(name)s is larger than %(limit)s MB: pack it or split it.") % {"name": name, "limit": limit})
    digest, head = hashlib.sha256(), b""
    for chunk in upload.chunks():
        head = head or chunk[:8192]
        digest.update(chunk)
    kind = true_type(head, name)
    if kind not in ALLOWED:
        raise Refused(
            _("%(name)s is neither a picture, a log nor a document: convert it or pack it as ZIP.") % {"name": name}
        )
    sha = digest.hexdigest()
    known = Blob.objects.filter(sha256=sha).first()
    if known:
        return known
    path = place_of(sha)
    if default_storage.exists(path) and default_storage.size(path) != upload.size:
        default_storage.delete(path)  # a crash left half of it
    if not default_storage.exists(path):
        upload.seek(0)
        default_storage.save(path, upload)
    blob, _made = Blob.objects.get_or_create(
        sha256=sha, defaults={"size": upload.size, "type": kind, "stored_at": now()}
    )
    return blob


def place_of(sha256: str) -> str:
    """Where the content lies in the storage."""
    return f"{sha256[:2]}/{sha256}"


def open_blob(blob: Blob) -> Any:
    """The content, for reading."""
    return default_storage.open(place_of(blob.sha256))


def download_name(name: str, kind: str) -> str:
    """The name under which content of this type is handed out: a log called setup.hta becomes setup.hta.txt."""
    plain = UNNAMED.sub("_", name).strip(" .") or "file"
    endings = ENDINGS.get(kind, ("bin",))
    stem, _dot, ending = plain.rpartition(".")
    if stem and ending.lower() in endings:
        return plain
    return f"{plain}.{endings[0]}"
