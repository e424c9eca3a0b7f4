"""Which web processes and workbenches are alive, and what an outage does to deadlines (S-5)."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID


def pulse(process_id: UUID, connection_ids: Iterable[UUID]) -> list[UUID]:
    """Sign of life of a web process, every 2 s, with the desk connections it holds.

    Returns those that are not known any more: call `availability.desk_connected` again for them.
    The first pulse after more than 5 s without any moves all pending deadlines by that time (S-5).
    """
    raise NotImplementedError


def process_ended(process_id: UUID) -> None:
    """A web process ends in good order: its connections are gone now and not only when unseen."""
    raise NotImplementedError
