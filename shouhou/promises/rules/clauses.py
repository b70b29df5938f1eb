"""The clause catalogue: every obligation of the source documents, in both languages, read from clauses.yaml."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

KINDS = frozenset({"principle", "rule", "commitment", "process", "form", "metric", "role", "entitlement", "script"})
SOURCES = frozenset({"text", "assumed", "required"})


class UnknownClause(KeyError):
    """An id that the catalogue does not have."""

    def __str__(self) -> str:
        return str(self.args[0])


class BadClause(ValueError):
    """The catalogue itself is wrong; the message names the clause."""


@dataclass(frozen=True, slots=True)
class Document:
    """One of the thirteen source documents."""

    id: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Clause:
    """One obligation. A commitment says from which fact until which fact, and within which period."""

    id: str
    document: Document
    kind: str
    title_zh: str
    title_en: str
    duty_zh: str
    duty_en: str
    source: str = "text"
    start: str | None = None
    until: str | None = None
    within: str | None = None
    window: str | None = None
    on_breach: str | None = None
    place: str | None = None

    @property
    def is_commitment(self) -> bool:
        """Whether a clock can run for it."""
        return self.kind == "commitment"

    def title(self, language: str) -> str:
        """The short name in the reader's language."""
        return self.title_zh if language.startswith("zh") else self.title_en

    def duty(self, language: str) -> str:
        """What is owed, in one sentence, in the reader's language."""
        return self.duty_zh if language.startswith("zh") else self.duty_en


# How the file writes a field where the dataclass calls it something else.
_NAMES = {"zh": "title_zh", "en": "title_en", "from": "start"}
_FIELDS = (frozenset(Clause.__dataclass_fields__) - {"document", *_NAMES.values()}) | set(_NAMES)


def _load_clause(data: Mapping[str, Any], documents: Mapping[str, Document]) -> Clause:
    about = f"clause {data.get('id')}"
    unknown = sorted(set(data) - _FIELDS)
    if unknown:
        raise BadClause(f"{about}: unknown field {unknown[0]}")
    for name in ("id", "kind", "zh", "en", "duty_zh", "duty_en"):
        if not data.get(name):
            raise BadClause(f"{about}: {name} is missing")
    document = documents.get(str(data["id"])[0])
    if document is None:
        raise BadClause(f"{about}: no document has this letter")
    clause = Clause(document=document, **{_NAMES.get(name, name): value for name, value in data.items()})
    if clause.kind not in KINDS or clause.source not in SOURCES:
        raise BadClause(f"{about}: kind {clause.kind!r} or source {clause.source!r} is not known")
    if clause.is_commitment != bool(clause.start and clause.until and clause.within):
        raise BadClause(f"{about}: a commitment, and nothing else, has from, until and within")
    return clause


@cache
def _catalogue() -> tuple[dict[str, Document], dict[str, Clause]]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    data = yaml.load(Path(__file__).with_name("clauses.yaml").read_text("utf-8"), loader)
    documents = {key: Document(key, names["zh"], names["en"]) for key, names in data["documents"].items()}
    clauses: dict[str, Clause] = {}
    for row in data["clauses"]:
        found = _load_clause(row, documents)
        if found.id in clauses:
            raise BadClause(f"clause {found.id} stands twice in the catalogue")
        clauses[found.id] = found
    return documents, clauses


def all_documents() -> dict[str, Document]:
    """The source documents by letter."""
    return dict(_catalogue()[0])


def all_clauses() -> dict[str, Clause]:
    """The whole catalogue by id, in the order of the documents."""
    return dict(_catalogue()[1])


def clause(clause_id: str) -> Clause:
    """One clause. Raises UnknownClause."""
    found = _catalogue()[1].get(clause_id)
    if found is None:
        raise UnknownClause(f"{clause_id!r} is no clause of the catalogue; ids look like A1.1, C2 or I10")
    return found
