from collections.abc import Iterable
from typing import Any

from django.apps import AppConfig
from django.urls import reverse


class FeedbackConfig(AppConfig):
    name = "shouhou.feedback"
    label = "feedback"

    def ready(self) -> None:
        """Listen to the journal also where no worker discovers the jobs; say whose a complaint is."""
        from shouhou.feedback import jobs
        from shouhou.feedback.models import Complaint
        from shouhou.notices.actions import register_audience, register_place
        from shouhou.people.models import User
        from shouhou.promises import jobs as promise_jobs
        from shouhou.requests.actions.intake import duty_manager_of

        assert jobs

        def case(event: Any) -> Complaint:
            return Complaint.objects.select_related("owner", "organisation").get(pk=event.case_id)

        def owner(event: Any) -> Iterable[User]:
            found = case(event).owner
            return [found] if found.pk != event.by_id else []

        def manager(event: Any) -> Iterable[User]:
            complaint = case(event)
            found = duty_manager_of(complaint.organisation)
            return [found] if found and found.pk != complaint.about_id else []

        promise_jobs.CASES[Complaint.KIND] = lambda: Complaint
        register_audience(Complaint.KIND, "owner", owner)
        register_audience(Complaint.KIND, "duty_manager", manager)
        register_place(Complaint.KIND, lambda pk: reverse("feedback:complaint", args=[pk]))
