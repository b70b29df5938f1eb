"""Reads the text back out of a PDF that Typst wrote: enough of ISO 32000 for that, independent of what wrote it."""

import re
import zlib

OBJECT = re.compile(rb"(\d+) 0 obj\s")
STREAM = re.compile(rb"stream\r?\n")
# What matters in a page's content: marks around text, fonts, and text itself.
TOKENS = re.compile(
    rb"(?P<tag>/\w+)\s*(?:<<.*?>>|/\w+)?\s*(?P<begin>BDC|BMC)|(?P<end>\bEMC\b)|/(?P<font>\w+) [\d.]+ Tf"
    rb"|(?P<text>\(|<[0-9a-fA-F]*>)",
    re.S,
)
ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.S)
LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def objects(pdf: bytes) -> dict[int, tuple[bytes, bytes]]:
    """Number -> dictionary and unpacked stream."""
    found, at = {}, 0
    while match := OBJECT.search(pdf, at):
        at = pdf.index(b"endobj", match.end())
        begin = STREAM.search(pdf, match.end(), at)
        head = pdf[match.end() : begin.start() if begin else at]
        raw = b""
        if begin:  # by its own length: packed bytes may look like anything
            end = begin.end() + int(re.search(rb"/Length (\d+)", head).group(1))
            raw, at = pdf[begin.end() : end], pdf.index(b"endobj", end)
        found[int(match.group(1))] = head, zlib.decompress(raw) if b"FlateDecode" in head else raw
    return found


def to_unicode(cmap: bytes) -> dict[int, str]:
    found = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", cmap, re.S):
        for code, text in re.findall(rb"<(\w+)>\s*<(\w+)>", block):
            found[int(code, 16)] = bytes.fromhex(text.decode()).decode("utf-16-be")
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", cmap, re.S):
        for first, last, text in re.findall(rb"<(\w+)>\s*<(\w+)>\s*<(\w+)>", block):
            start = int(text, 16)
            for i in range(int(last, 16) - int(first, 16) + 1):
                found[int(first, 16) + i] = chr(start + i)
    return found


def string_at(content: bytes, at: int) -> tuple[bytes, int]:
    """The literal string whose bracket opens before `at`, and where it ends; brackets in pairs need no backslash."""
    out, depth = bytearray(), 1
    while depth:
        c = content[at : at + 1]
        if c == b"\\":
            match = ESCAPE.match(content, at)
            said, at = match.group(1), match.end()
            out += bytes([int(said, 8)]) if said[:1].isdigit() else LETTERS.get(said, said)
            continue
        depth += (c == b"(") - (c == b")")
        out += c if depth else b""
        at += 1
    return bytes(out), at


def text_of(pdf: bytes) -> str:
    """All text in reading order, blanks left out; what stands around every page (header, footer, mark) as well."""
    return "".join(body + around for body, around in pages_of(pdf))


def pages_of(pdf: bytes) -> list[tuple[str, str]]:
    """Of each page its own text, and that of header, footer and mark."""
    found = objects(pdf)
    maps = {n: to_unicode(found[int(m.group(1))][1]) for n, (h, _r) in found.items() if (m := uni(h))}
    pages = []
    for head, _raw in found.values():
        if not re.search(rb"/Type/Page\b", head):
            continue
        page = re.search(rb"/Contents (\d+) 0 R", head)
        resources = re.search(rb"/Resources (\d+) 0 R", head)
        names = re.findall(rb"/(f\d+) (\d+) 0 R", found[int(resources.group(1))][0])
        fonts = {name: maps[int(number)] for name, number in names}
        pages.append(read_page(found[int(page.group(1))][1], fonts))
    return pages


def uni(head: bytes) -> re.Match[bytes] | None:
    return re.search(rb"/ToUnicode (\d+) 0 R", head)


def read_page(content: bytes, fonts: dict[bytes, dict[int, str]]) -> tuple[str, str]:
    marks: list[bool] = []
    font: dict[int, str] = {}
    out: tuple[list[str], list[str]] = ([], [])
    at = 0
    while token := TOKENS.search(content, at):
        at = token.end()
        if token["begin"]:
            marks.append(token["tag"] == b"/Artifact")
        elif token["end"]:
            marks.pop()
        elif token["font"]:
            font = fonts[token["font"]]
        elif token["text"]:
            if token["text"] == b"(":
                codes, at = string_at(content, at)
            else:
                codes = bytes.fromhex(token["text"][1:-1].decode())
            text = "".join(font.get(int.from_bytes(codes[i : i + 2]), "") for i in range(0, len(codes), 2))
            out[any(marks)].append(text)
    return tuple("".join("".join(part).replace("\u200b", "").split()) for part in out)  # type: ignore[return-value]
