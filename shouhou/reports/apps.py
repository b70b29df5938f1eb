from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "shouhou.reports"
    label = "reports"
