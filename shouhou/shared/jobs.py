"""What keeps the journal moving: the pump, the sealer, and the care of the queue itself."""

from procrastinate import JobContext
from procrastinate.contrib.django import app

from shouhou.shared import pump, seal


@app.periodic(cron="* * * * * */2")
@app.task(queueing_lock="pump", pass_context=False)
def deliver_events(timestamp: int) -> None:
    """Deliver settled events to their listeners."""
    pump.pump()


@app.periodic(cron="* * * * * */10")
@app.task(queueing_lock="seal")
def seal_journal(timestamp: int) -> None:
    """Extend the chain over the journal."""
    while seal.seal():
        pass


@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="stalled", pass_context=True)
async def retry_stalled(context: JobContext, timestamp: int) -> None:
    """Take up again the jobs of a worker that was killed."""
    for job in await context.app.job_manager.get_stalled_jobs():
        await context.app.job_manager.retry_job(job)
