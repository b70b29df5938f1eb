"""The engineer's badge: the customer scans its code before the door opens, and that proves the arrival (A4.2)."""

from base64 import b64encode
from datetime import timedelta

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from shouhou.people.models import User
from shouhou.shared.files import open_blob
from shouhou.shared.lifecycle import Refused
from shouhou.shared.time import now
from shouhou.visits.actions.rating import drawn
from shouhou.visits.actions.syncing import bring_in_line
from shouhou.visits.models import Visit

SIGNER = Signer(salt="shouhou.visits.badge")
AROUND = timedelta(hours=24)  # before and after the appointment; at other times the badge opens no door


def address(visit: Visit) -> str:
    """Where the customer checks the badge; it names the visit and its engineer, so that a handed over one is void."""
    token = SIGNER.sign(f"{visit.pk}-{visit.engineer_id}")
    return settings.PUBLIC_URL + reverse("visits:badge", args=[token])


def picture(visit: Visit) -> str:
    """The address as a code that the phone takes along."""
    return drawn(address(visit))


def portrait(user: User) -> str:
    """The engineer's photo as a data address; empty without one."""
    if user.portrait is None:
        return ""
    with open_blob(user.portrait) as content:
        return f"data:{user.portrait.type};base64,{b64encode(content.read()).decode()}"


def visit_of(token: str) -> Visit | None:
    """The visit of a badge; None for a made up address, and where somebody else goes by now."""
    try:
        pk, engineer = (int(part) for part in SIGNER.unsign(token).split("-"))
    except (BadSignature, ValueError):
        return None
    return Visit.objects.for_list().select_related("engineer__portrait").filter(pk=pk, engineer=engineer).first()


def is_valid(visit: Visit) -> bool:
    """Whether this engineer is expected there about now."""
    coming = visit.status in (Visit.Status.PLANNED, Visit.Status.ACCEPTED, Visit.Status.ON_SITE)
    return coming and visit.starts_at - AROUND <= now() <= visit.ends_at + AROUND


@transaction.atomic
def verify_badge(visit: Visit) -> None:
    """The customer says: this is the person before me. Once; it proves the arrival. Raises Refused at other times."""
    if not is_valid(visit):
        raise Refused(_("This badge is not valid now: please call our hotline."))
    if visit.badge_seen_at is not None:
        return
    with visit.noting("visit.badge_verified", by=None, audience="customer", data={"visit": visit.pk}) as at:
        visit.badge_seen_at = at
    if visit.arrived_at is not None:
        bring_in_line(visit)
