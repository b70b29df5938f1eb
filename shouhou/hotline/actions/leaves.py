"""Leave of those who sit at the hotline, and who sits there instead (A3.4)."""

from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from shouhou.hotline.actions.roster import duty_of, limit_of, limits_of, monday_of, persons, week_of
from shouhou.hotline.models import Shift
from shouhou.hotline.rules.duty import Found
from shouhou.hotline.rules.resting import offences
from shouhou.people.models import Leave, User
from shouhou.shared.journal import record
from shouhou.shared.lifecycle import Refused
from shouhou.shared.time import now


@transaction.atomic
def ask_leave(*, by: User, kind: str, from_at: datetime, until_at: datetime, reason: str) -> Leave:
    """Ask to be away; who leads the organisation decides. Raises Refused for the wrong way round or a second asking."""
    if until_at <= from_at:
        raise Refused(_("The leave ends before it begins: correct its times."))
    if not reason.strip():
        raise Refused(_("Write down the reason of the leave."))
    User.objects.select_for_update().get(pk=by.pk)
    standing = Leave.objects.filter(user=by, status__in=(Leave.Status.ASKED, Leave.Status.APPROVED))
    if standing.during(from_at, until_at).exists():
        raise Refused(_("You have asked for leave in that time already: withdraw it first."))
    leave = Leave.objects.create(
        user=by, organisation=by.home, kind=kind, from_at=from_at, until_at=until_at, reason=reason.strip(),
        asked_at=now(),
    )  # fmt: skip
    record("leave.asked", subject=leave, by=by, data={"kind": kind})
    return leave


def shifts_in(leave: Leave) -> list[Shift]:
    """The shifts of the person that fall into the leave."""
    rows = Shift.objects.standing().filter(user=leave.user_id).during(leave.from_at, leave.until_at)
    return list(rows.exclude(status=Shift.Status.ENDED).select_related("kind__organisation", "user").order_by("pk"))


@transaction.atomic
def approve_leave(leave: Leave, *, by: User, cover: User | None, answer: str = "") -> list[Shift]:
    """Let the person go, and seat the covering colleague in every shift of that time. Returns the covering shifts.

    Raises Refused where a seat would stay empty, or the cover is away or seated already.
    """
    leave.approve(by=by, cover=cover, answer=answer)
    made = []
    for shift in shifts_in(leave):
        start, until = max(leave.from_at, shift.starts_at, now()), min(leave.until_at, shift.ends_at)
        if Found.ABSENT in shift.found:  # a sick note that comes afterwards
            record("shift.excused", subject=shift, by=by, key=f"excused:{shift.pk}", data={"leave": leave.pk})
        if start >= until:
            continue
        if cover is None:
            raise Refused(_("A shift at the hotline falls into this leave: name the colleague who covers."))
        whole = start == shift.starts_at and until == shift.ends_at and shift.status != Shift.Status.BEGUN
        if whole:
            with shift.moving(Shift.Status.WITHDRAWN, by=by, data={"leave": leave.pk, "user": shift.user_id}):
                pass
        made.append(_cover(shift, leave, cover, start, until, by=by, told=shift.published_at is not None))
    return made


def _cover(shift: Shift, leave: Leave, cover: User, start: datetime, until: datetime, *, by: User, told: bool) -> Shift:
    """The covering colleague's shift, published at once where the covered one was."""
    User.objects.select_for_update().get(pk=cover.pk)
    standing = Shift.objects.standing().filter(user=cover).during(start, until)
    if standing.exists() or Leave.objects.approved().filter(user=cover).during(start, until).exists():
        raise Refused(_("%(person)s is away or sits at the hotline already in that time.") % {"person": cover})
    new = Shift.objects.create(
        organisation=shift.organisation, kind=shift.kind, user=cover, starts_at=start, ends_at=until, planned_by=by,
        covers=leave,
    )  # fmt: skip
    if told:
        week = week_of(shift.organisation, monday_of(start.astimezone(shift.organisation.tz).date()))
        codes = {o.code for o in week.offences.get(new.pk, [])}
        new.publish(
            by=by, limit_at=limit_of(week.hours, start), offences=codes,
            exception=_("Covers for %(person)s on leave") % {"person": leave.user},
        )  # fmt: skip
    return new


def free_to_cover(leave: Leave) -> list[User]:
    """Colleagues who could sit in every shift of the leave without being away or in two places; the rested first."""
    shifts = shifts_in(leave)
    if not shifts:
        return []
    organisation = shifts[0].organisation
    week = week_of(organisation, monday_of(shifts[0].starts_at.astimezone(organisation.tz).date()))
    seen = persons(week)
    found: list[tuple[int, User]] = []
    for person in week.people:
        if person.pk == leave.user_id:
            continue
        own = [duty_of(s) for s in week.shifts if s.user_id == person.pk]
        taken = [replace(duty_of(s), person=person.pk) for s in shifts]
        codes = {o.code for o in offences(seen[person.pk], [*own, *taken], limits_of(week))}
        if not codes & {"overlap", "away"}:
            found.append((len(codes), person))
    return [person for _count, person in sorted(found, key=lambda pair: (pair[0], pair[1].pk))]
