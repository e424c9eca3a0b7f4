from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VisitorConfig(AppConfig):
    name = "apps.visitor"
    label = "visitor"
    verbose_name = _("Customer window")
