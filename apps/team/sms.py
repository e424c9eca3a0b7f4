"""Text messages to phones, through whatever the deployment names in `SMS_BACKEND` (T-6).

A back end is a class with `send(message)`, made anew for each message; what it cannot send it says by
SmsError. Codes are secrets: a back end writes none into the log.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import uuid
from dataclasses import dataclass
from string import Template
from typing import Any, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from csdesk import clock, outgoing


class SmsError(Exception):
    """The message was not taken; why in one word, without the number."""


@dataclass(frozen=True)
class Message:
    """`to` in E.164; `text` is what the phone shows, `code` what it is about, for gateways with templates."""

    to: str
    text: str
    code: str
    language: str


class Backend(Protocol):
    def send(self, message: Message) -> None: ...


def is_available() -> bool:
    """Whether this deployment can send any: without it nothing about phones is offered."""
    return bool(settings.SMS_BACKEND)


def send(message: Message) -> None:
    """Hand a message to the back end. Raises SmsError."""
    backend: Backend = import_string(settings.SMS_BACKEND)()
    backend.send(message)


class ConsoleBackend:
    """Writes messages to the terminal; for development."""

    def send(self, message: Message) -> None:
        sys.stdout.write(f"SMS to {message.to}: {message.text}\n")
        sys.stdout.flush()


class FileBackend:
    """Writes each message into a file of its own in `SMS_FILE_PATH`, as the demo does with mail."""

    def send(self, message: Message) -> None:
        folder = settings.SMS_FILE_PATH
        name = f"{clock.now():%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:8]}.txt"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(f"To: {message.to}\n\n{message.text}\n")
        except OSError as error:
            raise SmsError(type(error).__name__) from error


class HttpBackend:
    """POSTs JSON to `SMS_URL`: `SMS_BODY` with `${to}`, `${digits}` (without +), `${text}`, `${code}`.

    Any answer with 2xx means taken. The call keeps the rules for calls to the outside (X-12).
    """

    def send(self, message: Message) -> None:
        values = {
            "to": message.to,
            "digits": message.to.removeprefix("+"),
            "text": message.text,
            "code": message.code,
            "language": message.language,
        }
        body = json.dumps(_filled(json.loads(settings.SMS_BODY), values), ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json; charset=utf-8", "Accept": "application/json"}
        if settings.SMS_AUTHORIZATION:
            headers["Authorization"] = settings.SMS_AUTHORIZATION
        try:
            asyncio.run(outgoing.post(settings.SMS_URL, body, headers))
        except outgoing.OutgoingError as error:
            raise SmsError(error.reason) from error


def _filled(part: Any, values: dict[str, str]) -> Any:
    """The template with its `${…}` filled in where they stand: nothing in a text can become JSON."""
    if isinstance(part, str):
        return Template(part).safe_substitute(values)
    if isinstance(part, list):
        return [_filled(one, values) for one in part]
    if isinstance(part, dict):
        return {name: _filled(one, values) for name, one in part.items()}
    return part
