from django.apps import AppConfig


class EquipmentConfig(AppConfig):
    name = "shouhou.equipment"
    label = "equipment"
