from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TeamConfig(AppConfig):
    name = "apps.team"
    label = "team"
    verbose_name = _("Team")

    def ready(self) -> None:
        from apps.team import checks  # noqa: F401 - registers them
