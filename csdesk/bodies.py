"""How much one request may send: refused while it streams, before it fills the disk (X-10).

The largest file is a setting of the business, which this layer cannot read: doors tell it here
whenever they read it, which they do before anybody can upload.
"""

MEGABYTE = 1024 * 1024
# What a form holds beside its file, and room for a refusal with a reason by the page itself.
ROOM = 5 * MEGABYTE

largest = 20 * MEGABYTE + ROOM
# Pages of the console that take more: tables for the bot's libraries (M-4).
LARGER = {b"/console/bot/": 64 * MEGABYTE + ROOM}


def allow_files(size: int) -> None:
    """Let files of so many bytes through to the page that judges them."""
    global largest
    largest = max(20 * MEGABYTE, size) + ROOM


def allowed(path: bytes) -> int:
    """How many bytes a request to this path may have."""
    return max([largest, *(size for beginning, size in LARGER.items() if path.startswith(beginning))])
