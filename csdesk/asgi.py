"""The application Daphne runs: pages by Django, sockets by the doors' consumers."""

import asyncio
import os
from collections.abc import Callable

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "csdesk.settings")

from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.urls import path, re_path

pages = get_asgi_application()

from apps.chatbot import live  # noqa: E402
from apps.desk import presence  # noqa: E402
from apps.desk.consumers import DeskConsumer  # noqa: E402
from apps.visitor.consumers import VisitorConsumer  # noqa: E402
from csdesk.addresses import TrueClient  # noqa: E402
from csdesk.logging import WithSocketId  # noqa: E402
from csdesk.pages import PagesInTurn  # noqa: E402

stopped = presence.stop


def started(loop: asyncio.AbstractEventLoop) -> None:
    """What the web process does beside answering, from its start to its end (S-5, B-8)."""
    presence.start(loop)
    live.start_watching()


async def nowhere(scope: dict, receive: Callable, send: Callable) -> None:
    """A socket to an address that is none: refused at the handshake."""
    await send({"type": "websocket.close"})


application = TrueClient(
    ProtocolTypeRouter(
        {
            "http": PagesInTurn(pages, max(1, settings.PAGE_THREADS)),
            "websocket": WithSocketId(
                URLRouter(
                    [
                        # Visitors bring a token in their first frame; no cookie is read for them.
                        path("ws/visitor/", VisitorConsumer.as_asgi()),
                        path("ws/desk/", DeskConsumer.as_asgi()),
                        re_path("", nowhere),
                    ]
                )
            ),
        }
    )
)
