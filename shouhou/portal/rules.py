"""What customers are told, in their words: what we call a case and its facts among ourselves is not shown to them."""

from typing import Any

from django.utils.translation import gettext_lazy as _

STATES: dict[str, Any] = {
    "new": _("Received"),
    "working": _("Being worked on"),
    "resolved": _("Waiting for your confirmation"),
    "confirmed": _("Solved"),
    "followed_up": _("Solved"),
    "closed": _("Ended"),
    "filed": _("Ended"),
    "cancelled": _("Withdrawn"),
    "merged": _("Continued under another number"),
}

# Facts that are not here mean nothing to a customer, or stand under another fact of the same moment.
TOLD: dict[str, Any] = {
    "request.received": _("We received your request"),
    "promise.given": _("We told you by when you will be helped"),
    "customer.asked": _("We asked you a question; until your answer our time stands still"),
    "customer.answered": _("You answered; our time runs again"),
    "clock.paused": _("Our time was stopped"),
    "clock.resumed": _("Our time runs again"),
    "file.attached": _("A file was added"),
    "engineer.contacted_customer": _("Our engineer contacted you"),
    "contact.attempted": _("We tried to reach you and left a message"),
    "manager.called_back": _("Our duty manager called you back"),
    "solution.proposed": _("We proposed a solution"),
    "remote.started": _("Remote help began"),
    "remote.ended": _("Remote help ended"),
    "visit.requested": _("A visit was asked for"),
    "visit.urgent_requested": _("A visit within two days was asked for"),
    "visit.dispatched": _("Our engineer was sent and the time was told to you"),
    "visit.arrived": _("Our engineer arrived"),
    "visit.departed": _("Our engineer left"),
    "plan.declared": _("We told you that it takes longer"),
    "plan.submitted": _("We gave you a detailed plan"),
    "plan.confirmed": _("You agreed to the plan"),
    "change.delivered": _("The change was delivered"),
    "rma.received": _("Your unit arrived at our depot"),
    "rma.answered": _("We told you the result of the test"),
    "rma.shipped": _("Your unit was sent back"),
    "presales.answered": _("We sent you a proposal"),
    "request.resolved": _("We reported it solved and asked you to confirm"),
    "request.confirmed": _("You confirmed that it is solved"),
    "request.rejected": _("You said that it is not solved; we go on"),
    "request.reopened": _("Opened again at your word"),
    "request.cancelled": _("The request was withdrawn"),
}
EXPIRED = _("No answer came in time, so we took it as solved")


def told(kind: str, data: dict[str, Any]) -> Any:
    """What a customer reads of a fact; empty where it is not for them."""
    if kind == "request.confirmed" and data.get("how") == "expired":
        return EXPIRED
    return TOLD.get(kind, "")
