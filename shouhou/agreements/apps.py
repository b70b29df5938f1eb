from django.apps import AppConfig


class AgreementsConfig(AppConfig):
    name = "shouhou.agreements"
    label = "agreements"
