from collections.abc import Iterable
from typing import Any

from django.apps import AppConfig
from django.urls import reverse


class VisitsConfig(AppConfig):
    name = "shouhou.visits"
    label = "visits"

    def ready(self) -> None:
        """Say who a visit's engineer is, where its notices lead, and what a request's page shows of it."""
        from shouhou.notices.actions import register_audience, register_place
        from shouhou.people.models import User
        from shouhou.records.rules.kinds import register_kind
        from shouhou.requests.models import ServiceRequest
        from shouhou.shared.pages import PANELS
        from shouhou.visits import jobs
        from shouhou.visits.actions.papers import KIND
        from shouhou.visits.models import Visit

        assert jobs
        register_kind(KIND)

        def engineer(event: Any) -> Iterable[User]:
            visit = Visit.objects.select_related("engineer").filter(pk=event.data.get("visit")).first()
            return [visit.engineer] if visit and visit.engineer_id != event.by_id else []

        def of_request(request: Any, case: Any) -> tuple[str, dict[str, Any]] | None:
            visits = list(case.visits.select_related("engineer").order_by("pk")) if case.needs_visit else []
            return ("visits/_of_request.html", {"visits": visits}) if visits else None

        register_audience(ServiceRequest.KIND, "engineer", engineer)
        register_place(Visit.KIND, lambda pk: reverse("visits:detail", args=[pk]))
        PANELS.setdefault(ServiceRequest.KIND, []).append(of_request)
