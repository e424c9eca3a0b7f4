"""The one clock. Call it as `clock.now()`, so that a test can move time in one place."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present as an aware datetime in UTC."""
    return datetime.now(UTC)


def milliseconds(moment: datetime) -> int:
    """A moment in the unit of the protocols: milliseconds since 1970 in UTC."""
    return round(moment.timestamp() * 1000)
