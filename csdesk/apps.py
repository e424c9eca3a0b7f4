from django.apps import AppConfig


class CsdeskConfig(AppConfig):
    name = "csdesk"
    verbose_name = "csdesk"

    def ready(self) -> None:
        # Makes our Celery app the one that tasks are sent through, in every process.
        from csdesk.celery import app

        app.set_default()
