from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RecordsConfig(AppConfig):
    name = "shouhou.records"
    label = "records"

    def ready(self) -> None:
        """Hang the archive into the menu of those who keep or decide, and of customers' people."""
        from shouhou.people.rules import LEADING, Role
        from shouhou.shared.pages import MENU, Place

        keepers = (Role.DOCUMENT_KEEPER, Role.PROJECT_MANAGER, *LEADING)
        MENU.append(
            Place(65, "d", "files", _("Records"), "/records/", lambda u: u.holds(*keepers) or not u.is_colleague)
        )
