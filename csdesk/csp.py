"""The Content-Security-Policy of every answer: nothing inline, nothing from elsewhere."""

from collections.abc import Callable, Iterable

from django.http import HttpRequest, HttpResponse

POLICY = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'", "data:", "blob:"],
    "font-src": ["'self'"],
    "connect-src": ["'self'"],
    "media-src": ["'self'", "blob:"],
    "frame-src": ["'self'"],
    "manifest-src": ["'self'"],
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
}


def policy(**changes: Iterable[str]) -> str:
    """The header's value; `frame_ancestors=[...]` and the like replace one directive."""
    directives = {**POLICY, **{name.replace("_", "-"): list(sources) for name, sources in changes.items()}}
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in directives.items())


def allow_frames(response: HttpResponse, origins: Iterable[str]) -> HttpResponse:
    """Let pages of these origins frame the answer (X-5); with none it stays unframable."""
    allowed = list(origins)
    if allowed:
        response["Content-Security-Policy"] = policy(frame_ancestors=allowed)
        response.xframe_options_exempt = True
    return response


def harmless(response: HttpResponse) -> HttpResponse:
    """What strangers have made (X-10, X-11) does not run as ours, is not kept, passes for no other type."""
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    response["Referrer-Policy"] = "no-referrer"
    # The pages of allowed sites show it too; whoever has the address is the reader.
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


class ContentSecurityPolicyMiddleware:
    """Sets the policy on each answer that has not set its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", policy())
        return response
