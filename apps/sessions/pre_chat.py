"""What a channel asks before the first word, and the consent to its privacy notice (V-4).

The form stands in `Channel.pre_chat`. A visitor answers once, until the form changes: the answers stay with
their token, go into the variables of each session that opens, and fill what is empty in the profile, which
nobody has verified (X-4). Whoever has not answered can look, but not write.
"""

from __future__ import annotations

import json
import re
import unicodedata
import zlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from apps.sessions.masking import Contact, readable
from apps.sessions.models import Channel, ChatSession, Customer, State, VisitorToken
from apps.team.members import is_reserved_name
from apps.team.setting_fields import Words, plain, plain_name
from csdesk import clock
from csdesk.errors import Invalid
from csdesk.texts import storable

KINDS = ("name", "phone", "email", "text", "long", "number", "choice")
# What goes into the profile: by kind the customer's field, which holds so many characters.
PROFILE = {"name": 60, "phone": 32, "email": 254}
LIMITS = PROFILE | {"text": 200, "long": 1_000, "number": 20, "choice": 100}
CONSENT = "privacy_consent"
_PHONE = re.compile(r"\+?[\d\s().-]{5,31}")
_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,4})?")


@dataclass(frozen=True)
class Question:
    key: str
    kind: str
    label: Words
    is_required: bool = False
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Form:
    """What a channel asks; `consent` is empty where nothing has to be agreed to."""

    version: int
    title: Words
    questions: tuple[Question, ...]
    consent: Words
    notice: str = ""

    @property
    def asks(self) -> bool:
        return bool(self.questions or self.needs_consent)

    @property
    def needs_consent(self) -> bool:
        return any(self.consent.texts.values())

    def label(self, key: str) -> str:
        """What a variable is called; its own name where the form asks for it no more."""
        found = next((one.label.text() for one in self.questions if one.key == key), "")
        return found or (_("Agreed to the privacy notice") if key == CONSENT else key)


def form_of(channel: Channel) -> Form | None:
    """The form of a channel; None where it is switched off or asks nothing."""
    raw = channel.pre_chat or {}
    if not raw.get("is_on"):
        return None
    questions = tuple(
        Question(
            one["key"],
            one["kind"],
            Words(one["label"]),
            bool(one.get("required")),
            tuple(one.get("options", ())),
        )
        for one in raw.get("questions", ())
    )
    consent = Words(raw.get("consent") or {})
    form = Form(version(raw), Words(raw.get("title") or {}), questions, consent, raw.get("notice") or "")
    return form if form.asks else None


def version(raw: dict) -> int:
    return zlib.crc32(json.dumps(raw, sort_keys=True).encode())


def shown(form: Form, language: str) -> dict:
    """The form as a client shows it, in the customer's language."""
    return {
        "title": form.title.text(language),
        "questions": [
            {
                "key": one.key,
                "kind": one.kind,
                "label": one.label.text(language),
                "required": one.is_required,
                "options": list(one.options),
                "limit": LIMITS[one.kind],
            }
            for one in form.questions
        ],
        "consent": form.consent.text(language) if form.needs_consent else None,
        "notice": form.notice,
    }


def answers(channel: Channel, variables: dict, contact: Contact) -> dict[str, str]:
    """A session's variables as text, with contacts as the reader may see them.

    Those are found by the kind of the question, by its key and its words, and by their looks.
    """
    form = form_of(channel)
    kinds = {one.key: one.kind for one in form.questions} if form else {}
    found = {}
    for key, value in variables.items():
        name = f"{key} {form.label(key)}" if form else key
        name = kinds[key] if kinds.get(key) in ("phone", "email") else name
        found[key] = readable(contact.value(name, value))
    return found


def labelled(channel: Channel, variables: dict, contact: Contact) -> list[tuple[str, str]]:
    """The same under what the questions are called in the reader's language."""
    form = form_of(channel)
    told = answers(channel, variables, contact).items()
    return [(form.label(key) if form else key, text) for key, text in told]


def missing(channel: Channel, token_hash: str) -> Form | None:
    """The form that this token's visitor still has to answer; None when nothing stands in their way."""
    form = form_of(channel)
    if form is None:
        return None
    answered = VisitorToken.objects.filter(hash=token_hash).values_list("pre_chat", flat=True).first()
    return None if answered and answered.get("version") == form.version else form


def answer(channel: Channel, token_hash: str, given: dict, *, agrees: bool) -> None:
    """Keep a visitor's answers: with the token, the open session, and what is empty of the profile.

    Raises Invalid for what does not fit: `fields` say what is wrong with each question, by its key, `field`
    is the first of them.
    """
    form = form_of(channel)
    if form is None:
        return
    values, wrong = {}, {}
    for one in form.questions:
        try:
            value = _clean(one, given.get(one.key), channel)
        except (ValueError, Invalid) as error:
            wrong[one.key] = str(error)
        else:
            values |= {one.key: value} if value else {}
    if form.needs_consent:
        if not agrees:
            wrong["consent"] = _("Please agree first.")
        values[CONSENT] = clock.now().isoformat(timespec="seconds")
    for field, detail in wrong.items():
        raise Invalid(detail, field=field, fields=wrong)
    told = {"version": form.version, "values": values, "profile": _profile(form, values)}
    with transaction.atomic():
        _keep(token_hash, channel, told)


def _keep(token_hash: str, channel: Channel, told: dict) -> None:
    token = VisitorToken.objects.filter(hash=token_hash).first()
    if token is None:
        return
    VisitorToken.objects.filter(visitor_id=token.visitor_id, channel=channel).update(pre_chat=told)
    # The session first, as everywhere.
    still_open = ChatSession.objects.exclude(state=State.CLOSED).filter(
        customer_id=token.visitor_id, channel=channel
    )
    for session in still_open.select_for_update():
        session.variables = session.variables | told["values"]
        session.save(update_fields=["variables"])
    customer = Customer.objects.select_for_update().filter(id=token.visitor_id).first()
    if customer:
        _fill(customer, told["profile"])


def variables_for(customer_id: UUID, channel: Channel) -> dict[str, str]:
    """What a session of this customer begins with."""
    if form_of(channel) is None:
        return {}
    told = kept(customer_id, channel)
    return dict(told["values"]) if told else {}


def fill_profile(customer: Customer, channel: Channel) -> None:
    """What the visitor has answered, into the empty fields of a profile that has just been made."""
    told = kept(customer.id, channel) if form_of(channel) else None
    if told:
        _fill(customer, told["profile"])


def kept(visitor_id: UUID, channel: Channel) -> dict | None:
    """What a visitor has answered last on this channel, as it stands with their token."""
    answered = VisitorToken.objects.filter(visitor_id=visitor_id, channel=channel, pre_chat__isnull=False)
    return answered.order_by("-created_at").values_list("pre_chat", flat=True).first()


def _fill(customer: Customer, profile: dict[str, str]) -> None:
    told = {name: value for name, value in profile.items() if value and not getattr(customer, name)}
    if not told:
        return
    for name, value in told.items():
        setattr(customer, name, value)
    if "name" in told:
        customer.profile_is_claimed = True
    customer.save(update_fields=[*told, "profile_is_claimed"])


def _profile(form: Form, values: dict[str, str]) -> dict[str, str]:
    return {one.kind: values[one.key] for one in form.questions if one.kind in PROFILE and one.key in values}


def _clean(one: Question, value: Any, channel: Channel) -> str:
    """An answer as it is kept; ValueError with a sentence for the customer."""
    if value is not None and not isinstance(value, str):
        raise ValueError(_("A text."))
    text = storable(plain(value or ""))
    if one.kind != "long":
        text = " ".join(text.split())
    if not text:
        if one.is_required:
            raise ValueError(_("Please fill this in."))
        return ""
    if len(text) > LIMITS[one.kind]:
        raise ValueError(_("At most %(most)s characters.") % {"most": LIMITS[one.kind]})
    return _CHECKS.get(one.kind, _as_it_is)(text, one, channel)


def _as_it_is(text: str, one: Question, channel: Channel) -> str:
    return text


def _name(text: str, one: Question, channel: Channel) -> str:
    name = plain_name(text)
    if is_reserved_name(name, channel.name):
        raise ValueError(_("This name cannot be taken."))
    return name


def _phone(text: str, one: Question, channel: Channel) -> str:
    number = unicodedata.normalize("NFKC", text)
    if not _PHONE.fullmatch(number) or sum(sign.isdecimal() for sign in number) < 5:
        raise ValueError(_("This does not look like a phone number."))
    return number


def _email(text: str, one: Question, channel: Channel) -> str:
    try:
        validate_email(text)
    except ValidationError:
        raise ValueError(_("This does not look like an e-mail address.")) from None
    return text


def _number(text: str, one: Question, channel: Channel) -> str:
    number = unicodedata.normalize("NFKC", text)
    if not _NUMBER.fullmatch(number):
        raise ValueError(_("Please write a number."))
    return number


def _choice(text: str, one: Question, channel: Channel) -> str:
    if text not in one.options:
        raise ValueError(_("Please choose one of the list."))
    return text


_CHECKS = {"name": _name, "phone": _phone, "email": _email, "number": _number, "choice": _choice}
