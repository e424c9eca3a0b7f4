"""The draft at one moment: copied into a release, read for training, compared with what is live (B-8).

All of it is set-based SQL, so that a library of 100,000 entries takes seconds. An entry's content has a
digest; a release points at versions by it, so an entry that did not change is shared between releases.
"""

import hashlib
from dataclasses import dataclass, replace

from django.db import connection

from apps.chatbot import encoding
from apps.chatbot.matching.files import FORMAT
from apps.chatbot.models import LibraryState, Release

# What would be published now: enabled entries outside of categories that are switched off.
_DRAFT = """
WITH RECURSIVE place AS (
    SELECT id, coalesce(nullif(name, ''), preset)::text AS path, is_enabled
    FROM chatbot_category WHERE parent_id IS NULL
    UNION ALL
    SELECT c.id, place.path || ' / ' || coalesce(nullif(c.name, ''), c.preset),
        place.is_enabled AND c.is_enabled
    FROM chatbot_category c JOIN place ON place.id = c.parent_id
), likewise AS (
    SELECT entry_id, array_agg(text ORDER BY position, id) AS texts
    FROM chatbot_similarquestion GROUP BY entry_id
), draft AS (
    SELECT e.library, e.id AS entry_id, e.key, e.question, e.format, e.tags, e.valid_from, e.valid_to,
        coalesce(likewise.texts, '{}') AS "similar",
        array_prepend(e.answer, e.more_answers) AS answers,
        left(coalesce(place.path, ''), 250) AS category
    FROM chatbot_entry e
    LEFT JOIN place ON place.id = e.category_id
    LEFT JOIN likewise ON likewise.entry_id = e.id
    WHERE e.is_enabled AND coalesce(place.is_enabled, true)
)"""

_CONTENT = """encode(sha256(convert_to(jsonb_build_array(
    library, question, "similar", answers, format, category, tags,
    extract(epoch FROM valid_from), extract(epoch FROM valid_to)
)::text, 'UTF8')), 'hex')"""

DRAFT_VERSIONS = f"""{_DRAFT}, drawn AS (SELECT *, {_CONTENT} AS digest FROM draft)"""  # noqa: S608 - ours

# The first statement sees one moment of the draft, the revisions with it; the others only pass it on.
_COPY = f"""
CREATE TEMPORARY TABLE chatbot_drawn ON COMMIT DROP AS {DRAFT_VERSIONS} SELECT drawn.*,
    (SELECT revision FROM chatbot_librarystate WHERE library = 'qa') AS qa_revision,
    (SELECT revision FROM chatbot_librarystate WHERE library = 'chitchat') AS chitchat_revision
FROM drawn;
INSERT INTO chatbot_entryversion (
    library, entry_id, digest, key, question, "similar", answers, format, category, tags, valid_from,
    valid_to)
SELECT library, entry_id, digest, key, question, "similar", answers, format, category, tags, valid_from,
    valid_to
FROM chatbot_drawn ORDER BY entry_id ON CONFLICT (entry_id, digest) DO NOTHING;
INSERT INTO chatbot_releaseentry (release_id, version_id)
SELECT {{release}}, v.id
FROM chatbot_drawn d JOIN chatbot_entryversion v USING (entry_id, digest) ORDER BY v.id;
"""  # noqa: S608 - ours
_TAKEN = (
    "SELECT count(*), coalesce(max(qa_revision), 0), coalesce(max(chitchat_revision), 0) FROM chatbot_drawn"
)

_RELEASE_ROWS = """
SELECT v.entry_id, v.question, v."similar"
FROM chatbot_releaseentry r JOIN chatbot_entryversion v ON v.id = r.version_id
WHERE r.release_id = %(release)s AND v.library = %(library)s"""

_DRAFT_ROWS = f'{_DRAFT} SELECT entry_id, question, "similar" FROM draft WHERE library = %(library)s'  # noqa: S608 - ours
_HAS_ENTRIES = f"{_DRAFT} SELECT EXISTS (SELECT FROM draft WHERE library = %s)"  # noqa: S608 - ours


@dataclass(frozen=True)
class Lessons:
    """What a matcher learns: the questions of a library's entries in one state."""

    library: str
    digest: str
    entries: int
    questions: int
    rows: list[tuple[int, list[str]]]
    # The draft's revision, when it was the draft that was read.
    revision: int | None = None


def take(release: Release) -> None:
    """Copy the draft into the release, as it is in one moment; call it inside a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_COPY.replace("{release}", str(int(release.pk))))
        cursor.execute(_TAKEN)
        release.entries, release.qa_revision, release.chitchat_revision = cursor.fetchone()
        cursor.execute("DROP TABLE chatbot_drawn")


def take_over(release: Release, other: Release) -> None:
    """Give a release the content of another one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO chatbot_releaseentry (release_id, version_id) "
            "SELECT %s, version_id FROM chatbot_releaseentry WHERE release_id = %s",
            [release.pk, other.pk],
        )
    release.qa_revision, release.chitchat_revision = other.qa_revision, other.chitchat_revision
    release.entries = other.entries


def lessons_of(release: Release, library: str) -> Lessons:
    """What this release's matcher of a library learns."""
    return _lessons(_RELEASE_ROWS, library, release=release.pk)


def lessons_of_draft(library: str) -> Lessons:
    """What the draft's matcher of a library would learn now."""
    # Read first: a change right after it makes the lessons newer than they say, never older.
    revision = revision_of(library)
    return replace(_lessons(_DRAFT_ROWS, library), revision=revision)


def revision_of(library: str) -> int:
    """How often the library's draft was changed."""
    states = LibraryState.objects.filter(library=library)
    return states.values_list("revision", flat=True).first() or 0


def _lessons(sql: str, library: str, **values: object) -> Lessons:
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} ORDER BY entry_id", {"library": library, **values})
        rows = [(entry, [question, *similar]) for entry, question, similar in cursor.fetchall()]
    digest = hashlib.sha256(f"{library}\0{FORMAT}{encoding.identity()}".encode())
    for entry, questions in rows:
        digest.update("\0".join([f"\0\0{entry}", *questions]).encode())
    return Lessons(library, digest.hexdigest(), len(rows), sum(len(texts) for _, texts in rows), rows)


def has_entries(library: str) -> bool:
    """Whether anything of this library would be published now."""
    with connection.cursor() as cursor:
        cursor.execute(_HAS_ENTRIES, [library])
        return cursor.fetchone()[0]
