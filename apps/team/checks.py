"""What `manage.py check --deploy` says about the team."""

from typing import Any

from django.conf import settings
from django.core.checks import Tags, Warning, register
from django.db import DatabaseError

from apps.team.models import Member

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
