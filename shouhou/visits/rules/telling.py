"""What the journal should say of a visit as it was folded."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shouhou.visits.rules.sheet import Sheet


@dataclass(frozen=True, slots=True)
class Told:
    """One fact: when, by whom, and codes and numbers only."""

    fact: str
    at: datetime
    by: int | None
    data: Mapping[str, Any] = field(default_factory=dict)


def facts_of(sheet: Sheet, by: int | None, *, scanned: bool = False) -> dict[str, Told]:
    """Every fact under the name that it keeps, however late something comes that moves it.

    `by` is the engineer; `scanned` says that the customer checked the badge.
    """
    told: dict[str, Told] = {}
    if sheet.set_out_at:
        told["set_out"] = Told("visit.set_out", sheet.set_out_at, by)
    if sheet.arrived_at:
        told["arrived"] = Told("visit.arrived", sheet.arrived_at, by, {"evidence": evidence(sheet, scanned=scanned)})
    for n, at in enumerate(sheet.failures, 1):
        told[f"trial_failed:{n}"] = Told("visit.trial_failed", at, by)
    for step, passed in sheet.steps.items():
        data = {"step": step, "how": passed.how}
        told[f"step:{step}"] = Told("visit.step_passed", passed.at, passed.by, data)
    if "sign" in sheet.steps:
        passed = sheet.steps["sign"]
        fact = "visit.signed" if passed.how == "done" else "visit.sign_refused"
        told[fact] = Told(fact, passed.at, passed.by)
    if "leave" in sheet.steps:
        passed = sheet.steps["leave"]
        normal = passed.how == "done"
        told["departed"] = Told("visit.departed", passed.at, passed.by, {"normal": normal})
    for uid, (at, _words) in sheet.support.items():
        told[f"support:{uid}"] = Told("support.requested", at, by, {"operation": uid})
    for uid, guest in sheet.guests.items():
        told[f"guest:{uid}"] = Told("vendor.arrived", guest.at, by, {"operation": uid})
    return told


def evidence(sheet: Sheet, *, scanned: bool = False) -> str:
    """What proves the arrival: the phone's place, the customer's scan, the times on the signed sheet, or nothing."""
    how = str(sheet.evidence.get("how", ""))
    if how == "location" and sheet.evidence.get("lat") is not None and sheet.evidence.get("lon") is not None:
        return "location"
    if scanned:
        return "scan"
    signed = "sign" in sheet.steps and sheet.steps["sign"].how == "done"
    return "sheet" if signed and sheet.arrived_at else "none"


def kept(sheet: Sheet) -> dict[str, Any]:
    """The sheet as the visit keeps it for its pages."""
    return {
        "fields": sheet.fields, "setters": sheet.setters, "conflicts": sheet.conflicts, "problems": sheet.problems,
        "photos": sheet.photos, "parts": sheet.parts, "review": sheet.review,
        "failures": [at.isoformat() for at in sheet.failures],
        "steps": {
            step: {"at": p.at.isoformat(), "how": p.how, "by": p.by, "said": dict(p.said)}
            for step, p in sheet.steps.items()
        },
        "guests": {
            uid: {"at": g.at.isoformat(), "name": g.name, "of": g.firm, "work": g.work}
            for uid, g in sheet.guests.items()
        },
        "support": {uid: {"at": at.isoformat(), "words": words} for uid, (at, words) in sheet.support.items()},
    }  # fmt: skip
