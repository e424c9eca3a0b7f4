"""The file of one record (C-6): its name, and its bytes piece by piece."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.translation import gettext as _

from apps.records import queries, summed_up, text_layout
from apps.sessions.models import ServiceRecord
from csdesk import bridge

PIECE = 200  # messages read at once
_UNSAFE = re.compile(r"[^\w.-]+")


def file_name(record: ServiceRecord, zone: ZoneInfo, suffix: str) -> str:
    """A name that every system can keep: `service-record_20260715-1402_Li-Lei.txt`."""
    started = record.started_at.astimezone(zone).strftime("%Y%m%d-%H%M")
    customer = _UNSAFE.sub("-", text_layout.one_line(record.customer.display_name)).strip(".-_")[:40]
    return "_".join(filter(None, [_("service-record"), started, customer])) + f".{suffix}"


async def text_of_record(record: ServiceRecord, zone: ZoneInfo, language: str) -> AsyncIterator[bytes]:
    """The TXT file; memory stays flat however long the session was."""
    first, parts = await bridge.run(_beginning, record, zone, language, lane=bridge.SLOW)
    yield first
    after = 0
    while True:
        piece, after = await bridge.run(_piece, record, parts, after, zone, language, lane=bridge.SLOW)
        if piece:
            yield piece
        if after is None:
            return


def _beginning(record: ServiceRecord, zone: ZoneInfo, language: str) -> tuple[bytes, list[ServiceRecord]]:
    with translation.override(language):
        parts = queries.parts_of(record.session_id)
        lines = text_layout.head(
            record,
            parts,
            zone=zone,
            rating=queries.rating_of(record),
            bot=queries.bots_of([record]).get(record.id, ""),
            summary=summed_up.of_record(record),
        )
        return text_layout.BYTE_ORDER_MARK.encode() + _bytes([*lines, ""]), parts


def _piece(
    record: ServiceRecord, parts: list[ServiceRecord], after: int, zone: ZoneInfo, language: str
) -> tuple[bytes, int | None]:
    """The next messages as text, and the `seq` they end with; None at the end of the session."""
    with translation.override(language):
        messages = queries.messages_of(record.session_id, after, PIECE)
        end = messages[-1].seq if len(messages) == PIECE else None
        begun = [part for part in parts if part.first_seq >= after and (end is None or part.first_seq < end)]
        shown = begun if len(parts) > 1 else []
        return _bytes(text_layout.lines_of_messages(record, shown, messages, zone=zone)), end


def _bytes(lines: Iterable[str]) -> bytes:
    return "".join(line + text_layout.NEWLINE for line in lines).encode(text_layout.ENCODING, "replace")
