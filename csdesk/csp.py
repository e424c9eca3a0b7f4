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


class ContentSecurityPolicyMiddleware:
    """Sets the policy on each answer that has not set its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", policy())
        return response
