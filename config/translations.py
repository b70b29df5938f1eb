"""The Chinese catalogue: what the code and the pages say, gathered, checked and compiled without GNU gettext.

Message ids are English, so English needs no catalogue. `python -m config.translations make` after any change of words.
"""

import ast
import fcntl
import io
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LOCALE = "zh_Hans"
CATALOGUE = Path("shouhou") / "locale" / LOCALE / "LC_MESSAGES" / "django.po"
FOLDERS = ("shouhou", "config")
SKIPPED = frozenset({"tests", "migrations", "locale", "static", "node_modules", "__pycache__"})
MODULES = frozenset({"django.utils.translation", "gettext"})

# Which argument of a call is what: context, singular, plural.
CALLS: dict[str, tuple[int | None, int, int | None]] = {
    "gettext": (None, 0, None),
    "gettext_lazy": (None, 0, None),
    "gettext_noop": (None, 0, None),
    "ngettext": (None, 0, 1),
    "ngettext_lazy": (None, 0, 1),
    "pgettext": (0, 1, None),
    "pgettext_lazy": (0, 1, None),
    "npgettext": (0, 1, 2),
    "npgettext_lazy": (0, 1, 2),
}
# templatize() turns a template into these calls amid blanks; its strings are Python literals.
TEMPLATE_CALL = re.compile(r"""\b(?:_|n?p?gettext)\((?:[^()'"]|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")*\)""", re.S)
CHINESE = re.compile("[\u3400-\u9fff]")
LATIN = re.compile("[A-Za-z]+")
PLACEHOLDER = re.compile(r"%\((?P<name>\w+)\)[#0+-]*\d*(?:\.\d+)?[diouxXeEfFgGcrsa]|%[dsr]|\{\w*\}")
NO_CHURN = ('"POT-Creation-Date', '"PO-Revision-Date', '"Last-Translator', '"Language-Team', '"Generated-By')

Key = tuple[str, str | None]  # message id, context


def sources(root: Path) -> Iterator[Path]:
    """The files that speak to people: Python, pages and mail templates, without tests and migrations."""
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".py", ".html", ".txt") and not SKIPPED & set(path.relative_to(root).parts):
                yield path


def extract(root: Path = ROOT) -> Catalog:
    """Every message that the sources under `root` translate, with the files it stands in."""
    catalogue = Catalog(locale=LOCALE, project="Shouhou", charset="utf-8", fuzzy=False)
    for path in sources(root):
        text = path.read_text("utf-8")
        calls = _python_calls(text) if path.suffix == ".py" else _template_calls(text, path)
        for line, context, singular, plural in calls:
            words = (singular, plural) if plural is not None else singular
            flags = ["python-format"] if _placeholders(singular) or (plural and _placeholders(plural)) else []
            catalogue.add(words, locations=[(path.relative_to(root).as_posix(), line)], context=context, flags=flags)
    return catalogue


Call = tuple[int, str | None, str, str | None]  # line, context, singular, plural


def _python_calls(text: str) -> Iterator[Call]:
    """Calls of gettext and its kin, under whatever name the module imported them."""
    tree = ast.parse(text)
    names = {
        alias.asname or alias.name: CALLS[alias.name]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in MODULES
        for alias in node.names
        if alias.name in CALLS
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name):
            spec = names.get(node.func.id)
        else:
            spec = CALLS.get(node.func.attr) if isinstance(node.func, ast.Attribute) else None
        found = _read_call(node, spec) if spec else None
        if found:
            yield node.lineno, *found


def _template_calls(text: str, path: Path) -> Iterator[Call]:
    """trans, blocktrans and _() of a template."""
    blanked = templatize(text, origin=str(path))
    for match in TEMPLATE_CALL.finditer(blanked):
        node = ast.parse(match.group(), mode="eval").body
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        found = _read_call(node, CALLS["gettext" if node.func.id == "_" else node.func.id])
        if found:
            yield blanked.count("\n", 0, match.start()) + 1, *found


def _read_call(node: ast.Call, spec: tuple[int | None, int, int | None]) -> tuple[str | None, str, str | None] | None:
    """The literal words of a call; None where a variable stands, whose words were marked elsewhere."""
    words: list[str | None] = []
    for place in spec:
        argument = node.args[place] if place is not None and place < len(node.args) else None
        text = argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else None
        if place is not None and not text:
            return None
        words.append(text)
    context, singular, plural = words
    return context, singular or "", plural


def read(po: Path) -> Catalog:
    """The catalogue as it is on disk; an empty one where there is none yet."""
    if not po.exists():
        return Catalog(locale=LOCALE, charset="utf-8", fuzzy=False)
    with po.open("rb") as file:
        return read_po(file, locale=LOCALE)


def update(po: Path, root: Path = ROOT) -> Catalog:
    """Bring the catalogue in line with the sources: translations stay, new messages come empty, unused ones go."""
    po.parent.mkdir(parents=True, exist_ok=True)
    with _alone(po):
        old = {_key(m): m for m in read(po) if m.id}
        fresh = extract(root)
        fresh.header_comment = "# The Chinese catalogue of Shouhou. Made by `python -m config.translations make`."
        for message in fresh:
            known = old.get(_key(message)) if message.id else None
            if known is not None and isinstance(known.id, str) == isinstance(message.id, str):
                message.string = known.string
                if known.fuzzy:
                    message.flags.add("fuzzy")
        _replace(po, _written(fresh))
    return fresh


def _written(catalogue: Catalog) -> bytes:
    """The file's bytes: file names without lines and a header without dates, so that parallel work merges."""
    out = io.BytesIO()
    write_po(out, catalogue, width=0, sort_by_file=True, include_lineno=False, ignore_obsolete=True)
    return b"".join(line for line in out.getvalue().splitlines(True) if not line.decode().startswith(NO_CHURN))


@contextmanager
def _alone(po: Path) -> Iterator[None]:
    """Two people's `make` at the same time must not lose one's words."""
    folder = os.open(po.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _replace(path: Path, body: bytes) -> None:
    half = path.with_name(f".{path.name}.{os.getpid()}")
    half.write_bytes(body)
    os.replace(half, path)


def compile_catalogue(po: Path) -> Path:
    """Write the .mo beside the .po. What has no translation is left out, so that the English words show."""
    kept = Catalog(locale=LOCALE, charset="utf-8", fuzzy=False)
    for message in read(po):
        if message.id and not message.fuzzy and all(_strings(message)):
            kept[message.id] = message
    out = io.BytesIO()
    write_mo(out, kept)
    mo = po.with_suffix(".mo")
    _replace(mo, out.getvalue())
    return mo


def compile_all(root: Path = ROOT) -> None:
    """Compile what has changed; called at every start and before the tests."""
    po = root / CATALOGUE
    mo = po.with_suffix(".mo")
    if po.exists() and (not mo.exists() or mo.stat().st_mtime_ns <= po.stat().st_mtime_ns):
        compile_catalogue(po)


def problems(root: Path = ROOT, po: Path | None = None) -> list[str]:
    """What keeps the Chinese catalogue from being complete and right, one sentence each."""
    wanted = {_key(m): m for m in extract(root) if m.id}
    present = {_key(m): m for m in read(po or root / CATALOGUE) if m.id}
    found = []
    for key, message in wanted.items():
        where = ", ".join(dict.fromkeys(file for file, _line in message.locations))
        if any(_is_chinese(text) for text in _ids(message)):
            found.append(f"{where}: the message id {key[0]!r} is Chinese; ids are English.")
        translated = present.get(key)
        if translated is None or not all(_strings(translated)):
            found.append(f"{where}: {key[0]!r} has no Chinese translation.")
            continue
        if translated.fuzzy:
            found.append(f"{where}: the translation of {key[0]!r} is fuzzy; check it and remove the flag.")
        found += [f"{where}: {trouble}" for trouble in _mismatches(message, translated)]
    found += [f"{key[0]!r} is translated but nobody says it any more." for key in present if key not in wanted]
    return found


def _mismatches(message: Message, translated: Message) -> Iterator[str]:
    # Chinese has one form for all numbers; it must fit the plural, which names the number.
    source = _ids(message)[-1]
    for text in _strings(translated):
        if _placeholders(text) != _placeholders(source):
            yield f"the placeholders of {source!r} and {text!r} differ."


def _is_chinese(text: str) -> bool:
    """Whether a sentence is Chinese; an English one may cite a Chinese word."""
    return len(CHINESE.findall(text)) > len(LATIN.findall(text))


def _placeholders(text: str) -> Counter[str]:
    """What is filled in: %(name)s by name however often, %s and {} by number."""
    found = Counter(m.group() for m in PLACEHOLDER.finditer(text.replace("%%", "")))
    return Counter({mark: 1 if "(" in mark else times for mark, times in found.items()})


def _key(message: Message) -> Key:
    return _ids(message)[0], message.context


def _ids(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def _strings(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ("",))


def main(arguments: list[str] | None = None) -> int:
    """make | check | compile."""
    given = sys.argv[1:] if arguments is None else arguments
    if given == ["make"]:
        empty = sum(1 for m in update(ROOT / CATALOGUE) if m.id and not all(_strings(m)))
        print(f"{CATALOGUE}: {empty} messages without a translation.")
        return 0
    if given == ["check"]:
        troubles = problems()
        print("\n".join(troubles) or "The Chinese catalogue is complete.")
        return 1 if troubles else 0
    if given == ["compile"]:
        compile_all()
        return 0
    print("Usage: python -m config.translations make|check|compile", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
