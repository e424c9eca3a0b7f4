"""From the mail with the first password to serving, and out again by an administrator (T-2, T-4, T-6)."""

from __future__ import annotations

import email
import re
import secrets
import time
from collections.abc import Callable
from email.policy import default
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from apps.team.models import Member, Role
from tests import factories as make
from tests.browser.customers import Customer
from tests.browser.workbenches import Workbench
from tests.browsers import Pages
from tests.servers import servers

pytestmark = pytest.mark.usefixtures("live_db")
PASSWORD = re.compile(r"\b[a-zA-Z2-9]{5}-[a-zA-Z2-9]{4}-[a-zA-Z2-9]{5}\b")


def sign_in(page: Page, account: str, password: str) -> None:
    page.goto("/login/")
    page.locator("[name=login]").fill(account)
    page.locator("[name=password]").fill(password)
    page.locator("main form.form button[type=submit]").click()


def mailed_password(address: str) -> str:
    """The password in the newest mail to this address, once it is there."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        for file in sorted((servers.data / "mail").glob("*"), key=lambda one: -one.stat().st_mtime_ns):
            if found := password_in(file, address):
                return found
        time.sleep(0.1)
    raise AssertionError(f"no mail to {address}")


def password_in(file: Path, address: str) -> str:
    mail = email.message_from_bytes(file.read_bytes(), policy=default)
    if address not in str(mail["To"]):
        return ""
    found = PASSWORD.search(mail.get_body(("plain",)).get_content())
    return found.group() if found else ""


def test_from_the_mail_to_the_desk_and_out_again(
    page_factory: Pages, new_customer: Callable[[], Customer]
) -> None:
    page_factory.expect("status of 403")
    mark = secrets.token_hex(4)
    address, chosen = f"{mark}@example.com", secrets.token_urlsafe(12)
    admin = make.make_member(Role.ADMINISTRATOR, serves=False)
    console = page_factory(lang="en-GB")
    sign_in(console, admin.account, make.PASSWORD)
    console.wait_for_url("**/console/")

    # An administrator adds an agent, who gets a password by mail.
    console.goto("/console/team/member/add/")
    console.get_by_label("Nickname").fill(f"Nina {mark}")
    console.get_by_label("E-mail", exact=True).fill(address)
    console.get_by_role("button", name="Save", exact=True).click()
    expect(console.locator(".banner.good", has_text=address)).to_be_visible()

    # Their first sign-in: a password of their own, no phone number for now, and there is the desk.
    page = page_factory(lang="en-GB")
    sign_in(page, address, mailed_password(address))
    page.get_by_label("Current password").fill(mailed_password(address))
    page.get_by_label("New password", exact=True).fill(chosen)
    page.get_by_label("New password again").fill(chosen)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("heading", name="Bind your phone number")).to_be_visible()
    page.get_by_role("button", name="Not now").click()
    member = Member.objects.get(email=address)
    bench = Workbench(page, member)
    bench.wait_live()

    # They serve.
    customer, words = new_customer(), f"Is the kettle in stock? {mark}"
    customer.say("human")
    customer.until_state("serving")
    customer.say(words)
    bench.choose(words)
    expect(bench.live).to_have_attribute("data-live", "live")
    bench.say("It is!")
    customer.until_heard("It is!")

    # Forced offline, the open workbench says why, and the customer waits for somebody else.
    console.goto("/console/team/member/?q=" + mark)
    console.locator(".row-acts").get_by_text("Force offline").click()
    console.locator(".submit-row button").click()
    expect(page.locator("#kicked")).to_contain_text("An administrator has taken you offline")
    expect(page.get_by_text(words).first).to_be_hidden()
    expect(page.locator("body > :not(dialog)").locator("visible=true")).to_have_count(0)
    customer.until_state("queued")

    # They do not come in again until they are restored.
    page.get_by_role("button", name="To the sign-in page").click()
    sign_in(page, address, chosen)
    expect(page.get_by_role("heading", name="You can't sign in now")).to_be_visible()
    console.goto("/console/team/member/?q=" + mark)
    console.locator(".row-acts").get_by_text("Restore").click()
    console.locator(".submit-row button").click()
    sign_in(page, address, chosen)
    bench.wait_live()
    customer.until_state("serving")
