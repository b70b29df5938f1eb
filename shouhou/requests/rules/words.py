"""The closed vocabularies of a service request."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Channel(TextChoices):
    PHONE = "phone", _("Phone")
    PORTAL = "portal", _("Portal")
    MAIL = "mail", _("E-mail")
    WECHAT = "wechat", _("WeChat group")
    QQ = "qq", _("QQ group")
    ENGINEER = "engineer", _("Engineer's own phone")
    MONITORING = "monitoring", _("Monitoring")
    IVR = "ivr", _("Voice menu")
    DIRECT = "direct", _("In person")


class Kind(TextChoices):
    FAULT = "fault", _("Fault")
    CONSULTATION = "consultation", _("Consultation")
    USABILITY = "usability", _("Usability wish")
    PERFORMANCE = "performance", _("Performance problem")
    DEPOT = "depot", _("Return to depot")
    PRESALES = "presales", _("Presales question")
    SERVICE = "service", _("Other service")


class Severity(TextChoices):
    """The four grades of Chinese practice; the first is the gravest."""

    CRITICAL = "critical", _("Critical")
    MAJOR = "major", _("Major")
    MEDIUM = "medium", _("Medium")
    MINOR = "minor", _("Minor")


class Grade(TextChoices):
    """Impact and urgency, from which severity follows."""

    HIGH = "high", _("High")
    MEDIUM = "medium", _("Medium")
    LOW = "low", _("Low")


class Waiting(TextChoices):
    """Why the work stands still."""

    NONE = "", _("Not waiting")
    CUSTOMER = "customer", _("Waiting for the customer")
    FORCE_MAJEURE = "force_majeure", _("Force majeure")
    POSTPONED = "postponed", _("Postponement agreed")


class Coverage(TextChoices):
    COVERED = "covered", _("Under agreement")
    UNDECIDED = "undecided", _("Coverage to be decided")
    PAID = "paid", _("Paid")
    GOODWILL = "goodwill", _("Goodwill")


class Confirmation(TextChoices):
    """How the customer said that it is solved."""

    NONE = "", "-"
    LINK = "link", _("By link")
    SIGNATURE = "signature", _("By signature")
    SPOKEN = "spoken", _("Spoken")
    EXPIRED = "expired", _("Window expired without an answer")
    PORTAL = "portal", _("In the portal")
    SOURCE = "source", _("Taken over from the source system")


class Cause(TextChoices):
    UNKNOWN = "", "-"
    SOFTWARE = "software", _("Software")
    HARDWARE = "hardware", _("Hardware")
    ENVIRONMENT = "environment", _("Environment")
    OPERATION = "operation", _("Operation")
    THIRD_PARTY = "third_party", _("Third party")


_MATRIX = {
    ("high", "high"): Severity.CRITICAL,
    ("high", "medium"): Severity.MAJOR,
    ("medium", "high"): Severity.MAJOR,
    ("high", "low"): Severity.MEDIUM,
    ("medium", "medium"): Severity.MEDIUM,
    ("low", "high"): Severity.MEDIUM,
    ("medium", "low"): Severity.MINOR,
    ("low", "medium"): Severity.MINOR,
    ("low", "low"): Severity.MINOR,
}


def severity_of(impact: str, urgency: str) -> Severity:
    """Severity from impact and urgency (K2), as the matrix of the grading table says."""
    return _MATRIX[(impact, urgency)]


class Wish(TextChoices):
    """What the customer says to a visit, where the telephone does not solve it (A3.14-A3.18)."""

    AGREED = "agreed", _("Agrees to a visit within the promised time")
    SPECIAL = "special", _("Wants it otherwise: time, person or way")
    URGENT = "urgent", _("Wants it today or tomorrow")
