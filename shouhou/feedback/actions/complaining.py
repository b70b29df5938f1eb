"""Taking a complaint: from its first moment it has an owner who is not the one complained of."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from shouhou.agreements.actions import standing_sets
from shouhou.customers.models import Contact, Customer
from shouhou.feedback.models import Complaint
from shouhou.people.models import Appointment, Organisation, User
from shouhou.people.rules import Role
from shouhou.promises.models import CommitmentSet
from shouhou.requests.actions.intake import next_number
from shouhou.requests.models import ServiceRequest
from shouhou.shared.journal import made_before, record
from shouhou.shared.lifecycle import Refused
from shouhou.shared.time import now

ANSWERING = (Role.SUPERVISOR, Role.GENERAL_MANAGER, Role.DUTY_MANAGER)  # who answers complaints, the first found first


def first_owner(organisation: Organisation, about: User | None) -> User:
    """The nearest supervisor at or above the organisation, else its leaders; never the person complained of."""
    above = [int(part) for part in organisation.path.split("/") if part]
    posts = Appointment.objects.current().filter(organisation_id__in=above, user__is_active=True)
    for role in ANSWERING:
        found = posts.filter(role=role).exclude(user=about).select_related("user")
        post = found.order_by("-organisation__path", "user_id").first()
        if post is not None:
            return post.user
    raise Refused(_("Nobody can answer this complaint: appoint a supervisor who is not the person complained of."))


@transaction.atomic
def take_complaint(
    *, organisation: Organisation, name: str, phone: str, words: str, by: User, customer: Customer | None = None,
    contact: Contact | None = None, unit: str = "", about: User | None = None, request: ServiceRequest | None = None,
    received_at: datetime | None = None, channel: str = "phone", key: str = "",
) -> Complaint:  # fmt: skip
    """Write it down and give it an owner (D9). Raises Refused for one without words, or that nobody can answer.

    `received_at` is when the customer said it; now by default.
    """
    if not words.strip():
        raise Refused(_("Write down what the customer complains of."))
    if not by.serves_in(organisation.path):
        raise Refused(_("Only colleagues of this organisation may do this."))
    if key and (known := made_before(key, "complaint.received")):
        return Complaint.objects.get(pk=known)
    at = received_at or now()
    if at > now():
        raise Refused(_("The time lies in the future: correct it."))
    standing, company = CommitmentSet.Purpose.STANDING, CommitmentSet.Purpose.COMPANY
    sets = standing_sets(organisation, standing, company)
    complaint = Complaint.objects.create(
        organisation=organisation, customer=customer, contact=contact, unit=unit.strip() or str(customer or ""),
        name=name.strip(), phone=phone.strip(), words=words.strip(), about=about, request=request, channel=channel,
        number=next_number("CP", at.astimezone(organisation.tz)), owner=first_owner(organisation, about),
        received_at=at, taken_by=by, commitment_set=sets.get(standing), company_set=sets.get(company),
    )  # fmt: skip
    event = record(
        "complaint.received", subject=complaint, by=by, occurred_at=at, data={"channel": channel},
        key=f"{key}:complaint.received" if key else None,
    )  # fmt: skip
    complaint.recorded(event)
    return complaint
