"""Reassignment as A1.10 says: a reason, an acceptance, and an end to passing the buck."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from shouhou.people.models import Appointment, User, UserQuerySet
from shouhou.people.rules import SERVING, Role
from shouhou.requests.actions.intake import duty_manager_of
from shouhou.requests.models import Reassignment, ServiceRequest
from shouhou.requests.models.handovers import ACCEPT_WITHIN, SIDEWAYS_LIMIT
from shouhou.requests.models.permits import responsible, staff
from shouhou.shared.lifecycle import Refused
from shouhou.shared.time import now


def kind_of_handover(request: ServiceRequest, *, by: User, taker: User) -> str:
    """Dispatch by who leads and escalation to the duty manager are no sideways passing."""
    if by.holds(Role.DUTY_MANAGER, organisation_path=request.organisation.path):
        return Reassignment.Kind.DISPATCH
    if taker.holds(Role.DUTY_MANAGER, organisation_path=request.organisation.path):
        return Reassignment.Kind.ESCALATION
    return Reassignment.Kind.SIDEWAYS


def takers_of(request: ServiceRequest) -> UserQuerySet:
    """Who may take it over: everybody who serves its organisation, but the owner."""
    return User.objects.holding(*SERVING, organisation=request.organisation).exclude(pk=request.owner_id)


def nearest_first(request: ServiceRequest) -> list[tuple[int, str]]:
    """Takers with their organisation, those of the customer's own region before all others (J8)."""
    where = " ".join(f"{place.region} {place.address}" for place in (request.site, request.customer) if place)
    current = Appointment.objects.current().filter(role__in=SERVING).select_related("organisation").order_by("pk")
    home = {post.user_id: post.organisation for post in reversed(current.filter(user__in=takers_of(request)))}
    rows = []
    for person in takers_of(request).order_by("name"):
        post = home[person.pk]
        near = bool(post.region) and post.region in where
        words = _("%(person)s · %(organisation)s (nearest)") if near else "%(person)s · %(organisation)s"
        rows.append((not near, person.pk, words % {"person": person.name, "organisation": post.name}))
    return [(pk, words) for _far, pk, words in sorted(rows, key=lambda row: row[0])]


@transaction.atomic
def offer_reassignment(request: ServiceRequest, *, taker: User, reason: str, by: User, kind: str = "") -> Reassignment:
    """Offer the request to somebody else. The giver stays its owner until it is accepted.

    The third sideways offer goes to the duty manager instead, who becomes the owner at once.
    """
    if not reason.strip():
        raise Refused(_("Say why somebody else should take it."))
    if taker.pk == request.owner_id:
        raise Refused(_("%(person)s already owns this request.") % {"person": taker})
    if not taker.is_active or not staff(request, taker):
        raise Refused(_("%(person)s does not serve this organisation.") % {"person": taker})
    with request.locked():
        if taker.pk == request.owner_id:  # accepted from somebody else a moment ago
            raise Refused(_("%(person)s already owns this request.") % {"person": taker})
        if not responsible(request, by) or request.status not in ServiceRequest.OPEN:
            raise Refused(
                _("Only the owner, %(owner)s, or who leads the organisation may do this.") % {"owner": request.owner}
            )
        if request.handovers.filter(state=Reassignment.State.OFFERED).exists():
            raise Refused(_("An offer is waiting for its answer already."))
        kind = kind or kind_of_handover(request, by=by, taker=taker)
        sideways = (
            request.handovers.filter(kind=Reassignment.Kind.SIDEWAYS)
            .exclude(state=Reassignment.State.WITHDRAWN)
            .count()
        )
        at = now()
        row = Reassignment.objects.create(
            request=request, giver=request.owner, taker=taker, kind=kind, reason=reason.strip(), offered_at=at,
            accept_by=at + ACCEPT_WITHIN,
        )  # fmt: skip
        offer = {"taker": taker.pk, "kind": kind, "handover": row.pk}
        request.note("reassignment.offered", by=by, occurred_at=at, data=offer)
        if kind == Reassignment.Kind.SIDEWAYS and sideways + 1 >= SIDEWAYS_LIMIT:
            escalate(row, by=None)
    return row


def _answer(row: Reassignment, *, state: str, owner: User | None, by: User | None, fact: str, answer: str = "") -> None:
    """Write an offer's outcome, under the request's lock, once."""
    request = row.request
    with request.locked():
        row.refresh_from_db()
        if row.state != Reassignment.State.OFFERED:
            raise Refused(_("This offer has been answered already."))
        if state == Reassignment.State.ACCEPTED and request.status not in ServiceRequest.OPEN:
            raise Refused(_("%(number)s is not open.") % {"number": request.number})
        with request.noting(
            fact, by=by, data={"taker": (owner or row.taker).pk, "kind": row.kind, "handover": row.pk}
        ) as at:
            if owner is not None:
                request.owner = owner
                request.reassignments += 1
            row.state, row.answered_at, row.answer = state, at, answer
            row.save(update_fields=["state", "answered_at", "answer"])


def accept_reassignment(row: Reassignment, *, by: User) -> None:
    """The taker becomes the accountable owner."""
    if by.pk != row.taker_id:
        raise Refused(_("Only %(person)s can accept this.") % {"person": row.taker})
    _answer(row, state=Reassignment.State.ACCEPTED, owner=by, by=by, fact="reassignment.accepted")


def decline_reassignment(row: Reassignment, *, by: User, answer: str) -> None:
    """The taker says no, with a reason; the giver stays the owner."""
    if by.pk != row.taker_id:
        raise Refused(_("Only %(person)s can decline this.") % {"person": row.taker})
    if not answer.strip():
        raise Refused(_("Say why you cannot take it."))
    _answer(
        row, state=Reassignment.State.DECLINED, owner=None, by=by, fact="reassignment.declined", answer=answer.strip()
    )


def withdraw_reassignment(row: Reassignment, *, by: User) -> None:
    """Whoever offered it keeps it after all, or who leads ends the offer."""
    if by.pk != row.giver_id and not responsible(row.request, by):
        raise Refused(_("Only %(person)s, or who leads the organisation, can withdraw this.") % {"person": row.giver})
    _answer(row, state=Reassignment.State.WITHDRAWN, owner=None, by=by, fact="reassignment.withdrawn")


def escalate(row: Reassignment, *, by: User | None) -> None:
    """Unaccepted for 15 minutes, or passed on for the third time: the duty manager owns it now.

    Where nobody else can take it the offer ends and the giver goes on owning the request.
    """
    manager = duty_manager_of(row.request.organisation)
    ended = row.request.status not in ServiceRequest.OPEN
    if manager is None or manager.pk == row.request.owner_id or ended:
        _answer(row, state=Reassignment.State.WITHDRAWN, owner=None, by=by, fact="reassignment.withdrawn")
        return
    _answer(row, state=Reassignment.State.ESCALATED, owner=manager, by=by, fact="reassignment.escalated")


def escalate_unaccepted(at: datetime) -> int:
    """The sweep: every offer whose 15 minutes are over. Returns how many."""
    done = 0
    due = Reassignment.objects.filter(state=Reassignment.State.OFFERED, accept_by__lte=at).order_by("accept_by")
    for row in due.select_related("request__organisation", "taker")[:200]:
        try:
            escalate(row, by=None)
        except Refused:
            continue  # answered at this very moment
        done += 1
    return done
