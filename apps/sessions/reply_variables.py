"""What may stand as `${Name}` in a quick reply (D-5), and what it stands for in a session."""

from __future__ import annotations

import re
import unicodedata

from django.utils.translation import gettext as _

from apps.sessions.models import ChatSession, Message, MessageKind
from apps.sessions.settings import QuickReplySettings
from apps.team import business
from csdesk.errors import Invalid

# Filled in by the workbench and by `values`.
NAMES = ("CustomerName", "UserId", "StaffName", "StaffNo", "GroupName", "ChannelName", "OrderNo")
_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_ORDER_CARD = "28"
# How the number of an order is called on the cards of shops, without blanks and signs.
_ORDER_NUMBER = {"订单号", "订单编号", "订单号码", "orderno", "ordernumber", "orderid", "order"}


def known() -> tuple[str, ...]:
    """Every name that may stand in a reply: ours, and those of the settings."""
    return tuple(dict.fromkeys([*NAMES, *business.read(QuickReplySettings).variables]))


def check(text: str) -> None:
    """Raise Invalid for a variable that nothing fills in."""
    possible = known()
    unknown = [name for name in _VARIABLE.findall(text) if name not in possible]
    if unknown:
        raise Invalid(
            _("%(unknown)s is not known. Possible: %(possible)s.")
            % {"unknown": f"${{{unknown[0]}}}", "possible": " ".join(f"${{{name}}}" for name in possible)}
        )


def values(session: ChatSession, told: dict[str, object]) -> dict[str, str]:
    """What is known of a session by name: what was `told` of it goes before what we find out.

    Names of the customer and the agent are the workbench's to fill in.
    """
    ours = {
        "UserId": session.customer.user_id,
        "ChannelName": session.channel.name,
        "GroupName": session.group.name if session.group else "",
        "OrderNo": _order_number(session),
    }
    plain = {name: str(value) for name, value in told.items() if isinstance(value, str | int | float)}
    return {name: value for name, value in (ours | plain).items() if value}


def _order_number(session: ChatSession) -> str:
    """The number on the newest order card of the session (src 28)."""
    cards = Message.objects.filter(
        session=session, kind=MessageKind.CUSTOM, recalled_at__isnull=True, body__data__src=_ORDER_CARD
    )
    for body in cards.order_by("-seq").values_list("body", flat=True)[:5]:
        content = body["data"].get("content")
        fields = content.get("customField") if isinstance(content, dict) else None
        for field in fields if isinstance(fields, list) else ():
            if isinstance(field, dict) and _folded(field.get("name")) in _ORDER_NUMBER:
                value = field.get("customerValue") or field.get("value")
                if isinstance(value, str | int) and str(value).strip():
                    return str(value).strip()[:100]
    return ""


def _folded(name: object) -> str:
    text = unicodedata.normalize("NFKC", name).casefold() if isinstance(name, str) else ""
    return "".join(sign for sign in text if sign.isalnum())
