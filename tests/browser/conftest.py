"""Fixtures of the browser tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.agents import Agent
from tests.stack import Stack


@pytest.fixture
def agent(stack: Stack) -> Iterator[Agent]:
    """A free agent, 林晓雯 (00790), who answers through the desk protocol."""
    someone = Agent(stack.url, "agent1@example.com", stack.password)
    yield someone
    someone.close()
