"""Who hears at once of what the hotline passes on."""

from shouhou.notices.actions import tell
from shouhou.shared.facts import on
from shouhou.shared.models import Event


@on("visit.urgent_requested", "visit.wished")
def tell_duty_manager(event: Event) -> None:
    """A visit wanted today or tomorrow, or otherwise than promised, goes to the duty manager at once (A3.17, A3.18)."""
    if event.origin != "import":
        tell(event=event, audience="duty_manager")
