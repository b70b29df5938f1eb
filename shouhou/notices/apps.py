from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "shouhou.notices"
    label = "notices"
