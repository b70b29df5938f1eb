"""The facts of the room; those that promises count by (visit.arrived and so on) are declared by the requests."""

from django.utils.translation import gettext_lazy as _

FACTS = {
    "visit.planned": _("Visit planned"),
    "visit.accepted": _("Engineer accepts the visit"),
    "visit.declined": _("Engineer cannot make the visit"),
    "visit.handed_over": _("Visit given to another engineer"),
    "visit.moved": _("Appointment changed"),
    "visit.agreed": _("Customer agrees with the appointment"),
    "visit.objected": _("Customer wants another time"),
    "visit.called_off": _("Visit called off"),
    "visit.set_out": _("Engineer set out"),
    "visit.step_passed": _("Step of the visit passed"),
    "visit.trial_failed": _("Trial run failed: back to mending"),
    "visit.signed": _("Customer signed the service sheet"),
    "visit.sign_refused": _("Customer did not sign"),
    "visit.released": _("Departure released by the duty manager"),
    "visit.reviewed": _("Late entries of a visit reviewed"),
    "visit.rated": _("Customer rated the visit"),
    "visit.badge_verified": _("Customer checked the engineer's badge"),
    "support.given": _("Duty manager answered the call for support"),
    "support.requested": _("Engineer on site asks for support"),
}
