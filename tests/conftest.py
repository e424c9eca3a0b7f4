"""Fixtures for all tests.

`db` and the like are pytest-django's. Tests in `tests/live`, `tests/faults` and `tests/browser`
use the real processes (`stack`) on the same database and run last, the browsers after the rest; they
change what others would see, so each makes data of its own and nothing is flushed between them.
"""

import os
import secrets
from collections.abc import Generator, Iterator
from contextlib import suppress

import hypothesis
import pytest
from django.core.management import call_command
from django.db import connections
from django.test.utils import setup_databases, teardown_databases
from pytest_django.plugin import DjangoDbBlocker

from apps.routing import closing
from apps.sessions.models import ChatSession, State
from apps.team.models import Member
from csdesk import bridge
from csdesk.errors import DomainError
from tests.browsers import Pages, launch
from tests.servers import servers
from tests.stack import Stack

# How quick the machine is says nothing about the product.
hypothesis.settings.register_profile(
    "patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("patient")

LAST = (("tests/live/", "tests/faults/"), ("tests/browser/",))
# Files that take long begin first among their like, so that two test processes end at about the same time.
LONG = (
    "ground/test_runner.py",
    "routing/test_choice.py",
    "routing/test_concurrency.py",
    "ground/test_settings.py",
    "routing/test_deadlines.py",
    "faults/test_drill.py",
    "live/test_any_process.py",
    "live/test_serve.py",
    "browser/test_every_page.py",
    "browser/test_window.py",
    "browser/test_desk.py",
    "browser/test_embedding_widget.py",
    "browser/test_console.py",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> tuple[int, int]:
        path = item.nodeid.partition("::")[0]
        part = next((number for number, folders in enumerate(LAST, 1) if path.startswith(folders)), 0)
        length = next((number for number, name in enumerate(LONG) if path.endswith(name)), len(LONG))
        return part, length

    items.sort(key=place)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What the processes logged goes with the report of a failed test."""
    report = yield
    stack = getattr(item, "funcargs", {}).get("stack")
    if report.failed and stack:
        for name in ("web", "clock", "worker", "beat"):
            report.sections.append((f"log of {name}", stack.log(name)))
    return report


@pytest.fixture(scope="session", autouse=True)
def _redis_server() -> None:
    if servers.redis:
        servers.redis.start()


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The test database, also where only `stack` asks for it."""
    servers.start()
    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False, aliases={"default"})
    yield
    if servers.given_database:  # our own goes with its folder
        with django_db_blocker.unblock():
            teardown_databases(made, verbosity=0)


@pytest.fixture(scope="session")
def stack(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Stack]:
    """The real web, worker, clock and beat processes with demo data, ready."""
    running = Stack(servers, secrets.token_urlsafe(9))
    with django_db_blocker.unblock():
        os.environ["CSDESK_DEMO_PASSWORD"] = running.password
        call_command("seed_demo")
        connections.close_all()
    try:
        running.start_all()
        if servers.postgres:
            # Whatever all tests before have written need not be replayed when a test kills the database.
            with django_db_blocker.unblock():
                with connections["default"].cursor() as cursor:
                    cursor.execute("CHECKPOINT")
                connections.close_all()
        yield running
    finally:
        running.stop_all()
        with django_db_blocker.unblock():
            connections.close_all()


@pytest.fixture(autouse=True)
def _threads_without_database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that may not use the database get threads in which no other test has connected to it."""
    if not (request.node.get_closest_marker("django_db") or {"db", "live_db"} & set(request.fixturenames)):
        monkeypatch.setattr(bridge, "_lanes", {})


@pytest.fixture(autouse=True)
def _revived(request: pytest.FixtureRequest) -> Iterator[None]:
    """What a test has left dead lives again, and what it has left open is closed for the next one."""
    yield
    if "stack" in request.fixturenames:
        request.getfixturevalue("stack").revive()
        with request.getfixturevalue("django_db_blocker").unblock():
            close_sessions()
            connections.close_all()


def close_sessions() -> None:
    """End all open sessions, so that none of them is handed to the agents of the next test."""
    admin = Member.objects.get(account="super@example.com")
    for session_id in ChatSession.objects.exclude(state=State.CLOSED).values_list("id", flat=True):
        with suppress(DomainError):  # the product itself was faster
            closing.by_administrator(admin, session_id)


@pytest.fixture
def live_db(stack: Stack, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The database the processes of `stack` use, without a transaction around the test."""
    with django_db_blocker.unblock():
        yield
        connections.close_all()


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """Chromium (playwright's sync API); installed by apt when it is missing and we may."""
    # Playwright runs an event loop in this thread, and Django would refuse the tests' own queries.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with launch() as chromium:
        yield chromium


@pytest.fixture
def page_factory(browser: object, stack: Stack) -> Iterator[Pages]:
    """`page_factory(size=(1280, 800), lang="zh-CN", theme="light")` opens a page in a browser of its own.

    At the end the test fails if any of the pages logged an error or broke the content policy;
    `page_factory.expect("text")` names what a test provokes on purpose.
    """
    pages = Pages(browser, stack.url)
    yield pages
    pages.close()
