from collections.abc import Iterable
from typing import Any

from django.apps import AppConfig
from django.urls import reverse


class AgreementsConfig(AppConfig):
    name = "shouhou.agreements"
    label = "agreements"

    def ready(self) -> None:
        """Say who hears of an agreement, and where its notices lead."""
        from shouhou.agreements import jobs
        from shouhou.agreements.models import Agreement
        from shouhou.notices.actions import register_audience, register_place
        from shouhou.people.models import User
        from shouhou.people.rules import Role

        assert jobs

        def owner(event: Any) -> Iterable[User]:
            row = Agreement.objects.select_related("customer__owner", "organisation").get(pk=event.case_id)
            leaders = User.objects.holding(Role.GENERAL_MANAGER, Role.SUPERVISOR, organisation=row.organisation)
            return dict.fromkeys([*([row.customer.owner] if row.customer.owner else []), *leaders])

        register_audience(Agreement.KIND, "owner", owner)
        register_place(Agreement.KIND, lambda pk: reverse("agreements:detail", args=[pk]))
