from django.apps import AppConfig


class SharedConfig(AppConfig):
    name = "shouhou.shared"
    label = "shared"
