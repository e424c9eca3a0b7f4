"""`manage.py erase_access_log_details`: take the personal details out of entries of the trail (X-14)."""

import re

from django.core.management.base import BaseCommand, CommandError

from apps.team import trail


class Command(BaseCommand):
    help = "Erase names, addresses and values from entries of the access log; the erasure is an entry itself."

    def add_arguments(self, parser) -> None:
        parser.add_argument(
            "numbers", nargs="+", metavar="NUMBER[-NUMBER]", help="entries, or ranges of them"
        )

    def handle(self, *args: object, numbers: list[str], **options: object) -> None:
        wanted: set[int] = set()
        for text in numbers:
            if not re.fullmatch(r"\d{1,18}(-\d{1,18})?", text):
                raise CommandError(f"{text!r} is neither a number nor a range.")
            first, _dash, last = text.partition("-")
            wanted.update(trail.numbers_between(int(first), int(last or first)))
        erased = trail.erase(wanted)
        self.stdout.write(f"Personal details erased from {erased} entries")
