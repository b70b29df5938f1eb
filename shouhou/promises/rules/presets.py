"""The presets that ship with the product, read from presets.yaml and checked while reading."""

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from shouhou.promises.rules.calendar import Window
from shouhou.promises.rules.clauses import all_clauses
from shouhou.promises.rules.period import MONTH, WORKING_DAY, YEAR, Period

CANCELS = ("request.cancelled", "request.merged", "request.closed")
WARN = (("50 %", "owner"), ("80 %", "duty_manager"))
COMPANY_WIDE = ("standing", "company_norm")
LOANER = "loaner"

# The closed vocabularies. What a case may be asked for (`when`) is in Promised.promise_facts().
WHEN = frozenset(
    {"severity", "channel", "kind", "coverage", "item_class", "urgent", "needs_visit", "remote_failed", "cause"}
)
PAUSES = frozenset({"customer", "force_majeure", "postponed"})
AUDIENCES = frozenset({"owner", "duty_manager"})
REPEATS = frozenset({"first", "each", "cycle"})
DEBTORS = frozenset({"us", "partner", "vendor"})
SOURCES = frozenset({"text", "assumed", "required"})
DAYS = frozenset({"daily", "working"})
COVER_RULES = frozenset({"day_after", "second_day_after", "from_day"})
COVER_STARTS = frozenset({"certificate", "acceptance", "agreement", "agreement_end", "item", "stage"})
COVERS = frozenset({"any_cause", "material_or_workmanship", "not_human_damage"})
_FACT = re.compile(r"[a-z_0-9]+\.[a-z_]+")
_WARN_STEP = re.compile(r"\d+(\.\d+)? (%|min|h|d)( before)?")

KNOWN_ENTITLEMENT = frozenset(
    {"key", "zh", "en", "clause", "part", "kind", "amount", "per", "above", "least", "source"}
)


class BadPreset(ValueError):
    """A preset that says something the engine cannot count; the message names the place."""


@dataclass(frozen=True, slots=True)
class WarnStep:
    """A step of a warning and whom it tells."""

    step: str
    audience: str


@dataclass(frozen=True, slots=True)
class PresetCommitment:
    """One promise of a preset. `within` None is a blank of the source document."""

    key: str
    name_zh: str
    name_en: str
    start: str
    stop: tuple[str, ...]
    within: str | None
    clause: str = ""
    part: str = ""
    cancel: tuple[str, ...] = CANCELS
    proposed: str = ""
    window: str = ""
    days: str = "daily"
    roll: bool = True
    pause: tuple[str, ...] = ()
    when: Mapping[str, Any] = field(default_factory=dict)
    warn: tuple[WarnStep, ...] = ()
    otherwise: str = ""
    follow_on: bool = False
    attempts: bool = False
    repeat: str = "first"
    by: str = "us"
    source: str = "text"

    @property
    def starts(self) -> tuple[str, ...]:
        """The facts any of which starts it."""
        return tuple(self.start.split("|"))

    @property
    def facts(self) -> frozenset[str]:
        """Every fact it names, but for the breach of another commitment."""
        return frozenset({f for f in self.starts if not f.endswith(".broken")} | set(self.stop) | set(self.cancel))

    @property
    def rolls(self) -> bool:
        """Whether a last day on a day of rest moves (Art. 203): never for hours, minutes and working days."""
        return self.roll and self.within is not None and Period.parse(self.within).is_calendar

    @property
    def calendar(self) -> str | None:
        """`company` where holidays and make-up days matter for the due time, else None."""
        working = self.within is not None and Period.parse(self.within).unit == WORKING_DAY
        return "company" if working or self.rolls or (self.window and self.days == "working") else None


@dataclass(frozen=True, slots=True)
class WarrantyRule:
    """How a warranty runs. `start` None is a blank of the document; `within` None: by agreement, item or stage."""

    rule: str | None
    within: str | None
    start: str | None
    covers: str = ""
    clause: str = ""
    source: str = "text"


@dataclass(frozen=True, slots=True)
class Preset:
    """A set of promises, entitlements and adopted clauses."""

    key: str
    name_zh: str
    name_en: str
    commitments: tuple[PresetCommitment, ...]
    clauses: tuple[str, ...] = ()
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    optional: tuple[str, ...] = ()
    entitlements: tuple[dict[str, Any], ...] = ()
    warranty: WarrantyRule | None = None
    document: str = ""
    also: tuple[str, ...] = ()

    def clauses_of(self, parts: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """The clauses that adopting it adopts; `parts` None means every separable part that is not optional."""
        chosen = [name for name in self.parts if (name not in self.optional if parts is None else name in parts)]
        return (*self.clauses, *(clause for name in chosen for clause in self.parts[name]))


# What the file may write: the fields themselves, a commitment's names more briefly.
KNOWN = (frozenset(PresetCommitment.__dataclass_fields__) - {"name_zh", "name_en"}) | {"zh", "en"}
KNOWN_PRESET = frozenset(Preset.__dataclass_fields__)


def load_commitment(data: Mapping[str, Any]) -> PresetCommitment:
    """Read one promise. Raises BadPreset naming what is wrong, BadPeriod and BadWindow."""
    about = f"commitment {data.get('key')}"
    _only(KNOWN, data, about)
    _present(("key", "zh", "en", "start", "stop"), data, about)
    within = data.get("within")
    if within is not None:
        Period.parse(within)
    if data.get("proposed"):
        Period.parse(data["proposed"])
    if data.get("window"):
        Window.parse(data["window"], data.get("days", "daily"))
    commitment = PresetCommitment(
        key=data["key"],
        name_zh=data["zh"],
        name_en=data["en"],
        start=data["start"],
        stop=tuple(data["stop"]),
        within=within,
        clause=data.get("clause", ""),
        part=data.get("part", ""),
        cancel=(*data.get("cancel", ()), *CANCELS),
        proposed=data.get("proposed", ""),
        window=data.get("window", ""),
        days=data.get("days", "daily"),
        roll=data.get("roll", True),
        pause=tuple(data.get("pause", ())),
        when=dict(data.get("when", {})),
        warn=tuple(WarnStep(step, audience) for step, audience in data.get("warn", WARN)),
        otherwise=data.get("otherwise", ""),
        follow_on=data.get("follow_on", False),
        attempts=data.get("attempts", False),
        repeat=data.get("repeat", "first"),
        by=data.get("by", "us"),
        source=data.get("source", "text"),
    )
    _check_commitment(commitment, about)
    return commitment


def _check_commitment(commitment: PresetCommitment, about: str) -> None:
    for name, words, allowed in (
        ("when", commitment.when, WHEN),
        ("pause", commitment.pause, PAUSES),
        ("warn", [w.audience for w in commitment.warn], AUDIENCES),
        ("repeat", [commitment.repeat], REPEATS),
        ("by", [commitment.by], DEBTORS),
        ("source", [commitment.source], SOURCES),
        ("days", [commitment.days], DAYS),
    ):
        _among(words, allowed, f"{about}, {name}")
    for fact in (*commitment.starts, *commitment.stop, *commitment.cancel):
        if not _FACT.fullmatch(fact):
            raise BadPreset(f"{about}: {fact!r} is no fact; write for example fault.reported")
    for warning in commitment.warn:
        if not _WARN_STEP.fullmatch(warning.step):
            raise BadPreset(f"{about}: {warning.step!r} is no warning step; write '50 %', '30 min' or '30 min before'")
    if commitment.within is None and commitment.source != "required":
        raise BadPreset(f"{about}: only a promise with source 'required' may leave its period open")


def _check_warranty(data: Mapping[str, Any] | None, about: str) -> WarrantyRule | None:
    if data is None:
        return None
    about = f"{about}, warranty"
    _only(frozenset(WarrantyRule.__dataclass_fields__), data, about)
    warranty = WarrantyRule(**{"rule": None, "within": None, "start": None, **data})
    _among([warranty.rule] if warranty.rule else [], COVER_RULES, f"{about}, rule")
    _among([warranty.start] if warranty.start else [], COVER_STARTS, f"{about}, start")
    _among([warranty.covers] if warranty.covers else [], COVERS, f"{about}, covers")
    _among([warranty.source], SOURCES, f"{about}, source")
    if warranty.within and Period.parse(warranty.within).unit not in (MONTH, YEAR):
        raise BadPreset(f"{about}: a cover period is written in months or years")
    if warranty.start is None and warranty.source != "required":
        raise BadPreset(f"{about}: only a warranty with source 'required' may leave its start open")
    return warranty


def load_preset(data: Mapping[str, Any]) -> Preset:
    """Read a preset as presets.yaml (or an edited service level) writes it. Raises BadPreset, BadPeriod, BadWindow."""
    about = f"preset {data.get('key')}"
    _only(KNOWN_PRESET, data, about)
    _present(("key", "name_zh", "name_en", "commitments"), data, about)
    preset = Preset(
        key=data["key"], name_zh=data["name_zh"], name_en=data["name_en"], document=data.get("document", ""),
        also=tuple(data.get("also", ())), commitments=tuple(load_commitment(c) for c in data["commitments"]),
        clauses=tuple(data.get("clauses", ())), optional=tuple(data.get("optional", ())),
        parts={name: tuple(ids) for name, ids in data.get("parts", {}).items()},
        entitlements=tuple(dict(e) for e in data.get("entitlements", ())),
        warranty=_check_warranty(data.get("warranty"), about),
    )  # fmt: skip
    _check_preset(preset, about)
    return preset


def _check_preset(preset: Preset, about: str) -> None:
    """What only the whole preset can tell: keys, parts and clauses that exist and are adopted."""
    keys = [c.key for c in preset.commitments]
    for key in keys:
        if keys.count(key) > 1:
            raise BadPreset(f"{about}: two commitments have the key {key}")
    for commitment in preset.commitments:
        if commitment.otherwise:
            _among([commitment.otherwise], {LOANER, *keys}, f"{about}, {commitment.key}, otherwise")
    for entitlement in preset.entitlements:
        _only(KNOWN_ENTITLEMENT, entitlement, f"{about}, entitlement {entitlement.get('key')}")
        _present(("key", "zh", "en"), entitlement, f"{about}, entitlement {entitlement.get('key')}")
    adopted = set(preset.clauses_of(tuple(preset.parts)))
    _among(adopted, set(all_clauses()), f"{about}, clauses")
    _among(_clauses_named(preset), adopted, f"{about}, clauses that it names without adopting them")
    _among([c.part for c in preset.commitments if c.part], set(preset.parts), f"{about}, parts")
    _among([e["part"] for e in preset.entitlements if "part" in e], set(preset.parts), f"{about}, parts")
    _among(preset.optional, set(preset.parts), f"{about}, optional parts")


def _clauses_named(preset: Preset) -> Iterator[str]:
    yield from (c.clause for c in preset.commitments if c.clause)
    yield from (e["clause"] for e in preset.entitlements if "clause" in e)
    if preset.warranty and preset.warranty.clause:
        yield preset.warranty.clause


def _only(known: frozenset[str], data: Mapping[str, Any], about: str) -> None:
    unknown = sorted(set(data) - known)
    if unknown:
        raise BadPreset(f"{about}: unknown field {unknown[0]}")


def _present(names: tuple[str, ...], data: Mapping[str, Any], about: str) -> None:
    for name in names:
        if data.get(name) in (None, "", []) and not (name == "commitments" and name in data):
            raise BadPreset(f"{about}: {name} is missing")


def _among(words: Any, allowed: Any, about: str) -> None:
    for word in words:
        if word not in allowed:
            raise BadPreset(f"{about}: {word!r} is none of {', '.join(sorted(allowed))}")


@cache
def _written() -> dict[str, dict[str, Any]]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    data = yaml.load(Path(__file__).with_name("presets.yaml").read_text("utf-8"), loader)
    return {preset["key"]: preset for preset in (data["standing"], data["company"], *data["presets"])}


def raw_presets() -> dict[str, dict[str, Any]]:
    """The presets as written, by key, in the order of the file, "standing" first: what service levels are made from."""
    return {key: deepcopy(data) for key, data in _written().items() if key != "company_norm"}


@cache
def preset(key: str) -> Preset:
    """A shipped preset. Raises KeyError."""
    written = _written()
    if key not in written:
        raise KeyError(f"{key!r} is no preset; there are {', '.join(written)}")
    return load_preset(written[key])


def all_presets() -> dict[str, Preset]:
    """Every preset that an agreement may copy; the company's own are not among them."""
    return {key: preset(key) for key in _written() if key not in COMPANY_WIDE}


def standing() -> Preset:
    """The company's promises to callers without an agreement, and its inner duties."""
    return preset("standing")


def company_norm() -> Preset:
    """What binds the company as a whole: the norm (A) and the management system (J); B and L are optional parts."""
    return preset("company_norm")
