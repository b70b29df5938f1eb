"""The facts of the hotline; those of the line itself (call.ringing and so on) are declared by the requests."""

from django.utils.translation import gettext_lazy as _

FACTS = {
    "call.offered": _("Rings at a desk"),
    "call.recorded": _("Call recorded"),
    "call.disposed": _("Call without a record settled"),
    "call.taken_over": _("Call's record taken over"),
    "call.tried_back": _("Called back, nobody answered"),
    "call.identified": _("Caller identified"),
    "line.opened": _("Telephone number added"),
    "door.opened": _("Telephone system connected"),
    "door.renewed": _("Telephone system's secret renewed"),
}
