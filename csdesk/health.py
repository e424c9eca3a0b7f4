"""Is this process alive (`/healthz`), and should it get work (`/readyz`)?"""

from collections.abc import Callable

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from redis import Redis

# Set by the server once it has been told to stop: the balancer looks elsewhere while sockets say good-bye.
draining = False
_migrated = False


class HealthMiddleware:
    """Answers both addresses before anything else: balancers ask without our host name and TLS."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/healthz":
            return alive()
        if request.path == "/readyz":
            return ready()
        return self.get_response(request)


def alive() -> HttpResponse:
    """The process answers. Asks nobody else, so that an outage elsewhere does not restart it."""
    return HttpResponse("ok", content_type="text/plain")


def ready() -> JsonResponse:
    """The database answers and is migrated, and we are not stopping.

    Without Redis the work goes on slower, so that is `degraded` and still ready.
    """
    parts = {"database": _said(_database), "migrations": _said(_migrations), "redis": _said(_redis)}
    if draining:
        state = "draining"
    elif parts["database"] != "ok" or parts["migrations"] != "ok":
        state = "unavailable"
    else:
        state = "ready" if parts["redis"] == "ok" else "degraded"
    return JsonResponse({"state": state, **parts}, status=200 if state in ("ready", "degraded") else 503)


def _said(check: Callable[[], str]) -> str:
    """What the check says; an error is named by its class only, because anybody may ask."""
    try:
        return check()
    except Exception as error:
        return type(error).__name__


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return "ok"


def _migrations() -> str:
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return "ok" if _migrated else "pending"


def _redis() -> str:
    with Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1, retry=None) as redis:
        redis.ping()
    return "ok"
