"""A conversation alone on an empty page, filled by the test: what it does is told in the page's own terms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, Route

from tests.browsers import Pages

PAGE = """<!doctype html><html lang="en"><head><title>Thread</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="/static/ui/tokens.css"><link rel="stylesheet" href="/static/ui/base.css">
<link rel="stylesheet" href="/static/ui/thread.css"><link rel="stylesheet" href="/static/visitor/window.css">
</head><body><main class="window"><div class="window-body">
<div class="window-scroll" tabindex="0"><div class="window-flow">
<div class="thread"></div><p class="typing" hidden><i></i><span>typing</span></p>
</div></div><button class="button below" hidden></button></div></main></body></html>"""

SCRIPT = """async () => {
  const { Thread } = await import("/static/ui/thread.js");
  const { Reading } = await import("/static/ui/reading.js");
  const find = (selector) => document.querySelector(selector);
  const words = new Proxy({}, { get: (_, name) => String(name) });
  const scroll = find(".window-scroll");
  const on = { answer() {}, rate: async () => {} };
  const thread = new Thread(find(".thread"), { side: "customer", scroll, words, locale: "en", on });
  const label = (fresh) => (fresh ? `${fresh} new` : "to the end");
  const asked = { older: 0 };
  const onTop = () => (asked.older += 1);
  const reading = new Reading({ scroll, thread, pill: find(".below"), label, onTop, onEnd() {} });
  const began = Date.UTC(2026, 2, 2, 8);
  const frame = (seq, more = {}) => ({
    op: "message", id: `s.${seq}`, session: "s", seq, rev: 1, time: began + seq * 60_000,
    from: { kind: seq % 5 < 2 ? "customer" : "agent", name: "Ann" },
    message: { type: "text", text: `message ${seq} ` + "word ".repeat((seq * 7919) % 40) }, ...more,
  });
  const fill = (from, to) => { for (let seq = from; seq < to; seq += 1) thread.put(frame(seq)); };
  const say = (seq) => reading.keep(() => thread.put(frame(seq)), { fresh: 1 });
  const seqOf = (row) => Number(/message (\\d+)/.exec(row.textContent)?.[1]);
  const rows = () => [...document.querySelectorAll(".thread > .message")];
  const inSight = () => Object.fromEntries(rows().flatMap((row) => {
    const { top, bottom } = row.getBoundingClientRect();
    const area = scroll.getBoundingClientRect();
    return bottom > area.top && top < area.bottom ? [[seqOf(row), top]] : [];
  }));
  window.lab = { thread, reading, scroll, frame, fill, say, rows, seqOf, inSight, asked };
}"""

FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


class Lab:
    """`lab.run("lab.fill(1, 5)")` runs in the page, and waits until it is painted."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def run(self, script: str) -> Any:
        answer = self.page.evaluate(f"() => {{ const {{ thread, scroll, rows }} = lab; return {script}; }}")
        self.page.evaluate(FRAMES)
        return answer

    def scroll(self, by: int) -> None:
        self.run(f"scroll.scrollTop += {by}, 0")

    @property
    def in_sight(self) -> dict[int, float]:
        """seq → px from the page's top, of the messages one can see."""
        return {int(seq): top for seq, top in self.page.evaluate("lab.inSight()").items()}

    @property
    def drawn(self) -> list[int]:
        """The messages that stand in the page, in its order."""
        return self.page.evaluate("lab.rows().map(lab.seqOf)")


def open_lab(pages: Pages, through: tuple[str, Callable[[Route], None]] | None = None) -> Lab:
    """An empty conversation; `through` answers what the page asks for at such addresses."""
    page = pages(size=(375, 667), lang="en-GB")
    if through:
        page.route(*through)

    def answer(route: Route) -> None:
        route.fulfill(body=PAGE, content_type="text/html")

    page.route("**/an-empty-thread", answer)
    page.goto("/an-empty-thread")
    page.evaluate(SCRIPT)
    return Lab(page)
