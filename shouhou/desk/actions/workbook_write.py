"""Writing a checked workbook through the rooms' own actions, so that events and promises arise as in daily work."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _

from shouhou.agreements.actions import draft_agreement, sign_agreement
from shouhou.customers.actions import save_contact, save_customer
from shouhou.customers.models import Site
from shouhou.desk.actions.workbook_check import Plan, Planned
from shouhou.desk.rules.reading import Problem
from shouhou.equipment.models import InstalledItem, Product
from shouhou.people.models import User
from shouhou.requests.actions.intake import take_request
from shouhou.shared.journal import event_of, record
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Event
from shouhou.shared.time import now

BATCH = 1000
GIVEN = ("kind", "impact", "urgency", "description", "external_ref")  # of an open case, where the row says so


class RowRefused(Exception):
    """A rule of a room said no to one row; the problem names it."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.wrong)
        self.problem = problem


def write(plan: Plan, *, by: User) -> None:
    """Write every new and changed row, in the caller's transaction. Raises RowRefused for the first refused row."""
    _each(plan, "customers", _write_customer, by)
    Site.objects.bulk_create(plan.sites, batch_size=BATCH)
    _each(plan, "contacts", _write_contact, by)
    Product.objects.bulk_create(plan.products, batch_size=BATCH)
    _write_items(plan, by)
    _each(plan, "agreements", _write_agreement, by)
    _each(plan, "requests", _write_request, by)


def _each(plan: Plan, kind: str, write_row: Callable[[Planned, User], None], by: User) -> None:
    for planned in plan.rows[kind]:
        if not (planned.is_new or planned.changed):
            continue
        try:
            write_row(planned, by)
        except Refused as refused:
            remedy = _("Correct the row. Nothing was imported.")
            raise RowRefused(planned.line.problem("", str(refused), remedy)) from None


def _write_customer(planned: Planned, by: User) -> None:
    save_customer(planned.row, changed=planned.changed, by=by)


def _write_contact(planned: Planned, by: User) -> None:
    save_contact(planned.row, phones=planned.extra["phones"])


def _write_items(plan: Plan, by: User) -> None:
    """Items come by the thousand: written in batches, each with its event."""
    at = now()
    rows = plan.rows["items"]
    new = [planned.row for planned in rows if planned.is_new]
    edited = [(planned.row, planned.changed) for planned in rows if not planned.is_new and planned.changed]
    InstalledItem.objects.bulk_create(new, batch_size=BATCH)
    for row, changed in edited:
        row.save(update_fields=changed)
    events = [_item_event("item.added", row, by, at, {}) for row in new]
    events += [_item_event("item.edited", row, by, at, {"fields": sorted(changed)}) for row, changed in edited]
    Event.objects.bulk_create(events, batch_size=BATCH)


def _item_event(fact: str, row: Model, by: User, at: datetime, data: dict[str, Any]) -> Event:
    return event_of(fact, subject=row, by=by, occurred_at=at, recorded_at=at, origin=Event.Origin.IMPORT, data=data)


def _write_agreement(planned: Planned, by: User) -> None:
    given = planned.extra
    agreement = draft_agreement(
        customer=given["customer"], level=given["preset"], number=planned.row.number, name=given["name"],
        starts_on=given["starts_on"], ends_on=given["ends_on"], items=given["items"], filled=given["filled"], by=by,
    )  # fmt: skip
    sign_agreement(agreement, by=by)


def _write_request(planned: Planned, by: User) -> None:
    """Take over an open case as it was reported then.

    Nobody takes the call now (`by` None): who imports neither owns the case nor has answered the caller.
    """
    line, given = planned.line, planned.extra
    ref = planned.row.external_ref
    key = f"workbook:{given['customer'].pk}:{ref}" if ref else ""
    request = take_request(
        by=None, subject=line.get("subject"), customer=given["customer"], contact=given["contact"], item=given["item"],
        reported_at=line.get("reported_at"), origin=Event.Origin.IMPORT, key=key,
        **{name: line.get(name) for name in GIVEN if name in line.values},
    )  # fmt: skip
    if given["owner"] is not None:
        request.owner = given["owner"]
        request.save(update_fields=["owner"])
    if line.get("responded_at"):
        request.note(
            "request.responded", by=given["owner"], occurred_at=line.get("responded_at"), origin=Event.Origin.IMPORT,
            audience="customer",
        )  # fmt: skip
    data = {"row": line.number, "owner": request.owner_id}
    record("workbook.imported", subject=request, by=by, origin=Event.Origin.IMPORT, data=data)
