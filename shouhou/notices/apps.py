from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "shouhou.notices"
    label = "notices"

    def ready(self) -> None:
        """Listen to the journal also where no worker discovers the jobs."""
        from shouhou.notices import jobs

        assert jobs
