"""A file into the bot's library and out of it, through the real web and worker processes (M-4)."""

from __future__ import annotations

import httpx
import pytest

from apps.chatbot import exports, knowledge
from apps.chatbot.models import Entry, Library
from csdesk.embedded.server import wait_until
from drill.clients import sign_in
from tests.chatbot.files import HEAD, cells_of, csv_file
from tests.stack import Stack

CATEGORY = "Files of the live test"
# As many as make an export a job of the worker's.
ROWS = [["", f"{CATEGORY}, question {number}", "", "a"] for number in range(exports.AT_ONCE + 1)]


@pytest.fixture
def browser(stack: Stack, live_db) -> httpx.Client:
    """An administrator's."""
    cookies = sign_in(stack.url, "admin@example.com", stack.password)
    token = next(part.split("=")[1] for part in cookies.split("; ") if "csrf" in part)
    headers = {"Cookie": cookies, "Referer": stack.url, "X-CSRFToken": token}
    with httpx.Client(base_url=stack.url, headers=headers, trust_env=False, timeout=30) as client:
        yield client
    mine = Entry.objects.filter(library=Library.QA, question__startswith=CATEGORY)
    knowledge.delete_entries(Library.QA, mine)


def reached(browser: httpx.Client, address: str, state: str, stack: Stack) -> None:
    def is_so() -> bool:
        return browser.get(f"{address}progress/").json()["state"] == state

    assert wait_until(is_so, 20, 0.1), stack.log("worker")


def test_a_file_goes_in_and_comes_out(browser, stack):
    before = Entry.objects.filter(library=Library.QA).count()
    file = {"file": ("library.csv", csv_file([HEAD, *ROWS]))}
    sent = browser.post("/console/bot/qa/import/", data={"existing": "change"}, files=file)
    address = sent.headers["Location"]
    reached(browser, address, "checked", stack)
    assert Entry.objects.filter(library=Library.QA).count() == before

    browser.post(f"{address}confirm/")
    reached(browser, address, "done", stack)
    assert Entry.objects.filter(library=Library.QA).count() == before + len(ROWS)

    asked = browser.post("/console/bot/qa/export/", data={"format": "xlsx", "q": CATEGORY})
    reached(browser, asked.headers["Location"], "done", stack)
    fetched = browser.get(f"{asked.headers['Location']}download/")
    assert len(cells_of(fetched.content, "x.xlsx")) == 1 + len(ROWS)
