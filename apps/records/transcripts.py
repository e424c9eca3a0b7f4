"""The whole transcript of a session as its page needs it: the same frames that the workbench gets."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.records import access, durations, queries, stars, summed_up
from apps.records.listing import short_day
from apps.records.sources import source_label
from apps.records.summed_up import SummedUp
from apps.sessions import frames, permissions, personal, pre_chat
from apps.sessions.authors import member_key
from apps.sessions.masking import contact_of
from apps.sessions.models import AuthorKind, Note, Rating, ServiceRecord
from apps.team.models import Member, TrailEntry
from csdesk import clock
from csdesk.clock import milliseconds
from csdesk.thread_words import thread_words


@dataclass(frozen=True)
class Access:
    """Who did what with the session, and when (C-3)."""

    name: str
    done: str
    at: datetime

    def __str__(self) -> str:
        local = timezone.localtime(self.at)
        is_today = local.date() == timezone.localtime(clock.now()).date()
        when = local.strftime("%H:%M") if is_today else f"{short_day(local.date())} {local:%H:%M}"
        return _("%(name)s %(done)s %(when)s") % {"name": self.name, "done": self.done, "when": when}


@dataclass(frozen=True)
class Transcript:
    record: ServiceRecord
    parts: list[ServiceRecord]
    rating: Rating | None
    # What static/records/transcript.js draws.
    content: dict
    accesses: list[Access]
    is_starred: bool = False
    # Who answered in the parts that no agent served.
    bots: dict[UUID, str] = field(default_factory=dict)
    may_download: bool = True
    # What the customer answered before the first word, as the reader may see it.
    answers: list[tuple[str, str]] = field(default_factory=list)

    @cached_property
    def summed_up(self) -> SummedUp:
        return summed_up.of_record(self.record)

    @property
    def bot(self) -> str:
        """Who answered in this record when no agent did; empty when nobody has."""
        return self.bots.get(self.record.id, "")

    @property
    def steps(self) -> list[tuple[ServiceRecord, str]]:
        """The parts, each with the bot that answered where no agent served."""
        return [(part, self.bots.get(part.id, "")) for part in self.parts]

    @property
    def source(self) -> str:
        return source_label(self.record.channel)

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
    bots = queries.bots_of(parts)
    return Transcript(
        record,
        parts,
        queries.rating_of(record),
        {
            "messages": _messages(record, reader),
            "read": record.session.customer_read_seq,
            "notes": [_note(note) for note in queries.notes_of(record.session_id)],
            "parts": [_part(part, record, bots) for part in parts] if len(parts) > 1 else [],
        },
        [_access(entry) for entry in queries.accesses_of(parts)],
        bool(stars.among(reader, [record.id])),
        bots,
        permissions.may_download(reader, record),
        pre_chat.labelled(record.channel, record.session.variables, contact_of(reader, record.customer)),
    )


def _access(entry: TrailEntry) -> Access:
    done = {access.VIEWED: _("viewed"), access.DOWNLOADED: _("downloaded")}
    # The side row with the name may have been erased; the entry stays.
    detail = getattr(entry, "detail", None)
    return Access(detail.member_name if detail else "–", done.get(entry.action, entry.action), entry.at)


def words() -> dict:
    """The words that the scripts of the records' pages need, in the reader's language."""
    return {
        "thread": thread_words(),
        "loading": _("Loading"),
        "load_failed": _("The transcript could not be loaded."),
        "no_hits": _("None"),
        "note": _("Internal note"),
        "offered": _("{n} offered to you"),
        "own_part": _("This record"),
        "part": _("Part {number}"),
        "retry": _("Retry"),
        "star_failed": _("The star could not be kept. Please try again."),
        "unread": _("{n} waiting for your answer"),
    }


def _messages(record: ServiceRecord, reader: Member) -> list[dict]:
    reader_key = member_key(reader.pk)
    found = []
    for message in queries.messages_of(record.session_id):
        frame = frames.message_frame(message, for_desk=True)
        if message.author_kind == AuthorKind.CUSTOMER and not message.author_name:
            # A visitor's Visitor_#### is written in the reader's language.
            customer = record.customer
            unnamed = None if customer.name else customer.visitor_no
            frame["from"] |= {"name": customer.display_name, "visitor_no": unnamed}
        if frames.is_personal(message):
            frame = personal.for_reader(frame, reader_key)
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


def _part(part: ServiceRecord, record: ServiceRecord, bots: dict[UUID, str]) -> dict:
    served = part.agent.nickname if part.agent else bots.get(part.id, "")
    names = [part.group.name if part.group else "", served]
    return {
        "number": part.number,
        "first_seq": part.first_seq,
        "last_seq": part.last_seq,
        "who": " · ".join(filter(None, names)),
        "time": milliseconds(part.started_at),
        "own": part.id == record.id,
    }
