"""Kinds of documents: rooms above register theirs in apps.ready()."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Formatter

from django.utils.functional import Promise as LazyText

Words = str | LazyText
FORMS = ("text", "moment", "day", "yes", "table")


class UnknownKind(LookupError):
    """Somebody named a kind of document that no room registers."""


class BadKind(ValueError):
    """A kind that could not be printed or numbered. A mistake of ours, never the user's."""


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that a document says.

    `form` is one of FORMS: text, moment (an aware instant), day, yes (a boolean), table (lines with `columns`).
    `words` gives codes their label, so that the content holds the code and the print is in the document's language.
    """

    key: str
    label: Words
    form: str = "text"
    wide: bool = False  # over the whole width, for long text
    words: Mapping[str, Words] = field(default_factory=dict)
    columns: "tuple[Field, ...]" = ()


@dataclass(frozen=True, slots=True)
class Section:
    """Fields that stand together under a heading; an empty heading is not printed."""

    title: Words
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Party:
    """Who has to sign: a key such as “customer”, and what stands over the box."""

    key: str
    label: Words


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of document.

    `pattern` makes the number from {year} and {n}: "FW-{year}-{n:05}". A gapless kind takes its number when it is
    filed, counted per organisation and year; the others take one when they are made, with gaps. `retention_years`
    None keeps the record for ever. `template` is a Typst file of the registering room; None prints in the house form.
    Customers never see records of an `internal` kind.
    """

    key: str
    name: Words
    sections: tuple[Section, ...]
    pattern: str
    retention_years: int | None
    parties: tuple[Party, ...] = ()
    gapless: bool = True
    internal: bool = False
    template: Path | None = None

    @property
    def fields(self) -> dict[str, Field]:
        """Every field by its key."""
        return {f.key: f for section in self.sections for f in section.fields}

    def number(self, *, year: int, n: int) -> str:
        """The n-th number of a year."""
        return self.pattern.format(year=year, n=n)


KINDS: dict[str, Kind] = {}


def register_kind(kind: Kind) -> Kind:
    """Make a kind known; the same key again replaces it. Raises BadKind for one that cannot be printed or numbered."""
    named = {name for _text, name, _spec, _conversion in Formatter().parse(kind.pattern) if name is not None}
    if named != {"year", "n"}:
        raise BadKind(f"{kind.key}: the pattern needs {{year}} and {{n}}, and nothing else.")
    every = [f for section in kind.sections for f in section.fields]
    if len({f.key for f in every}) != len(every) or len({p.key for p in kind.parties}) != len(kind.parties):
        raise BadKind(f"{kind.key}: a key stands twice.")
    for f in (*every, *(column for table in every for column in table.columns)):
        if f.form not in FORMS or (f.form == "table") != bool(f.columns):
            raise BadKind(f"{kind.key}.{f.key}: {f.form} with {len(f.columns)} columns.")
    if kind.template is not None and not kind.template.is_file():
        raise BadKind(f"{kind.key}: its template {kind.template.name} is not there.")
    KINDS[kind.key] = kind
    return kind


def kind_called(key: str) -> Kind:
    """The registered kind. Raises UnknownKind."""
    try:
        return KINDS[key]
    except KeyError:
        raise UnknownKind(key) from None
