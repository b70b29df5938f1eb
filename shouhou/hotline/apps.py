from collections.abc import Iterable
from typing import Any

from django.apps import AppConfig


class HotlineConfig(AppConfig):
    name = "shouhou.hotline"
    label = "hotline"

    def ready(self) -> None:
        """Tell the rooms below what they may ask of a call."""
        from shouhou.hotline import jobs
        from shouhou.hotline.models import Call
        from shouhou.notices.actions import register_audience
        from shouhou.people.models import User
        from shouhou.promises import jobs as promise_jobs
        from shouhou.requests.actions.intake import duty_manager_of

        assert jobs

        def case(event: Any) -> Call:
            return Call.objects.select_related("agent", "organisation").get(pk=event.case_id)

        def owner(event: Any) -> Iterable[User]:
            call = case(event)
            return [call.agent] if call.agent else manager(event)

        def manager(event: Any) -> Iterable[User]:
            found = duty_manager_of(case(event).organisation)
            return [found] if found else []

        promise_jobs.CASES[Call.KIND] = lambda: Call
        register_audience(Call.KIND, "owner", owner)
        register_audience(Call.KIND, "duty_manager", manager)
