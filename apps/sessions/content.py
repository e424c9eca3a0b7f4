"""What a message may hold (S-6, S-11, V-7), and its plain text for lists, search and files."""

import re
import uuid
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from apps.sessions.models import MessageKind
from csdesk.errors import Invalid, TooLarge
from csdesk.texts import says_something, storable

TEXT_LIMIT = 5_000
FIELD_LIMIT = 500
ADDRESS_LIMIT = 2_000
CUSTOM_FIELDS_LIMIT = 20
LONGEST_RECORDING = 86_400  # s
MOST_PIXELS = 16_384  # on a side

RICH_TEXT = "30"
# Signs of Markdown that only disturb where it is told on one line.
MARKS = re.compile(r"^ {0,3}(#{1,6}|>|[-*+]|```\w*)(?=\s|$)|\*\*|`", re.MULTILINE)
# Pictures and links of Markdown, of which their words are told.
LINKS = re.compile(r"!?\[([^\[\]\n]{0,500})\]\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)")
FILE_KINDS = {MessageKind.IMAGE, MessageKind.FILE, MessageKind.VOICE, MessageKind.VIDEO}


def parse_message(raw: object) -> tuple[str, dict]:
    """A client's `message` object as (kind, body); files as `{"upload": id}`.

    Raises Invalid for what is malformed or missing, TooLarge for text over 5,000 characters.
    """
    if not isinstance(raw, dict):
        raise Invalid(_("The message must be an object."))
    kind = raw.get("type")
    if kind == MessageKind.TEXT:
        return kind, {"text": spoken(raw.get("text"))}
    if isinstance(kind, str) and kind in FILE_KINDS:
        return kind, {"upload": str(identifier(raw.get("upload"), "upload"))} | _measures(kind, raw)
    if kind == MessageKind.CUSTOM:
        return kind, {"data": parse_card(raw.get("data"))}
    raise Invalid(_("This type of message is not known."))


def _measures(kind: str, raw: dict) -> dict:
    """What the sender knows of a recording: `duration` in s, `width` and `height` in px, each optional."""
    if kind not in (MessageKind.VOICE, MessageKind.VIDEO):
        return {}
    found = {}
    for name, most in (("duration", LONGEST_RECORDING), ("width", MOST_PIXELS), ("height", MOST_PIXELS)):
        value = raw.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
            raise Invalid(_("%(field)s must be a number up to %(limit)s.") % {"field": name, "limit": most})
        found[name] = round(value)
    return found


def parse_agent_message(raw: object) -> tuple[str, dict]:
    """The same for agents, who may write rich text (src 30) beside all that customers may send."""
    data = raw.get("data") if isinstance(raw, dict) and raw.get("type") == MessageKind.CUSTOM else None
    if isinstance(data, dict) and data.get("src") == RICH_TEXT and data.get("customerServicePlugin") == 0:
        markdown = spoken(data.get("content"))
        return MessageKind.CUSTOM, {
            "data": {"customerServicePlugin": 0, "src": RICH_TEXT, "content": markdown}
        }
    return parse_message(raw)


def spoken(text: object) -> str:
    """Text that somebody says: not empty, at most 5,000 characters (S-11)."""
    if not isinstance(text, str):
        raise Invalid(_("The text is missing."))
    if len(text) > TEXT_LIMIT:
        raise TooLarge(_("The text is longer than %(limit)s characters.") % {"limit": TEXT_LIMIT})
    if not says_something(storable(text)):
        # Marks that nobody sees say nothing either.
        raise Invalid(_("The text is empty."))
    return text


def identifier(value: object, field: str) -> uuid.UUID:
    """A UUID from a frame, or Invalid naming the field."""
    try:
        return uuid.UUID(value) if isinstance(value, str) else _no(value)
    except ValueError:
        raise Invalid(_("%(field)s is not an id.") % {"field": field}) from None


def _no(value: object) -> uuid.UUID:
    raise ValueError(value)


def parse_card(data: object) -> dict:
    """A product (src 22) or order card (src 28) as people may send it (V-7); other cards are the system's."""
    if not isinstance(data, dict) or data.get("customerServicePlugin") != 0:
        raise Invalid(_("This is not a service message."))
    content = data.get("content")
    if not isinstance(content, dict):
        raise Invalid(_("The card has no content."))
    match data.get("src"):
        case "22":
            card = _strings(content, required=("header", "desc"), optional=("pic", "url"))
        case "28":
            card = _strings(content, required=("name",), optional=("guide", "desc", "pic", "url"))
            card["customField"] = _custom_fields(content.get("customField", []))
        case _:
            raise Invalid(_("This service message cannot be sent as a message."))
    for field in ("pic", "url"):
        if field in card:
            card[field] = web_address(card[field])
    return {"customerServicePlugin": 0, "src": data["src"], "content": card}


def _strings(content: dict, *, required: tuple[str, ...], optional: tuple[str, ...]) -> dict:
    found = {}
    for field in (*required, *optional):
        value = content.get(field, "")
        limit = ADDRESS_LIMIT if field in ("pic", "url") else FIELD_LIMIT
        if not isinstance(value, str) or len(value) > limit:
            raise Invalid(
                _("%(field)s must be text of at most %(limit)s characters.")
                % {"field": field, "limit": limit}
            )
        if value.strip():
            found[field] = storable(value)
        elif field in required:
            raise Invalid(_("%(field)s is missing.") % {"field": field})
    return found


def _custom_fields(fields: object) -> list[dict]:
    if not isinstance(fields, list) or len(fields) > CUSTOM_FIELDS_LIMIT:
        raise Invalid(_("customField must be a short list."))
    if not all(isinstance(field, dict) for field in fields):
        raise Invalid(_("customField must hold objects."))
    return [_strings(field, required=("name",), optional=("value", "customerValue")) for field in fields]


def web_address(address: str) -> str:
    """An address that is safe to open: http or https with a host (V-7)."""
    try:
        parts = urlsplit(address)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname or any(c.isspace() for c in address):
        raise Invalid(_("The address must begin with http:// or https://."))
    return address


def text_of(kind: str, body: dict) -> str:
    """The plain text of a message: the one place that lists, search and downloads read it from."""
    if kind == MessageKind.TEXT:
        return body["text"]
    if kind in FILE_KINDS:
        return body["file"]["name"]
    return "\n".join(_card_lines(body["data"]))


def _card_lines(data: dict) -> list[str]:
    match data.get("src"):
        case "9":
            menu = data["menuContent"]
            chosen = menu.get("selected")
            return [menu["head"], f"{chosen['content']}" if chosen else ""]
        case "19":
            return [_("Session ended")]
        case "20":
            return [_("Session ended by time-out")]
        case "15" | "21":
            content = data["content"]
            items = content.get("items", [])
            return [content["header"], *(item["content"] for item in items), content.get("tail", "")]
        case "22":
            content = data["content"]
            return [content["header"], content["desc"], content.get("url", "")]
        case "28":
            content = data["content"]
            fields = (f"{f['name']}: {f.get('value', '')}" for f in content.get("customField", []))
            return [content["name"], content.get("desc", ""), *fields]
        case "29":
            content = data["content"]
            return [content.get("title", ""), *(item["content"] for item in content.get("items", []))]
        case "30":
            return [data["content"]]
    return []


def preview(kind: str, body: dict) -> str:
    """One line for lists: the beginning of the text; `kind` tells the reader of pictures and files."""
    text = text_of(kind, body)
    if kind == MessageKind.CUSTOM and body["data"].get("src") == RICH_TEXT:
        text = LINKS.sub(r"\1", MARKS.sub("", text))
    return " ".join(text.split())[:200]
