"""Frames on their way to one reader: the addresses in them are made for that reader (X-10, X-11)."""

from __future__ import annotations

from apps.sessions import files, picture_addresses


def for_reader(frame: dict, reader: str) -> dict:
    """A frame with the addresses of the files and pictures in it made for `reader`.

    Frames with any: `ready`, `state`, `message`, and `session` of the workbench.
    `reader` is `c:<customer id>` or `m:<member id>`.
    """
    match frame["op"]:
        case "ready":
            return picture_addresses.in_ready(frame, reader)
        case "state":
            return picture_addresses.in_state(frame, reader)
        case "session":
            return picture_addresses.in_summary(frame, reader)
    frame = picture_addresses.in_message(frame, reader)
    return files.for_reader(frame, reader) if "file" in frame["message"] else frame
