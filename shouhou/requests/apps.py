from collections.abc import Iterable
from typing import Any

from django.apps import AppConfig


class RequestsConfig(AppConfig):
    name = "shouhou.requests"
    label = "requests"

    def ready(self) -> None:
        """Tell the rooms below what they may ask of a request."""
        from shouhou.notices.actions import register_audience
        from shouhou.promises import jobs as promise_jobs
        from shouhou.promises.models import Clock
        from shouhou.records.rules.kinds import register_kind
        from shouhou.requests import jobs
        from shouhou.requests.actions.intake import duty_manager_of
        from shouhou.requests.models import ServiceRequest
        from shouhou.requests.rules import support

        assert jobs
        register_kind(support.KIND)

        def case(event: Any) -> ServiceRequest:
            return ServiceRequest.objects.select_related("owner", "organisation").get(pk=event.case_id)

        def is_over(event: Any) -> bool:
            """Whether a warning was overtaken: the promise was met or called off before anybody was told."""
            clocks = Clock.objects.filter(pk=event.data.get("clock"), state__in=("met", "cancelled"))
            return event.kind == "clock.warned" and clocks.exists()

        def owner(event: Any) -> Iterable[Any]:
            return [] if is_over(event) else [case(event).owner]

        def manager(event: Any) -> Iterable[Any]:
            if is_over(event):
                return []
            found = duty_manager_of(case(event).organisation)
            return [found] if found else []

        def severity_list(event: Any) -> Iterable[Any]:
            from shouhou.requests.models import SeverityPlan

            # The grade as the event left it: one graded up at once is told once, not once for each event.
            plan = SeverityPlan.of(str(event.data.get("to") or event.data.get("severity") or ""))
            return plan.told.filter(is_active=True) if plan.pk else []

        def taker(event: Any) -> Iterable[Any]:
            from shouhou.people.models import User

            return User.objects.filter(pk=event.data.get("taker"))

        def other_owner(event: Any) -> Iterable[Any]:
            owner = case(event).owner
            return [owner] if owner.pk != event.by_id else []

        promise_jobs.CASES[ServiceRequest.KIND] = lambda: ServiceRequest
        register_audience(ServiceRequest.KIND, "owner", owner)
        register_audience(ServiceRequest.KIND, "duty_manager", manager)
        register_audience(ServiceRequest.KIND, "taker", taker)
        register_audience(ServiceRequest.KIND, "severity_list", severity_list)
        register_audience(ServiceRequest.KIND, "owner_if_other", other_owner)
