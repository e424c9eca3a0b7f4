"""What the pages of records and of customers share: the part of the list, what stands open, the way back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar
from uuid import UUID

from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest

from apps.records.paging import Place
from apps.routing.models import Availability, Status
from apps.team.models import Member
from csdesk.errors import Invalid

SEARCH_SECONDS = 8
_CANCELLED = "57014"

Thing = TypeVar("Thing")


class TooSlow(Exception):
    """A search took longer than SEARCH_SECONDS and was given up."""


@contextmanager
def searching() -> Iterator[None]:
    """A transaction in which each query may take SEARCH_SECONDS; TooSlow when one took longer."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = %s", [SEARCH_SECONDS * 1000])
            yield
    except DatabaseError as error:
        if getattr(error.__cause__, "sqlstate", "") != _CANCELLED:
            raise
        raise TooSlow from error


def place_of(request: HttpRequest, problems: list[str]) -> Place | None:
    """Where the asked page of the list begins; what is no place is told in `problems`."""
    for name, is_newer in (("before", False), ("after", True)):
        written = request.GET.get(name, "")
        if written:
            try:
                return Place.read(written, is_newer=is_newer)
            except Invalid as error:
                problems.append(error.detail)
    return None


def opened_by(
    request: HttpRequest,
    find: Callable[[Member, UUID], Thing | None],
    problems: list[str],
    *,
    not_there: str,
) -> Thing | None:
    """What stands open beside the list; `not_there` goes into `problems` where nothing can be opened."""
    written = request.GET.get("open", "")
    if not written:
        return None
    try:
        found = find(request.user, UUID(written))
    except ValueError:
        found = None
    if found is None:
        problems.append(not_there)
    return found


def back(request: HttpRequest) -> str:
    """The query string of the list one came from."""
    params = request.GET.copy()
    for name in ("part", "open"):
        params.pop(name, None)
    return params.urlencode()


def is_on_duty(request: HttpRequest) -> bool:
    """Whether the member's workbench is open, so that this page must not let them go offline."""
    return Availability.objects.filter(member=request.user).exclude(status=Status.OFFLINE).exists()
