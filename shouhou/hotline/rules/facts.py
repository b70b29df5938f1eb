"""The facts of the hotline; those of the line itself (call.ringing and so on) are declared by the requests."""

from django.utils.translation import gettext_lazy as _

FACTS = {
    "call.offered": _("Rings at a desk"),
    "call.lingered": _("Written down, but the line was not freed"),
    "call.recorded": _("Call recorded"),
    "call.disposed": _("Call without a record settled"),
    "call.taken_over": _("Call's record taken over"),
    "call.tried_back": _("Called back, nobody answered"),
    "call.identified": _("Caller identified"),
    "line.opened": _("Telephone number added"),
    "line.edited": _("Telephone number changed"),
    "line.retired": _("Telephone number given up"),
    "card.sent": _("Hotline card sent"),
    "card.received": _("Hotline card received"),
    "door.opened": _("Telephone system connected"),
    "door.renewed": _("Telephone system's secret renewed"),
    "shift.published": _("Shift published"),
    "shift.withdrawn": _("Shift withdrawn"),
    "shift.begun": _("Clocked in"),
    "shift.checked": _("Preparation: part done"),
    "shift.prepared": _("Desk prepared"),
    "shift.found_absent": _("Absent without leave"),
    "shift.found_unready": _("Preparation not finished in time"),
    "shift.found_away": _("Calls rang in vain at the desk"),
    "shift.excused": _("Absence excused"),
    "shift.handed_over": _("Shift handed over"),
    "shift.received": _("Hand-over received"),
    "roster.reminded": _("Roster not yet published"),
}
