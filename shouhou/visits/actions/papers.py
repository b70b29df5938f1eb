"""The service sheet: made of what the phone sent, signed as it was on site, filed and then unchangeable (A4.11)."""

from typing import Any

from django.db import transaction
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from shouhou.records.actions.filing import file
from shouhou.records.actions.making import make_record
from shouhou.records.actions.signing import refuse, sign
from shouhou.records.models import Record
from shouhou.records.rules.kinds import Field, Kind, Party, Section
from shouhou.shared.files import open_blob
from shouhou.visits.models import Visit, VisitPhoto
from shouhou.visits.rules.steps import NO_DATA, Step

YES = {"yes": _("Yes"), "no": _("No"), "asked": _("I asked the hotline")}
KIND = Kind(
    key="service_sheet",
    name=_("Service sheet"),
    pattern="FW-{year}-{n:05}",
    retention_years=10,
    parties=(Party("customer", _("The customer")),),
    sections=(
        Section(
            _("Visit"),
            (
                Field("unit", _("Unit")), Field("contact", _("Contact")), Field("address", _("Address"), wide=True),
                Field("request", _("Service request")), Field("engineer", _("Service engineer")),
                Field("set_out", _("Engineer set out"), "moment"), Field("arrived", _("Arrived on site"), "moment"),
                Field("left", _("Left the site"), "moment"),
                Field("evidence", _("Evidence of the arrival"), words={
                    "location": _("by location"), "scan": _("by the customer's scan of the badge"),
                    "sheet": _("by the signed sheet"), "none": _("no evidence"),
                }),
            ),
        ),
        Section(
            _("Service performed"),
            (
                Field("found", _("What you found"), wide=True), Field("backup", _("Back up"), wide=True),
                Field("cause", _("Cause"), wide=True), Field("remedy", _("Remedy"), wide=True),
                Field("outcome", _("Is it mended?"), words={"solved": _("Mended"), "unsolved": _("Not mended")}),
                Field("passed", _("Does it run?"), words=YES),
                Field("precautions", _("What to mind from now on"), wide=True),
                Field("parts", _("Parts used"), "table", columns=(
                    Field("name", _("Part used")), Field("number", _("Number")), Field("count", _("Quantity")),
                )),
                Field("guests", _("Vendor's engineers"), "table", columns=(
                    Field("name", _("Name")), Field("of", _("Firm")), Field("at", _("Arrived on site"), "moment"),
                    Field("work", _("Work done")),
                )),
            ),
        ),
        Section(
            "",
            (
                Field("steps", _("Steps"), "table", columns=(
                    Field("step", _("Step"), words=dict(Step.choices)), Field("at", _("When"), "moment"),
                    Field("how", _("How"), words={"done": _("Done"), "excepted": _("exception")}),
                    Field("reason", _("Reason"), words={NO_DATA: _("No data is touched")}),
                )),
            ),
        ),
        Section(
            _("Rating given on the engineer's phone"),
            (Field("attitude", _("Attitude")), Field("quality", _("Quality")), Field("solving", _("Problem solving"))),
        ),
    ),
)  # fmt: skip


def content_of(visit: Visit) -> dict[str, Any]:
    """What the sheet says, as plain data: codes, texts and instants."""
    sheet, fields = visit.sheet, visit.sheet.get("fields", {})
    steps = sheet.get("steps", {})
    said = steps.get("backup", {}).get("said", {})
    backup = "\n".join(fields.get(f"backup.{name}", "") for name in ("what", "where", "by", "checksum")).strip()
    return {
        "unit": visit.unit, "contact": visit.contact_name, "address": visit.address,
        "request": f"{visit.request.number} {visit.request.subject}", "engineer": visit.engineer.name,
        "set_out": _iso(visit.set_out_at), "arrived": _iso(visit.arrived_at), "left": _iso(visit.left_at),
        "evidence": visit.evidence, "found": fields.get("verify.found", ""),
        "backup": backup or said.get("reason", "").replace(NO_DATA, ""),
        "cause": fields.get("fix.cause", ""), "remedy": fields.get("fix.remedy", ""),
        "outcome": fields.get("fix.outcome", ""), "passed": fields.get("trial.passed", ""),
        "precautions": fields.get("explain.precautions", ""), "attitude": fields.get("sign.attitude", ""),
        "quality": fields.get("sign.quality", ""), "solving": fields.get("sign.solving", ""),
        "parts": [{"name": p["name"], "number": p.get("number", ""), "count": p["count"]} for p in
                  sheet.get("parts", {}).values()],
        "guests": [
            {name: guest[name] for name in ("name", "of", "at", "work")} for guest in sheet.get("guests", {}).values()
        ],
        "steps": [
            {"step": step, "at": steps[step]["at"], "how": steps[step]["how"],
             "reason": steps[step].get("said", {}).get("reason", "")}
            for step in Step.values if step in steps
        ],
    }  # fmt: skip


def _iso(at: Any) -> str | None:
    return at.isoformat() if at else None


@transaction.atomic
def file_sheet(visit: Visit) -> Record | None:
    """Make, sign and file the sheet of a visit that is over and has nothing left to look at; None before that.

    Once for each visit. Raises Refused where the archive does, such as for a signature that is no picture.
    """
    visit = Visit.objects.select_for_update(of=("self",)).for_list().get(pk=visit.pk)
    if visit.status != Visit.Status.DONE or visit.to_review:
        return None
    standing = Record.objects.filter(kind=KIND.key, case_kind=Visit.KIND, case_id=visit.pk).first()
    if standing is not None:
        return standing
    signed = visit.sheet["steps"]["sign"]
    at = parse_datetime(signed["at"])
    name = visit.sheet["fields"].get("sign.name", "") or visit.contact_name
    photo = VisitPhoto.objects.filter(
        visit=visit, blob__sha256=visit.sheet["fields"].get("sign.signature", "")
    ).select_related("blob").first()  # fmt: skip
    if signed["how"] == "done" and photo is None:
        return None  # the picture of the signature is still on the phone
    sheet = make_record(
        KIND.key, organisation=visit.organisation, title=f"{visit.number} {visit.unit}", content=content_of(visit),
        by=visit.engineer, customer=visit.customer, case=visit, key=f"visit:{visit.pk}:sheet",
    )  # fmt: skip
    if signed["how"] == "done" and photo:
        png = open_blob(photo.blob).read()
        sign(sheet, role="customer", name=name, how="drawn", by=visit.engineer, png=png, occurred_at=at)
    else:
        refuse(sheet, role="customer", name=name, reason=signed["said"]["reason"], by=visit.engineer, occurred_at=at)
    file(sheet, by=visit.engineer)
    return sheet
