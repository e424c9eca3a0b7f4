"""Fixtures of the browser tests: an agent behind the window, customers and workbenches."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page

from apps.team.models import Member
from tests.browser.agents import Agent
from tests.browser.customers import Customer
from tests.browser.hosts import HostPages
from tests.browser.workbenches import OpenRecords, Workbenches
from tests.browsers import Pages
from tests.stack import Stack


@pytest.fixture
def agent(stack: Stack) -> Iterator[Agent]:
    """A free agent, 林晓雯 (00790), who answers through the desk protocol."""
    someone = Agent(stack.url, "agent1@example.com", stack.password)
    yield someone
    someone.close()


@pytest.fixture
def open_workbench(page_factory: Pages, stack: Stack, live_db: None) -> Iterator[Workbenches]:
    """`open_workbench(member, size=…, lang=…)` signs a member of their own in and opens the workbench."""
    benches = Workbenches(page_factory, stack)
    yield benches
    benches.close()


@pytest.fixture
def new_customer(stack: Stack) -> Iterator[Callable[[], Customer]]:
    """`new_customer()` is a visitor at the demo channel."""
    everybody: list[Customer] = []

    def arrive() -> Customer:
        everybody.append(Customer(stack.url))
        return everybody[-1]

    yield arrive
    for customer in everybody:
        customer.close()


@pytest.fixture
def host() -> Iterator[HostPages]:
    """Another origin, whose pages embed the chat."""
    pages = HostPages()
    yield pages
    pages.close()


@pytest.fixture
def open_records(page_factory: Pages, stack: Stack, live_db: None) -> OpenRecords:
    """`open_records(member, "?q=…", size=…)` signs the member in and opens their records."""
    benches = Workbenches(page_factory, stack)

    def open_them(member: Member, path: str = "", **options: object) -> Page:
        page = page_factory(**options)
        page.context.add_cookies(benches.cookies(member))
        page.goto(f"/records/{path}")
        return page

    return open_them
