"""`make bench-faces`: how quick and how light the customer's window, the widget and the workbench are.

    python -m bench.faces

In Chromium, against the real web process with settings and static files as in production. The table goes to
the standard output, the rows as JSON to `bench/results/faces.json`.
"""

from __future__ import annotations

import json
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, expect

from bench.place import BenchError, Ground, ground
from bench.table import Row, columns, say, write
from csdesk.embedded import EmbeddedError
from tests.browsers import launch

RESULTS = Path(__file__).resolve().parent / "results" / "faces.json"
WATCH = (Path(__file__).resolve().parent / "faces_page.js").read_text()
CHATS, LONG, SHORT = 15, 5_000, 400
MORE = 5_000
# Messages a second, and for how many seconds.
RATE, SECONDS = 20, 8
KEYS = 25
PHONE, DESK = {"width": 375, "height": 667}, {"width": 1280, "height": 800}
KB = 1000
ARRIVES_WITHIN = 60_000


class Face:
    """A page of ours in a browser of its own, and what it tells of itself."""

    def __init__(self, browser: Browser, size: dict[str, int], origin: str) -> None:
        self.context = browser.new_context(viewport=size, base_url=origin, locale="en-GB")
        self.context.set_default_timeout(ARRIVES_WITHIN)
        self.context.add_init_script(WATCH)
        self.page: Page = self.context.new_page()
        self.cdp: CDPSession = self.context.new_cdp_session(self.page)
        self.cdp.send("Performance.enable")

    def ask(self, script: str) -> Any:
        return self.page.evaluate(f"() => faces.{script}")

    def weigh(self) -> tuple[float, float]:
        """MB of the heap after collecting what is not needed, and the nodes of all pages."""
        for _turn in range(3):
            self.cdp.send("HeapProfiler.collectGarbage")
        found = {one["name"]: one["value"] for one in self.cdp.send("Performance.getMetrics")["metrics"]}
        return found["JSHeapUsedSize"] / 1e6, found["Nodes"]

    def wait_rows(self, text: str) -> None:
        expect(self.page.locator(".thread .bubble", has_text=text).last).to_be_in_viewport()


def goal(id: str, figure: str, value: float, most: float | None) -> Row:
    return Row(id, figure, value, None, "" if most is None else f"<= {most:g}")


def late(numbers: list[float]) -> float:
    """The 95th percentile."""
    if not numbers:
        raise BenchError("nothing was painted that could be measured")
    return sorted(numbers)[int(len(numbers) * 0.95)]


class Bench:
    def __init__(self, here: Ground, browser: Browser) -> None:
        self.here = here
        self.browser = browser
        self.origin = f"http://127.0.0.1:{here.port}"
        self.scene = here.do("bench.faces_scene", "chats", CHATS, LONG, SHORT)
        self.session = self.scene["chats"][0]["session"]

    def rows(self) -> Iterator[Row]:
        yield from self._window()
        yield from self._widget()
        yield from self._workbench()

    def _window(self) -> Iterator[Row]:
        say("the customer's window")
        first = Face(self.browser, PHONE, self.origin)
        self._open_window(first, None)
        loaded = first.ask("loaded()")
        yield goal("window", "first load, kB compressed", loaded["all"] / KB, 60)
        yield goal("window", "its script, kB compressed", loaded["script"] / KB, 35)
        yield goal("window", "layout shift while it opens", first.ask("seen.shift"), 0.02)
        first.context.close()
        face = Face(self.browser, PHONE, self.origin)
        self._open_window(face, self.scene["chats"][0]["token"])
        yield goal("window", f"layout shift, {LONG:,} messages", face.ask("seen.shift"), 0.02)
        yield from self._typed(face, "window", ".say textarea")
        yield from self._heard(face, "window")
        yield from self._grown(face, "window")
        face.context.close()

    def _open_window(self, face: Face, token: str | None) -> None:
        key = self.scene["channel"]
        if token:
            until = int(time.time() * 1000)
            kept = json.dumps({"token": token, "got": until, "expires": until + 86_400_000})
            face.context.add_init_script(f"localStorage['csdesk-visitor:{key}'] = {json.dumps(kept)}")
        face.page.goto(f"/chat/{key}/", wait_until="load")
        expect(face.page.locator(".window-state[data-link=live]")).to_be_visible()
        expect(face.page.locator(".thread > :last-child")).to_be_visible()
        self._settle(face)

    def _settle(self, face: Face) -> None:
        """Wait until all messages are here: the area grows no more."""
        area = face.page.locator(".window-scroll, #messages").first
        height, same = 0, 0
        while same < 4:
            face.page.wait_for_timeout(250)
            now = area.evaluate("area => area.scrollHeight")
            height, same = now, same + 1 if now == height else 0

    def _typed(self, face: Face, name: str, box: str) -> Iterator[Row]:
        face.ask("begin()")
        for n in range(KEYS):
            face.page.locator(box).fill(f"key {n} of {name}")
            face.page.keyboard.press("Enter")
            face.wait_rows(f"key {n} of {name}")
            face.page.wait_for_timeout(250)
        pressed = face.ask("fromKey()")
        yield goal(name, f"key press → painted bubble, {LONG:,} messages, ms, median", median(pressed), None)
        yield goal(name, f"key press → painted bubble, {LONG:,} messages, ms, p95", late(pressed), 50)

    def _heard(self, face: Face, name: str) -> Iterator[Row]:
        face.ask("begin()")
        self.here.do("bench.faces_scene", "say", self.session, RATE * SECONDS, RATE)
        face.page.wait_for_timeout(500)
        heard = face.ask("fromFrame()")
        if len(heard) < RATE * SECONDS * 0.95:
            raise BenchError(f"only {len(heard)} of {RATE * SECONDS} messages were painted")
        yield goal(name, f"frame → painted, {LONG:,} messages, {RATE}/s, ms, median", median(heard), None)
        yield goal(name, f"frame → painted, {LONG:,} messages, {RATE}/s, ms, p95", late(heard), 30)
        yield goal(name, f"longest task at {RATE} messages/s, ms", face.ask("longest()"), 100)

    def _grown(self, face: Face, name: str) -> Iterator[Row]:
        heap, nodes = face.weigh()
        self.here.do("bench.faces_scene", "say", self.session, MORE, 0)
        self._settle(face)
        more_heap, more_nodes = face.weigh()
        yield goal(name, f"nodes, {MORE:,} messages more ÷ before", more_nodes / nodes, 1.1)
        each = (more_heap - heap) * 1e3 / (MORE / 1e3)
        yield goal(name, "kB of heap per 1,000 messages (they stay as data)", each, 3_000)

    def _widget(self) -> Iterator[Row]:
        headers = {"Accept-Encoding": "gzip, br"}
        asked = urllib.request.Request(f"{self.origin}/widget.js", headers=headers)  # noqa: S310
        with urllib.request.urlopen(asked) as answer:  # noqa: S310
            yield goal("widget", "its script, kB compressed", len(answer.read()) / KB, 15)

    def _workbench(self) -> Iterator[Row]:
        say("the workbench")
        face = Face(self.browser, DESK, self.origin)
        name, value = self.scene["cookie"].split("=", 1)
        # Cookies for secure pages only; this machine's own are secure to the browser.
        secure = self.origin.replace("http:", "https:")
        face.context.add_cookies([{"name": name, "value": value, "url": secure, "secure": True}])
        face.page.goto(f"/desk/#chat/{self.session}", wait_until="load")
        expect(face.page.locator("#live[data-live=live]")).to_be_visible()
        self._settle(face)
        loaded = face.ask("loaded()")
        yield goal("workbench", "its script, kB compressed", loaded["script"] / KB, 90)
        yield goal("workbench", f"layout shift, {2 * LONG:,} messages", face.ask("seen.shift"), 0.02)
        yield from self._typed(face, "workbench", "#reply")
        yield from self._heard(face, "workbench")
        yield from self._switched(face)
        yield from self._grown(face, "workbench")
        face.context.close()

    def _switched(self, face: Face) -> Iterator[Row]:
        """Another chat and back, through all of them; the first round loads them."""
        heap = nodes = 0.0
        took: list[float] = []
        for turn in range(3):
            for chat in [*self.scene["chats"][1:], self.scene["chats"][0]]:
                ms = face.ask(f"choose('#chat/{chat['session']}')")
                if turn:
                    took.append(ms)
                else:
                    face.page.wait_for_timeout(300)
            if turn == 0:
                heap, nodes = face.weigh()
        after, nodes_after = face.weigh()
        yield goal("workbench", f"another of {CHATS} chats painted, ms, p95", late(took), 100)
        yield goal(
            "workbench", "nodes in the page, chats changed 30 times ÷ before", nodes_after / nodes, 1.1
        )
        yield goal("workbench", "heap, chats changed 30 times ÷ before", after / heap, 1.1)


def report(rows: list[Row]) -> str:
    lines = [("page", "figure", "measured", "goal", "met")]
    for row in rows:
        shown = f"{row.value:,.0f}" if row.value >= 100 else f"{row.value:,.3g}"
        met = {True: "yes", False: "no", None: ""}[row.met]
        lines.append((row.id, row.figure, shown, row.goal.replace("<=", "≤"), met))
    return columns(lines)


def main() -> int:
    expect.set_options(timeout=ARRIVES_WITHIN)
    try:
        with ground() as here:
            here.env["CSDESK_SSL_REDIRECT"] = "0"
            with here.serving("csdesk"), launch() as browser:
                say(f"making {CHATS} chats, one of {LONG:,} messages")
                rows = list(Bench(here, browser).rows())
    except (BenchError, EmbeddedError, AssertionError) as error:
        print(f"bench-faces: {error}", file=sys.stderr)
        return 1
    write(rows, RESULTS)
    print(report(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
