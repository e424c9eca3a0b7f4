"""Takes every screen in four sizes, both themes and both languages, from a demo of its own.

    python -m pictures [NAME…] [--docs]

Names choose screens that begin so. The pictures go to build/pictures/ beside an index; with `--docs`
those of the documentation are renewed instead. It stops by itself after `LONGEST` seconds.
"""

from __future__ import annotations

import argparse
import contextlib
import html
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, TimeoutError

from csdesk.runner.alone import CannotBegin, alone, unhurried
from drill.stack import free_port, is_ready
from pictures.screens import NOBODY, SCREENS, Screen
from tests.browsers import launch

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "build" / "pictures"
DATA = ROOT / "build" / "pictures-data"
DOCS = ROOT / "docs" / "img"
LONGEST = 1200
READY_WITHIN = 120
SIZES = ((375, 667), (760, 480), (1280, 800), (2560, 1440))
THEMES = ("light", "dark")
LANGUAGES = {"en": "en-GB", "zh-hans": "zh-CN"}
# The documentation's pictures that need nobody to talk: their names there, and the screens.
IN_DOCS = {"records": "transcript", "console": "console-index"}


@contextlib.contextmanager
def demo() -> Iterator[tuple[str, str]]:
    """A fresh demo of the product, running; its address and password."""
    shutil.rmtree(DATA, ignore_errors=True)
    port, password = free_port(), secrets.token_urlsafe(9)
    env = {
        **os.environ,
        "PORT": str(port),
        "CSDESK_DATA": str(DATA),
        "CSDESK_DEMO_PASSWORD": password,
    }
    process = subprocess.Popen([sys.executable, "-m", "csdesk.runner"], cwd=ROOT, env=env)
    url = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + READY_WITHIN
        while not is_ready(url):
            if process.poll() is not None or time.monotonic() > until:
                raise SystemExit("the demo did not start")
            time.sleep(0.3)
        yield url, password
    finally:
        unhurried()
        process.send_signal(signal.SIGINT)
        process.wait(60)
        shutil.rmtree(DATA, ignore_errors=True)


class Camera:
    """A browser in one language, signed in once as each member who is needed."""

    def __init__(self, browser: Browser, url: str, password: str, language: str) -> None:
        self.browser, self.url, self.password, self.language = browser, url, password, language
        self.contexts: dict[str, BrowserContext] = {}

    def page(self, who: str) -> Page:
        if who not in self.contexts:
            context = self.browser.new_context(base_url=self.url, locale=LANGUAGES[self.language])
            context.set_default_timeout(15_000)
            self.contexts[who] = context
            if who != NOBODY:
                self._sign_in(context.new_page(), who)
        return self.contexts[who].new_page()

    def _sign_in(self, page: Page, who: str) -> None:
        page.goto("/login/")
        page.locator("[name=login]").fill(who)
        page.locator("[name=password]").fill(self.password)
        page.locator("[name=password]").press("Enter")
        page.wait_for_url(lambda address: "/login/" not in address)
        page.close()

    def take(self, screen: Screen, sizes: tuple, themes: tuple, target: Path) -> list[Path]:
        """The pictures of one screen; it is opened once per size and shown in each theme."""
        taken = []
        for width, height in sizes:
            page = self.page(screen.who)
            page.set_viewport_size({"width": width, "height": height})
            page.goto(screen.address + (f"&lang={self.language}" if screen.is_sheet else ""))
            page.locator(screen.ready).first.wait_for()
            # What is not there at this size (a button that a phone hides) leaves the screen as it is.
            with contextlib.suppress(TimeoutError):
                page.set_default_timeout(4_000)
                screen.act(page)
            page.wait_for_timeout(250)
            for theme in themes:
                page.emulate_media(color_scheme=theme)
                page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
                taken.append(target / f"{screen.name}_{width}x{height}_{theme}_{self.language}.png")
                page.screenshot(path=taken[-1], animations="disabled", caret="hide")
            page.close()
        return taken

    def close(self) -> None:
        for context in self.contexts.values():
            context.close()


def all_pictures(browser: Browser, url: str, password: str, names: list[str]) -> None:
    shutil.rmtree(TARGET, ignore_errors=True)
    TARGET.mkdir(parents=True)
    chosen = [screen for screen in SCREENS if screen.name.startswith(tuple(names or [""]))]
    until = time.monotonic() + LONGEST
    for language in LANGUAGES:
        camera = Camera(browser, url, password, language)
        for screen in chosen:
            if time.monotonic() > until:
                raise SystemExit(f"stopped after {LONGEST} s; what was taken is in {TARGET}")
            camera.take(screen, SIZES, THEMES, TARGET)
            print(f"{language} {screen.name}", flush=True)
        camera.close()
    index(chosen)


def docs_pictures(browser: Browser, url: str, password: str) -> None:
    screens = {screen.name: screen for screen in SCREENS}
    camera = Camera(browser, url, password, "en")
    for name, screen in IN_DOCS.items():
        (taken,) = camera.take(screens[screen], ((1280, 800),), ("light",), DOCS)
        taken.replace(DOCS / f"{name}.png")
    camera.close()


def index(screens: list[Screen]) -> None:
    """A page with all of them: a row per screen and language, a column per size and theme."""
    rows = []
    for screen in screens:
        for language in LANGUAGES:
            names = [
                f"{screen.name}_{width}x{height}_{theme}_{language}.png"
                for width, height in SIZES
                for theme in THEMES
            ]
            cells = "".join(
                f'<td><a href="{name}"><img src="{name}" alt="" loading="lazy" width="200"></a>'
                for name in names
            )
            rows.append(f"<tr><th>{html.escape(screen.name)}<br>{language}</th>{cells}</tr>")
    page = f"<!doctype html><meta charset=utf-8><title>csdesk</title><table>{''.join(rows)}</table>"
    (TARGET / "index.html").write_text(page, encoding="utf-8")
    print(f"{TARGET / 'index.html'}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="make pictures", description="Every screen, to be looked at.")
    parser.add_argument("names", nargs="*", help="beginnings of the names of screens")
    parser.add_argument("--docs", action="store_true", help="renew the pictures of the documentation")
    options = parser.parse_args()
    try:
        with alone(ROOT / "build" / "pictures.lock", "a camera"), demo() as place, launch() as browser:
            if options.docs:
                docs_pictures(browser, *place)
            else:
                all_pictures(browser, *place, options.names)
    except CannotBegin as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
