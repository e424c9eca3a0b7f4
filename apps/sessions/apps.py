from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SessionsConfig(AppConfig):
    # Django's own `sessions` holds the plain label.
    name = "apps.sessions"
    label = "service_sessions"
    verbose_name = _("Sessions")
