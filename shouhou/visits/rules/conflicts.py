"""What speaks against an engineer at a time: named, so that a person decides."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Conflict(TextChoices):
    """One reason."""

    OVERLAP = "overlap", _("goes on another visit at that time")
    AWAY = "away", _("is away with leave")
    UNQUALIFIED = "unqualified", _("has no valid qualification for this product")
    REMOTE = "remote", _("works on it from afar: another engineer goes (H2)")
    LATE = "late", _("later than what the customer was promised")
    ABSENT = "absent", _("at a time for which the customer did not say that somebody is there")


# Refused outright: nobody is in two places, and the engineer at the other end of the line stays there (H2).
NEVER = frozenset({Conflict.REMOTE})
