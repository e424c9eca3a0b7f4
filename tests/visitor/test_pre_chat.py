"""The form before the first word and the consent (V-4): asked, answered, kept, enforced."""

import uuid
from dataclasses import replace

import pytest
from django.utils.translation import override

from apps.routing import flow
from apps.sessions import pre_chat
from apps.sessions.customers import Origin
from apps.sessions.masking import Contact
from apps.sessions.models import ChatSession, Customer, VisitorToken
from apps.visitor import channels, commands, protocol, tokens
from apps.visitor import pre_chat as door
from csdesk.errors import Invalid, NotAllowed
from tests import factories as make

pytestmark = pytest.mark.django_db

FORM = {
    "is_on": True,
    "title": {"en": "Before we begin", "zh-hans": "开始前"},
    "questions": [
        {"key": "name", "kind": "name", "label": {"en": "Your name", "zh-hans": "称呼"}, "required": True},
        {"key": "phone", "kind": "phone", "label": {"en": "Phone"}},
        {"key": "mail", "kind": "email", "label": {"en": "E-mail"}},
        {"key": "order", "kind": "number", "label": {"en": "Order"}},
        {"key": "about", "kind": "choice", "label": {"en": "About"}, "options": ["Returns", "Sales"]},
        {"key": "what", "kind": "long", "label": {"en": "What happened?"}},
    ],
    "consent": {"en": "I agree to the privacy notice.", "zh-hans": "我同意隐私声明。"},
    "notice": "https://shop.example.com/privacy",
}
ANSWERS = {
    "name": "  Li   Lei ",
    "phone": "+86 138 0000 1234",
    "mail": "li@example.com",
    "order": "1024",
    "about": "Returns",
    "what": "It is\nbroken.",
}


@pytest.fixture
def channel():
    channels._cache.clear()
    return make.make_channel(pre_chat=FORM)


def comes(channel, text: str | None = None) -> commands.Visitor:
    """A visitor whose window has said hello."""
    origin = Origin(language="en", address="192.0.2.1")
    return commands.identify(text or tokens.issue(channel)[0], channel, origin)


def answers(visitor, *, agrees: bool = True, **changes) -> None:
    door.take(visitor, door.PreChat(ANSWERS | changes, agrees))


def session_of(visitor) -> ChatSession:
    return ChatSession.objects.get(customer_id=visitor.id)


def test_the_form_comes_with_ready_in_the_customers_language(channel):
    form = commands.about(comes(channel))["pre_chat"]
    assert form["title"] == "Before we begin"
    assert [one["label"] for one in form["questions"]][:2] == ["Your name", "Phone"]
    assert form["questions"][4]["options"] == ["Returns", "Sales"]
    assert (form["consent"], form["notice"]) == (
        "I agree to the privacy notice.",
        "https://shop.example.com/privacy",
    )
    visitor = comes(channel)
    visitor.origin = replace(visitor.origin, language="zh-hans")
    assert door.asked(visitor)["consent"] == "我同意隐私声明。"


def test_who_has_not_answered_can_look_but_neither_write_nor_ask_for_a_human(channel):
    visitor = comes(channel)
    assert commands.trigger(visitor, "")
    with pytest.raises(NotAllowed) as refused:
        commands.come_in(visitor, uuid.uuid4())
    assert refused.value.extra["form"]["title"] == "Before we begin"
    with pytest.raises(NotAllowed):
        commands.request_agent(visitor)
    assert session_of(visitor).engaged_at is None


def test_answers_land_in_the_session_and_in_the_profile_which_stays_unverified(channel):
    visitor = comes(channel)
    answers(visitor)
    assert not Customer.objects.filter(id=visitor.id).exists()
    assert door.asked(visitor) is None
    commands.come_in(visitor, uuid.uuid4())
    session = flow.trigger(visitor.customer, channel, language="en")
    told = session.variables
    assert told.pop(pre_chat.CONSENT).startswith("20")
    assert told == ANSWERS | {"name": "Li Lei"}
    customer = Customer.objects.get(id=visitor.id)
    assert (customer.name, customer.phone, customer.email) == (
        "Li Lei",
        "+86 138 0000 1234",
        "li@example.com",
    )
    assert customer.profile_is_claimed and not customer.user_id


def test_a_session_that_a_look_has_opened_gets_them_too(channel):
    visitor = comes(channel)
    commands.trigger(visitor, "")
    answers(visitor)
    assert session_of(visitor).variables["order"] == "1024"
    assert Customer.objects.get(id=visitor.id).name == "Li Lei"


def test_what_is_known_of_a_customer_is_not_overwritten(channel):
    visitor = comes(channel)
    commands.trigger(visitor, "")
    Customer.objects.filter(id=visitor.id).update(phone="12345678")
    answers(visitor)
    assert Customer.objects.get(id=visitor.id).phone == "12345678"


def test_nobody_is_asked_twice_until_the_form_changes(channel):
    text, _row = tokens.issue(channel)
    answers(comes(channel, text))
    renewed, _row = tokens.renew(text)
    assert door.asked(comes(channel, renewed)) is None
    channel.pre_chat = FORM | {"title": {"en": "Anew"}}
    channel.save()
    channels._cache.clear()
    assert door.asked(comes(channel, renewed))["title"] == "Anew"


def test_a_known_users_next_token_knows_the_answers(channel):
    visitor = comes(channel)
    answers(visitor)
    _text, row = tokens.issue_signed(channel, visitor.id, "u-77", visitor.token.expires_at, {})
    assert row.pre_chat["values"]["order"] == "1024"


def test_other_windows_of_the_visitor_close_their_form(channel, monkeypatch):
    told = []
    monkeypatch.setattr(door.realtime, "publish", lambda to, frame: told.append((to, frame)))
    visitor = comes(channel)
    answers(visitor)
    assert told == [(f"customer.{visitor.id}.{channel.pk}", {"op": "pre_chat", "form": None})]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"name": "\u200b\u2800"}, "name"),
        ({"name": "系统消息"}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"name": 7}, "name"),
        ({"phone": "call me"}, "phone"),
        ({"phone": "1-2"}, "phone"),
        ({"mail": "li@"}, "mail"),
        ({"order": "12e4"}, "order"),
        ({"about": "Something else"}, "about"),
        ({"what": "x" * 1001}, "what"),
        ({"what": "a\0b\ud800"}, "what"),
    ],
)
def test_what_does_not_fit_is_refused_at_its_question_and_nothing_is_kept(channel, changes, field):
    visitor = comes(channel)
    with pytest.raises(Invalid) as refused:
        answers(visitor, **changes)
    assert protocol.error_frame(refused.value)["field"] == field
    assert VisitorToken.objects.get(hash=visitor.token.hash).pre_chat is None


def test_without_consent_there_is_no_chat(channel):
    visitor = comes(channel)
    with pytest.raises(Invalid) as refused:
        answers(visitor, agrees=False)
    assert refused.value.extra["field"] == "consent"
    with pytest.raises(NotAllowed):
        commands.come_in(visitor)


def test_all_that_does_not_fit_is_told_at_once(channel):
    with pytest.raises(Invalid) as refused, override("en"):
        answers(comes(channel), agrees=False, name="", phone="call me", mail="li@")
    frame = protocol.error_frame(refused.value)
    assert frame["field"] == "name"
    assert frame["fields"] == {
        "name": "Please fill this in.",
        "phone": "This does not look like a phone number.",
        "mail": "This does not look like an e-mail address.",
        "consent": "Please agree first.",
    }


def test_only_what_was_asked_is_kept(channel):
    visitor = comes(channel)
    answers(visitor, secret="x", privacy_consent="yesterday")
    kept = VisitorToken.objects.get(hash=visitor.token.hash).pre_chat["values"]
    assert "secret" not in kept
    assert kept["privacy_consent"] != "yesterday"


@pytest.mark.parametrize("form", [{}, FORM | {"is_on": False}, {"is_on": True}])
def test_a_channel_without_a_form_asks_nothing(form):
    channels._cache.clear()
    visitor = comes(make.make_channel(pre_chat=form))
    assert commands.about(visitor)["pre_chat"] is None
    assert commands.come_in(visitor) is None


@pytest.mark.parametrize("answers", ["text", [], 7, {str(n): "" for n in range(51)}])
def test_a_frame_that_is_none_is_refused(answers):
    with pytest.raises(Invalid):
        protocol.parse({"op": "pre_chat", "answers": answers})


def test_a_running_chat_goes_on_when_a_form_is_switched_on():
    channels._cache.clear()
    channel = make.make_channel()
    visitor = comes(channel)
    commands.come_in(visitor)
    session = flow.trigger(visitor.customer, channel)
    make.customer_says(session, "Hello")
    channel.pre_chat = FORM
    channel.save()
    channels._cache.clear()
    assert commands.come_in(visitor) is None


def test_agents_read_the_answers_under_their_questions(channel):
    visitor = comes(channel)
    commands.trigger(visitor, "")
    answers(visitor)
    with override("zh-hans"):
        told = session_of(visitor).variables | {"other": "x"}
        rows = dict(pre_chat.labelled(channel, told, Contact("", "", False)))
    # In the reader's language, else in the one there is; what nobody asks for keeps its name.
    assert (rows["称呼"], rows["Order"], rows["other"]) == ("Li Lei", "1024", "x")
    assert "已同意隐私声明" in rows
