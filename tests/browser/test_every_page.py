"""Every page in both themes and languages: no serious finding of axe, all words translated, and those of the
console as wide as the screen (Q-8, Q-9)."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from apps.sessions.models import ServiceRecord
from apps.team.models import Role, SkillGroup
from csdesk.sheets import STATES
from tests.browser import looking
from tests.browser.test_console import PAGES, sign_in
from tests.browsers import Pages
from tests.factories import make_channel, make_group, make_member
from tests.stack import Stack

pytestmark = [
    pytest.mark.usefixtures("live_db"),
    pytest.mark.parametrize("lang", ["zh-CN", "en-GB"]),
]

# The names of the demo and of the samples.
NAMES = (
    *("林晓雯", "陈思远", "山禾器物", "售前咨询", "售后服务"),
    *("Pre", "sales", "After", "shop", "example", "com", "KT", "Asia", "Shanghai", "W" * 200),
)
# Looked at once more they would show nothing new.
ALIKE = {
    ("desk", "free"),
    ("desk", "ended"),
    ("desk", "offline"),
    ("window", "refused"),
    ("window", "offline"),
}
ALIKE_PAGES = {f"/console/settings/{name}/" for name in ("queue", "flow", "presence", "closing", "messages")}

# In one language a page is seen for its structure and the light colours, in the other for the dark ones.
THEMES = {"en-GB": "light", "zh-CN": "dark"}

LIVE = {"window": ".window-state[data-link=live]", "desk": "#live[data-live=live]"}
UNCONNECTED = {"loading", "offline"}
DESK, PHONE = (1280, 800), (375, 667)


class Looks:
    """Collects what is wrong with each page; the test fails with all of it at once."""

    def __init__(self, page: Page, lang: str) -> None:
        self.page = page
        self.theme = THEMES[lang]
        self.wrong: list[str] = []

    def accessible(self, name: str) -> None:
        for text in looking.findings(self.page, [self.theme]):
            self.wrong.append(f"{name}: {text}")

    def at(self, name: str, *names: str) -> None:
        self.accessible(name)
        self.words(name, *names)

    def words(self, name: str, *names: str) -> None:
        for text in looking.foreign_words(self.page, (*NAMES, *names)):
            self.wrong.append(f"{name}: another language: {text!r}")

    def fits(self, name: str) -> None:
        """Nothing is wider than the screen, on a desk or on a phone."""
        for width, height in (PHONE, DESK):
            self.page.set_viewport_size({"width": width, "height": height})
            if wider := looking.overflow(self.page):
                self.wrong.append(f"{name}: {wider} px wider than {width} px")

    def done(self) -> None:
        assert not self.wrong, "\n".join(self.wrong)


def test_every_component_in_every_state(page_factory: Pages, lang: str):
    page = page_factory(lang=lang, theme=THEMES[lang])
    looks = Looks(page, lang)
    for name, states in STATES.items():
        for state in (state for state in states if (name, state) not in ALIKE):
            page.goto(f"/dev/components/{name}/?state={state}&lang={'zh-hans' if lang == 'zh-CN' else 'en'}")
            if name in LIVE and state not in UNCONNECTED:
                expect(page.locator(LIVE[name])).to_be_visible()
            looks.at(f"{name} {state}")
    page.goto("/dev/components/?sheet=parts")
    looks.at("overview")
    looks.done()


def test_dialogs_menus_and_help_of_the_workbench(page_factory: Pages, lang: str):
    page = page_factory(lang=lang, theme=THEMES[lang])
    looks = Looks(page, lang)
    page.goto(f"/dev/components/desk/?state=serving&lang={'zh-hans' if lang == 'zh-CN' else 'en'}")
    expect(page.locator("#thread .message").first).to_be_visible()
    opened: dict[str, Callable[[], None]] = {
        "transfer": lambda: page.locator("#transfer").click(),
        "card": lambda: page.locator("#pick-card").click(),
        "help": lambda: page.keyboard.press("?"),
    }
    for name, act in opened.items():
        page.locator("#messages").focus()
        act()
        expect(page.locator("dialog[open]")).to_be_visible()
        looks.at(name)
        page.keyboard.press("Escape")
        expect(page.locator("dialog[open]")).to_have_count(0)
    for menu in ("#availability", "#account"):
        page.locator(f"{menu} > summary").click()
        looks.at(menu)
        page.keyboard.press("Escape")
    for tab in page.locator(".desk-side [role=tab]").all():
        tab.click()
        looks.words(f"tab {tab.inner_text()}")
    page.set_viewport_size({"width": 375, "height": 667})
    looks.at("workbench on a phone")
    looks.done()


def test_pages_of_those_who_are_not_signed_in(page_factory: Pages, stack: Stack, lang: str):
    page_factory.expect("status of (403|404)")
    page = page_factory(lang=lang, theme=THEMES[lang])
    looks = Looks(page, lang)
    page.goto("/login/")
    looks.at("sign-in")
    page.locator("[name=login]").fill("nobody@example.com")
    page.locator("[name=password]").fill("wrong")
    page.locator("main button[type=submit]").click()
    expect(page.locator(".wrong, .banner.late").first).to_be_visible()
    looks.at("sign-in refused")
    for address in ("/chat/nobody-has-this/", "/nothing-here/"):
        page.goto(address)
        looks.at(address)
    page.goto("/demo/")
    page.get_by_role("button").last.click()
    expect(page.frame_locator("iframe").locator(".window-state[data-link=live]")).to_be_visible()
    looks.at("shop with the chat open")
    # The examples are in English, as their sources are; the chat in them is not.
    page.goto("/demo/examples/plain/")
    expect(page.locator(LIVE["window"])).to_be_visible()
    looks.accessible("the chat as a part of a page")
    looks.done()


def test_records_and_console(page_factory: Pages, lang: str):
    page_factory.expect("status of (403|404)")
    page = page_factory(lang=lang, theme=THEMES[lang])
    looks = Looks(page, lang)
    sign_in(page, make_member(Role.ADMINISTRATOR, nickname="管理员" if lang == "zh-CN" else "Admin"))
    page.goto("/records/?period=all")
    looks.at("records")
    page.goto(f"/records/{ServiceRecord.objects.order_by('id').values_list('id', flat=True)[0]}/")
    expect(page.locator(".transcript .message").first).to_be_visible()
    looks.at("transcript", *re.split(r"[\s-]+", page.locator("h2").first.inner_text()))
    page.goto("/customers/")
    # Customers are called as they call themselves, in whichever language.
    profile = page.locator(".record-open").first.get_attribute("href").partition("?")[0]
    for address in ("/customers/", profile, f"{profile}edit/", f"{profile}blacklist/"):
        assert page.goto(address).status == 200
        looks.accessible(address)
        looks.fits(address)
    for address in ("/customers/blacklist/", "/customers/blacklist/add/"):
        page.goto(address)
        looks.at(address)
        looks.fits(address)
    group, channel = make_group(name=f"KT {SkillGroup.objects.count()}"), make_channel(name="KT")
    of_one = (f"/console/groups/{group.pk}/hours/", f"/console/channels/{channel.pk}/pre-chat/")
    for address in (*PAGES, *of_one):
        assert page.goto(address).status == 200
        expect(page.locator("h1").first).to_be_visible()
        looks.fits(address)
        if address not in ALIKE_PAGES:
            looks.at(address)
    for address in ("/logout/", "/console/nothing-here/"):
        page.goto(address)
        looks.at(address)
    looks.done()
