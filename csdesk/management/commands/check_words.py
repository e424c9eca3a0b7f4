"""Find strings without translation, translations without use, and words that nobody can translate."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from csdesk import untranslated, words


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: object, **options: object) -> None:
        words.compile_all(settings.BASE_DIR)
        found = [*words.problems(settings.BASE_DIR), *untranslated.problems(settings.BASE_DIR)]
        for line in found:
            self.stdout.write(line)
        if found:
            raise CommandError(f"{len(found)} problems with the words")
        self.stdout.write("words: complete")
