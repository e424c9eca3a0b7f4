"""PostgreSQL and Redis from Python packages, for the demo and the tests.

Both listen on sockets in a private folder only (X-16). Whoever starts them watches them: each
is a child process in a process group of its own, and may be started again after it was killed.
"""

from csdesk.embedded.place import EmbeddedError, Place
from csdesk.embedded.postgres import Postgres
from csdesk.embedded.redis import Redis

__all__ = ["EmbeddedError", "Place", "Postgres", "Redis"]
