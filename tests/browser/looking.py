"""What every page is looked at for: findings of axe in both themes, and words in another language."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import axe_playwright_python
from playwright.sync_api import Frame, Page

SERIOUS = ("serious", "critical")

# WCAG 2.2 AA; the finding, how many, and the first places.
_AXE = """async (rules) => {
  // Each frame is asked by itself, and no rule of these needs files fetched once more.
  const how = { resultTypes: ["violations"], iframes: false, preload: false };
  const { violations } = await axe.run({ runOnly: rules, ...how });
  const places = (nodes) => nodes.slice(0, 3).map((node) => node.target.join(" ")).join(", ");
  return violations.map(({ id, impact, nodes }) => (
    { impact, text: `${id} (${nodes.length}): ${places(nodes)}` }));
}"""

_RULES = {
    "light": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    # The other theme changes colours, another language the words, and neither anything else.
    "dark": ["color-contrast", "link-in-text-block", "html-has-lang", "html-lang-valid", "document-title"],
}
_THEME = "(theme) => { document.documentElement.dataset.theme = theme; }"

# What people have written, names, figures and code stand in any language.
_DATA = ", ".join(
    (
        "[dir=auto], [lang]:not(html), bdi, code, noscript, script, style, textarea, time, .key, .wordmark",
        ".code, .seen-by",
        ".avatar, .card, .attached, .picture, .system, .typing, .earlier-row, .facts dd, .internal",
        ".action-picks > div > div label, #id_groups",
        ".record:not(.columns), .path, .choose .row, .list-filter .row, .words-text, .selector, .readonly",
        "#result_list tbody, .history, .rows tbody td, .account-name, .who, .select2-container",
        ".related-widget-wrapper, .menu > summary[aria-label], .sheet-of-parts h2, .showcase nav, iframe",
    )
)
_SAME_IN_BOTH = (
    *("csdesk", "TXT", "ID", "UserID", "IVR", "ml", "MB", "kB", "VIP"),
    *("CSV", "XLSX", "UTF", "GBK", "Markdown"),
    *("API", "SecretId", "SecretKey", "TC", "HmacSHA", "HTTPS"),
    *("Alt", "Esc", "Enter", "Shift", "Ctrl"),
    # A language is named in its own.
    *("English", "中文"),
)

_TEXTS = """(data) => {
  const found = [];
  const isData = (element) => Boolean(element.closest(data));
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode())
    if (node.data.trim() && !isData(node.parentElement)) found.push(node.data.trim());
  for (const element of document.querySelectorAll("[title], [placeholder], [aria-label], [alt]")) {
    if (isData(element)) continue;
    for (const name of ["title", "placeholder", "aria-label", "alt"])
      if (element.getAttribute(name)) found.push(element.getAttribute(name));
  }
  for (const json of document.querySelectorAll("script#words")) {
    const leaves = (value) => (typeof value === "string" ? [value] : Object.values(value).flatMap(leaves));
    found.push(...leaves(JSON.parse(json.textContent)));
  }
  return [document.title, ...new Set(found)];
}"""
# The same for both: addresses, gaps and names of programs are no words.
_FOREIGN = """([texts, isChinese, same]) => texts.filter((text) => {
  const noWords = /\\S+@\\S+|https?:\\S*|\\$?\\{\\w+\\}|\\/[\\w\\/….]+|manage\\.py \\S+ --\\w+/g;
  let bare = text.replace(noWords, " ");
  for (const word of isChinese ? [] : same) bare = bare.replaceAll(word, "");
  if (!isChinese) return /\\p{Script=Han}/u.test(bare);
  return (bare.match(/[A-Za-z]{2,}/g) || []).some((word) => !same.includes(word));
})"""


@cache
def _axe_source() -> str:
    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()


def findings(page: Page, themes: Iterable[str] = tuple(_RULES)) -> list[str]:
    """Serious and critical findings of axe in the page and its frames, in these themes."""
    found: list[str] = []
    for frame in page.frames:
        if not frame.evaluate("Boolean(window.axe)"):
            frame.evaluate(_axe_source())
    for theme in themes:
        page.emulate_media(color_scheme=theme)
        for frame in page.frames:
            frame.evaluate(_THEME, theme)
            found += [f"{theme}: {text}" for text in _serious(frame, _RULES[theme])]
    return found


def _serious(frame: Frame, rules: list[str]) -> list[str]:
    return [each["text"] for each in frame.evaluate(_AXE, rules) if each["impact"] in SERIOUS]


def foreign_words(page: Page, names: Iterable[str] = ()) -> list[str]:
    """Texts and labels, shown or hidden, that are not in the page's language (Q-8); `names` may be in any."""
    texts = [text for frame in page.frames for text in frame.evaluate(_TEXTS, _DATA)]
    lang = page.evaluate("document.documentElement.lang")
    return page.evaluate(_FOREIGN, [texts, lang.startswith("zh"), [*_SAME_IN_BOTH, *names]])


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than the screen."""
    return page.evaluate("document.documentElement.scrollWidth - innerWidth")
