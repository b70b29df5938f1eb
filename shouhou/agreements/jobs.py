"""Agreements that expire are announced in time, and tacit ones renewed."""

from procrastinate.contrib.django import app

from shouhou.agreements.actions import watch_periods
from shouhou.notices.actions import tell
from shouhou.shared.facts import on
from shouhou.shared.models import Event
from shouhou.shared.time import now


@app.periodic(cron="7 * * * *")
@app.task(queueing_lock="agreements")
def watch_agreements(timestamp: int) -> None:
    """Hourly, for organisations lie in several zones; each agreement is announced and renewed once."""
    watch_periods(now())


@on("agreement.announced", "agreement.renewed")
def tell_of_period(event: Event) -> None:
    """Who answers for the customer, and who leads the organisation, hear of it."""
    tell(event=event, audience="owner")
