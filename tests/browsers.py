"""Chromium for the browser tests, and pages that notice errors."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--use-fake-device-for-media-stream",
]


def find_chromium(playwright: Playwright) -> str | None:
    """A Chromium that is there: CSDESK_CHROMIUM, one of the system, or playwright's own."""
    given = os.environ.get("CSDESK_CHROMIUM")
    if given:
        return given
    for name in NAMES:
        if path := shutil.which(name):
            return path
    own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


def install_chromium() -> None:
    """Debian's Chromium and a Chinese font, where we may install packages."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-qq"], ["install", "-qq", "-y", "chromium", "fonts-noto-cjk"]):
        subprocess.run(["apt-get", *command], env=env, check=False)


@contextmanager
def launch() -> Iterator[Browser]:
    """A running Chromium, or an error that says what to install."""
    with sync_playwright() as playwright:
        path = find_chromium(playwright)
        if path is None:
            install_chromium()
            path = find_chromium(playwright)
        if path is None:
            raise RuntimeError(
                "The browser tests need Chromium: apt install chromium fonts-noto-cjk (or the like), "
                "or name one in CSDESK_CHROMIUM."
            )
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


class Pages:
    """Opens pages, each in a browser context of its own, and collects what went wrong in them."""

    def __init__(self, browser: Browser, base_url: str) -> None:
        self.browser = browser
        self.base_url = base_url
        self.contexts: list[BrowserContext] = []
        self.problems: list[str] = []
        self._expected: list[re.Pattern] = []

    def __call__(
        self,
        *,
        size: tuple[int, int] = (1280, 800),
        lang: str = "zh-CN",
        theme: str = "light",
        touch: bool = False,
        **options: object,
    ) -> Page:
        context = self.browser.new_context(
            base_url=self.base_url,
            viewport={"width": size[0], "height": size[1]},
            locale=lang,
            color_scheme=theme,
            has_touch=touch,
            **options,
        )
        context.set_default_timeout(10_000)
        context.on("page", self._watch)
        self.contexts.append(context)
        return context.new_page()

    def expect(self, pattern: str) -> None:
        """Errors matching this regular expression are provoked by the test."""
        self._expected.append(re.compile(pattern))

    def close(self) -> None:
        """Close everything; AssertionError names what went wrong in any page."""
        for context in self.contexts:
            context.close()
        bad = [text for text in self.problems if not any(known.search(text) for known in self._expected)]
        assert not bad, "errors in the browser:\n" + "\n".join(bad)

    def _watch(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.problems.append(f"{page.url}: {error}"))

    def _console(self, message: ConsoleMessage) -> None:
        # Breaches of the content policy are logged as errors, too.
        if message.type == "error":
            place = message.location.get("url", "")
            self.problems.append(f"{message.text} ({place})")
