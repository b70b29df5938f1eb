"""Who hears at once of what the hotline passes on, and the watch over the shifts."""

from procrastinate.contrib.django import app

from shouhou.hotline.actions import duty
from shouhou.notices.actions import tell
from shouhou.shared.facts import on
from shouhou.shared.models import Event


@on(
    "visit.urgent_requested", "visit.wished", "shift.found_absent", "shift.found_unready", "shift.found_away",
    "leave.asked", "roster.reminded",
)  # fmt: skip
def tell_duty_manager(event: Event) -> None:
    """A visit wanted today or tomorrow, or otherwise than promised, goes to the duty manager at once (A3.17, A3.18).

    So does what the watch finds of a shift (A3.4, A3.8), a leave to decide, and a roster not yet published (A3.7).
    """
    if event.origin != "import":
        tell(event=event, audience="duty_manager")


@on("shift.published", "shift.withdrawn", "leave.approved", "leave.refused")
def tell_person(event: Event) -> None:
    """Whose shift or leave it is hears of it, unless they did it themselves or it was never more than a draft."""
    if event.data.get("was") != "draft":
        tell(event=event, audience="owner")


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="watch_shifts")
def watch_shifts(timestamp: int) -> None:
    """Every minute: who is missing, and whose desk is not ready."""
    duty.watch()


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="remind_roster")
def remind_roster(timestamp: int) -> None:
    """Every ten minutes: seats not published while there is still time."""
    duty.remind()
