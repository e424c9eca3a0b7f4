"""Who is at this socket: our own origin, the session cookie, the member's right (X-5, X-6, T-7)."""

from __future__ import annotations

from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation.trans_real import parse_accept_lang_header

from apps.team import sign_in
from apps.team.abilities import Ability, may
from apps.team.models import Member
from csdesk.errors import NotAllowed, Unauthorized

SIGNED_OUT, SIGNED_IN_ELSEWHERE = "signed_out", "signed_in_elsewhere"
FORCED_OFFLINE, DELETED = "forced_offline", "deleted"
DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Caller:
    """What the handshake said."""

    session_key: str
    language: str
    address: str


def is_own_origin(scope: dict) -> bool:
    """Whether the handshake comes from a page of ours: the host it was sent to, or the configured address.

    Without an `Origin` it is no page of ours: cookies count for pages only.
    """
    origin, host = header(scope, b"origin"), header(scope, b"host")
    if not origin:
        return False
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    scheme = "https" if scope.get("scheme") == "wss" else "http"
    return _place(origin) is not None and _place(origin) == _place(f"{scheme}://{host}")


def _place(address: str) -> tuple[str, str, int] | None:
    try:
        parts = urlsplit(address)
        port = parts.port or DEFAULT_PORTS.get(parts.scheme, 0)
    except ValueError:
        return None
    if not parts.hostname or parts.path or parts.query or parts.fragment or "@" in parts.netloc:
        return None
    return parts.scheme, parts.hostname, port


def header(scope: dict, name: bytes) -> str:
    """The last value of a header of the handshake, or nothing."""
    values = [value for key, value in scope.get("headers", ()) if key == name]
    return values[-1].decode("latin-1") if values else ""


def caller_of(scope: dict) -> Caller:
    """The session cookie, the language and the address of the handshake."""
    cookies = _cookies(scope)
    client = scope.get("client") or ("", 0)
    return Caller(
        session_key=cookies.get(settings.SESSION_COOKIE_NAME, ""),
        language=_language(cookies.get(settings.LANGUAGE_COOKIE_NAME, ""), header(scope, b"accept-language")),
        address=str(client[0]),
    )


def _cookies(scope: dict) -> dict[str, str]:
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(header(scope, b"cookie")).items()}
    except CookieError:
        return {}


def _language(chosen: str, accepted: str) -> str:
    """The language of our error details: as LocaleMiddleware would choose it for a page."""
    for code in (chosen, *(code for code, _priority in parse_accept_lang_header(accepted))):
        try:
            return translation.get_supported_language_variant(code)
        except LookupError:
            continue
    return settings.LANGUAGE_CODE


def member_of(caller: Caller) -> Member:
    """The member who sits there, asked anew.

    Raises Unauthorized (with `reason` of `kicked` in `extra`) when the sign-in does not count any
    more, NotAllowed for a member who neither serves nor watches over those who do.
    """
    session = _store()(caller.session_key or None)
    member = sign_in.member_of(session)
    if member is None:
        raise Unauthorized(_("You are not signed in any more."), reason=_why_not(session))
    if not may_work(member):
        raise NotAllowed(_("You do not serve customers."), reason=FORCED_OFFLINE)
    return member


def may_work(member: Member) -> bool:
    """Whether a workbench of the member is let in: who serves, and supervisors (R-13)."""
    return member.serves or may(member, Ability.MONITOR)


def _store() -> type:
    return import_module(settings.SESSION_ENGINE).SessionStore


def _why_not(session) -> str:
    """Which of the reasons of `kicked` it was (D-16)."""
    member_id, own_id = session.get("_auth_user_id"), session.get(sign_in.ID_KEY)
    member = Member.objects.filter(pk=member_id).first() if member_id else None
    if member is None:
        return SIGNED_OUT
    if member.deleted_at:
        return DELETED
    if member.forced_offline_at:
        return FORCED_OFFLINE
    if member.sign_in_id and str(member.sign_in_id) != own_id:
        return SIGNED_IN_ELSEWHERE
    return SIGNED_OUT
