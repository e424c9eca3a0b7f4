"""The widget on pages that make it hard (V-2, X-5): odd styles and scripts, strict policies, closed storage,
single-page apps, other tabs."""

from __future__ import annotations

import json
import uuid

import pytest
from playwright.sync_api import Page, expect

from apps.sessions import signing_secrets
from apps.sessions.models import ChatSession
from tests import signer
from tests.browser.agents import Agent
from tests.browser.hosts import HostPages
from tests.browser.windows import Window, new_channel, new_words, until
from tests.browsers import Pages
from tests.stack import Stack

pytestmark = pytest.mark.usefixtures("live_db")

# What pages do to everything that stands on them.
NASTY_STYLES = """
<style>
* { all: unset !important; display: block !important; position: static !important; opacity: .1 !important;
    color: red !important; font: 40px serif !important; transform: rotate(3deg) !important;
    z-index: -1 !important; pointer-events: none !important; visibility: hidden !important;
    --colour: red !important; width: 900px !important }
div, aside, iframe, button, csdesk-widget, [data-csdesk] { display: none !important }
html { filter: blur(4px) !important; transform: scale(.5) !important; direction: rtl !important }
.cover { all: unset !important; display: block !important; visibility: visible !important;
    position: fixed !important; inset: 0 !important; z-index: 2147483647 !important;
    background: #dde !important; pointer-events: auto !important }
</style>
"""
NASTY_SCRIPTS = """
<script>
Array.prototype.last = function () { return this[this.length - 1] };
Array.prototype.toJSON = () => "broken by the page";
String.prototype.toJSON = () => "broken by the page";
Object.prototype.extras = { all: true };
JSON.stringify = () => "broken by the page";
Array.from = () => [];
Array.prototype.filter = Array.prototype.map = Array.prototype.find = function () { return [] };
Function.prototype.bind = function () { return this };
Element.prototype.remove = Element.prototype.append = Element.prototype.prepend = function () {};
Element.prototype.show = Element.prototype.hide = function () { this.style.display = "none"; return this };
const plainFetch = fetch;
window.fetch = (address, how) =>
  plainFetch(address, { ...how, headers: { ...(how || {}).headers, "X-Requested-With": "XMLHttpRequest" } });
window.$ = window.jQuery = () => window.$;
Object.freeze(Object.prototype); Object.freeze(Array.prototype); Object.freeze(Function.prototype);
</script>
<div id="csdesk">An element of the page's own with our name</div>
<div class="cover"></div>
"""


def framed(page: Page) -> Window:
    return Window(page.frame_locator("[data-csdesk] iframe"))


def open_chat(page: Page) -> Window:
    page.get_by_role("button", name="Open chat").click()
    window = framed(page)
    window.wait_ready()
    return window


def frame_of(page: Page):
    return next(frame for frame in page.frames if "/frame/" in frame.url)


def page_told(session: str) -> str:
    """Where the session's customer is, as an agent sees it."""
    return ChatSession.objects.get(id=session).customer.page


def test_a_page_that_breaks_everything_still_has_a_chat(
    page_factory: Pages, host: HostPages, stack: Stack, agent: Agent
) -> None:
    channel = new_channel(allowed_sites=[host.origin], launcher="heart")
    host.embed(stack.url, channel.key, before=NASTY_STYLES + NASTY_SCRIPTS)
    page = page_factory(lang="en-GB")
    page.goto(host.origin)
    launcher = page.locator(".launcher")
    # Playwright clicks only what nothing covers.
    launcher.click()
    window = framed(page)
    window.wait_ready()
    page.mouse.move(5, 5)
    expect(launcher).to_have_css("transform", "none")
    box = launcher.bounding_box()
    assert (box["width"], box["height"], box["x"] + box["width"]) == (56, 56, 1280 - 24)
    assert launcher.evaluate("button => getComputedStyle(button).backgroundColor") == "rgb(11, 104, 131)"
    page.evaluate("window.heard = []; csdesk.on('message', (message) => heard.push(message.text)); null")
    words = new_words("From a nasty page")
    page.evaluate("words => csdesk.send(words)", words)
    session = agent.until_served(words)
    agent.say(session, "Here I am")
    until(page, lambda: "Here I am" in page.evaluate("heard"))
    window.place.get_by_role("button", name="Minimise").click()
    agent.say(session, "Are you there?")
    expect(page.locator(".count")).to_have_text("1")
    kept = page.evaluate(f"localStorage.getItem('csdesk-visitor:{channel.key}')")
    assert len(json.loads(kept)["token"]) >= 43
    # A session that is open goes on after a reload.
    page.reload()
    expect(page.locator(".count")).to_have_text("1")


def test_a_hidden_frame_that_is_not_done_loading_knows_its_customer(
    page_factory: Pages, host: HostPages, stack: Stack, agent: Agent
) -> None:
    channel = new_channel(allowed_sites=[host.origin])
    host.embed(stack.url, channel.key)
    page = page_factory(lang="en-GB")
    page.goto(host.origin)
    window = open_chat(page)
    words = new_words("Before the reload")
    window.say(words)
    session = agent.until_served(words)
    window.expect_sent(words)
    # Chromium lets the pictures of what is hidden wait, for seconds, and with them the frame's `load`.
    page.route("**/icons.svg", lambda _never: None)
    page.reload()
    expect(page.locator("iframe")).to_have_count(1)
    agent.say(session, "After the reload")
    expect(page.locator(".count")).to_have_text("1")
    page.unroute_all()


def test_a_strict_policy_needs_two_lines_for_us(page_factory: Pages, host: HostPages, stack: Stack) -> None:
    channel = new_channel(allowed_sites=[host.origin])
    early = (
        '<script nonce="n0nce">window.told = []; (window.csdesk = window.csdesk || [])'
        '.push((chat) => chat.on("open", () => told.push("open")));</script>'
    )
    host.embed(stack.url, channel.key, before=early, nonce="n0nce")
    host.headers = {
        "Content-Security-Policy": "default-src 'none'; script-src 'nonce-n0nce'; style-src 'none'; "
        f"base-uri 'none'; connect-src {stack.url}; frame-src {stack.url}; "
        "require-trusted-types-for 'script'; trusted-types 'none'",
        # The page is isolated from all others besides.
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Embedder-Policy": "require-corp",
    }
    page = page_factory(lang="en-GB")
    page.goto(host.origin)
    assert page.evaluate("crossOriginIsolated")
    open_chat(page)
    assert page.evaluate("told") == ["open"]
    assert page.locator("iframe").bounding_box()["width"] == 384
    page.evaluate("csdesk.push((chat) => chat.close())")
    expect(page.locator("iframe")).to_be_hidden()


def test_a_policy_without_us_is_told_on_the_console(
    page_factory: Pages, host: HostPages, stack: Stack
) -> None:
    page_factory.expect("Content Security Policy|Refused to connect|Failed to fetch")
    host.embed(stack.url, "demo")
    host.headers = {"Content-Security-Policy": f"default-src 'none'; script-src {stack.url}"}
    page = page_factory(lang="en-GB")
    with page.expect_event("console", lambda message: message.type == "warning") as told:
        page.goto(host.origin)
    assert "policy forbids it" in told.value.text


def test_without_any_storage_the_chat_lasts_as_long_as_the_page(
    page_factory: Pages, host: HostPages, stack: Stack, agent: Agent
) -> None:
    channel = new_channel(allowed_sites=[host.origin])
    host.embed(stack.url, channel.key)
    page = page_factory(lang="en-GB")
    page.add_init_script("""for (const name of ["localStorage", "sessionStorage"])
        Object.defineProperty(window, name, { get() { throw new DOMException("no", "SecurityError"); } });""")
    page.goto(host.origin)
    window = open_chat(page)
    words = new_words("Without a store")
    window.say(words)
    session = agent.until_served(words)
    window.place.get_by_role("button", name="Minimise").click()
    agent.say(session, "Still there?")
    page.get_by_role("button", name="Open chat, 1 unread").click()
    window.expect_message(words)
    window.expect_message("Still there?")
    # In another language the frame is loaded anew: what it knew, the page's memory has kept.
    window.open_menu()
    window.place.get_by_role("link", name="中文").click()
    expect(window.composer).to_have_attribute("placeholder", "说点什么")
    window.expect_message(words)
    assert page.context.cookies() == []


def test_a_single_page_app_takes_it_away_and_puts_it_back(
    page_factory: Pages, host: HostPages, stack: Stack, agent: Agent
) -> None:
    channel = new_channel(allowed_sites=[host.origin])
    other = new_channel(allowed_sites=[host.origin], name="Other shop")
    host.embed(stack.url, channel.key)
    page = page_factory(lang="en-GB")
    page.goto(host.origin)
    window = open_chat(page)
    words = new_words("In an app")
    window.say(words)
    session = agent.until_served(words)
    # The app shows another of its pages; the agent may see which.
    page.evaluate("history.pushState({}, '', '/basket?step=2')")
    second = new_words("On the second page")
    window.say(second)
    window.expect_sent(second)
    assert page_told(session) == f"{host.origin}/basket?step=2"
    # A router that changes all of the page takes nothing from us.
    page.evaluate("document.documentElement.replaceChildren(document.createElement('body'))")
    window.expect_message(words)
    insert = """([address, channel]) => new Promise((resolve) => {
        const script = document.createElement("script");
        Object.assign(script, { src: address, onload: resolve });
        script.dataset.channel = channel;
        document.body.append(script);
    })"""
    # Twice the same script is once.
    page.evaluate("window.first = csdesk")
    page.evaluate(insert, [f"{stack.url}/widget.js", channel.key])
    assert page.evaluate("csdesk === first")
    page.evaluate("csdesk.destroy()")
    assert page.evaluate("'csdesk' in window") is False
    expect(page.locator("[data-csdesk]")).to_have_count(0)
    page.evaluate(insert, [f"{stack.url}/widget.js", channel.key])
    page.evaluate("csdesk.open()")
    window.expect_message(words)
    # For another channel it takes the first one's place; loaders that take attributes away may name it so.
    page.evaluate(insert, [f"{stack.url}/widget.js?channel={other.key}&launcher=none", ""])
    page.evaluate("csdesk.open()")
    expect(window.place.get_by_role("heading", name="Other shop")).to_be_visible()
    expect(page.locator("[data-csdesk]")).to_have_count(1)
    expect(page.locator(".launcher")).to_be_hidden()


def test_another_tab_and_a_page_that_comes_back_go_on(
    page_factory: Pages, host: HostPages, stack: Stack, agent: Agent
) -> None:
    channel = new_channel(allowed_sites=[host.origin])
    host.embed(stack.url, channel.key)
    first = page_factory(lang="en-GB")
    first.goto(host.origin)
    second = first.context.new_page()
    second.goto(host.origin)
    expect(second.locator(".launcher")).to_be_visible()
    window = open_chat(first)
    words = new_words("In the first tab")
    window.say(words)
    session = agent.until_served(words)
    window.expect_sent(words)
    # Who looks at the second tab sees what goes on.
    assert second.locator("iframe").count() == 0
    second.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(second.locator("iframe")).to_have_count(1)
    agent.say(session, "For both tabs")
    open_chat(second)
    framed(second).expect_message("For both tabs")
    # Left, the page keeps no socket; out of the browser's cache it connects again.
    frame = frame_of(first)
    frame.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    expect(window.place.locator(".window-state[data-link=live]")).to_have_count(0)
    agent.say(session, "While you were away")
    frame.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    window.wait_ready()
    window.expect_message("While you were away")


def test_a_service_that_does_not_answer_says_so_and_can_be_asked_again(
    page_factory: Pages, host: HostPages, stack: Stack
) -> None:
    page_factory.expect("ERR_FAILED")
    channel = new_channel(allowed_sites=[host.origin])
    host.embed(stack.url, channel.key)
    page = page_factory(size=(375, 667), lang="en-GB", touch=True)
    page.clock.install()
    page.route("**/frame/", lambda route: route.abort())
    page.goto(host.origin)
    with page.expect_event("requestfailed"):
        page.get_by_role("button", name="Open chat").click()
    page.clock.fast_forward(25_000)
    expect(page.get_by_text("The chat cannot be reached at the moment.")).to_be_visible(timeout=10_000)
    page.unroute("**/frame/")
    page.get_by_role("button", name="Try again").click()
    framed(page).wait_ready()


def test_the_page_says_who_its_user_is(
    page_factory: Pages, host: HostPages, stack: Stack, agent: Agent
) -> None:
    page_factory.expect("401")
    channel = new_channel(allowed_sites=[host.origin])
    secret = signing_secrets.make_another(channel)
    ann, bo = f"ann-{uuid.uuid4().hex[:8]}", f"bo-{uuid.uuid4().hex[:8]}"
    early = f"""<script>
        window.told = [];
        (window.csdesk = window.csdesk || []).push((chat) => {{
            for (const name of ["identity", "error"]) chat.on(name, (detail) => told.push([name, detail]));
            window.early = chat.identify({{ userID: "{ann}", userSig: "{signer.user_sig(ann, secret)}",
                nickname: "Ann", clientData: {{ plan: "gold" }} }});
        }});
    </script>"""
    host.embed(stack.url, channel.key, before=early)
    page = page_factory(lang="en-GB")
    opened: list[str] = []
    page.on("websocket", lambda socket: opened.append(socket.url))
    page.goto(host.origin)
    expect(page.locator(".launcher")).to_be_visible()
    # What is plainly wrong is refused at once, without asking anybody.
    wrong = "(user) => csdesk.identify(user).catch((error) => error.code + ': ' + error.message)"
    for user, why in (
        ("ann", "takes an object"),
        ({"userID": ann}, "userSig must be a text"),
        ({"userID": ann, "userSig": "x", "clientData": 7}, "clientData must be"),
    ):
        assert why in page.evaluate(wrong, user)
    # Nothing is asked before the chat is opened; then the user is known before anything is shown.
    assert page.locator("iframe").count() == 0
    assert opened == []
    window = open_chat(page)
    assert page.evaluate("early") == {"userID": ann, "nickname": "Ann", "verified": True}
    words = new_words("It is Ann")
    window.say(words)
    session = agent.until_served(words)
    window.expect_sent(words)
    assert ChatSession.objects.get(id=session).customer.user_id == ann
    # A known user's token ends with the tab.
    token = f"csdesk-user:{channel.key}"
    assert page.evaluate("Object.keys(sessionStorage)") == [token]
    assert f"csdesk-visitor:{channel.key}" not in page.evaluate("Object.keys(localStorage)")
    page.reload()
    page.wait_for_function("Boolean(window.csdesk && csdesk.open)")
    assert page.evaluate("early") == {"userID": ann, "nickname": "Ann", "verified": True}
    page.evaluate("csdesk.open()")
    window.expect_message(words)
    # A signature that is none changes nobody into somebody; of the former user nothing is shown.
    assert page.evaluate(wrong, {"userID": bo, "userSig": "x"}).startswith("unauthorized: ")
    window.expect_message(words, count=0)
    # Another user, then nobody in particular.
    user = {"userID": bo, "userSig": signer.user_sig(bo, secret)}
    assert page.evaluate("(user) => csdesk.identify(user)", user)["userID"] == bo
    window.wait_ready()
    window.expect_message(words, count=0)
    assert page.evaluate("csdesk.identify(null)") is None
    window.wait_ready()
    assert page.evaluate("Object.keys(sessionStorage)") == []
