"""The widget's script (V-2): its parts and its style sheet, put into one function that leaks nothing.

The page embeds one plain script, so its parts cannot be modules; apart they stay readable.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage

PARTS = (
    "visitor/widget/keeping.js",
    "visitor/widget/calls.js",
    "visitor/widget/drawing.js",
    "visitor/widget/box.js",
    "visitor/widget/frame.js",
    "visitor/widget/identity.js",
    "visitor/widget.js",
    "visitor/widget/begin.js",
)
STYLES = "visitor/widget/widget.css"
_COMMENT = re.compile(r"^[ \t]*(?://[^\n]*|/\*.*?\*/)[ \t]*$", re.MULTILINE | re.DOTALL)


def script() -> str:
    """The whole script, without comments and indentation; read anew each time in the demo."""
    return _put_together() if settings.DEMO else _kept()


@cache
def _kept() -> str:
    return _put_together()


def _put_together() -> str:
    parts = [f"const STYLES = {json.dumps(_bare(_read(STYLES)))};", *(_bare(_read(part)) for part in PARTS)]
    return "/* csdesk widget */\n(() => {\n" + '"use strict";\n' + "\n".join(parts) + "\n})();\n"


def _read(name: str) -> str:
    return Path(finders.find(name) or staticfiles_storage.path(name)).read_text("utf-8")


def _bare(text: str) -> str:
    """Without indentation and comments of whole lines, which only the sources' readers need."""
    lines = (line.strip() for line in _COMMENT.sub("", text).splitlines())
    return "\n".join(line for line in lines if line)
