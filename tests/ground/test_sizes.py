"""What the faces load at first stays small (ui.md, Q-8): counted as production sends it."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import brotli
import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from csdesk.staticfiles import slim
from tests import factories as make

KB = 1000
# `import` and `export … from` with a path; what `import()` brings later is not loaded at first.
IMPORT = re.compile(r"""^\s*(?:import|export)\b[^;"'()]*?["'](\.[^"']+)["']""", re.MULTILINE)


class Loads(HTMLParser):
    """The static files that a page names."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self.modules: list[str] = []
        self.preloads: list[str] = []
        self.others: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = dict(attrs)
        if tag == "script" and facts.get("src"):
            (self.modules if facts.get("type") == "module" else self.scripts).append(facts["src"])
        elif tag == "link":
            kind = self.preloads if facts.get("rel") == "modulepreload" else self.others
            kind.append(facts["href"])


def file_of(address: str) -> Path:
    found = finders.find(address.removeprefix("/static/"))
    assert found, address
    return Path(found)


def imported(file: Path) -> Iterator[Path]:
    for path in IMPORT.findall(file.read_text()):
        yield (file.parent / path).resolve()


def with_imports(files: list[Path]) -> set[Path]:
    """The modules and all that they import, and so on."""
    known: set[Path] = set()
    ahead = list(files)
    while ahead:
        file = ahead.pop()
        if file not in known:
            known.add(file)
            ahead += imported(file)
    return known


def sent(file: Path) -> int:
    """Bytes on the way to the browser."""
    text = file.read_text()
    return len(brotli.compress((slim(file.name, text) if file.suffix in (".js", ".css") else text).encode()))


def page_of(client: Client, address: str) -> Loads:
    return Loads(client.get(address).content.decode())


@pytest.mark.django_db
def test_the_window_is_small(client: Client) -> None:
    answer = client.get(f"/chat/{make.make_channel().key}/", headers={"Accept-Encoding": "br, gzip"})
    assert answer["Content-Encoding"] == "gzip"
    page = Loads(gzip.decompress(answer.content).decode())
    modules = with_imports([file_of(address) for address in page.modules])
    script = sum(sent(file) for file in {*modules, *map(file_of, page.scripts)})
    assert script <= 35 * KB
    others = sum(sent(file_of(address)) for address in [*page.others, "/static/ui/icons.svg"])
    assert script + others + len(answer.content) <= 60 * KB


@pytest.mark.django_db
def test_the_window_asks_for_all_its_modules_at_once(client: Client) -> None:
    page = page_of(client, f"/chat/{make.make_channel().key}/")
    named = {file_of(address) for address in [*page.preloads, *page.modules]}
    assert named == with_imports([file_of(address) for address in page.modules])


def test_the_workbench_is_small() -> None:
    modules = with_imports([file_of("/static/desk/desk.js")])
    assert len(modules) > 20
    assert sum(sent(file) for file in modules) <= 90 * KB


def test_imports_of_every_kind_are_counted(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text(
        'import { b } from "./b.js";\nimport {\n  c,\n} from "./c.js";\nimport "./d.js";\n'
        'export { e } from "./e.js";\nexport * from "./f.js";\nconst later = () => import("./g.js");\n'
    )
    for name in "bcdefg":
        (tmp_path / f"{name}.js").write_text("")
    assert {file.stem for file in with_imports([tmp_path / "a.js"])} == set("abcdef")


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        ("const url = 'https://a.example/*'; // why\nexport { url };", "https://a.example/*"),
        ("class A { #long = 1; get() { return `${this.#long} // no comment`; } }\nnew A();", "// no comment"),
    ],
)
def test_slim_scripts_say_the_same(source: str, kept: str) -> None:
    made = slim("a.js", source)
    assert kept in made
    assert len(made) < len(source)
