from django.apps import AppConfig


class CustomersConfig(AppConfig):
    name = "shouhou.customers"
    label = "customers"
