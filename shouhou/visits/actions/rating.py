"""The customer rates the visit on their own phone, by a code that the engineer's phone shows (A4.3, A4.11)."""

from base64 import b64encode
from io import BytesIO

import segno
from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from shouhou.shared.lifecycle import Refused
from shouhou.shared.time import now
from shouhou.visits.models import Visit, VisitRating

SIGNER = Signer(salt="shouhou.visits.rating")


def address(visit: Visit) -> str:
    """Where the customer rates; nobody guesses the address of another visit."""
    return settings.PUBLIC_URL + reverse("visits:rate", args=[SIGNER.sign(str(visit.pk))])


def picture(visit: Visit) -> str:
    """The address as a code to be scanned, which the phone takes along and shows without signal."""
    return drawn(address(visit))


def drawn(text: str) -> str:
    """A QR code as a data address."""
    code = BytesIO()
    segno.make(text, error="m").save(code, kind="svg", scale=4, border=2)
    return "data:image/svg+xml;base64," + b64encode(code.getvalue()).decode()


def visit_of(token: str) -> Visit | None:
    """The visit that an address belongs to."""
    try:
        pk = int(SIGNER.unsign(token))
    except (BadSignature, ValueError):
        return None
    return Visit.objects.for_list().filter(pk=pk).first()


@transaction.atomic
def rate(visit: Visit, *, attitude: int, quality: int, solving: int, words: str = "") -> VisitRating:
    """Keep what the customer says; once. Raises Refused before anybody came, and the second time."""
    with visit.locked():
        if visit.arrived_at is None and visit.status not in (Visit.Status.ON_SITE, Visit.Status.DONE):
            raise Refused(_("The visit has not begun: please rate it afterwards."))
        if VisitRating.objects.filter(visit=visit).exists():
            raise Refused(_("This visit has been rated already. Thank you."))
        row = VisitRating.objects.create(
            visit=visit, attitude=attitude, quality=quality, solving=solving, words=words.strip()[:20_000], at=now()
        )
        scores = [attitude, quality, solving]
        visit.note("visit.rated", by=None, audience="customer", data={"visit": visit.pk, "scores": scores})
    return row
