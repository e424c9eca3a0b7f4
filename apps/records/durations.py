"""Times of a record as its readers count them (S-2), in seconds."""

from __future__ import annotations

from datetime import datetime

from apps.sessions.models import ServiceRecord


def wait(record: ServiceRecord) -> int | None:
    """From the queue to the assignment, or to the end for those who gave up; None when they never queued."""
    return _between(record.queued_at, record.assigned_at or record.ended_at)


def service(record: ServiceRecord) -> int | None:
    """How long the whole session lasted; None while it is open and where nobody was assigned."""
    session = record.session
    return _between(session.started_at, session.ended_at) if session.assigned_at else None


def own_part(record: ServiceRecord) -> int | None:
    """From the assignment to the end of this record alone, so that a transferred session counts once."""
    return _between(record.assigned_at, record.ended_at)


def clock_label(seconds: int | None) -> str:
    """`0:51`, `12:04`, `1:02:09`; a dash for None."""
    if seconds is None:
        return "–"
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _between(start: datetime | None, end: datetime | None) -> int | None:
    return max(0, int((end - start).total_seconds())) if start and end else None
