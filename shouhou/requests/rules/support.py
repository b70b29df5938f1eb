"""The written request for support that we send to a vendor: its document, its words, and when it is chased."""

from datetime import datetime, timedelta

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from shouhou.records.rules.kinds import Field, Kind, Party, Section

# Elapsed time since sending after which a request that nobody acknowledged is chased (A5.2); then once a day.
CHASES = (timedelta(hours=1), timedelta(hours=4))
EVERY = timedelta(days=1)


class Way(TextChoices):
    """How the request reaches the vendor (A5.1)."""

    LINK = "link", _("Link by e-mail")
    FAX = "fax", _("Print-out by fax")
    HAND = "hand", _("Another way")


class Heard(TextChoices):
    """How the vendor's answer reached us."""

    LINK = "link", _("Link")
    PHONE = "phone", _("Telephone")
    MAIL = "mail", _("E-mail")
    FAX = "fax", _("Fax")


KIND = Kind(
    key="support_request",
    name=_("Technical support request"),
    pattern="JS-{year}-{n:05}",
    retention_years=10,
    internal=True,
    parties=(Party("representative", _("Representative's signature and company seal")),),
    sections=(
        Section(
            _("To the vendor"),
            (
                Field("vendor", _("Vendor")), Field("contact", _("Contact")), Field("email", _("E-mail")),
                Field("phone", _("Telephone or fax")),
            ),
        ),
        Section(
            _("Support request"),
            (
                Field("request", _("Service request")), Field("customer", _("Customer")),
                Field("item", _("Installed item")), Field("severity", _("Severity")),
                Field("problem", _("Problem"), wide=True), Field("tried", _("What we have tried"), wide=True),
                Field("wanted", _("What we ask for"), wide=True),
                Field("wanted_by", _("Answer wanted until"), "moment"),
                Field("asked_by", _("Asked by")), Field("reply_to", _("Our telephone")),
            ),
        ),
    ),
)  # fmt: skip


def chase_due(sent_at: datetime, chases: int) -> datetime:
    """When a request sent at this instant is chased next, after so many chases; counted in elapsed time."""
    if chases < len(CHASES):
        return sent_at + CHASES[chases]
    return sent_at + CHASES[-1] + EVERY * (chases - len(CHASES) + 1)
