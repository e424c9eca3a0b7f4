"""The examples of docs/examples/ as runnable pages, where the demo runs (V-10).

Vue and React come from packages that only the tests and the demo need; an app brings its own.
"""

from __future__ import annotations

import sys
from pathlib import Path

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.utils._os import safe_join
from django.views.decorators.http import require_safe

FOLDER = settings.BASE_DIR / "docs" / "examples"
# Where csdesk/install.py puts the packages of requirements/examples.txt, and the browser builds in them.
PACKAGES = Path(sys.prefix) / "share" / "examples"
LIBRARIES = {
    "vue2.js": "trame_client/module/vue2-www/vue.global.js",
    "vue3.js": "trame_client/module/vue3-www/vue.global.js",
    "react.js": "dash/deps/react@18.3.1.min.js",
    "react-dom.js": "dash/deps/react-dom@18.3.1.min.js",
}
_TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css"}


@require_safe
def example(request: HttpRequest, path: str) -> HttpResponseBase:
    """A file of the examples, a folder's `index.html`, or a library they use."""
    if not settings.DEMO:
        raise Http404
    if path.startswith("lib/"):
        file = library(path.removeprefix("lib/"))
    else:
        file = Path(safe_join(FOLDER, path or "index.html"))
        if path.endswith("/"):
            file /= "index.html"
    if file is None or not file.is_file() or file.suffix not in _TYPES:
        raise Http404
    return FileResponse(file.open("rb"), content_type=_TYPES[file.suffix])


def library(name: str) -> Path | None:
    """A library's browser build, None where there is none of this name."""
    return PACKAGES / LIBRARIES[name] if name in LIBRARIES else None
