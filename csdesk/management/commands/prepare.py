"""Bring database, demo data, words and static files up to date (`make run` calls it)."""

import io
import os
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection

from apps.chatbot import building, presets, releases
from apps.sessions import signing_secrets, starter_replies
from apps.team import credentials, second_factor
from apps.team.checks import foreign_demo_accounts
from csdesk import demo
from csdesk.environment import close_to_others
from csdesk.runner.steps import step


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: object, **options: object) -> None:
        data = Path(settings.DATA)
        data.mkdir(parents=True, exist_ok=True)
        close_to_others(data)
        call_command("compile_words", verbosity=0)
        try:
            connection.ensure_connection()
        except OperationalError as error:
            reason = str(error).strip().splitlines()[-1].strip()
            raise CommandError(f"the database does not answer: {reason}") from None
        call_command("migrate", interactive=False, verbosity=0)
        signing_secrets.seal_anew()
        credentials.seal_anew()
        second_factor.seal_anew()
        presets.install_chitchat()
        starter_replies.install()
        if live := releases.newest():
            # What an older csdesk has learned may be of no use to this one; better now than when it runs.
            building.renew(live.pk)
        if settings.DEMO:
            self._demo()
        else:
            call_command("collectstatic", interactive=False, verbosity=0)
            if warning := foreign_demo_accounts():
                self.stderr.write(f"csdesk: {warning}")

    def _demo(self) -> None:
        """Seed an empty database; later starts only follow a changed CSDESK_DEMO_PASSWORD."""
        password = os.environ.get("CSDESK_DEMO_PASSWORD", "")
        kept = Path(settings.DATA) / "demo_password.txt"
        is_new = not get_user_model().objects.exists()
        if is_new:
            self.stdout.write(f"csdesk: {step('making demo data', _begun())}")
        if is_new or (password and (not kept.exists() or kept.read_text().strip() != password)):
            call_command("seed_demo", password=password, stdout=io.StringIO())
        demo.teach()
        if password:
            # Later starts print it again.
            kept.touch(mode=0o600)
            kept.write_text(password)


def _begun() -> float | None:
    """When the runner began that has started us, if one has."""
    begun = os.environ.get("CSDESK_BEGUN", "")
    return float(begun) if begun else None
