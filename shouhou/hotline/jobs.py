"""Who hears at once of what the hotline passes on, and the watch over the shifts."""

from procrastinate.contrib.django import app

from shouhou.hotline.actions import duty, free_lines
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


@on("call.lingered")
def tell_both(event: Event) -> None:
    """A line that is not freed concerns who sits at it, and who answers for the hotline (A3.10)."""
    tell(event=event, audience="owner")
    tell(event=event, audience="duty_manager")


@on("line.opened", "line.edited", "line.retired")
def tell_of_numbers(event: Event) -> None:
    """A number changed: the duty manager has cards to send (A3.2)."""
    if event.kind != "line.edited" or {"number", "purpose"} & set(event.data.get("changed", ())):
        tell(event=event, audience="duty_manager")


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="watch_shifts")
def watch_shifts(timestamp: int) -> None:
    """Every minute: who is missing, whose desk is not ready, and which line is not freed."""
    duty.watch()
    free_lines.watch_lines()


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="remind_roster")
def remind_roster(timestamp: int) -> None:
    """Every ten minutes: seats not published while there is still time."""
    duty.remind()
