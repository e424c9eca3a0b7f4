"""<csdesk-chat> in pages of apps, of other sites and in frameworks (V-10, X-3, X-5)."""

from __future__ import annotations

import uuid

import pytest
from playwright.sync_api import Locator, Page, expect

from apps.sessions import signing_secrets
from apps.sessions.models import Channel
from tests import signer
from tests.browser.agents import Agent
from tests.browser.hosts import HostPages
from tests.browser.test_window_files import picture
from tests.browser.windows import Window, new_channel, new_words, until
from tests.browsers import Pages
from tests.stack import Stack

pytestmark = pytest.mark.usefixtures("live_db")

# What the page hears of its chats, as "name:detail".
LISTENING = """
window.told = [];
for (const name of ["ready", "unread", "message", "identity", "expired", "error"])
  addEventListener(`csdesk-${name}`, ({ detail }) => told.push([name, detail]));
"""


def app_page(host: HostPages, service: str, body: str) -> None:
    """A page of an app on another origin, under a policy that allows what docs/embedding.md says."""
    sockets = service.replace("http", "ws", 1)
    host.headers = {
        "Content-Security-Policy": f"default-src 'none'; script-src 'nonce-n0nce' {service}; "
        f"style-src 'none'; connect-src {service} {sockets}; "
        f"img-src {service} data: blob:; media-src {service} blob:"
    }
    host.html = (
        '<!doctype html><html lang="en"><title>App</title>'
        f'<script nonce="n0nce">{LISTENING}</script>'
        f'<script type="module" src="{service}/static/sdk/csdesk-chat.js"></script>{body}</html>'
    )


def chat_in(place: Page | Locator) -> Window:
    return Window(place)


def told(page: Page, name: str) -> list[dict]:
    """What the page has heard under this name."""
    return page.evaluate("name => told.filter(([known]) => known === name).map(([, detail]) => detail)", name)


def until_told(page: Page, name: str, **wanted: object) -> None:
    """Wait until the page was told this."""
    until(page, lambda: any(detail | wanted == detail for detail in told(page, name)))


@pytest.fixture
def signed_channel(host: HostPages) -> tuple[Channel, str]:
    """An app channel that the host's pages may use, and the secret that its users are signed with."""
    channel = new_channel(kind="app", account_id=f"@test-{uuid.uuid4().hex[:8]}", allowed_sites=[host.origin])
    secret = signing_secrets.make_another(channel)
    return channel, secret


def test_an_apps_page_on_another_site_has_the_whole_chat(
    page_factory: Pages, host: HostPages, stack: Stack, agent: Agent
) -> None:
    channel = new_channel(allowed_sites=[host.origin])
    app_page(host, stack.url, f'<csdesk-chat channel="{channel.key}" lang="en">Call us.</csdesk-chat>')
    page = page_factory(lang="zh-CN")
    sockets = []
    page.on("websocket", lambda socket: sockets.append(socket))
    page.goto(host.origin)
    chat = chat_in(page)
    chat.wait_ready()
    expect(chat.composer).not_to_be_focused()
    words = new_words("From an app")
    page.evaluate("words => document.querySelector('csdesk-chat').send(words)", words)
    session = agent.until_served(words)
    chat.expect_sent(words)
    agent.say(session, "Hello from the desk")
    until_told(page, "message", text="Hello from the desk")
    # Pictures come at whole addresses, so they are there on another site, too.
    chat.choose_file("cup.png", picture(60, 40), "image/png")
    shown = chat.thread.locator(f".picture img[src^='{stack.url}/']")
    expect(shown).to_have_js_property("naturalWidth", 60)
    assert page.evaluate("Object.keys(window).filter((name) => /csdesk/i.test(name))") == []
    # Hidden it counts what comes.
    page.evaluate("document.querySelector('csdesk-chat').hidden = true")
    agent.say(session, "Are you there?")
    until_told(page, "unread", count=1)
    page.evaluate("document.querySelector('csdesk-chat').hidden = false")
    until(page, lambda: told(page, "unread")[-1] == {"count": 0})
    # Taken off the page it is silent; put back it goes on.
    assert len(sockets) == 1
    page.evaluate("window.chat = document.querySelector('csdesk-chat'); chat.remove()")
    until(page, sockets[0].is_closed)
    agent.say(session, "While it was away")
    page.evaluate("document.body.append(chat)")
    chat.expect_message(words)
    chat.expect_message("While it was away")


# Every socket's last message can be said once more, as one that follows it, at the very moment `act` is done.
AGAIN = """
window.sockets = [];
window.WebSocket = class extends WebSocket {
  constructor(...how) {
    super(...how);
    sockets.push(this);
    this.addEventListener("message", ({ data }) => {
      if (data.includes(`"op":"message"`)) this.last = JSON.parse(data);
    });
  }
};
window.again = (act) => {
  const socket = sockets.at(-1);
  const { last } = socket;
  const next = { ...last, seq: last.seq + 1, rev: last.rev + 1, id: `${last.session}.${last.seq + 1}` };
  act();
  socket.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(next) }));
};
"""


def test_what_comes_while_the_chat_goes_out_of_sight_is_unread(
    page_factory: Pages, host: HostPages, stack: Stack, agent: Agent
) -> None:
    channel = new_channel(allowed_sites=[host.origin])
    app_page(host, stack.url, f'<csdesk-chat channel="{channel.key}" lang="en"></csdesk-chat>')
    page = page_factory(lang="en-GB")
    page.add_init_script(AGAIN)
    page.goto(host.origin)
    chat = chat_in(page)
    chat.wait_ready()
    words = new_words("As it goes")
    chat.say(words)
    agent.say(agent.until_served(words), "Once")
    chat.expect_message("Once")
    # In sight it is read, and no number flashes up meanwhile.
    page.evaluate("again(() => {})")
    chat.expect_message("Once", count=2)
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert told(page, "unread") == []
    page.evaluate("sockets.at(-1).last.seq += 1; sockets.at(-1).last.rev += 1")
    page.evaluate("again(() => (document.querySelector('csdesk-chat').hidden = true))")
    until(page, lambda: told(page, "unread") == [{"count": 1}])
    page.evaluate("document.querySelector('csdesk-chat').hidden = false")
    until(page, lambda: told(page, "unread") == [{"count": 1}, {"count": 0}])


def test_moved_changed_and_twice_on_a_page(page_factory: Pages, host: HostPages, stack: Stack) -> None:
    first = new_channel(allowed_sites=[host.origin], name="Kettles")
    second = new_channel(allowed_sites=[host.origin], name="Cups")
    chats = "".join(
        f'<div id="at-{number}"><csdesk-chat channel="{channel.key}" lang="en"></csdesk-chat></div>'
        for number, channel in enumerate((first, second))
    )
    app_page(host, stack.url, chats)
    page = page_factory(size=(800, 1400), lang="en-GB")
    page.goto(host.origin)
    kettles, cups = (chat_in(page.locator(f"#at-{number}")) for number in (0, 1))
    kettles.wait_ready()
    cups.wait_ready()
    words = new_words("About kettles")
    kettles.say(words)
    kettles.expect_message(words)
    cups.expect_message(words, count=0)
    # Moved it stays as it is; in another language and for another channel it is made anew.
    page.evaluate("document.querySelector('#at-1').append(document.querySelector('#at-0 csdesk-chat'))")
    page.evaluate("document.querySelector('#at-1 csdesk-chat').setAttribute('theme', 'dark')")
    expect(page.locator("#at-1 .window").first).to_have_css("background-color", "rgb(21, 26, 28)")
    moved = page.locator("#at-1 csdesk-chat").nth(1)
    chat_in(moved).expect_message(words)
    moved.evaluate("(chat) => { chat.lang = 'zh-CN'; }")
    expect(chat_in(moved).composer).to_have_attribute("placeholder", "说点什么")
    chat_in(moved).expect_message(words)
    moved.evaluate("(chat, key) => { chat.channel = key; }", second.key)
    expect(moved.get_by_role("heading", name="Cups")).to_be_visible()
    chat_in(moved).expect_message(words, count=0)


def test_a_known_user_of_an_app_and_the_next_one(
    page_factory: Pages, host: HostPages, stack: Stack, agent: Agent, signed_channel: tuple[Channel, str]
) -> None:
    page_factory.expect("401")
    channel, secret = signed_channel
    ann, bo = f"ann-{uuid.uuid4().hex[:8]}", f"bo-{uuid.uuid4().hex[:8]}"
    app_page(
        host,
        stack.url,
        f'<csdesk-chat sdkappid="1400000000" userid="{ann}" usersig="{signer.user_sig(ann, secret)}" '
        f'nickname="Ann" conversation="C2C{channel.account_id}" lang="en"></csdesk-chat>',
    )
    page = page_factory(lang="en-GB")
    page.goto(host.origin)
    chat = chat_in(page)
    chat.wait_ready()
    until_told(page, "identity", userID=ann, verified=True)
    words = new_words("It is Ann")
    chat.say(words)
    agent.until_served(words)
    chat.expect_sent(words)
    assert page.evaluate("Object.keys(localStorage)") == []
    # Somebody else signs in: both attributes change, one after the other.
    become = """([userid, usersig]) =>
        void Object.assign(document.querySelector("csdesk-chat"), { userid, usersig })"""
    page.evaluate(become, [bo, signer.user_sig(bo, secret)])
    until_told(page, "identity", userID=bo)
    chat.wait_ready()
    chat.expect_message(words, count=0)
    # The method says what is wrong.
    refused = page.evaluate(
        "(id) => document.querySelector('csdesk-chat').identify({ userID: id, userSig: 'x' })"
        ".catch((error) => error.code)",
        ann,
    )
    assert refused == "unauthorized"
    # Without a user's name the customer is nobody in particular.
    page.evaluate(become, [ann, signer.user_sig(ann, secret)])
    until(page, lambda: told(page, "identity")[-1]["userID"] == ann)
    chat.expect_message(words)
    page.evaluate("document.querySelector('csdesk-chat').removeAttribute('userid')")
    until(page, lambda: told(page, "identity")[-1]["userID"] == "")
    chat.expect_message(words, count=0)


def test_where_the_chat_cannot_be_stands_what_the_app_says(
    page_factory: Pages, host: HostPages, stack: Stack
) -> None:
    page_factory.expect("403")
    channel = new_channel(allowed_sites=["https://shop.example.com"])
    app_page(host, stack.url, f'<csdesk-chat channel="{channel.key}">Call us: 400 000 0000.</csdesk-chat>')
    page = page_factory(lang="en-GB")
    page.goto(host.origin)
    until_told(
        page,
        "error",
        code="not_allowed",
        detail="This site is not on the channel's list of allowed sites.",
    )
    expect(page.get_by_text("Call us: 400 000 0000.")).to_be_visible()


@pytest.mark.parametrize("name", ["plain", "vue2", "vue3", "react"])
def test_the_example(page_factory: Pages, agent: Agent, name: str) -> None:
    page = page_factory(lang="en-GB")
    page.goto(f"/demo/examples/{name}/")
    chat = chat_in(page)
    chat.wait_ready()
    page.get_by_role("button", name="Ask about order 4711").click()
    chat.expect_message("Where is my order 4711?")
    words = new_words("In an example")
    chat.say(words)
    session = agent.until_served(words)
    agent.say(session, "On its way")
    expect(page.locator("output")).to_have_text("On its way")
    page.get_by_label("Theme").select_option("dark")
    expect(page.locator(".window")).to_have_css("background-color", "rgb(21, 26, 28)")
    page.get_by_role("button", name="Take the chat away").click()
    expect(page.locator("csdesk-chat")).to_have_count(0)
    page.get_by_role("button", name="Put the chat back").click()
    chat.expect_message("On its way")
