"""The closed vocabularies of a call."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Phase(TextChoices):
    """How the line stands, as the telephone system says."""

    RINGING = "ringing", _("Ringing")
    ACTIVE = "active", _("Talking")
    HELD = "held", _("On hold")
    ENDED = "ended", _("Ended")
    ABANDONED = "abandoned", _("Caller gave up")


class Disposition(TextChoices):
    """What became of a call: a record, or one key for what needs none (A3.11)."""

    NONE = "", _("Without a record")
    CONSULTATION = "consultation", _("Consultation answered")
    REQUEST = "request", _("Service request")
    COMPLAINT = "complaint", _("Complaint")
    WRONG_NUMBER = "wrong_number", _("Wrong number")
    NUISANCE = "nuisance", _("Nuisance call")
    SILENT = "silent", _("Silence on the line")
    DROPPED = "dropped", _("Cut off, called again")
    MERGED = "merged", _("Recorded with an earlier call")
    RETURNED = "returned", _("Called back")


# One key each; what was cut off and called again, or belongs to an earlier call, names that other call.
ONE_KEY = (Disposition.WRONG_NUMBER, Disposition.NUISANCE, Disposition.SILENT, Disposition.DROPPED, Disposition.MERGED)
WITH_ANOTHER = (Disposition.DROPPED, Disposition.MERGED)


class Purpose(TextChoices):
    """What a number is for (D9)."""

    HOTLINE = "hotline", _("Service hotline")
    HEADQUARTERS = "headquarters", _("Headquarters line")
    COMPLAINTS = "complaints", _("Complaints line")


# The form of the norm (A3.3), in the order in which they are asked (A3.12): the number to call back first.
RECORD = ("phone", "unit", "address", "contact_name", "question", "handling")
