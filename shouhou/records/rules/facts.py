"""The facts of a record."""

from django.utils.translation import gettext_lazy as _

FACTS = {
    "record.made": _("Record made"),
    "record.revised": _("Record's content changed"),
    "record.signed": _("Record signed"),
    "record.refused": _("Signature refused"),
    "record.filed": _("Record filed"),
    "record.voided": _("Record declared void"),
}
