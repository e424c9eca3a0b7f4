"""Logs: one JSON object per line in production, short text in the demo.

Each line carries the id of the request or socket (`request`) and, where known, of the chat
session (`session`). Texts of messages, tokens and addresses with signatures are never logged.
"""

import json
import logging
import logging.config as logging_config
import re
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.core.exceptions import BadRequest

request_id: ContextVar[str] = ContextVar("request_id", default="")
session_id: ContextVar[str] = ContextVar("session_id", default="")

# What a caller may choose as the id of its request: enough for any proxy, nothing that could fake a line.
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
# A query or a signed path is a secret in the wrong hands: only the path up to it is written.
_SECRETS = re.compile(r"\?[^\s\"']*|(?<=/files/)[^\s\"'?]+|(?<=/login/once/)[^\s\"'?]+")
_PLAIN = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "request", "taskName", "color_message"}


def without_secrets(text: str) -> str:
    """Text for the log with queries and signed parts of addresses cut off."""
    return _SECRETS.sub("…", text)


class ContextFilter(logging.Filter):
    """Adds the ids of the running request to each line."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        record.session_id = getattr(record, "session_id", "") or session_id.get()
        return True


class CallersMistake(logging.Filter):
    """Takes the traceback off a request that was refused as malformed (400): nothing here is broken."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and isinstance(record.exc_info[1], BadRequest):
            record.exc_info = None
        return True


class JsonFormatter(logging.Formatter):
    """One line of JSON with everything given as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": without_secrets(record.getMessage()),
        }
        for name, value in vars(record).items():
            if name not in _PLAIN and value not in ("", None):
                line[name] = value if isinstance(value, int | float | bool) else without_secrets(str(value))
        if record.exc_info:
            line["exception"] = without_secrets(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


class TextFormatter(logging.Formatter):
    """Short text for a person at a terminal."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s", "%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        return without_secrets(super().format(record))


def config(level: str, style: str) -> dict:
    """The dictionary for `logging.config.dictConfig`."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"context": {"()": ContextFilter}, "callers": {"()": CallersMistake}},
        "formatters": {"json": {"()": JsonFormatter}, "text": {"()": TextFormatter}},
        "handlers": {
            "out": {"class": "logging.StreamHandler", "formatter": style, "filters": ["context", "callers"]},
        },
        "root": {"handlers": ["out"], "level": level},
        "loggers": {
            "django.server": {"level": "WARNING"},
            "django.channels.server": {"level": "WARNING"},
            "daphne": {"level": "WARNING"},
            "asyncio": {"level": "WARNING"},
            # Every scanner of the net tries names that are not ours; they get their 400.
            "django.security.DisallowedHost": {"handlers": [], "propagate": False},
            "celery.app.trace": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.beat": {"level": "WARNING"},
            # Would write whole addresses; `csdesk.outgoing` says what may be said.
            "httpcore": {"level": "WARNING"},
        },
    }


def configure(settings: dict) -> None:
    """Set up logging once from `settings.LOGGING`."""
    logging_config.dictConfig(settings)


def chosen_request_id(offered: str | None) -> str:
    """The caller's request id when it is harmless, else a new one."""
    if offered and _REQUEST_ID.fullmatch(offered):
        return offered
    return uuid.uuid4().hex[:16]


class RequestIdMiddleware:
    """Gives each request an id, in the log and in the answer's `X-Request-ID`."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request):
        chosen = chosen_request_id(request.headers.get("X-Request-ID"))
        if self.is_async:
            return self._answer_async(request, chosen)
        with_id = request_id.set(chosen)
        try:
            response = self.get_response(request)
        finally:
            request_id.reset(with_id)
        response["X-Request-ID"] = chosen
        return response

    async def _answer_async(self, request, chosen: str):
        request_id.set(chosen)
        response = await self.get_response(request)
        response["X-Request-ID"] = chosen
        return response


class WithSocketId:
    """Gives each socket an id for all the log lines of its life."""

    def __init__(self, app: Callable) -> None:
        self.app = app

    async def __call__(self, scope: dict, receive: Callable, send: Callable) -> None:
        request_id.set(f"ws-{chosen_request_id(None)}")
        await self.app(scope, receive, send)
