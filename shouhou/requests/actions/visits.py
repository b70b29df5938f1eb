"""When the telephone does not solve it: what may be promised, and the on-site service request (A3.14-A3.18)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from shouhou.people.models import User
from shouhou.promises.models.commitments import current_versions
from shouhou.promises.rules.clock import due
from shouhou.promises.rules.fold import applies
from shouhou.requests.actions.intake import next_number
from shouhou.requests.models import ServiceRequest, VisitRequest
from shouhou.requests.models.permits import staff
from shouhou.requests.rules.words import Wish
from shouhou.shared.lifecycle import Refused
from shouhou.shared.time import now

STARTS = {Wish.AGREED: "visit.requested", Wish.URGENT: "visit.urgent_requested", Wish.SPECIAL: "visit.wished"}
DAYS = 3  # for which the customer is asked whether somebody is there (A3.15)


@dataclass(frozen=True, slots=True)
class Where:
    """Where the engineer goes and whom to ask for."""

    unit: str
    address: str
    contact_name: str
    phone: str


def visit_due(request: ServiceRequest, at: datetime) -> datetime | None:
    """Until when somebody would be on site if the customer agreed at this moment (A3.14); None without a promise."""
    what = {**request.promise_facts(), "needs_visit": True}
    binding = [c for c in request.binding() if c.start == "visit.requested" and "visit.arrived" in c.stops]
    versions = current_versions({c.set_id for c in binding}) if binding else {}
    dues = []
    for commitment in binding:
        terms = commitment.terms(versions[commitment.set_id])
        if applies(terms, what):
            dues.append(due(terms.promise, at).at)
    return min((d for d in dues if d is not None), default=None)


def halves(request: ServiceRequest, at: datetime) -> list[tuple[date, str]]:
    """The halves of the next three days, in the organisation's zone, that a customer may say to be there."""
    today = at.astimezone(request.organisation.tz).date()
    return [(today + timedelta(days=n), half) for n in range(DAYS + 1) for half in ("am", "pm")]


@transaction.atomic
def ask_for_visit(
    request: ServiceRequest, *, wish: str, where: Where, by: User, wanted: str = "", available: Sequence[str] = (),
    asked_at: datetime | None = None,
) -> VisitRequest:  # fmt: skip
    """Write the on-site service request that the customer's answer is; who arranges it learns at once.

    `asked_at` is when the customer said it. Raises Refused where something lacks, or one is open already.
    """
    if not staff(request, by):
        raise Refused(_("Only colleagues of this organisation may do this."))
    request.must_be_open()
    lacking = [
        str(VisitRequest._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
        for name in ("unit", "address", "contact_name", "phone")
        if not getattr(where, name).strip()
    ]
    if lacking:
        raise Refused(_("The on-site service request lacks: %(lacking)s.") % {"lacking": ", ".join(lacking)})
    if wish != Wish.AGREED and not wanted.strip():
        raise Refused(_("Write down what the customer wants."))
    if wish == Wish.AGREED and not available:
        raise Refused(_("Ask when somebody is there, and mark it."))
    at = asked_at or now()
    if not request.reported_at <= at <= now():
        raise Refused(_("The customer said it between the report and now: correct the time."))
    if wish == Wish.AGREED:
        request.must_be_promisable()  # a date is promised with it (A1.1)
    with request.locked():
        if request.visit_requests.filter(status=VisitRequest.Status.OPEN).exists():
            raise Refused(_("An on-site service request is open already."))
        known = {f"{day.isoformat()} {half}" for day, half in halves(request, at)}
        visit = VisitRequest.objects.create(
            organisation=request.organisation, customer=request.customer, request=request,
            number=next_number("VR", at.astimezone(request.organisation.tz)), wish=wish, wanted=wanted.strip(),
            available=[half for half in available if half in known], unit=where.unit.strip(),
            address=where.address.strip(), contact_name=where.contact_name.strip(), phone=where.phone.strip(),
            taken_by=by, taken_at=at, promised_until=visit_due(request, at) if wish == Wish.AGREED else None,
        )  # fmt: skip
        with request.noting(
            STARTS[Wish(wish)], by=by, occurred_at=at, audience="customer", source=visit,
            data={"visit_request": visit.pk, "wish": wish},
        ):  # fmt: skip
            request.needs_visit = True
            request.remote_failed = True
        if wish == Wish.URGENT:  # it is a visit wanted as well, only sooner (A3.16 stands beside A3.18)
            request.note("visit.requested", by=by, occurred_at=at, source=visit, data={"visit_request": visit.pk})
    return visit


@transaction.atomic
def arrange_visit(
    visit: VisitRequest, *, by: User, outcome: str, engineer: User | None = None, appointed_at: datetime | None = None,
    called_at: datetime | None = None,
) -> None:  # fmt: skip
    """The duty manager tells the customer by telephone what is arranged. Raises Refused for who may not."""
    if engineer is not None and not engineer.serves_in(visit.organisation.path):
        raise Refused(_("%(engineer)s does not serve in this organisation.") % {"engineer": engineer})
    visit.request.must_be_open()
    if called_at and (called_at > now() or called_at < visit.taken_at):
        raise Refused(_("The call-back lies between the customer's wish and now: correct its time."))
    visit.arrange(by=by, outcome=outcome, engineer=engineer, appointed_at=appointed_at, called_at=called_at)
