"""Somebody else's site: another origin whose pages embed the chat."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit


class HostPages:
    """Serves `html` at every path, `pages` at theirs, and files of `folder`; all with `headers`."""

    def __init__(self) -> None:
        self.html = ""
        self.pages: dict[str, str] = {}
        self.headers: dict[str, str] = {}
        self.folders: dict[str, Path] = {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.origin = f"http://localhost:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def embed(self, service: str, channel: str, before: str = "", **attributes: str) -> None:
        """A plain page with the widget's script on it; `before` stands in front of that."""
        more = "".join(f' {name}="{value}"' for name, value in attributes.items())
        script = f'<script src="{service}/widget.js" data-channel="{channel}"{more} async></script>'
        self.html = (
            f'<!doctype html><html lang="en"><title>Host</title>{before}<h1>Host page</h1>{script}</html>'
        )

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        pages = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body, kind = pages.answer(urlsplit(self.path).path)
                self.send_response(200 if body else 404)
                self.send_header("Content-Type", f"{kind}; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                for name, value in pages.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_args: object) -> None:
                pass

        return Handler

    def answer(self, path: str) -> tuple[bytes, str]:
        """What stands at a path, and its type."""
        if path == "/favicon.ico":
            return b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"
        for prefix, folder in self.folders.items():
            if path.startswith(prefix):
                file = folder / (path.removeprefix(prefix) or "index.html")
                kind = "text/javascript" if file.suffix == ".js" else "text/html"
                return (file.read_bytes() if file.is_file() else b""), kind
        return self.pages.get(path, self.html).encode(), "text/html"
