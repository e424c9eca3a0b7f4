"""What a page tells of its user beside the signature: name, picture, data, cleaned or refused (X-4)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from apps.sessions.content import web_address
from apps.sessions.models import Channel
from apps.team.members import is_reserved_name
from apps.team.setting_fields import plain_name
from csdesk.errors import Invalid, TooLarge
from csdesk.texts import storable

NAME_LIMIT = 60
AVATAR_LIMIT = 200
DATA_LIMIT = 4_000
FIELDS = ("nickname", "avatar", "clientData")


@dataclass(frozen=True)
class Profile:
    """`is_claimed`: the page told it outside the signature, so it is shown as unverified."""

    name: str | None = None
    avatar: str | None = None
    data: dict | None = None
    is_claimed: bool = field(default=True)

    def as_fields(self) -> dict:
        """What of a customer it sets; what was not told stays as it is."""
        told = {"name": self.name, "avatar": self.avatar, "client_data": self.data}
        found = {field: value for field, value in told.items() if value is not None}
        return found | {"profile_is_claimed": self.is_claimed} if found else {}


def told(asked: dict, userbuf: bytes, channel: Channel) -> Profile:
    """The profile of a sign-in. What is inside the signature counts alone; Invalid or TooLarge."""
    signed = _signed(userbuf)
    # Whole, so that nothing which was only claimed before passes for signed.
    source = {"nickname": "", "avatar": "", "clientData": {}} | signed if signed else asked
    return Profile(
        name=_name(source.get("nickname"), channel),
        avatar=_avatar(source.get("avatar")),
        data=_data(source.get("clientData")),
        is_claimed=not signed,
    )


def _signed(userbuf: bytes) -> dict:
    """The profile that was signed with the identity, where the app has put one there."""
    try:
        found = json.loads(userbuf) if userbuf else None
    except (ValueError, RecursionError):
        # The format leaves open what it holds; what is none of ours says nothing.
        return {}
    return {name: found[name] for name in FIELDS if name in found} if isinstance(found, dict) else {}


def _name(value: object, channel: Channel) -> str | None:
    """One visible line; "" for a name that is reserved, so that the customer is shown as a visitor."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise Invalid(_("%(field)s must be text.") % {"field": "nickname"})
    try:
        # Once more, for what the cut has left without its other half.
        name = plain_name(plain_name(value)[:NAME_LIMIT])
    except ValueError:
        # Nothing in it that is seen.
        return ""
    return "" if is_reserved_name(name, channel.name) else name


def _avatar(value: object) -> str | None:
    if value is None or value == "":
        return value
    if not isinstance(value, str) or len(value) > AVATAR_LIMIT:
        raise Invalid(
            _("%(field)s must be text of at most %(limit)s characters.")
            % {"field": "avatar", "limit": AVATAR_LIMIT}
        )
    return web_address(storable(value))


def _data(value: object) -> dict | None:
    """An object; a text is taken too, as some libraries have it."""
    if value is None:
        return None
    if isinstance(value, str):
        value = _object_in(value)
    if not isinstance(value, dict):
        raise Invalid(_("clientData must be an object or text."))
    text = json.dumps(value, ensure_ascii=False)
    if len(text) > DATA_LIMIT:
        raise TooLarge(_("clientData is longer than %(limit)s characters.") % {"limit": DATA_LIMIT})
    storable(text)
    if "\\u0000" in text:
        raise Invalid(_("The text holds characters that cannot be stored."))
    return value


def _object_in(text: str) -> dict:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {"clientData": text} if text else {}
