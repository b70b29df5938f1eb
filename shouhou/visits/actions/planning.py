"""From the on-site service request to a visit that the engineer has accepted and the customer knows of (A3.5)."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from shouhou.notices.actions import send_mail
from shouhou.people.models import Leave, User
from shouhou.people.models.absences import skills_of
from shouhou.people.rules import SERVING, Role, Skill
from shouhou.requests.actions.intake import next_number
from shouhou.requests.actions.visits import arrange_visit
from shouhou.requests.models import ServiceRequest, VisitRequest
from shouhou.requests.rules.words import Coverage, Wish
from shouhou.shared.journal import record
from shouhou.shared.lifecycle import Refused
from shouhou.shared.models import Event
from shouhou.shared.time import now
from shouhou.visits.models import Visit
from shouhou.visits.rules.conflicts import NEVER, Conflict

LENGTH = timedelta(minutes=90)  # of a visit where nobody says otherwise
NEEDED = {"device": Skill.HARDWARE, "software": Skill.SOFTWARE}  # kind of product -> what its engineer is examined in


def conflicts_of(
    case: ServiceRequest, wanted: VisitRequest | None, engineer: User, starts: datetime, ends: datetime,
    besides: Visit | None = None,
) -> list[Conflict]:  # fmt: skip
    """What speaks against this engineer at this time, the gravest first."""
    found = [Conflict.REMOTE] if works_remotely(case) == engineer.pk else []
    others = Visit.objects.standing().filter(engineer=engineer).during(starts, ends)
    if others.exclude(pk=besides.pk if besides else 0).exclude(status=Visit.Status.DONE).exists():
        found.append(Conflict.OVERLAP)
    if Leave.objects.approved().filter(user=engineer).during(starts, ends).exists():
        found.append(Conflict.AWAY)
    skill = NEEDED.get(case.item.product.kind) if case.item else None
    day = starts.astimezone(case.organisation.tz).date()
    if skill and skill not in skills_of([engineer.pk], day)[engineer.pk]:
        found.append(Conflict.UNQUALIFIED)
    if wanted and wanted.promised_until and starts > wanted.promised_until:
        found.append(Conflict.LATE)
    if wanted and wanted.available:
        local = starts.astimezone(case.organisation.tz)
        if f"{local.date().isoformat()} {'am' if local.hour < 12 else 'pm'}" not in wanted.available:
            found.append(Conflict.ABSENT)
    return found


def works_remotely(case: ServiceRequest) -> int | None:
    """Who works on the request from afar now, if anybody (H2)."""
    rows = Event.objects.of(case).filter(kind__in=("remote.started", "remote.ended")).order_by("occurred_at", "id")
    last = rows.last()
    return last.by_id if last is not None and last.kind == "remote.started" else None


@transaction.atomic
def plan_visit(
    wanted: VisitRequest, *, engineer: User, starts_at: datetime, ends_at: datetime, by: User, reason: str = "",
    pinned: bool = False,
) -> Visit:  # fmt: skip
    """Ask an engineer to go at a time. Raises Refused where something speaks against it and no reason is given.

    Whether the agreement covers it must be decided first: covered, paid or goodwill (A4.1).
    """
    wanted = VisitRequest.objects.select_for_update(of=("self",)).select_related("request", "organisation").get(
        pk=wanted.pk
    )  # fmt: skip
    case = wanted.request
    may_dispatch(wanted, engineer, by)
    if case.coverage == Coverage.UNDECIDED:
        raise Refused(_("Decide first whether the visit is covered, paid or goodwill: on the request's own page."))
    if wanted.visits.standing().exclude(status=Visit.Status.DONE).exists():
        raise Refused(_("A visit is planned for it already."))
    if ends_at <= starts_at:
        raise Refused(_("The visit ends before it begins: correct its times."))
    said = _weigh(conflicts_of(case, wanted, engineer, starts_at, ends_at), engineer, reason)
    at = now()
    visit = Visit(
        organisation=wanted.organisation, customer=wanted.customer, request=case, visit_request=wanted,
        number=next_number("SV", at.astimezone(wanted.organisation.tz)), engineer=engineer, starts_at=starts_at,
        ends_at=ends_at, site=case.site, unit=wanted.unit, address=wanted.address, contact_name=wanted.contact_name,
        phone=wanted.phone, planned_by=by, planned_at=at, pinned=pinned,
    )  # fmt: skip
    visit.bind([engineer.pk], at)
    visit.save()
    record(
        "visit.planned", subject=visit, case=case, by=by, occurred_at=at,
        data={"visit": visit.pk, "engineer": engineer.pk, "conflicts": said},
    )  # fmt: skip
    return visit


def may_dispatch(wanted: VisitRequest, engineer: User, by: User) -> None:
    """Raises Refused for who may not send people, or for whom nobody may send."""
    path = wanted.organisation.path
    if not (by.serves_in(path) and by.leads_in(path)):
        raise Refused(_("Only who leads the organisation sends engineers."))
    if not engineer.holds(Role.ENGINEER) or not engineer.holds(*SERVING, organisation_path=path):
        raise Refused(_("%(engineer)s does not serve in this organisation.") % {"engineer": engineer})


def _weigh(found: list[Conflict], engineer: User, reason: str) -> list[str]:
    """The codes to keep with the plan. Raises Refused for what is never done, or is not explained."""
    never = [c for c in found if c in NEVER]
    if never or (found and not reason.strip()):
        words = "; ".join(str(c.label) for c in (never or found))
        told = {"engineer": engineer, "why": words}
        if never:
            raise Refused(_("%(engineer)s %(why)s.") % told)
        raise Refused(_("%(engineer)s: %(why)s. Choose otherwise, or say why it is planned all the same.") % told)
    return [str(c) for c in found]


@transaction.atomic
def move_visit(
    visit: Visit, *, by: User, starts_at: datetime, ends_at: datetime, engineer: User | None = None, reason: str = ""
) -> None:
    """Another time, another engineer, or both. The customer has to be told again of another time."""
    visit = Visit.objects.select_for_update(of=("self",)).select_related("request", "organisation").get(pk=visit.pk)
    if visit.pinned and not reason.strip():
        raise Refused(_("This visit is fixed: say why it moves all the same."))
    if ends_at <= starts_at:
        raise Refused(_("The visit ends before it begins: correct its times."))
    goes = engineer or visit.engineer
    if engineer is not None and visit.visit_request:
        may_dispatch(visit.visit_request, engineer, by)
    _weigh(conflicts_of(visit.request, visit.visit_request, goes, starts_at, ends_at, visit), goes, reason)
    if (starts_at, ends_at) != (visit.starts_at, visit.ends_at):
        visit.move_to(starts_at, ends_at, by=by)
    if goes.pk != visit.engineer_id:
        visit.give_to(goes, by=by)


@transaction.atomic
def accept_visit(visit: Visit, *, by: User) -> None:
    """The engineer goes."""
    visit.accept(by=by)
    settle(visit)


@transaction.atomic
def tell_customer(visit: Visit, *, by: User, words: str) -> None:
    """The customer was told the time by telephone, and agrees; what was said stays on record."""
    if not words.strip():
        raise Refused(_("Write down what was told to the customer."))
    if not by.leads_in(visit.organisation.path):
        raise Refused(_("Only who leads the organisation arranges a visit."))
    visit.agree(by=by)
    settle(visit, by=by, words=words)


@transaction.atomic
def agree_by_link(visit: Visit) -> None:
    """The customer agrees at the secret address."""
    visit.agree(by=None)
    settle(visit)


def settle(visit: Visit, *, by: User | None = None, words: str = "") -> bool:
    """Dispatched is: the engineer has accepted, and the customer knows the time (A3.5). True where both are so now.

    An urgent wish is settled by the duty manager's own call alone (A3.18): no click of the customer's replaces it.
    """
    wanted = visit.visit_request
    if wanted is None or wanted.status != VisitRequest.Status.OPEN or not (visit.accepted_at and visit.agreed_at):
        return False
    if wanted.wish != Wish.AGREED and by is None:
        return False
    told = words.strip() or _("Agreed by the link: %(when)s") % {"when": spoken(visit)}
    arrange_visit(
        wanted, by=by or visit.planned_by, outcome=told, engineer=visit.engineer, appointed_at=visit.starts_at,
        called_at=max(visit.accepted_at, visit.agreed_at),
    )  # fmt: skip
    return True


def spoken(visit: Visit) -> str:
    """The appointment in words, in the organisation's zone."""
    zone = visit.organisation.tz
    start, end = visit.starts_at.astimezone(zone), visit.ends_at.astimezone(zone)
    return f"{date_format(start, 'MONTH_DAY_FORMAT')} {date_format(start, 'D')} {start:%H:%M}-{end:%H:%M}"


@transaction.atomic
def send_appointment(visit: Visit) -> str:
    """The address at which the customer agrees or asks for another time; by mail too where there is one. Returns it."""
    token = visit.new_link()
    address = settings.PUBLIC_URL + reverse("visits:appointment", args=[token])
    contact = visit.request.contact
    if contact and contact.email:
        with translation.override(contact.user.language if contact.user else "zh-hans"):
            told = {"number": visit.request.number, "when": spoken(visit), "engineer": visit.engineer.name,
                    "address": address, "place": visit.address}  # fmt: skip
            send_mail(
                to=contact.email, subject=_("Appointment for %(number)s: %(when)s") % told, case_kind=Visit.KIND,
                case_id=visit.pk,
                body=_(
                    "%(engineer)s would come on %(when)s to %(place)s.\n\n"
                    "Please agree, or say when it would suit you: %(address)s"
                ) % told,
            )  # fmt: skip
    return address


@transaction.atomic
def adopt_dispatch(wanted: VisitRequest) -> Visit | None:
    """An engineer named on the telephone's page has said yes: the visit follows from it. None if there is one."""
    wanted = VisitRequest.objects.select_for_update(of=("self",)).select_related("request", "organisation").get(
        pk=wanted.pk
    )  # fmt: skip
    if wanted.engineer is None or wanted.appointed_at is None or wanted.visits.standing().exists():
        return None
    at, by = wanted.arranged_at or now(), wanted.arranged_by or wanted.taken_by
    visit = Visit(
        organisation=wanted.organisation, customer=wanted.customer, request=wanted.request, visit_request=wanted,
        number=next_number("SV", at.astimezone(wanted.organisation.tz)), engineer=wanted.engineer,
        starts_at=wanted.appointed_at, ends_at=wanted.appointed_at + LENGTH, site=wanted.request.site,
        unit=wanted.unit, address=wanted.address, contact_name=wanted.contact_name, phone=wanted.phone, planned_by=by,
        planned_at=at, status=Visit.Status.ACCEPTED, accepted_at=at, agreed_at=at,
    )  # fmt: skip
    visit.bind([wanted.engineer.pk], at)
    visit.save()
    record(
        "visit.planned", subject=visit, case=wanted.request, by=by, occurred_at=at, key=f"visit_request:{wanted.pk}",
        data={"visit": visit.pk, "engineer": wanted.engineer.pk, "conflicts": []},
    )  # fmt: skip
    return visit


def may_send(visit: Visit, by: User) -> None:
    """Raises Refused for who may not write to the customer in the organisation's name, or when it is over."""
    if not by.serves_in(visit.organisation.path):
        raise Refused(_("Only colleagues of this organisation may do this."))
    visit.must_be_coming()
