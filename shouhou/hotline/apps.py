from collections.abc import Iterable
from typing import Any

from django.apps import AppConfig
from django.urls import reverse


class HotlineConfig(AppConfig):
    name = "shouhou.hotline"
    label = "hotline"

    def ready(self) -> None:
        """Tell the rooms below what they may ask of a call."""
        from shouhou.hotline import jobs
        from shouhou.hotline.models import Call, Line, Shift, ShiftKind
        from shouhou.notices.actions import register_audience, register_place
        from shouhou.people.models import Leave, User
        from shouhou.promises import jobs as promise_jobs
        from shouhou.requests.actions.intake import duty_manager_of
        from shouhou.requests.models import ServiceRequest, VisitRequest
        from shouhou.shared.pages import PANELS

        assert jobs

        def case(event: Any) -> Call:
            return Call.objects.select_related("agent", "organisation").get(pk=event.case_id)

        def owner(event: Any) -> Iterable[User]:
            call = case(event)
            return [call.agent] if call.agent else manager(event)

        def manager(event: Any) -> Iterable[User]:
            found = duty_manager_of(case(event).organisation)
            return [found] if found else []

        def of_person(model: Any) -> Any:
            """Whose shift or leave it is, but not for what they did themselves."""
            rows = model.objects.select_related("user")
            return lambda event: [r.user for r in rows.filter(pk=event.case_id) if r.user_id != event.by_id]

        def leader(model: Any) -> Any:
            """The duty manager of its organisation; nobody decides on their own."""

            def find(event: Any) -> Iterable[User]:
                row = model.objects.select_related("organisation").get(pk=event.case_id)
                manager = duty_manager_of(row.organisation)
                return [manager] if manager and manager.pk != event.by_id else []

            return find

        for model in (Shift, Leave):
            register_audience(model.KIND, "owner", of_person(model))
        for kept in (Shift, Leave, ShiftKind):
            register_audience(kept.KIND, "duty_manager", leader(kept))

        def of_request(request: Any, case: Any) -> tuple[str, dict[str, Any]] | None:
            """The visits and calls of a request, on its page; most requests of other channels have neither."""
            visits = list(case.visit_requests.order_by("pk")) if case.needs_visit else []
            calls = list(case.calls.select_related("agent").order_by("-pk")[:5]) if case.channel == "phone" else []
            may_ask = case.status in case.RUNNING and request.user.serves_in(case.organisation.path)
            may_ask = may_ask and not any(visit.status == VisitRequest.Status.OPEN for visit in visits)
            if not (visits or calls or may_ask):
                return None
            return "hotline/_of_request.html", {"case": case, "visits": visits, "calls": calls, "may_ask": may_ask}

        PANELS.setdefault(ServiceRequest.KIND, []).append(of_request)
        register_audience(Line.KIND, "duty_manager", leader(Line))
        register_place(Line.KIND, lambda pk: reverse("hotline:cards"))
        register_place(Call.KIND, lambda pk: reverse("hotline:call", args=[pk]))
        register_place(Shift.KIND, lambda pk: reverse("hotline:board"))
        register_place(ShiftKind.KIND, lambda pk: reverse("hotline:roster"))
        register_place(Leave.KIND, lambda pk: reverse("hotline:leaves"))
        promise_jobs.CASES[Call.KIND] = lambda: Call
        register_audience(Call.KIND, "owner", owner)
        register_audience(Call.KIND, "duty_manager", manager)
