"""What the faces make of a text (S-6, X-11): links show where they lead, steps go on counting."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page

from tests.browsers import Pages
from tests.stack import Stack

DRAW = """async ([module, name, text]) => {
  const made = (await import(`/static/ui/${module}.js`))[name](text);
  const box = document.createElement("div");
  box.append(...made);
  const links = [...box.querySelectorAll("a")].map((a) => [a.href, a.textContent, a.rel, a.target]);
  const steps = [...box.querySelectorAll("ol")].map((list) => list.start);
  const loads = box.querySelectorAll("img, iframe, link, video").length;
  return { links, steps, loads, text: box.textContent };
}"""

REL = "noopener noreferrer nofollow"


@pytest.fixture(scope="module")
def drawn(browser: object, stack: Stack) -> object:
    """`drawn("dom", "withLinks", text)`: what the faces make of a text."""
    pages = Pages(browser, stack.url)
    page: Page = pages()
    page.goto("/login/")
    yield lambda module, name, text: page.evaluate(DRAW, [module, name, text])
    pages.close()


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("https://example.com/a?b=c#d", "https://example.com/a?b=c#d"),
        ("HTTPS://WWW.Example.com/A", "HTTPS://WWW.Example.com/A"),
        ("http://bank.example@evil.example/login", "evil.example"),
        ("https://bank.example%2f@evil.example/", "evil.example"),
        ("https://аррӏе.com/", "https://xn--80ak6aa92e.com/"),
        ("https://１２７.0.0.1/", "https://127.0.0.1/"),
        ("http://2130706433/", "http://127.0.0.1/"),
        ("https://evil.example/\u202egnp.exe", "https://evil.example/%E2%80%AEgnp.exe"),
        ("https://bank.example\u200b.evil.example/", "https://bank.example.evil.example/"),
    ],
)
def test_an_address_in_words_shows_its_true_host(drawn, said, shown):
    found = drawn("dom", "withLinks", f"see {said} now")
    [[_href, text, rel, target]] = found["links"]
    assert (text, rel, target) == (shown, REL, "_blank")
    assert found["loads"] == 0


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("[our shop](https://evil.example/)", "our shop (evil.example)"),
        ("[https://bank.example](https://evil.example/)", "https://bank.example (evil.example)"),
        (
            "[bank.example/login?evil.example](https://evil.example/)",
            "bank.example/login?evil.example (evil.example)",
        ),
        ("[bank.example evil.example](https://evil.example/)", "bank.example evil.example (evil.example)"),
        ("[evil.example@bank.example](https://evil.example/)", "evil.example@bank.example (evil.example)"),
        ("[evil.example/a](https://www.evil.example/a)", "evil.example/a"),
        ("[аррӏе.com](https://аррӏе.com)", "аррӏе.com (xn--80ak6aa92e.com)"),
        ("![a picture](https://evil.example/a.png)", "a picture (evil.example)"),
        ("[tea](https://example.com/Tea_(drink))", "tea (example.com)"),
    ],
)
def test_a_link_with_words_of_its_own_shows_its_host_beside_them(drawn, said, shown):
    found = drawn("markdown", "markdown", said)
    assert found["text"] == shown
    assert [link[2:] for link in found["links"]] == [[REL, "_blank"]]
    assert found["loads"] == 0, "nothing of others is loaded by itself"


@pytest.mark.parametrize(
    "said",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "//evil.example/",
        "https://",
        "mailto:a@b.example",
    ],
)
def test_what_is_no_web_address_is_no_link(drawn, said):
    assert drawn("dom", "withLinks", said)["links"] == []
    found = drawn("markdown", "markdown", f"[x]({said})")
    assert (found["links"], found["text"]) == ([], "x"), json.dumps(said)


def test_steps_go_on_counting_after_what_stands_between_them(drawn):
    said = "1. Copy this:\n\n```html\n<p>\n```\n\n2. Paste it.\n3. Done.\n\n- And smile."
    assert drawn("markdown", "markdown", said)["steps"] == [1, 2]
