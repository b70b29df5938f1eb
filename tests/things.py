"""What the walk over all addresses meets, of the rooms that need more than one row for an object."""

from datetime import date, timedelta
from typing import Any

from shouhou.shared.time import now


def duty(company, worker) -> dict[str, Any]:
    """A colleague's shift, leave and qualification."""
    from shouhou.hotline.models import Shift
    from shouhou.hotline.tests.make import kind_of_shift
    from shouhou.people.models import Leave, Qualification

    starts = now()
    kind, hour = kind_of_shift(company), timedelta(hours=1)
    times = {"starts_at": starts, "ends_at": starts + hour}
    return {
        "shift_kind": kind,
        "shift": Shift.objects.create(organisation=company, kind=kind, user=worker, planned_by=worker, **times),
        "leave": Leave.objects.create(
            user=worker, organisation=company, from_at=starts, until_at=starts + hour, reason="病", asked_at=starts
        ),
        "qualification": Qualification.objects.create(user=worker, skill="etiquette", given_on=date(2026, 1, 1)),
    }


def paper(company, customer, worker) -> dict[str, Any]:
    """A signed record of the customer's, not filed yet, and a signature on it."""
    from shouhou.records.actions.signing import sign
    from shouhou.records.tests.make import kinds, png, sheet

    kinds()
    record = sheet(company, worker, customer=customer)
    for role in ("customer", "engineer"):
        mark = sign(record, role=role, name="陈芳", how="drawn", png=png(), by=worker)
    return {"record": record, "signature": mark}


def learnt(company, worker) -> dict[str, Any]:
    """A draft of an article, and a compilation that waits for it."""
    from shouhou.knowledge.models import Article, Compilation

    return {
        "article": Article.objects.create(
            organisation=company,
            title="打印",
            problem="窗口电脑无法打印",
            author=worker,
            edited_by=worker,
            drafted_at=now(),
        ),
        "compilation": Compilation.objects.create(
            organisation=company, starts_on=date(2026, 1, 1), ends_on=date(2026, 3, 31), due_on=date(2026, 4, 15)
        ),
    }


def on_site(case, worker):
    """A visit planned for the request; the one that it was wished for is a row of its own."""
    from shouhou.visits.models import Visit

    starts = now() + timedelta(hours=1)
    return Visit.objects.create(
        organisation=case.organisation, customer=case.customer, request=case, number="SV-1", engineer=worker,
        starts_at=starts, ends_at=starts + timedelta(hours=1), unit=case.customer.name, address="天府大道",
        contact_name="陈芳", phone="028-1", planned_by=worker, planned_at=now(),
    )  # fmt: skip


def corrective(company, worker):
    """A corrective action for a clause of the vendor's support."""
    from shouhou.reports.models import CorrectiveAction

    day = date(2026, 1, 31)
    return CorrectiveAction.objects.create(
        organisation=company, clause="A5.1", cause="C", measure="M", owner=worker, due_on=day, opened_by=worker,
        opened_at=now(), first_on=day, last_on=day, applicable=2, conforming=1,
    )  # fmt: skip
