"""What `manage.py check --deploy` says about the team."""

import json
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import DatabaseError
from django.utils.module_loading import import_string

from apps.team.models import Member, Role

DEMO_ACCOUNTS = "{count} account{s} of the demo cannot sign in here; delete what is not needed."


@register(Tags.security, deploy=True)
def demo_accounts(app_configs: Any, **kwargs: Any) -> list[Warning]:
    """Accounts of the demo in a deployment that is none (X-6); silent while no database answers."""
    try:
        words = foreign_demo_accounts()
    except DatabaseError:
        return []
    return [Warning(words, id="team.W001")] if words else []


def foreign_demo_accounts() -> str:
    """One sentence when there are any outside a demo, else ""."""
    count = 0 if settings.DEMO else Member.objects.present().filter(is_demo=True).count()
    return DEMO_ACCOUNTS.format(count=count, s="" if count == 1 else "s") if count else ""


@register(Tags.security, deploy=True)
def second_factor(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Administrators whose password alone opens everything (X-6)."""
    if {Role.SUPER, Role.ADMINISTRATOR} <= set(settings.SECOND_FACTOR_ROLES):
        return []
    words = "Administrators sign in without a second factor (CSDESK_SECOND_FACTOR_ROLES)."
    return [Warning(words, id="team.W004")]


@register(Tags.security, deploy=True)
def sms_backend(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """What sends codes to phones, where something is set (T-6)."""
    if not settings.SMS_BACKEND:
        return []
    try:
        backend = import_string(settings.SMS_BACKEND)
    except ImportError:
        words = f"CSDESK_SMS_BACKEND names no class: {settings.SMS_BACKEND}"
        return [Error(words, id="team.E001")]
    if backend.__module__ != "apps.team.sms":
        return []
    if backend.__name__ == "HttpBackend":
        return _gateway()
    words = "CSDESK_SMS_BACKEND keeps codes on this machine: nobody gets them on a phone."
    return [Warning(words, id="team.W002")]


def _gateway() -> list[CheckMessage]:
    if not settings.SMS_URL:
        return [Error("CSDESK_SMS_URL is the address that codes are sent to; it is not set.", id="team.E002")]
    try:
        json.loads(settings.SMS_BODY)
    except ValueError as error:
        return [Error(f"CSDESK_SMS_BODY is no JSON: {error}", id="team.E003")]
    if not settings.SMS_URL.startswith("https://"):
        return [Warning("CSDESK_SMS_URL: codes cross the network in the clear.", id="team.W003")]
    return []
