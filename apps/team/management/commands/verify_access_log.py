"""`manage.py verify_access_log`: has the trail been altered, and is its tail complete?"""

import re

from django.core.management.base import BaseCommand, CommandError

from apps.team import trail


class Command(BaseCommand):
    help = "Check every entry of the access log and whether its tail is complete (two separate answers)."

    def add_arguments(self, parser) -> None:
        parser.add_argument(
            "--anchor",
            default="",
            metavar="NUMBER:HASH",
            help="the newest entry as noted in an outside place; default: what this machine remembers",
        )

        parser.add_argument(
            "--acknowledge",
            action="store_true",
            help="entries that were lost have been looked into: note it in the log and stop reporting them",
        )

    def handle(self, *args: object, anchor: str, acknowledge: bool, **options: object) -> None:
        if anchor and not re.fullmatch(r"\d+:[0-9a-f]{64}", anchor):
            raise CommandError("The anchor must read NUMBER:HASH.")
        if acknowledge:
            for head in trail.acknowledge_losses():
                self.stdout.write(f"Acknowledged as lost: {head}")
        found = trail.verify(anchor)
        self.stdout.write(f"Entries: {found.entries}, personal details erased from: {found.erased}")
        self.stdout.write(f"Newest:  {found.newest}")
        self.stdout.write("Altered: " + ("no" if found.is_unaltered else "YES"))
        for finding in found.findings:
            self.stdout.write(f"  entry {finding.number}: {finding.problem}")
        self.stdout.write("Tail:    " + _tail(found))
        if not found.is_unaltered or found.is_complete is False:
            raise CommandError("The access log is not as it was written.", returncode=2)


def _tail(found: trail.Verification) -> str:
    if found.is_complete is None:
        return "unknown: nothing outside the database remembers how far it had come"
    if found.is_complete:
        return f"complete up to {found.expected}"
    if found.lost:
        return f"INCOMPLETE: known to have been written and gone: {', '.join(found.lost)}"
    return f"INCOMPLETE: {found.expected} is known to have been written and is not there"
