"""Who works here and in which role, what they are qualified for, and when they are away."""

from shouhou.people.models.absences import Leave, Qualification
from shouhou.people.models.users import (
    Appointment,
    Organisation,
    OrganisationQuerySet,
    SignedRequest,
    User,
    UserQuerySet,
    today,
    valid_zone,
)

__all__ = [
    "Appointment", "Leave", "Organisation", "OrganisationQuerySet", "Qualification", "SignedRequest", "User",
    "UserQuerySet", "today", "valid_zone",
]  # fmt: skip
