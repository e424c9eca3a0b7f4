"""The trail of whoever looks at records (C-9, X-14): written before anything is shown, else nothing is."""

from __future__ import annotations

from django.http import HttpRequest

from apps.records.filters import Filters
from apps.sessions.masking import masked_text
from apps.sessions.models import ServiceRecord
from apps.team import trail

SEARCHED, VIEWED, DOWNLOADED = "record.searched", "record.viewed", "record.downloaded"


def searched(request: HttpRequest, filters: Filters, shown: int) -> None:
    """A list of records is about to be shown."""
    values = filters.values() | {"period": filters.period, "shown": shown}
    if filters.q:
        values["q"] = masked_text(filters.q)
    trail.append(
        SEARCHED, member=request.user, address=_address(request), object_type="records", values=values
    )


def viewed(request: HttpRequest, record: ServiceRecord) -> None:
    """The transcript of a record is about to be shown."""
    _record(VIEWED, request, record, {})


def downloaded(request: HttpRequest, record: ServiceRecord, form: str) -> None:
    """A transcript is about to be sent as a file of this form."""
    _record(DOWNLOADED, request, record, {"form": form})


def _record(action: str, request: HttpRequest, record: ServiceRecord, values: dict) -> None:
    trail.append(
        action,
        member=request.user,
        address=_address(request),
        object_type="record",
        object_id=record.id,
        values={"session": str(record.session_id), **values},
    )


def _address(request: HttpRequest) -> str:
    return request.META.get("REMOTE_ADDR", "")
