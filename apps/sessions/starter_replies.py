"""The shared quick replies that csdesk brings along, in both languages (D-5)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from django.db import connection, transaction

from apps.sessions.models import QuickReply
from apps.team import trail
from apps.team.models import TrailEntry

BROUGHT = "quick_reply.presets_added"
_FILE = Path(__file__).with_suffix(".txt")
_LOCK = 0x5EED


def replies() -> Iterator[tuple[str, str, str, str]]:
    """Language, category, title and text of each line of the file."""
    for block in _FILE.read_text(encoding="utf-8").split("\n== ")[1:]:
        head, *lines = block.splitlines()
        language, category = head.split(maxsplit=1)
        for line in filter(str.strip, lines):
            title, text = line.split(" | ", 1)
            yield language, category, title, text


@transaction.atomic
def install() -> int:
    """Add them where there are no shared ones and never were; how many were added."""
    with connection.cursor() as cursor:
        # Two first starts at once bring one set.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    is_there = QuickReply.objects.filter(owner__isnull=True).exists()
    if is_there or TrailEntry.objects.filter(action=BROUGHT).exists():
        return 0
    made = QuickReply.objects.bulk_create(
        QuickReply(language=language, category=category, title=title, text=text, position=position)
        for position, (language, category, title, text) in enumerate(replies(), start=1)
    )
    trail.append(BROUGHT, object_type="quick_reply", values={"added": len(made)})
    return len(made)
