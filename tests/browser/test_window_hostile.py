"""The window and bad input: it looks right, loses nothing, and the browser's console is silent (V-1, X-11).

Errors in the console of any page fail the test that opened it (tests/browsers.py).
"""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect

from apps.sessions.authors import Author
from apps.sessions.models import ChatSession
from apps.sessions.posting import Post, post_many
from apps.team.models import Member
from tests.browser.agents import Agent
from tests.browser.windows import Window, new_words, open_window
from tests.browsers import Pages

pytestmark = pytest.mark.usefixtures("live_db")

SCRIPT = "<img src=x onerror=\"document.title='broken'\"><script>document.title='broken'</script>"
HOSTILE = [
    "W" * 5_000,
    "壶" * 5_000,
    "Z" + "\u0301\u0327\u0489" * 400 + "algo",
    "\u202egnp.exe \u2066 مرحبا \u202d Abc",
    "👨\u200d👩\u200d👧\u200d👦" * 40,
    "https://example.com/" + "a" * 3_000,
    "javascript:alert(1) " + SCRIPT,
    "\u200b" * 50 + "nothing?",
    "\n".join("line" for _number in range(400)),
]
# Every card with a script, very long words or nothing at all in each of its fields.
CARDS = """async ([script, long]) => {
    const {Thread} = await import("/static/ui/thread.js");
    const words = JSON.parse(document.getElementById("words").textContent);
    const root = document.createElement("div");
    root.className = "thread";
    document.querySelector(".window-flow").append(root);
    const on = {answer() {}, rate: async () => {}};
    const thread = new Thread(root, {side: "customer", words, service: {name: long}, on});
    const bad = "javascript:document.title='broken'";
    let seq = 0;
    const put = (data, name = long, picture = undefined) => {
        seq += 1;
        thread.put({op: "message", id: `s.${seq}`, session: "s", seq, rev: seq, time: Date.now(),
            from: {kind: "agent", name, avatar: bad, picture},
            message: {type: "custom", data: {customerServicePlugin: 0, ...data}}});
    };
    for (const text of [script, long, "", null, 7, [], {}]) {
        const items = [{content: text, desc: text}, null, text];
        const menu = [{id: text, content: text}, null];
        const selected = {id: text, content: text, comment: text};
        const customField = [{name: text, value: text}];
        put({src: "9", menuContent: {head: text, tail: text, menu, type: 1, expireTime: text}});
        put({src: "9", menuContent: {head: text, menu, type: 2, selected}});
        put({src: "15", content: {header: text, items, tail: text}});
        put({src: "15", content: text});
        put({src: "21", content: {header: text, type: 0, selected: text}});
        put({src: "21", content: {header: text, type: 1, items, selected: {content: text}}});
        put({src: "22", content: {header: text, desc: text, pic: bad, url: bad}});
        put({src: "28", content: {guide: text, name: text, desc: text, pic: text, url: bad, customField}});
        put({src: "29", content: {title: text, content: text, items}});
        put({src: "30", content: text, pictures: text});
        put({src: text, content: text});
        put(null);
    }
    await new Promise((done) => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(done))));
    const pictured = root.querySelectorAll("img").length;
    const links = [...root.querySelectorAll("a")].map(link => link.protocol);
    const wide = [...root.querySelectorAll(".message *")]
        .filter(part => !part.closest("pre, .unseen, input, svg"))
        .filter(part => part.getBoundingClientRect().right > innerWidth + 1)
        .map(part => `${part.parentElement.className} > ${part.localName}.${part.className}`);
    const drawn = root.querySelectorAll(".message").length;
    const scripts = root.querySelectorAll("script").length;
    const result = {drawn, asked: seq, scripts, pictured, links, wide};
    root.remove();
    return result;
}"""
CLOSED_STORAGE = """for (const name of ["localStorage", "sessionStorage"])
    Object.defineProperty(window, name, {get() { throw new DOMException("closed", "SecurityError"); }});"""
WRONG_CLOCK = """const Right = Date;
    window.Date = class extends Right {
        constructor(...parts) { parts.length ? super(...parts) : super(Right.now() + 86_400_000); }
        static now() { return Right.now() + 86_400_000; }
    };"""


def served(page: Page, agent: Agent) -> tuple[Window, str]:
    window = open_window(page, lang="en")
    words = new_words("Hello")
    window.say(words)
    return window, agent.until_served(words)


def fits(page: Page) -> bool:
    return page.locator(".window-scroll").evaluate(
        "area => area.scrollWidth <= area.clientWidth"
    ) and page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def picture(width: int, height: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), "#b0713a").save(file, "PNG")
    return file.getvalue()


def test_words_of_every_kind_are_shown_whole_and_stay_inside(page_factory: Pages, agent: Agent) -> None:
    page = page_factory(size=(320, 568), lang="en-GB")
    window, session = served(page, agent)
    for text in HOSTILE:
        agent.say(session, text)
        bubble = window.thread.locator(".bubble").last
        expect(bubble.locator(".lines")).to_have_text(text, use_inner_text=False)
        box = bubble.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 320, text[:20]
        assert fits(page), text[:20]
    assert page.title() != "broken"


def test_cards_bear_anything_in_any_field(page_factory: Pages) -> None:
    page = page_factory(size=(320, 568), lang="en-GB")
    open_window(page, lang="en")
    found = page.evaluate(CARDS, [SCRIPT, "超长的名称W" * 33 + "W" * 200])
    assert found["drawn"] == found["asked"]
    assert (found["scripts"], found["pictured"], found["wide"]) == (0, 0, [])
    assert set(found["links"]) <= {"http:", "https:"}
    assert page.title() != "broken"


def test_without_storage_and_with_a_wrong_clock_all_works(page_factory: Pages, agent: Agent) -> None:
    page = page_factory(size=(375, 667), lang="en-GB")
    page.add_init_script(CLOSED_STORAGE)
    page.add_init_script(WRONG_CLOCK)
    window, session = served(page, agent)
    window.expect_state("With 林晓雯")
    expect(window.thread.locator(".day").first).to_contain_text("Today")
    agent.order("invite_rating", session=session)
    card = window.thread.locator("form.card-rating")
    expect(card.locator(".stars label").first).to_be_visible()
    expect(card).not_to_contain_text("The time for this rating is over.")
    window.open_menu()
    page.get_by_role("button", name="Sound: on").click()
    expect(page.get_by_role("button", name="Sound: off")).to_be_visible()


def test_broken_files_and_a_cut_upload_lose_nothing(page_factory: Pages, agent: Agent) -> None:
    page_factory.expect("400|ERR_FAILED|ERR_CONNECTION")
    page = page_factory(size=(375, 667), lang="en-GB")
    window, session = served(page, agent)
    window.choose_file("broken.png", picture(40, 40)[:60], "image/png")
    failed = window.thread.locator(".message-state.failed")
    expect(failed).to_contain_text("The picture cannot be read")
    expect(failed.get_by_role("button", name="Retry")).to_have_count(0)
    failed.get_by_role("button", name="Discard").click()
    expect(failed).to_have_count(0)
    window.choose_file("words.png", b"these are words", "image/png")
    expect(window.thread.locator("a.attached", has_text="words.png")).to_be_visible()
    window.choose_file("strip.png", picture(1, 20_000), "image/png")
    strip = window.thread.locator("a.picture img")
    expect(strip).to_be_visible()
    strip.click()
    whole = page.locator(".viewer img")
    expect(whole).to_be_visible()
    assert whole.bounding_box()["width"] >= 20
    page.keyboard.press("Escape")
    expect(page.locator(".viewer")).to_have_count(0)
    cuts: list[str] = []

    def cut(route: Route) -> None:
        cuts.append(route.request.url)
        route.abort("connectionreset") if len(cuts) == 1 else route.continue_()

    page.route("**/api/visitor/upload", cut)
    window.choose_file("cut.txt", b"cut in the middle" * 1000, "text/plain")
    expect(window.thread.locator("a.attached", has_text="cut.txt")).to_be_visible(timeout=15_000)
    assert len(cuts) == 2
    names = [
        frame["message"]["file"]["name"] for frame in agent.messages(session) if "file" in frame["message"]
    ]
    assert names == ["words.png", "strip.png", "cut.txt"]


def test_three_hundred_messages_said_while_one_was_away(page_factory: Pages, agent: Agent) -> None:
    page_factory.expect("ERR_INTERNET_DISCONNECTED")
    page = page_factory(size=(375, 667), lang="en-GB")
    window, session = served(page, agent)
    # A second tab and a page one comes back to are the same chat.
    second = open_window(page.context.new_page(), lang="en")
    window.composer.fill("A draft that stays")
    page.context.set_offline(True)
    agent_one = Author.agent(Member.objects.get(email="agent1@example.com"))
    number = ChatSession.objects.get(id=session).id
    posts = [Post(number, agent_one, "text", {"text": f"Away {at}."}) for at in range(1, 301)]
    for at in range(0, 300, 50):
        post_many(posts[at : at + 50], wait=True)
    page.context.set_offline(False)
    for one in (window, second):
        expect(one.bubble("Away 300.")).to_be_visible(timeout=20_000)
    region = page.get_by_role("region", name="Messages")
    region.focus()
    expect(window.bubble(re.compile(r"Away 1\."))).to_have_count(0)
    for _page in range(120):
        if window.bubble("Away 1.").count():
            break
        page.keyboard.press("Home")
    expect(window.bubble("Away 1.").first).to_be_visible()
    page.goto("/demo/?lang=en")
    page.go_back()
    back = Window(page)
    back.wait_ready()
    expect(back.composer).to_have_value("A draft that stays")
    expect(back.bubble("Away 300.")).to_be_visible()
