"""The whole transcript of a session as its page needs it: the same frames that the workbench gets."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.records import durations, queries
from apps.sessions import files, frames
from apps.sessions.models import Note, Rating, ServiceRecord
from apps.team.models import Member, TrailEntry
from csdesk.clock import milliseconds
from csdesk.thread_words import thread_words


@dataclass(frozen=True)
class Transcript:
    record: ServiceRecord
    parts: list[ServiceRecord]
    rating: Rating | None
    # What static/records/transcript.js draws.
    content: dict
    accesses: list[TrailEntry]

    @property
    def wait(self) -> str:
        return durations.clock_label(durations.wait(self.record))

    @property
    def service(self) -> str:
        return durations.clock_label(durations.service(self.record))

    @property
    def own_part(self) -> str:
        return durations.clock_label(durations.own_part(self.record))


def transcript(record: ServiceRecord, reader: Member) -> Transcript:
    """Everything about the session of a record, with the addresses of its files made for the reader."""
    parts = queries.parts_of(record.session_id)
    return Transcript(
        record,
        parts,
        queries.rating_of(record.session_id),
        {
            "messages": _messages(record, reader),
            "notes": [_note(note) for note in queries.notes_of(record.session_id)],
            "parts": [_part(part, record) for part in parts] if len(parts) > 1 else [],
            "service": {"name": record.channel.name, "avatar": record.channel.avatar},
        },
        queries.accesses_of(parts),
    )


def words() -> dict:
    """The words that the scripts of the records' pages need, in the reader's language."""
    return {
        "thread": thread_words(),
        "load_failed": _("The transcript could not be loaded."),
        "no_hits": _("None"),
        "note": _("Internal note"),
        "own_part": _("This record"),
        "part": _("Part {number}"),
        "retry": _("Retry"),
    }


def _messages(record: ServiceRecord, reader: Member) -> list[dict]:
    reader_key = files.member_key(reader.pk)
    found = []
    for message in queries.messages_of(record.session_id):
        frame = frames.message_frame(message, for_desk=True)
        if frames.is_personal(message):
            frame = files.for_reader(frame, reader_key)
        found.append(frame)
    return found


def _note(note: Note) -> dict:
    return {
        "n": note.number,
        "after_seq": note.after_seq,
        "name": note.author.nickname,
        "text": note.text,
        "time": milliseconds(note.created_at),
    }


def _part(part: ServiceRecord, record: ServiceRecord) -> dict:
    names = [part.group.name if part.group else "", part.agent.nickname if part.agent else ""]
    return {
        "number": part.number,
        "first_seq": part.first_seq,
        "last_seq": part.last_seq,
        "who": " · ".join(filter(None, names)),
        "time": milliseconds(part.started_at),
        "own": part.id == record.id,
    }
