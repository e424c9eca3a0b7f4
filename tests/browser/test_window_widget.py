"""The widget on a host page (V-2) and the demo shop (V-5)."""

from __future__ import annotations

import gzip
import json

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.agents import Agent
from tests.browser.hosts import HostPages
from tests.browser.windows import Window, new_channel, new_words
from tests.browsers import Pages
from tests.stack import Stack

pytestmark = pytest.mark.usefixtures("live_db")


def sockets_of(page: Page) -> list[str]:
    opened: list[str] = []
    page.on("websocket", lambda socket: opened.append(socket.url))
    return opened


def framed(page: Page) -> Window:
    return Window(page.frame_locator("[data-csdesk] iframe"))


def test_the_widget_is_small(stack: Stack) -> None:
    answer = httpx.get(f"{stack.url}/widget.js", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert len(gzip.compress(answer.content)) < 15_000


def test_nothing_connects_before_the_widget_is_opened(page_factory: Pages) -> None:
    page = page_factory(lang="en-GB")
    opened = sockets_of(page)
    page.goto("/demo/")
    launcher = page.get_by_role("button", name="Open chat")
    expect(launcher).to_be_visible()
    assert opened == []
    assert page.locator("iframe").count() == 0
    assert [cookie["name"] for cookie in page.context.cookies()] == []
    names = page.evaluate("Object.keys(window).filter(name => /csdesk|visitor|chat/i.test(name))")
    assert names == ["csdesk"]
    launcher.click()
    framed(page).wait_ready()
    assert len(opened) == 1


def test_the_conversation_goes_on_after_a_reload(page_factory: Pages, agent: Agent) -> None:
    page = page_factory(lang="en-GB")
    page.goto("/demo/")
    page.get_by_role("button", name="Open chat").click()
    window = framed(page)
    window.wait_ready()
    words = new_words("From the shop")
    window.say(words)
    session = agent.until_served(words)
    window.expect_state("With 林晓雯")
    window.place.get_by_role("button", name="Minimise").click()
    expect(page.locator("iframe")).to_be_hidden()
    agent.say(session, "Here I am")
    expect(page.get_by_role("button", name="Open chat, 1 unread")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Open chat, 1 unread")).to_be_visible()
    agent.say(session, "Still here")
    page.get_by_role("button", name="Open chat, 2 unread").click()
    window.expect_message(words)
    window.expect_message("Still here")
    expect(page.locator(".count")).to_be_hidden()


def test_a_listed_site_shows_the_chat_and_holds_its_token(
    page_factory: Pages, host: HostPages, stack: Stack, agent: Agent
) -> None:
    channel = new_channel(allowed_sites=[host.origin], colour="#f2c14e", position="left")
    host.embed(stack.url, channel.key)
    page = page_factory(lang="en-GB")
    page.goto(host.origin)
    launcher = page.get_by_role("button", name="Open chat")
    launcher.click()
    window = framed(page)
    window.wait_ready()
    words = new_words("From another site")
    window.say(words)
    agent.until_served(words)
    window.expect_sent(words)
    assert launcher.count() == 0
    kept = json.loads(page.evaluate(f"localStorage.getItem('csdesk-visitor:{channel.key}')"))
    assert len(kept["token"]) >= 43
    assert page.evaluate("document.cookie") == ""
    close = page.get_by_role("button", name="Close chat")
    assert close.evaluate("button => button.getBoundingClientRect().left") < 100
    assert close.evaluate("button => getComputedStyle(button).backgroundColor") == "rgb(242, 193, 78)"
    close.click()
    expect(page.locator("iframe")).to_be_hidden()


def test_a_site_that_is_not_listed_gets_no_widget(page_factory: Pages, host: HostPages, stack: Stack) -> None:
    page_factory.expect("403")
    warned: list[str] = []
    channel = new_channel(allowed_sites=["https://shop.example.com"])
    host.embed(stack.url, channel.key)
    page = page_factory(lang="en-GB")
    page.on("console", lambda message: warned.append(message.text) if message.type == "warning" else None)
    page.goto(host.origin)
    with page.expect_event("console", lambda message: message.type == "warning"):
        page.reload()
    assert "not on the channel's list of allowed sites" in warned[0]
    expect(page.get_by_role("heading", name="Host page")).to_be_visible()
    assert page.locator("[data-csdesk]").count() == 0


def test_a_site_that_is_not_listed_cannot_frame_the_window(
    page_factory: Pages, host: HostPages, stack: Stack
) -> None:
    page_factory.expect(
        "frame-ancestors|X-Frame-Options|ERR_BLOCKED_BY_RESPONSE|Refused to (frame|display)|Framing"
    )
    channel = new_channel(allowed_sites=["https://shop.example.com", "*", "https://*.example.com"])
    host.html = f'<!doctype html><iframe src="{stack.url}/chat/{channel.key}/frame/"></iframe>'
    page = page_factory()
    with page.expect_response(f"**/chat/{channel.key}/frame/") as answer:
        page.goto(host.origin)
    policy = answer.value.headers["content-security-policy"]
    assert f"frame-ancestors https://shop.example.com {stack.url}" in policy
    assert "*" not in policy
    page.wait_for_timeout(300)
    assert page.frame_locator("iframe").locator(".window").count() == 0


def test_the_page_itself_cannot_be_framed(page_factory: Pages, stack: Stack) -> None:
    page = page_factory()
    answer = page.goto("/chat/demo/")
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_the_host_page_commands_the_widget(page_factory: Pages, agent: Agent) -> None:
    page = page_factory(lang="en-GB")
    page.goto("/demo/")
    expect(page.get_by_role("button", name="Open chat")).to_be_visible()
    page.evaluate(
        "window.seen = []; for (const what of ['open', 'close']) csdesk.on(what, () => seen.push(what)); null"
    )
    words = new_words("Said by the page")
    page.evaluate("words => csdesk.send(words)", words)
    agent.until_served(words)
    framed(page).expect_message(words)
    page.evaluate("csdesk.close()")
    assert page.evaluate("seen") == ["open", "close"]
    page.evaluate("csdesk.destroy()")
    assert page.locator("[data-csdesk]").count() == 0
    assert page.evaluate("'csdesk' in window") is False


def test_the_frame_listens_to_its_own_host_page_only(page_factory: Pages, stack: Stack) -> None:
    page = page_factory(lang="en-GB")
    page.goto("/demo/")
    page.get_by_role("button", name="Open chat").click()
    window = framed(page)
    window.wait_ready()
    words = new_words("Not from the host")
    frame = next(frame for frame in page.frames if "/frame/" in frame.url)
    # The right schema from the wrong source: the frame itself.
    frame.evaluate(
        "words => window.postMessage({csdesk: 1, type: 'send', text: words}, location.origin)", words
    )
    # The right source with the wrong schema.
    page.evaluate(
        "words => document.querySelector('[data-csdesk]').shadowRoot.querySelector('iframe')"
        ".contentWindow.postMessage({type: 'send', text: words}, location.origin)",
        words,
    )
    page.wait_for_timeout(500)
    window.expect_message(words, count=0)


def test_on_a_phone_the_widget_fills_the_screen(page_factory: Pages) -> None:
    page = page_factory(size=(375, 667), lang="zh-CN", theme="dark", touch=True)
    page.goto("/demo/")
    page.get_by_role("button", name="打开客服对话").click()
    window = framed(page)
    window.wait_ready()
    box = page.locator("iframe").bounding_box()
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 375, 667)
    # A picture over the chat takes no entry of the shop's history.
    entries = page.evaluate("history.length")
    frame = page.frames[1]
    frame.evaluate(
        """async () => {
            const { view } = await import("/static/ui/viewer.js");
            const small = document.body.appendChild(document.createElement("img"));
            view(small, { name: "a.png", url: "/static/visitor/mark.svg" }, {});
        }"""
    )
    window.place.locator(".viewer").press("Escape")
    expect(window.place.locator(".viewer")).to_have_count(0)
    assert page.evaluate("history.length") == entries
    window.place.get_by_role("button", name="收起").click()
    expect(page.get_by_role("button", name="打开客服对话")).to_be_visible()


def test_the_shop_speaks_both_languages(page_factory: Pages) -> None:
    page = page_factory(lang="en-GB")
    page.goto("/demo/")
    expect(page.get_by_role("heading", name="KT-08S gooseneck kettle")).to_be_visible()
    page.get_by_role("link", name="中文").click()
    expect(page.get_by_role("heading", name="KT-08S 温控鹅颈电水壶")).to_be_visible()
    page.get_by_role("button", name="打开客服对话").click()
    expect(framed(page).composer).to_have_attribute("placeholder", "说点什么")


def covers(page: Page, selector: str) -> bool:
    """Whether the open chat lies over an element of the host page."""
    chat, other = page.locator("iframe").bounding_box(), page.locator(selector).bounding_box()
    return (
        chat["x"] < other["x"] + other["width"]
        and other["x"] < chat["x"] + chat["width"]
        and chat["y"] < other["y"] + other["height"]
        and other["y"] < chat["y"] + chat["height"]
    )


@pytest.mark.parametrize("width", [1280, 1024])
def test_the_open_chat_covers_nothing_of_the_shop(page_factory: Pages, width: int) -> None:
    page = page_factory(size=(width, 800), lang="en-GB")
    page.goto("/demo/")
    whole = page.locator(".shop-goods").bounding_box()
    # Closed, the shop has the page to itself and stands in its middle.
    assert whole["x"] == pytest.approx(width - whole["x"] - whole["width"], abs=20)
    page.get_by_role("button", name="Open chat").click()
    framed(page).wait_ready()
    for part in (".shop-lang", ".shop-words h1", ".shop-words .price", ".shop-more"):
        assert not covers(page, part), part
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Close chat").click()
    assert page.locator(".shop-goods").bounding_box()["width"] == whole["width"]


def test_the_launcher_greets_in_the_language_of_the_page(page_factory: Pages) -> None:
    page = page_factory(lang="en-GB")
    page.goto("/demo/")
    greeting = page.locator(".greeting")
    expect(greeting).to_contain_text("Hello! Any questions? We are happy to help.")
    page.get_by_role("link", name="中文").click()
    expect(greeting).to_contain_text("您好！有问题吗？很高兴为您解答。")
    greeting.get_by_role("button", name="关闭").click()
    expect(greeting).to_have_count(0)
    page.reload()
    expect(page.get_by_role("button", name="打开客服对话")).to_be_visible()
    expect(greeting).to_have_count(0)


def test_on_a_phone_no_greeting_covers_the_page(page_factory: Pages) -> None:
    page = page_factory(size=(375, 667), lang="en-GB", touch=True)
    page.goto("/demo/")
    expect(page.get_by_role("button", name="Open chat")).to_be_visible()
    expect(page.locator(".greeting")).to_be_hidden()


@pytest.mark.parametrize(("own", "said"), [("Tea? Ask us.", "Tea? Ask us."), ("-", "")])
def test_a_channel_greets_in_its_own_words_or_not_at_all(page_factory: Pages, own: str, said: str) -> None:
    channel = new_channel(greeting=own)
    page = page_factory(lang="en-GB")
    answer = page.request.get(f"/chat/{channel.key}/look.json?lang=en")
    assert answer.json()["greeting"] == said


def test_a_language_chosen_in_the_chat_gives_way_to_another_of_the_page(page_factory: Pages) -> None:
    page = page_factory(lang="zh-CN")
    page.goto("/demo/?lang=zh-hans")
    page.get_by_role("button", name="打开客服对话").click()
    window = framed(page)
    window.wait_ready()
    for chosen, placeholder in (("EN", "Say something"), ("中文", "说点什么")):
        window.open_menu()
        window.place.get_by_role("link", name=chosen).click()
        expect(window.composer).to_have_attribute("placeholder", placeholder)
    page.goto("/demo/?lang=en")
    page.get_by_role("button", name="Open chat").click()
    expect(window.composer).to_have_attribute("placeholder", "Say something")
