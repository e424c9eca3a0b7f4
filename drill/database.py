"""Calls into the database beside a running event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from django.db import connections


async def database(function: Callable[..., Any], *arguments: Any, **fields: Any) -> Any:
    """Call in a thread with a connection of its own, which no killed server can have spoilt."""

    def call() -> Any:
        try:
            return function(*arguments, **fields)
        finally:
            connections.close_all()

    return await asyncio.to_thread(call)
