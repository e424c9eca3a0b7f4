"""The bot's pages in the console (M-2, M-3, B-8): state, switch, publishing, test window, settings."""

import json

import pytest
from django.urls import reverse

from apps.chatbot import building, drafts, knowledge
from apps.chatbot.models import Release, ReleaseState
from apps.chatbot.settings import AnswerSettings, SwitchSettings
from apps.chatbot.templatetags.bot_pages import score
from apps.team import business
from apps.team.models import Role, TrailEntry
from apps.team.setting_fields import Words
from tests.chatbot.libraries import CHITCHAT, INVOICE, QA, REFUND, add, publish, small_library
from tests.factories import PASSWORD, make_member

pytestmark = pytest.mark.django_db

PAGES = ["bot_state", "bot_publish", "bot_releases", "bot_changes", "bot_numbers"]
ACTS = ["bot_switch", "bot_test", "bot_publish"]


def url(name: str, *args) -> str:
    return reverse(f"admin:{name}", args=args)


@pytest.fixture
def ask(page):
    """A question in the test window."""

    def send(text: str, **fields):
        return page.post(url("bot_test"), {"text": text, "language": "en", **fields})

    return send


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    """What the worker would do happens here."""
    monkeypatch.setattr(drafts, "prepare", lambda _seconds=0: drafts.learn() or drafts.behind())


@pytest.mark.parametrize("name", PAGES)
def test_pages_stand_before_and_after_the_first_release(page, name):
    assert page.get(url(name)).status_code == 200
    small_library()
    assert page.get(url(name)).status_code == 200
    release = publish("first")
    assert page.get(url(name)).status_code == 200
    assert page.get(url("bot_release", release.pk)).status_code == 200


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.AGENT])
def test_only_who_manages_the_bot_comes_in(client, role):
    member = make_member(role)
    client.post("/login/", {"login": member.account, "password": PASSWORD})
    for name in PAGES:
        assert client.get(url(name)).status_code == 403
    for name in ACTS:
        assert client.post(url(name), {"on": "0", "text": "x"}).status_code == 403
    assert client.get(url("bot_section", "bot_answers")).status_code == 403
    assert business.current(SwitchSettings).is_on


def test_a_stranger_has_to_sign_in(client):
    assert client.get(url("bot_state")).status_code == 302


def test_the_head_says_how_the_bot_stands(page):
    entries = small_library()
    before = page.get(url("bot_state"), headers={"accept-language": "en"}).content.decode()
    assert "Nothing published yet" in before
    release = publish()
    assert release.number in page.get(url("bot_state")).content.decode()
    knowledge.delete_entries(QA, [entries[REFUND].pk])
    after = page.get(url("bot_state"), headers={"accept-language": "en"}).content.decode()
    assert "1 change not published" in after


def test_the_switch_works_at_once_and_is_logged(page, manager):
    assert page.post(url("bot_switch"), {"on": "0"}).status_code == 200
    assert not business.current(SwitchSettings).is_on
    assert TrailEntry.objects.filter(action="settings.changed", member_id=manager.pk).exists()
    for bad in ({}, {"on": "2"}):
        assert page.post(url("bot_switch"), bad).status_code == 400
    assert page.get(url("bot_switch")).status_code == 400


def test_publishing_from_the_dialog(page, manager):
    small_library()
    dialog = page.get(url("bot_publish") + "?part").content.decode()
    assert "<html" not in dialog and 'name="description"' in dialog
    answer = page.post(url("bot_publish") + "?part", {"description": " spring "})
    release = Release.objects.get()
    assert answer.json() == {"number": release.number}
    assert (release.description, release.made_by, release.state) == ("spring", manager, ReleaseState.BUILDING)
    again = page.post(url("bot_publish") + "?part", {"description": "impatient"})
    assert again.status_code == 409 and b"impatient" in again.content
    assert b'type="submit"' not in again.content
    waiting = page.get(url("bot_publish") + "?part").content.decode()
    assert "另一个版本正在构建" in waiting and 'type="submit"' not in waiting
    assert Release.objects.count() == 1


def test_nothing_is_published_where_nothing_has_changed(page):
    small_library()
    publish()
    shown = page.get(url("bot_publish") + "?part").content.decode()
    assert "无需发布" in shown and 'type="submit"' not in shown
    refused = page.post(url("bot_publish") + "?part", {"description": "again"})
    assert refused.status_code == 409 and refused.content.decode().count("无需发布") == 1
    assert Release.objects.count() == 1
    add("Hello again", library=CHITCHAT)
    assert b'type="submit"' in page.get(url("bot_publish") + "?part").content
    assert page.post(url("bot_publish") + "?part", {"description": ""}).status_code == 200


def test_the_menu_marks_where_one_publishes(page):
    (bot,) = [entry for entry in page.get(url("bot_publish")).context["navigation"] if entry.is_within]
    assert [entry.address for entry in bot.entries if entry.is_current] == [url("bot_releases")]


def test_an_empty_library_is_not_published(page):
    refused = page.post(url("bot_publish") + "?part", {"description": ""})
    assert refused.status_code == 409 and b'role="alert"' in refused.content


def test_a_failed_release_is_told_with_its_reason_in_the_readers_language(page, monkeypatch, settings):
    small_library()
    first = publish()
    monkeypatch.setattr(building, "_build", lambda *_: 1 / 0)
    add("Another?")
    page.post(url("bot_publish"), {"description": "second"})
    building.build(Release.objects.latest("pk").pk)
    shown = page.get(url("bot_releases")).content.decode()
    assert "构建失败（ZeroDivisionError）" in shown and first.number in shown
    page.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    assert "Building failed (ZeroDivisionError)" in page.get(url("bot_releases")).content.decode()


def test_going_back_from_the_list(page):
    small_library()
    first = publish("one")
    add("Another?")
    publish("two")
    assert page.get(url("bot_roll_back", first.pk)).headers["Location"] == url("bot_releases")
    assert page.post(url("bot_roll_back", first.pk)).status_code == 302
    newest = Release.objects.latest("pk")
    assert (newest.same_as, newest.state) == (first, ReleaseState.PUBLISHED)
    page.post(url("bot_roll_back", first.pk))  # it is live already
    assert Release.objects.count() == 3
    assert page.post(url("bot_roll_back", 10_000)).status_code == 404


def test_what_changed_is_listed_and_paged(page):
    entries = small_library()
    publish()
    knowledge.delete_entries(QA, [entries[INVOICE].pk])
    for number in range(55):
        add(f"New question {number:02}?")
    shown = page.get(url("bot_changes")).content.decode()
    assert "New question 00?" in shown and "New question 54?" not in shown and "from=50" in shown
    assert INVOICE in page.get(url("bot_changes") + "?kind=removed").content.decode()
    assert "New question 54?" in page.get(url("bot_changes") + "?from=50").content.decode()
    assert page.get(url("bot_changes") + "?kind=nonsense").status_code == 404
    assert page.get(url("bot_changes") + "?from=-1").status_code == 200


def test_the_test_window_answers_from_the_draft_and_says_why(ask):
    entries = small_library()
    publish()
    fresh = add("Where is my parcel?", "On **its** way.", format="markdown")
    said = ask("where is my parcel?").json()
    assert (said["decision"], said["entry"], said["format"]) == ("menu", fresh.pk, "markdown")
    said = ask("when do I get my money back").json()
    assert (said["decision"], said["text"]) == ("direct", "Three days.")
    assert (
        REFUND in said["why"] and "when do I get my money back" in said["why"] and "score-rail" in said["why"]
    )
    assert said["entry"] == entries[REFUND].pk


def test_the_test_window_counts_its_own_talk(ask, monkeypatch):
    small_library()
    monkeypatch.setattr(drafts.DraftKnowledge, "rank", lambda *_: ())
    business.save(AnswerSettings, {"fallback": "words", "misses": 2}, None)
    assert not ask("zzz").json()["offers_human"]
    assert ask("zzz", rows=json.dumps([["fallback", None]])).json()["offers_human"]


@pytest.mark.parametrize(
    "rows", ["", "nonsense", "{}", "[1]", '[["x"]]', '[["x", {}]]', "null", '[["guide", "a"]]']
)
def test_whatever_the_page_remembers_is_taken(ask, rows):
    small_library()
    assert ask("zzz", rows=rows).status_code == 200


@pytest.mark.parametrize("text", ["", "  ", "\n"])
def test_an_empty_question_is_refused_with_words(ask, text):
    assert ask(text).status_code == 400
    assert ask(text).json()["detail"]


def test_markup_in_questions_and_answers_is_only_text(ask):
    add("<script>alert(1)</script>?", "<b>x</b>", ("<i>likewise</i>",))
    said = ask("<i>likewise</i>").json()
    assert "<script>" not in said["why"] and "<i>" not in said["why"]


def test_the_preview_decides_by_what_is_typed(ask, page):
    small_library()
    current = business.current(AnswerSettings)
    typed = {"section": "bot_answers", "version": current.version, "direct": "1.00", "guide": "1.00"}
    for name, value in vars(current).items():
        if isinstance(value, Words):
            typed |= {f"{name}_{code}": text for code, text in value.texts.items()}
    kept = {"chitchat": "0.80", "guide_most": 3, "guide_times": 2, "misses": 2}
    typed |= kept | {"fallback": "human", "after_misses": "offer"}
    assert ask("how do I change the invoice").json()["decision"] != "fallback"
    said = ask("how do I change the invoice", **typed).json()
    assert said["decision"] == "fallback" and said["hands_over"]
    assert business.current(AnswerSettings) == current
    refused = ask("anything", **(typed | {"direct": "0.10"}))
    assert refused.status_code == 400 and refused.json()["detail"]


def test_each_tab_of_the_settings_saves_and_refuses(page):
    for name in ("bot_welcome", "bot_switches", "bot_answers"):
        assert page.get(url("bot_section", name)).status_code == 200
    assert page.get(url("bot_section", "closing")).status_code == 404
    assert page.get(reverse("admin:section", args=["bot_answers"])).status_code == 404
    wrong = page.post(url("bot_section", "bot_answers"), {"version": 0, "direct": "7"})
    assert wrong.status_code == 400


def test_numbers_show_what_was_asked(page):
    from uuid import uuid4

    from tests.chatbot.test_questions import asked

    entries = small_library()
    asked(uuid4(), 1, "direct", entries[REFUND].pk)
    shown = page.get(url("bot_numbers") + "?days=30").content.decode()
    assert REFUND in shown and "part answered" in shown
    assert page.get(url("bot_numbers") + "?days=9999").status_code == 200


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.91, ".91"), (0.7999, ".79"), (0.29, ".29"), (0.3, ".30"), (1.0, "1.00"), (0.0, ".00"), (None, "–")],
)
def test_a_score_below_a_line_never_looks_as_if_it_reached_it(value, text):
    assert score(value) == text
