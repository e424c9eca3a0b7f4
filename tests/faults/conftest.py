"""What has been killed, starved and cut is fresh again for the tests that follow."""

from collections.abc import Iterator

import pytest

from tests.stack import Stack


@pytest.fixture(autouse=True, scope="module")
def _fresh_processes(stack: Stack) -> Iterator[None]:
    """A first command may fail by a database that has just been away: that is no other test's concern."""
    yield
    stack.start_servers()
    stack.stop_all()
    stack.start_all()
