from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class KnowledgeConfig(AppConfig):
    name = "shouhou.knowledge"
    label = "knowledge"

    def ready(self) -> None:
        """Hang the articles into everybody's menu: customers read those published to them."""
        from shouhou.shared.pages import MENU, Place

        MENU.append(Place(57, "w", "book", _("Knowledge"), "/knowledge/", lambda u: True))
