"""Compile the translations (.po → .mo) that have changed."""

from django.conf import settings
from django.core.management.base import BaseCommand

from csdesk import words


class Command(BaseCommand):
    help = __doc__
    requires_system_checks = ()

    def handle(self, *args: object, verbosity: int, **options: object) -> None:
        for file in words.compile_all(settings.BASE_DIR):
            if verbosity:
                self.stdout.write(str(file.relative_to(settings.BASE_DIR)))
