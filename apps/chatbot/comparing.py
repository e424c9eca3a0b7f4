"""What changed from one release to another, or from the live one to the draft (B-8)."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from apps.chatbot import snapshots
from apps.chatbot.models import Library, Release

PAGE = 50
KINDS = ("added", "changed", "removed")
# What is compared field by field, in the order it is shown.
FIELDS = ("question", "similar", "answers", "format", "category", "tags", "valid_from", "valid_to")

_COLUMNS = ", ".join(f'"{name}"' for name in ("library", "entry_id", "digest", *FIELDS))
_OF_RELEASE = f"""
SELECT {_COLUMNS} FROM chatbot_entryversion v
JOIN chatbot_releaseentry r ON r.version_id = v.id WHERE r.release_id = %s::bigint"""  # noqa: S608 - ours
_OF_DRAFT = f"{snapshots.DRAFT_VERSIONS} SELECT {_COLUMNS} FROM drawn WHERE %s::bigint IS NULL"  # noqa: S608 - ours
_KIND = "CASE WHEN b.entry_id IS NULL THEN 'added' WHEN a.entry_id IS NULL THEN 'removed' ELSE 'changed' END"
_DIFFERENT = f"""
SELECT {_KIND} AS kind, a.entry_id AS now, b.entry_id AS was, coalesce(a.question, b.question) AS name,
    to_jsonb(a) AS after, to_jsonb(b) AS before
FROM after a FULL JOIN before b ON a.entry_id = b.entry_id
WHERE a.digest IS DISTINCT FROM b.digest"""  # noqa: S608 - ours


@dataclass(frozen=True)
class FieldChange:
    """A field of an entry before and after, as text."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Change:
    """An entry that was added, changed or removed; `fields` are those that differ."""

    kind: str
    library: str
    entry: int
    question: str
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True)
class Counts:
    added: int = 0
    changed: int = 0
    removed: int = 0

    @property
    def total(self) -> int:
        return self.added + self.changed + self.removed


def counts(after: Release | None, before: Release | None) -> Counts:
    """How many entries differ; None is the draft as `after`, nothing at all as `before`."""
    sql = f"{_with(after)} SELECT kind, count(*) FROM ({_DIFFERENT}) d GROUP BY kind"  # noqa: S608 - ours
    with connection.cursor() as cursor:
        cursor.execute(sql, _values(after, before))
        return Counts(**dict(cursor.fetchall()))


def changes(
    after: Release | None, before: Release | None, *, kind: str = "", start: int = 0, limit: int = PAGE
) -> list[Change]:
    """The entries that differ: added, changed, removed, each by its question."""
    sql = (
        f"{_with(after)} SELECT kind, coalesce(now, was), name, after, before FROM ({_DIFFERENT}) d "  # noqa: S608
        "WHERE %s::text IN ('', kind) ORDER BY kind, name, 2 LIMIT %s OFFSET %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*_values(after, before), kind, limit, start])
        return [_change(*row) for row in cursor.fetchall()]


def unpublished(live: Release | None) -> Counts:
    """How the draft differs from the live release; counted once for each state of the two."""
    revisions = [snapshots.revision_of(library) for library in Library]
    if live and revisions == [live.qa_revision, live.chitchat_revision]:
        return Counts()
    key = "bot:unpublished:" + ":".join(str(part) for part in [live.pk if live else 0, *revisions])
    found = cache.get(key)
    if found is None:
        found = counts(None, live)
        cache.set(key, found, timeout=3600)
    return found


def _with(after: Release | None) -> str:
    """The two states as tables `after` and `before`; the draft brings tables of its own."""
    return f"WITH after AS ({_OF_RELEASE if after else _OF_DRAFT}), before AS ({_OF_RELEASE})"


def _values(after: Release | None, before: Release | None) -> list:
    return [after.pk if after else None, before.pk if before else None]


def _change(kind: str, entry: int, question: str, after: Any, before: Any) -> Change:
    after, before = json.loads(after or "null"), json.loads(before or "null")
    library = (after or before)["library"]
    fields = ()
    if kind == "changed":
        names = [name for name in FIELDS if after[name] != before[name]]
        fields = tuple(
            FieldChange(name, _shown(name, before[name]), _shown(name, after[name])) for name in names
        )
    return Change(kind, library, entry, question, fields)


def _shown(name: str, value: Any) -> Any:
    """As people read it: times in their zone, lists as they are."""
    if name in ("valid_from", "valid_to") and value:
        return timezone.localtime(datetime.fromisoformat(value)).strftime("%Y-%m-%d %H:%M")
    return value
