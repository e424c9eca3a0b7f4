from django.apps import AppConfig


class CsdeskConfig(AppConfig):
    name = "csdesk"
    verbose_name = "csdesk"
