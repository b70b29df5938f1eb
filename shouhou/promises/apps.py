from django.apps import AppConfig


class PromisesConfig(AppConfig):
    name = "shouhou.promises"
    label = "promises"
