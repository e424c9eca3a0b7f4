"""Keyset paging, the same speed at any depth: where a page of a list begins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from csdesk.errors import Invalid

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Place:
    """Where a page of a list begins: beside one of its things, towards older or newer ones."""

    moment: datetime
    id: UUID
    is_newer: bool = False

    @classmethod
    def read(cls, written: str, *, is_newer: bool = False) -> Place:
        """A place from an address; Invalid when it is none."""
        micros, dash, thing = written.partition("-")
        try:
            if not dash or len(micros) > 17:
                raise ValueError(written)
            return cls(_EPOCH + timedelta(microseconds=int(micros)), UUID(thing), is_newer)
        except (ValueError, OverflowError):
            raise Invalid(_("This page of the list is not there; here is the first one.")) from None

    def __str__(self) -> str:
        return f"{(self.moment - _EPOCH) // timedelta(microseconds=1)}-{self.id.hex}"
