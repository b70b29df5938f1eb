from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "shouhou.portal"
    label = "portal"
