"""Demo data: accounts, groups, a channel, quick replies, a week of past sessions. Safe to repeat."""

from django.core.management.base import BaseCommand, CommandError, CommandParser

from csdesk import demo


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--password",
            default="",
            help="of all demo accounts; else CSDESK_DEMO_PASSWORD, else random and printed",
        )

    def handle(self, *args: object, password: str, **options: object) -> None:
        try:
            made = demo.seed(password)
        except demo.NotADemo as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(made.told())
