"""An engineer's visits as iCalendar (RFC 5545), at a secret address that a new password makes void."""

from datetime import timedelta
from uuid import NAMESPACE_URL, uuid5

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from shouhou.people.models import User
from shouhou.shared.time import now
from shouhou.visits.models import Visit

SPAN = timedelta(days=60)  # how far back and ahead


def _mac(user: User) -> str:
    return salted_hmac("shouhou.visits.calendar", f"{user.pk}:{user.password}", algorithm="sha256").hexdigest()[:40]


def address(user: User) -> str:
    """Where this person's calendar program looks."""
    return settings.PUBLIC_URL + reverse("visits:feed", args=[f"{user.pk}-{_mac(user)}"])


def person_of(secret: str) -> User | None:
    """Whose calendar it is; None for a made up address, a former one, and who has left."""
    number, _dash, mac = secret.partition("-")
    if not (number.isascii() and number.isdecimal() and len(number) < 19):
        return None
    user = User.objects.filter(pk=int(number), is_active=True).first()
    right = user is not None and user.is_colleague and constant_time_compare(mac, _mac(user))
    return user if right else None


def calendar_of(user: User) -> bytes:
    """The visits of two months back and ahead; one called off or given away is cancelled, so that it vanishes."""
    at, sheet = now(), Calendar()
    sheet.add("prodid", "-//Shouhou//visits//ZH")
    sheet.add("version", "2.0")
    sheet.add("x-wr-calname", _("Visits of %(person)s") % {"person": user.name})
    theirs = Q(engineer=user) | Q(bounds__contains=[[[user.pk]]])  # now, or at some time
    rows = Visit.objects.filter(theirs, starts_at__range=(at - SPAN, at + SPAN)).for_list()
    for visit in rows.order_by("starts_at", "pk"):
        sheet.add_component(_entry(visit, user))
    return bytes(sheet.to_ical())


def _entry(visit: Visit, user: User) -> Event:
    event = Event()
    event.add("uid", str(uuid5(NAMESPACE_URL, f"shouhou:visit:{visit.pk}")))
    event.add("dtstamp", now())
    event.add("dtstart", visit.starts_at.astimezone(visit.organisation.tz))
    event.add("dtend", visit.ends_at.astimezone(visit.organisation.tz))
    event.add("summary", f"{visit.unit} · {visit.request.subject}")
    event.add("location", visit.address)
    event.add("description", f"{visit.number} {visit.contact_name} {visit.phone}")
    event.add("url", settings.PUBLIC_URL + visit.get_absolute_url())
    theirs = visit.engineer_id == user.pk and visit.status != Visit.Status.CALLED_OFF
    agreed = "CONFIRMED" if visit.agreed_at else "TENTATIVE"
    event.add("status", agreed if theirs else "CANCELLED")
    return event
