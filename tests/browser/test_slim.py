"""What production makes of the scripts is read by a browser like the sources, and does the same."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from playwright.sync_api import Route

from csdesk.staticfiles import slim
from tests.browser.threads import open_lab
from tests.browsers import Pages

STATIC = Path(settings.STATICFILES_DIRS[0])
# Imports cannot be followed from there, but whatever is no script fails before.
READ = """async (text) => {
  const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  const error = await import(address).then(() => null, (error) => error);
  return error instanceof SyntaxError ? String(error) : "";
}"""


def test_slim_scripts_are_scripts_and_run_a_thread(page_factory: Pages) -> None:
    asked = set()

    def answer(route: Route) -> None:
        path = STATIC / route.request.url.split("/static/", 1)[1]
        asked.add(path.name)
        route.fulfill(body=slim(path.name, path.read_text()), content_type="text/javascript")

    lab = open_lab(page_factory, through=("**/static/**/*.js", answer))
    lab.run("lab.fill(1, 1000)")
    lab.run("scroll.scrollTop = -9000")
    assert asked >= {"thread.js", "rows.js", "entry.js"}
    assert 0 < len(lab.drawn) < 120
    for file in STATIC.glob("*/*.js"):
        text = slim(file.name, file.read_text())
        if "import" in text:  # the others would begin to run here
            assert lab.page.evaluate(READ, text) == "", file.name
