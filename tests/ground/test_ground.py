"""Small parts of the ground: addresses, logs, the content policy, the cache, health."""

import json
import logging
from types import SimpleNamespace

import pytest
from django.contrib.staticfiles import finders
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.test import Client
from redis.exceptions import ConnectionError as RedisGone

from csdesk import csp
from csdesk import logging as our_logging
from csdesk.addresses import TrueClient, true_client
from csdesk.cache import RedisOrMemoryCache
from csdesk.runner.children import Shown


@pytest.mark.parametrize(
    ("forwarded", "proxies", "address"),
    [
        ("203.0.113.9", 0, "10.0.0.1"),  # nobody is believed
        ("203.0.113.9", 1, "203.0.113.9"),
        ("1.2.3.4, 203.0.113.9", 1, "203.0.113.9"),  # what the caller wrote himself is not believed
        ("1.2.3.4, 203.0.113.9, 10.0.0.2", 2, "203.0.113.9"),
        ("203.0.113.9", 2, "10.0.0.1"),  # came past one of the proxies
        ("", 1, "10.0.0.1"),
        ("<script>", 1, "10.0.0.1"),
        ("2001:db8::7", 1, "2001:db8::7"),
        ("[2001:db8::7]", 1, "2001:db8::7"),
    ],
)
def test_the_client_is_whom_the_outermost_trusted_proxy_saw(forwarded: str, proxies: int, address: str):
    assert true_client("10.0.0.1", forwarded, proxies) == address


@pytest.mark.parametrize(
    ("proxies", "scheme", "client"), [(0, "http", "10.0.0.1"), (1, "https", "203.0.113.9")]
)
async def test_scheme_and_address_are_only_taken_from_trusted_proxies(settings, proxies, scheme, client):
    settings.TRUSTED_PROXIES = proxies
    seen = {}

    async def app(scope: dict, receive: object, send: object) -> None:
        seen.update(scope)

    headers = [(b"x-forwarded-for", b"203.0.113.9"), (b"x-forwarded-proto", b"https")]
    scope = {"type": "http", "scheme": "http", "client": ["10.0.0.1", 4711], "headers": headers}
    await TrueClient(app)(scope, None, None)

    assert (seen["scheme"], seen["client"][0]) == (scheme, client)


def line(**fields: object) -> dict:
    record = logging.makeLogRecord({"name": "csdesk.test", "levelname": "INFO", **fields})
    our_logging.ContextFilter().filter(record)
    return json.loads(our_logging.JsonFormatter().format(record))


def test_a_log_line_is_json_with_the_request_and_what_was_given():
    token = our_logging.request_id.set("abcdef123456")
    try:
        written = line(msg="uploaded %s", args=("a\nb",), size=7)
    finally:
        our_logging.request_id.reset(token)

    assert written["message"] == "uploaded a\nb"
    assert (written["request_id"], written["size"], written["level"]) == ("abcdef123456", 7, "info")


@pytest.mark.parametrize(
    "text",
    [
        "GET /files/c2lnbmVkOnNlY3JldA:1x:y failed",
        "GET /ws/visitor/?channel=demo&token=c2lnbmVkOnNlY3JldA failed",
    ],
)
def test_signed_addresses_and_queries_are_not_logged(text: str):
    assert "c2lnbmVkOnNlY3JldA" not in line(msg=text)["message"]
    assert line(msg=text)["message"].endswith("failed")


@pytest.mark.parametrize(
    ("error", "is_traced"), [(BadRequest("no such choice"), False), (ValueError(), True)]
)
def test_a_malformed_request_leaves_no_traceback(error: Exception, is_traced: bool, capsys):
    """It was answered with 400; whatever else went wrong keeps its traceback."""
    configured = our_logging.config("INFO", "json")
    handler = logging.StreamHandler()
    handler.setFormatter(our_logging.JsonFormatter())
    for name in configured["handlers"]["out"]["filters"]:
        handler.addFilter(configured["filters"][name]["()"]())
    handler.handle(logging.makeLogRecord({"msg": "refused", "exc_info": (type(error), error, None)}))
    assert ("exception" in json.loads(capsys.readouterr().err)) == is_traced


@pytest.mark.parametrize("offered", ["short", "x" * 65, 'a"},{"level":"error', "with blank 12"])
def test_a_request_id_that_could_fake_a_line_is_replaced(offered: str):
    assert our_logging.chosen_request_id(offered) != offered


@pytest.mark.parametrize("style", [our_logging.TextFormatter, our_logging.JsonFormatter])
def test_the_terminal_shows_trouble_once_a_minute_and_no_chatter(style: type[logging.Formatter], monkeypatch):
    monkeypatch.delenv("CSDESK_VERBOSE", raising=False)
    shown = Shown()

    def is_shown(level: int, text: str, logger: str = "csdesk") -> bool:
        name = logging.getLevelName(level)
        record = logging.makeLogRecord({"levelno": level, "levelname": name, "msg": text, "name": logger})
        return shown.is_worth(style().format(record))

    assert shown.is_worth("ImportError: no module"), "a crash before the logs are set up"
    assert not is_shown(logging.INFO, "started")
    assert is_shown(logging.ERROR, "task 7f3a-11 failed")
    assert shown.is_worth("  File x.py")
    assert not is_shown(logging.ERROR, "task 99bc-12 failed"), "the same again"
    assert not shown.is_worth("  File x.py")
    assert is_shown(logging.WARNING, "something else")
    assert not is_shown(logging.WARNING, "Not Found: /apple-touch-icon.png", "django.request"), "a slip"
    assert not shown.is_worth("  of several lines")
    assert is_shown(logging.ERROR, "Internal Server Error: /desk/", "django.request")


def test_browsers_find_the_mark_where_they_look_for_it(client):
    answer = client.get("/favicon.ico")
    assert (answer.status_code, answer["Location"]) == (302, "/static/desk/mark.svg")
    assert finders.find("desk/mark.svg")


def test_nothing_inline_is_allowed():
    assert "unsafe" not in csp.policy()
    assert "script-src 'self';" in csp.policy()
    assert "frame-ancestors 'none'" in csp.policy()


def test_a_page_is_framed_by_the_named_origins_only():
    response = csp.allow_frames(HttpResponse(), ["https://shop.example"])

    assert "frame-ancestors https://shop.example" in response["Content-Security-Policy"]
    assert "frame-ancestors 'none'" not in response["Content-Security-Policy"]
    assert "Content-Security-Policy" not in csp.allow_frames(HttpResponse(), [])


def test_the_cache_counts_in_memory_while_redis_is_away(monkeypatch):
    cache = RedisOrMemoryCache("redis://127.0.0.1:1/0", {})
    calls = []

    def gone(*args: object, **kwargs: object) -> None:
        calls.append(args)
        raise RedisGone("away")

    for name in ("add", "incr", "get"):
        monkeypatch.setattr(cache._redis, name, gone)

    assert cache.add("tries", 1, 60) is True
    assert cache.incr("tries") == 2
    assert cache.get("tries") == 2
    assert len(calls) == 1, "an outage must not slow down every call"


def test_the_cache_uses_redis_when_it_is_there(settings):
    cache = RedisOrMemoryCache(settings.REDIS_URL, {"KEY_PREFIX": "test-ground"})
    other_process = RedisOrMemoryCache(settings.REDIS_URL, {"KEY_PREFIX": "test-ground"})

    cache.set("seen", 41, 60)

    assert other_process.incr("seen") == 42
    cache.delete("seen")


def test_a_server_that_stops_is_not_ready(db, monkeypatch):
    from csdesk import health

    assert Client().get("/readyz").json()["state"] == "ready"
    monkeypatch.setattr(health, "draining", True)

    answer = Client().get("/readyz")

    assert (answer.status_code, answer.json()["state"]) == (503, "draining")
    assert Client().get("/healthz").status_code == 200


def test_pending_migrations_are_not_ready(db, monkeypatch):
    from csdesk import health

    executor = SimpleNamespace(
        loader=SimpleNamespace(graph=SimpleNamespace(leaf_nodes=list)),
        migration_plan=lambda targets: ["0002"],
    )
    monkeypatch.setattr(health, "_migrated", False)
    monkeypatch.setattr(health, "MigrationExecutor", lambda connection: executor)

    answer = Client().get("/readyz")

    assert (answer.status_code, answer.json()["migrations"]) == (503, "pending")
