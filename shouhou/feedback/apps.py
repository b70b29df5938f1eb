from django.apps import AppConfig


class FeedbackConfig(AppConfig):
    name = "shouhou.feedback"
    label = "feedback"

    def ready(self) -> None:
        """Listen to the journal also where no worker discovers the jobs."""
        from shouhou.feedback import jobs

        assert jobs
