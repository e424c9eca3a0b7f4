"""Ids that sort by the time they were made."""

import os
import time
import uuid


def uuid7(milliseconds: int | None = None) -> uuid.UUID:
    """A UUID of version 7 (RFC 9562, 5.7): 48 bits of Unix time in ms (default: now), 74 random bits."""
    if milliseconds is None:
        milliseconds = time.time_ns() // 1_000_000
    value = milliseconds << 80 | int.from_bytes(os.urandom(10))
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return uuid.UUID(int=value)
