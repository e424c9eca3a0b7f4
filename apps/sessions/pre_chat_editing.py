"""The manager's side of the form before the first word (V-4): checked, saved, in the trail."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from apps.sessions import pre_chat
from apps.sessions.content import web_address
from apps.sessions.models import Channel
from apps.team import trail
from apps.team.models import Member
from apps.team.setting_fields import plain
from csdesk.errors import Invalid, NotFound, WrongState

MOST_QUESTIONS = 12
MOST_OPTIONS = 30
LIMITS = {"title": 80, "label": 80, "option": 100, "consent": 500, "notice": 500}
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")


def version_of(channel: Channel) -> int:
    """A number that tells one state of the form from another."""
    return pre_chat.version(channel.pre_chat or {}) % 2**31


def cleaned(raw: Mapping[str, Any]) -> dict:
    """The form as it is kept; Invalid, with `field` and for a question its `row`, for what does not fit."""
    consent = _texts(raw.get("consent"), "consent")
    questions = [_question(row, one) for row, one in enumerate(raw.get("questions") or [])]
    if len(questions) > MOST_QUESTIONS:
        raise Invalid(_("At most %(most)s questions.") % {"most": MOST_QUESTIONS}, field="questions")
    _ask_once(questions)
    _name_them(questions)
    form = {
        "is_on": bool(raw.get("is_on")),
        "title": _texts(raw.get("title"), "title"),
        "questions": questions,
        "consent": consent,
        "notice": _notice(raw.get("notice"), consent),
    }
    if form["is_on"] and not (questions or consent):
        raise Invalid(_("There is nothing to ask yet: add a question or a consent."), field="is_on")
    return form


@transaction.atomic
def save(
    channel_id: int, raw: Mapping[str, Any], member: Member, *, version: int | None = None, address: str = ""
) -> None:
    """Save a channel's form; every visitor is asked anew when it has changed.

    Raises what `cleaned` raises, NotFound, and WrongState when somebody else has saved since `version`.
    """
    channel = Channel.objects.select_for_update().filter(pk=channel_id).first()
    if channel is None:
        raise NotFound(_("There is no such channel."))
    if version is not None and version != version_of(channel):
        raise WrongState(_("Somebody else has saved this form meanwhile. Look at theirs first."))
    before, after = channel.pre_chat, cleaned(raw)
    if after == before:
        return
    channel.pre_chat = after
    channel.save(update_fields=["pre_chat"])
    trail.append(
        "channel.pre_chat",
        member=member,
        address=address,
        object_type="channel",
        object_id=channel.pk,
        values={"before": {"pre_chat": before}, "after": {"pre_chat": after}},
    )


def _question(row: int, one: Mapping[str, Any]) -> dict:
    kind = one.get("kind")
    if kind not in pre_chat.KINDS:
        raise Invalid(_("Choose one of the list."), field="questions", row=row)
    label = _texts(one.get("label"), "label", row)
    if not label:
        raise Invalid(_("Write the question in at least one language."), field="questions", row=row)
    key = _key(one.get("key"), row)
    if kind == "phone" and key and "phone" not in key.lower():
        # By its name it is known as a number to be masked.
        key = f"phone_{key}"[:40]
    question = {"key": key, "kind": kind, "label": label}
    question["required"] = bool(one.get("required"))
    if kind == "choice":
        question["options"] = _options(one.get("options"), row)
    return question


def _key(value: Any, row: int) -> str:
    key = plain(value or "")
    if key and (not _KEY.fullmatch(key) or key in ("consent", pre_chat.CONSENT)):
        words = _("A variable begins with a letter, followed by letters, digits or _.")
        raise Invalid(words, field="questions", row=row)
    return key


def _ask_once(questions: list[dict]) -> None:
    """What goes into the profile is asked for by one question: the profile has one place for each."""
    asked: set[str] = set()
    for row, one in enumerate(questions):
        if one["kind"] in pre_chat.PROFILE and one["kind"] in asked:
            words = _("The name, the phone number and the e-mail are asked for once each.")
            raise Invalid(words, field="questions", row=row)
        asked.add(one["kind"])


def _name_them(questions: list[dict]) -> None:
    """Each question's variable: as it was named, else after its kind; no two are the same."""
    taken = {one["key"] for one in questions if one["key"]}
    for row, one in enumerate(questions):
        if one["key"]:
            if any(one["key"] == other["key"] for other in questions[:row]):
                words = _("Two questions cannot have the same variable, “%(key)s”.") % {"key": one["key"]}
                raise Invalid(words, field="questions", row=row)
            continue
        numbered = (f"{one['kind']}{number or ''}" for number in (0, *range(2, MOST_QUESTIONS * 2 + 3)))
        one["key"] = next(key for key in numbered if key not in taken)
        taken.add(one["key"])


def _options(value: Any, row: int) -> list[str]:
    lines = value.splitlines() if isinstance(value, str) else list(value or [])
    options = list(dict.fromkeys(text for line in lines if (text := " ".join(plain(line).split()))))
    if len(options) < 2:
        raise Invalid(_("A choice needs at least two options, one per line."), field="questions", row=row)
    if len(options) > MOST_OPTIONS or any(len(option) > LIMITS["option"] for option in options):
        words = _("At most %(most)s options of %(limit)s characters.")
        raise Invalid(words % {"most": MOST_OPTIONS, "limit": LIMITS["option"]}, field="questions", row=row)
    return options


def _texts(value: Any, what: str, row: int | None = None) -> dict[str, str]:
    """Words per language, without the empty ones."""
    given = value if isinstance(value, Mapping) else {}
    texts = {code: plain(given.get(code) or "") for code, _name in settings.LANGUAGES}
    if any(len(text) > LIMITS[what] for text in texts.values()):
        where = {"field": "questions", "row": row} if row is not None else {"field": what}
        raise Invalid(_("At most %(most)s characters.") % {"most": LIMITS[what]}, **where)
    return {code: text for code, text in texts.items() if text}


def _notice(value: Any, consent: dict) -> str:
    address = plain(value or "")
    if not address:
        return ""
    if not consent:
        raise Invalid(_("The notice is linked beside the consent: write that first."), field="notice")
    try:
        return web_address(address[: LIMITS["notice"]])
    except Invalid as error:
        raise Invalid(error.detail, field="notice") from None
