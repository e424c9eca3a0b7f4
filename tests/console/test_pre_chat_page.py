"""The console's page of the form before the first word (V-4)."""

import pytest
from django.test import Client

from apps.sessions import contact_marks, pre_chat, pre_chat_editing
from apps.sessions.models import Channel
from apps.team.models import Role, TrailDetail
from csdesk.errors import Invalid
from tests.factories import PASSWORD, make_channel, make_member

pytestmark = pytest.mark.django_db


def signed_in(role: str) -> Client:
    client = Client()
    client.cookies["django_language"] = "en"
    client.post("/login/", {"login": make_member(role).account, "password": PASSWORD})
    return client


@pytest.fixture
def browser() -> Client:
    return signed_in(Role.ADMINISTRATOR)


@pytest.fixture
def channel() -> Channel:
    return make_channel()


def address(channel: Channel) -> str:
    return f"/console/channels/{channel.pk}/pre-chat/"


def typed(channel: Channel, **changes) -> dict:
    """Two questions, an empty row, and a consent."""
    return {
        "version": str(pre_chat_editing.version_of(channel)),
        "is_on": "on",
        "title_en": "Before we begin",
        "title_zh-hans": "开始前",
        "kind": ["name", "choice", "text"],
        "required": ["yes", "", ""],
        "label_en": ["Your name", "About", ""],
        "label_zh-hans": ["称呼", "", ""],
        "options": ["", "Returns\n Sales \n\nSales", ""],
        "key": ["", "topic", ""],
        "consent_en": "I agree.",
        "consent_zh-hans": "",
        "notice": "https://shop.example.com/privacy",
    } | changes


def test_a_form_is_saved_as_it_was_meant_and_stands_there_again(browser, channel):
    assert browser.post(address(channel), typed(channel)).status_code == 302
    channel.refresh_from_db()
    first, second = pre_chat.form_of(channel).questions
    assert (first.key, first.kind, first.is_required) == ("name", "name", True)
    assert (second.key, second.options, second.is_required) == ("topic", ("Returns", "Sales"), False)
    page = browser.get(address(channel)).content.decode()
    assert all(text in page for text in ('value="Your name"', "Returns\nSales", 'value="topic"'))
    listed = browser.get(f"/console/service_sessions/channel/{channel.pk}/change/").content.decode()
    assert "On: 2 questions · Consent" in listed and address(channel) in listed
    entry = TrailDetail.objects.select_related("entry").order_by("entry_id").last()
    assert (entry.entry.action, entry.entry.object_id) == ("channel.pre_chat", str(channel.pk))
    assert entry.values["after"]["pre_chat"]["consent"] == {"en": "I agree."}


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"kind": ["name", "mood", "text"]}, "questions", "Choose one of the list."),
        ({"options": ["", "Only one", ""]}, "questions", "at least two options"),
        ({"key": ["topic", "topic", ""]}, "questions", "the same variable, “topic”"),
        ({"key": ["1st", "", ""]}, "questions", "begins with a letter"),
        ({"key": ["privacy_consent", "", ""]}, "questions", "begins with a letter"),
        ({"label_en": [], "label_zh-hans": [], "key": ["x"]}, "questions", "at least one language"),
        ({"kind": ["phone", "phone", "text"]}, "questions", "asked for once each"),
        ({"notice": "javascript:alert(1)"}, "notice", "must begin with http"),
        ({"consent_en": ""}, "notice", "write that first"),
        ({"title_en": "x" * 81}, "title", "At most 80 characters."),
        (
            {"label_en": [], "label_zh-hans": [], "options": [], "key": [], "consent_en": "", "notice": ""},
            "is_on",
            "nothing to ask yet",
        ),
        (
            {"kind": ["text"] * 13, "label_en": ["Q"] * 13, "options": [""] * 13, "key": [""] * 13},
            "questions",
            "At most 12 questions.",
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_at_its_place_and_stays(browser, channel, changes, field, words):
    answer = browser.post(address(channel), typed(channel, **changes))
    assert answer.status_code == 400
    assert answer.context["field"] == field
    page = answer.content.decode()
    assert (words in page and 'value="Before we begin"' in page) or field == "title"
    channel.refresh_from_db()
    assert channel.pre_chat == {}


def test_who_saves_second_is_told(browser, channel):
    mine = typed(channel)
    browser.post(address(channel), typed(channel, title_en="Theirs"))
    answer = browser.post(address(channel), mine)
    assert answer.status_code == 400
    assert "Somebody else has saved this form meanwhile" in answer.content.decode()
    channel.refresh_from_db()
    assert channel.pre_chat["title"]["en"] == "Theirs"


def test_the_preview_shows_what_is_typed_and_saves_nothing(browser, channel):
    preview = browser.post(address(channel) + "preview/", typed(channel)).context["preview"]
    assert [talk["language"] for talk in preview["talks"]] == ["zh-hans", "en"]
    assert "Your name" in preview["talks"][1]["form"] and "称呼" in preview["talks"][0]["form"]
    told = browser.post(address(channel) + "preview/", typed(channel, notice="x")).context["preview"]
    assert "http" in told["told"]
    channel.refresh_from_db()
    assert channel.pre_chat == {}


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.AGENT])
def test_only_who_manages_channels_sees_it(role, channel):
    client = signed_in(role)
    assert client.get(address(channel)).status_code == 403
    assert client.post(address(channel), typed(channel)).status_code == 403
    assert client.post(address(channel) + "preview/", typed(channel)).status_code == 403


def test_variables_get_names_of_their_own():
    rows = [{"kind": "text", "label": {"en": str(n)}} for n in range(3)]
    kept = pre_chat_editing.cleaned(
        {"questions": [*rows, {"kind": "text", "key": "text2", "label": {"en": "x"}}]}
    )
    assert [one["key"] for one in kept["questions"]] == ["text", "text3", "text4", "text2"]
    with pytest.raises(Invalid):
        pre_chat_editing.cleaned({"questions": [{"kind": "text", "label": {"en": "x" * 81}}]})


def test_a_phone_number_is_masked_whatever_its_variable_is_called():
    asked = {"kind": "phone", "key": "reach", "label": {"en": "Number"}}
    [question] = pre_chat_editing.cleaned({"questions": [asked]})["questions"]
    assert contact_marks.masked_named((question["key"],), "13800001234") != "13800001234"
