"""Printing: a kind and its data become a PDF, the same bytes for the same data.

Typst runs without files of this machine: it sees the house style, the template, the pictures and the data that are
handed to it, and our font. Words of people are data and never markup.
"""

import io
import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import segno
import typst
from django.utils import translation
from django.utils.translation import gettext as _

from shouhou.records.rules.glyphs import breakable, covered, printable
from shouhou.records.rules.kinds import Field, Kind

TYPST = Path(__file__).resolve().parent.parent / "typst"
ARCHIVE = "a-2a"  # PDF/A-2a (ISO 19005-2): also says in which order it is read
REGULAR = "400Regular/NotoSansSC_400Regular.ttf"


class RenderFailed(RuntimeError):
    """The template is wrong. A mistake of ours: no data of people can bring this about."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature as it is printed. `picture` is PNG, empty where none is shown."""

    party: str  # the label of the role
    name: str = ""
    words: str = ""  # how and when, or why not
    picture: bytes = b""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What stands around the data. `printed_at` (aware) is the document's own date; `zone` is that of its times."""

    company: str = ""
    organisation: str = ""
    title: str = ""
    number: str = ""
    customer: str = ""
    digest: str = ""
    url: str = ""  # where the QR code leads
    mark: str = ""  # over the page: draft, void
    signatures: Sequence[Signed] = ()
    printed_at: datetime = datetime(2000, 1, 1, tzinfo=UTC)
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))


@cache
def font_folder() -> Path:
    """Where our font lies. Raises RenderFailed where the front-end packages are not installed."""
    found = find_spec("shouhou_assets")
    if not found or not found.submodule_search_locations:
        raise RenderFailed("The package shouhou_assets is not installed.")
    return Path(next(iter(found.submodule_search_locations))) / "static/vendor/expo-google-fonts/noto-sans-sc"


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(font_folder())])


def shown(text: Any) -> str:
    """Any text as the printer takes it: without letters that our font lacks, and never too long for its column."""
    return breakable(printable(str(text), covered(font_folder() / REGULAR)))


def width(text: str) -> int:
    """How broad a text is, in Latin letters: Chinese ones count twice."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def offset_words(at: datetime) -> str:
    """UTC+08:00 of an aware instant."""
    offset = f"{at:%z}"
    return f"UTC{offset[:3]}:{offset[3:5]}"


def words_of(item: Field, value: Any, at_home: datetime) -> str:
    """A value in words, in the language that is set; an empty one is a dash.

    Instants are told in the zone of `at_home`, and name their offset where it is another than that one's (summer time).
    """
    if value is None or value == "":
        return "–"
    if item.form == "yes":
        return _("Yes") if value else _("No")
    if item.form == "moment":
        at = datetime.fromisoformat(value).astimezone(at_home.tzinfo)
        same = at.utcoffset() == at_home.utcoffset()
        return f"{at:%Y-%m-%d %H:%M}" + ("" if same else f" ({offset_words(at)})")
    if item.words:
        return str(item.words.get(str(value), value))
    return str(value)


def laid_out(kind: Kind, data: Mapping[str, Any], at_home: datetime) -> list[dict[str, Any]]:
    """The sections of a document in the language that is set: labels with words, and tables (see words_of)."""
    sections = []
    for section in kind.sections:
        parts: list[dict[str, Any]] = []
        for item in section.fields:
            value = data.get(item.key)
            if item.form == "table":
                lines = [[words_of(c, line.get(c.key), at_home) for c in item.columns] for line in value or []]
                head = [str(c.label) for c in item.columns]
                widths = [max(4, min(60, max(map(width, column)))) for column in zip(head, *lines, strict=True)]
                parts.append(
                    {"form": "table", "label": str(item.label), "head": head, "lines": lines, "widths": widths}
                )
            else:
                words = words_of(item, value, at_home)
                wide = item.wide or width(words) > 60 or "\n" in words
                parts.append({"form": "wide" if wide else "short", "label": str(item.label), "value": words})
        sections.append({"title": str(section.title), "parts": parts})
    return sections


def _deep(value: Any) -> Any:
    """Every text within plain data, made printable."""
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, Mapping):
        return {key: _deep(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_deep(part) for part in value] if not (value and isinstance(value[0], int)) else value
    return value


def _qr(url: str) -> str:
    out = io.BytesIO()
    segno.make(url, error="m", micro=False).save(out, kind="svg", xmldecl=False, border=2)
    return out.getvalue().decode()


def _document(kind: Kind, data: Mapping[str, Any], language: str, sheet: Sheet) -> dict[str, Any]:
    """Everything that a template may use, with the words of the house style in the document's language."""
    at = sheet.printed_at.astimezone(sheet.zone)
    with translation.override(language):
        words = {
            "number": _("Number"), "customer": _("Customer"), "date": _("Date"), "signatures": _("Signatures"),
            "verify": _("Scan to check that this document is genuine"), "digest": _("Hash of the content (SHA-256)"),
            "nothing": _("None"), "page": _("Page {n} of {total}"), "qr": _("Address for checking, as a QR code"),
            "signature": _("Signature"), "times": _("Times in"),
        }  # fmt: skip
        document = {
            "kind": str(kind.name), "title": sheet.title or str(kind.name), "company": sheet.company,
            "organisation": sheet.organisation, "number": sheet.number, "customer": sheet.customer,
            "date": f"{at:%Y-%m-%d}", "mark": sheet.mark, "words": words, "offset": offset_words(at),
            "sections": laid_out(kind, data, at),
            "data": dict(data),
            "signatures": [
                {"party": s.party, "name": s.name, "words": s.words, "picture": list(s.picture)}
                for s in sheet.signatures
            ],
        }  # fmt: skip
    english = language.startswith("en")
    return {
        **_deep(document), "digest": sheet.digest, "url": sheet.url, "qr": _qr(sheet.url) if sheet.url else "",
        "language": "en" if english else "zh", "region": "us" if english else "cn",
        "day": [at.year, at.month, at.day],
    }  # fmt: skip


def render(
    kind: Kind, data: Mapping[str, Any], *, language: str, sheet: Sheet | None = None, archive: bool = False,
    picture: bool = False,
) -> bytes:  # fmt: skip
    """The document as PDF, in `language` ("zh-hans" or "en"); PDF/A-2a for the archive. The same data give the same
    bytes. `picture` gives its first page as PNG instead. Raises RenderFailed where the template is wrong.
    """
    sheet = sheet or Sheet()
    template = (kind.template or TYPST / "form.typ").read_bytes()
    files: Any = {"main.typ": template, "house.typ": (TYPST / "house.typ").read_bytes()}
    document = json.dumps(_document(kind, data, language, sheet), ensure_ascii=False)
    try:
        made: Any = typst.compile(  # type: ignore[call-overload]
            files,
            root=str(TYPST),
            font_paths=_fonts(),
            format="png" if picture else "pdf",
            sys_inputs={"document": document},
            pdf_standards=[ARCHIVE] if archive and not picture else [],
            timestamp=sheet.printed_at.replace(microsecond=0),
        )
    except typst.TypstError as trouble:
        raise RenderFailed(f"{kind.key}: {trouble.message}") from trouble
    return bytes(made[0] if isinstance(made, list) else made)
