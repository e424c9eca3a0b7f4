"""The product's real processes for tests, on the servers of the test run."""

import os
import secrets

from django.conf import settings
from django.db import connections
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from drill.stack import ROOT, free_port, is_ready
from drill.stack import Stack as Processes
from tests.servers import TestServers

__all__ = ["ROOT", "Stack", "free_port", "is_ready"]


class Stack(Processes):
    """web, worker, clock, beat, and the embedded postgres and redis of the test run."""

    def __init__(self, servers: TestServers, password: str, **environment: str) -> None:
        self._ours = servers
        self.password = password
        logs = servers.data / f"stack-{secrets.token_hex(3)}"
        logs.mkdir()
        port = free_port()
        # Where a test may stand for the outside on this machine, which calls may not reach otherwise.
        self.outside_port = free_port()
        env = {
            **os.environ,
            **servers.environment(),
            "DJANGO_SETTINGS_MODULE": "csdesk.settings",
            "DATABASE_URL": test_database_url(),
            "PORT": str(port),
            "CSDESK_HOST": "127.0.0.1",
            "CSDESK_BASE_URL": f"http://127.0.0.1:{port}",
            "CSDESK_DEMO_PASSWORD": password,
            # All clients of a test run share one address; a test of limits names another as a proxy would.
            "CSDESK_LIMIT_EXEMPT": "127.0.0.1",
            "TRUSTED_PROXIES": "1",
            "CSDESK_OUTGOING_NETWORKS": "127.0.0.1",
            "CSDESK_OUTGOING_PORTS": str(self.outside_port),
            "PYTHONUNBUFFERED": "1",
            **environment,
        }
        env.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)
        super().__init__(env, logs, [server for server in (servers.postgres, servers.redis) if server])

    def stop_all(self) -> None:
        super().stop_all()
        self._ours.start()  # whatever a test has killed: others need them after us

    def kill(self, name: str, *args: int) -> None:
        super().kill(name, *args)
        if name == "postgres":
            connections.close_all()


def test_database_url() -> str:
    """The address of the test database, as libpq reads it."""
    params = conninfo_to_dict(os.environ["DATABASE_URL"])
    return make_conninfo(**{**params, "dbname": settings.DATABASES["default"]["NAME"]})


test_database_url.__test__ = False
