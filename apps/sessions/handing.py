"""Who handed a session on, and with which words: what one should know before accepting it (D-4, D-6)."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from apps.sessions.models import Note, ServiceRecord, ServiceStatus

NOTE_SHOWN = 200  # characters


def handed_by(session_ids: Collection[UUID]) -> dict[UUID, dict]:
    """`{name, note}` of the agent who transferred each of these sessions last; others are left out.

    What nobody accepted in between does not count. `note` is the beginning of the agent's last note.
    """
    served = ServiceRecord.objects.filter(
        session_id__in=session_ids, accepted_at__isnull=False, ended_at__isnull=False
    ).select_related("agent")
    last = {part.session_id: part for part in served.order_by("session_id", "number")}
    given = {
        session_id: part for session_id, part in last.items() if part.status == ServiceStatus.TRANSFERRED
    }
    if not given:
        return {}
    notes = _last_notes(given)
    return {
        session_id: {"name": part.agent.nickname, "note": notes.get((session_id, part.agent_id), "")}
        for session_id, part in given.items()
        if part.agent
    }


def _last_notes(session_ids: Collection[UUID]) -> dict[tuple[UUID, int], str]:
    """The beginning of each author's last note in each session."""
    notes = Note.objects.filter(session_id__in=session_ids).order_by("number")
    return {(note.session_id, note.author_id): note.text[:NOTE_SHOWN] for note in notes}
