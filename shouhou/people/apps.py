from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "shouhou.people"
    label = "people"
