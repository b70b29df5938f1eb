"""Each quarter's compilations open themselves."""

from procrastinate.contrib.django import app

from shouhou.knowledge.actions.writing import open_due_compilations


@app.periodic(cron="20 1 * * *")
@app.task(queueing_lock="open_compilations")
def open_compilations(timestamp: int) -> None:
    """Every day, so that a day without power loses nothing."""
    open_due_compilations()
