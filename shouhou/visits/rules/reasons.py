"""The solver's reasons in words."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from shouhou.visits.rules.asked import Reason


def spoken(
    reason: Reason, names: Mapping[int, str], instant: Callable[[str], str], span: Callable[[float], str]
) -> str:
    """One reason. `names` are engineers by id; `instant` writes an ISO instant as one reads it, `span` seconds."""
    numbers: dict[str, Any] = dict(reason.numbers)
    if "minutes" in numbers:
        numbers["span"] = span(60 * round(abs(numbers["minutes"])))
    for key in ("from", "to"):
        if key in numbers:
            numbers[key] = names.get(int(numbers[key]), "?")
    for key in ("earliest", "due"):
        if isinstance(numbers.get(key), str):
            numbers[key] = instant(numbers[key])
    # The same promise: of a planned visit how much is in hand, of another why nobody keeps it.
    code = "out_of_reach" if reason.code == "promise" and "due" in numbers else reason.code
    words = _words().get(code)
    return words % numbers if words else code


def _words() -> dict[str, str]:
    return {
        "only": _("the only one with the qualification"), "free": _("the only qualified one with the time"),
        "nearest": _("the shortest detour (%(span)s)"), "familiar": _("the customer knows this engineer"),
        "promise": _("the promise is kept (%(span)s in hand)"),
        "late": _("later than promised (%(span)s); nobody can come earlier"),
        "shares": _("shares the load"), "whole": _("better for the plan as a whole"), "kept": _("as it stood"),
        "moved": _("moved from %(from)s to %(to)s"), "shifted": _("at another time (%(span)s)"),
        "unstaffed": _("nobody is there in these days"), "skill": _("nobody holds the qualification it needs"),
        "refused": _("who could go works on it from afar"),
        "away": _("who could go is away when the customer is there"),
        "too_long": _("it takes longer than a day's tour"),
        "load": _("it does not fit into the car"), "room": _("nobody who could go has the time left"),
        "out_of_reach": _("promised until %(due)s, and nobody can come before %(earliest)s"),
    }  # fmt: skip
