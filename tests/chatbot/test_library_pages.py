"""The libraries in the console (B-1, B-2, B-3): rights, lists, the editor, acts on selections, bad input."""

import io
import json
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image

from apps.chatbot import knowledge, listing
from apps.chatbot.knowledge import Line, Values
from apps.chatbot.models import AnswerPicture, Entry, Library
from apps.chatbot.settings import WelcomeSettings
from apps.team import business
from apps.team.models import Role
from csdesk import clock
from tests.chatbot.libraries import publish, would_know
from tests.factories import PASSWORD, make_member

pytestmark = pytest.mark.django_db

QA, CHAT = Library.QA, Library.CHITCHAT
LIST, ADD = "/console/bot/qa/", "/console/bot/qa/add/"
ACT, CATEGORIES = "/console/bot/qa/act/", "/console/bot/qa/categories/"
WELCOME = "/console/bot/settings/bot_welcome/"
PAGES = [LIST, ADD, CATEGORIES, WELCOME, WELCOME + "questions/", "/console/bot/chitchat/"]


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path):
    settings.MEDIA_ROOT = settings.DATA = tmp_path
    business.forget()
    yield
    business.forget()


@pytest.fixture
def manager(client):
    client.cookies["django_language"] = "en"
    return signed_in(client, Role.ADMINISTRATOR)


def signed_in(client, role):
    member = make_member(role)
    client.post("/login/", {"login": member.account, "password": PASSWORD})
    return client


def add(question, answer="Answer.", *, library=QA, category=None, **fields) -> Entry:
    return knowledge.add_entry(library, Values(question=question, answer=answer, **fields), category=category)


def typed(question="How do I refund?", answer="Like so.", **fields) -> dict:
    return {
        "question": question,
        "answer": answer,
        "similar": "",
        "format": "text",
        "is_enabled": "on",
        "category": "",
    } | fields


def text(answer) -> str:
    return answer.content.decode()


# --- Rights -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.AGENT, None])
def test_only_administrators_see_and_change_the_libraries(client, role):
    entry = add("There")
    if role:
        signed_in(client, role)
    for address in [*PAGES, f"{LIST}{entry.pk}/"]:
        assert client.get(address).status_code in (302, 403), address
        assert b"There" not in client.get(address).content
    client.post(ACT, {"one": f"delete.{entry.pk}", "confirmed": "1"})
    client.post(ADD, typed("Mine"))
    client.post(f"{LIST}{entry.pk}/", typed("Mine"))
    client.post(CATEGORIES + "act/", {"do": "add", "name": "Mine"})
    client.post(WELCOME, {"text": "Mine", "entry": "", "language": ""})
    client.post("/console/bot/pictures/", {"file": picture()})
    assert list(Entry.objects.values_list("question", flat=True)) == ["There"]
    assert not knowledge.tree(QA).nodes
    assert knowledge.welcome_lines() == []
    assert not AnswerPicture.objects.exists()


def test_pages_are_there_for_administrators(manager):
    entry = add("There", category=knowledge.add_category(QA, "Sales").pk)
    for address in [*PAGES, f"{LIST}{entry.pk}/"]:
        assert manager.get(address).status_code == 200, address
    # An entry of one library is none of the other.
    assert manager.get(f"/console/bot/chitchat/{entry.pk}/").status_code == 302


# --- The list ---------------------------------------------------------------------------------------


def test_a_list_takes_as_many_queries_with_few_as_with_many(manager):
    def queries():
        with CaptureQueriesContext(
            connection,
        ) as made:
            assert manager.get(LIST).status_code == 200
        return len(made)

    for number in range(3):
        add(f"few {number}", similar=["a", "b"])
    few = queries()
    outer = knowledge.add_category(QA, "outer").pk
    for number in range(70):
        add(f"many {number}", similar=[f"s {number}"], category=outer)
    for number in range(10):
        knowledge.add_category(QA, f"inner {number}", parent=outer)
    assert queries() <= few + 1


def test_pages_follow_one_another_and_miss_nobody(manager, monkeypatch):
    monkeypatch.setattr(listing, "PAGE", 4)
    for number in range(10):
        add(f"question {number}")
    # Half of them at the same moment, as bulk actions leave them.
    Entry.objects.filter(question__gte="question 5").update(changed_at=clock.now())
    for sort in ("", "changed"):
        address, seen, pages = f"{LIST}?sort={sort}", [], 0
        while address:
            shown = manager.get(address).context
            seen += [line.entry.question for line in shown["page"].lines]
            pages += 1
            last, address = shown, shown["addresses"]["after"]
        assert seen == [f"question {number}" for number in reversed(range(10))]
        assert pages == 3
        back = manager.get(last["addresses"]["before"]).context["page"]
        assert [line.entry.question for line in back.lines] == seen[4:8]
        assert back.before
        assert back.after


@pytest.mark.parametrize(
    "query",
    [
        "q=%00",
        "category=x",
        "category=99999999999999999999",
        "state=nonsense",
        "before=1.2.3",
        "after=%F0%9F%98%80",
        "after=99999999999999999999.1",
        "sort=;drop",
        "tag=%00",
        "q=%25_%5C",
        "category=999999",
    ],
)
def test_addresses_that_make_no_sense_show_a_list(manager, query):
    add("There")
    answer = manager.get(f"{LIST}?{query}", follow=True)
    assert answer.status_code == 200


def test_search_finds_standard_and_similar_questions(manager):
    add("How do I refund?", similar=["money back"])
    add("100% cotton_wool")
    assert [line.entry.question for line in manager.get(LIST, {"q": "BACK money"}).context["page"].lines] == [
        "How do I refund?"
    ]
    assert [line.entry.question for line in manager.get(LIST, {"q": "0%"}).context["page"].lines] == [
        "100% cotton_wool"
    ]
    assert "Nothing fits" in text(manager.get(LIST, {"q": "x_y"}))


def test_what_was_found_is_counted_to_a_limit(manager, monkeypatch):
    monkeypatch.setattr(listing, "COUNTED", 3)
    for number in range(5):
        add(f"question {number}")
    page = manager.get(LIST, {"q": "question"}).context["page"]
    assert (page.count, page.is_more) == (3, True)


# --- The editor -------------------------------------------------------------------------------------


def test_an_entry_is_added_and_changed(manager):
    category = knowledge.add_category(QA, "Sales").pk
    answer = manager.post(
        ADD,
        typed(
            similar="refund\r\n\r\nmoney back\r\n",
            tags="a, b，c",
            category=category,
            valid_from="2026-01-01T00:00",
            valid_to="2026-02-01T12:30",
            more_answers=["Or so.", ""],
        ),
    )
    assert answer.status_code == 302
    entry = Entry.objects.get()
    assert list(entry.similar.values_list("text", flat=True)) == ["refund", "money back"]
    assert (entry.tags, entry.category_id, entry.more_answers) == (["a", "b", "c"], category, ["Or so."])
    page = manager.get(f"{LIST}{entry.pk}/")
    form = page.context["form"]
    assert form["similar"].value() == "refund\nmoney back"
    assert "2026-02-01T12:30" in text(page)
    values = {
        name: form[name].value() for name in ("question", "answer", "similar", "format", "tags", "seen")
    }
    kept = values | {"category": category, "is_enabled": "on", "valid_from": "2026-01-01T00:00"}
    revision = knowledge.revision(QA)
    manager.post(f"{LIST}{entry.pk}/", kept | {"answer": "New.", "valid_to": ""})
    entry.refresh_from_db()
    assert (entry.answer, entry.valid_to) == ("New.", None)
    assert knowledge.revision(QA) == revision + 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"question": ""}, "question"),
        ({"question": "x" * 201}, "question"),
        ({"question": "There"}, "question"),
        ({"question": "NUL\0"}, "question"),
        ({"answer": "x" * 5_001}, "answer"),
        ({"answer": ""}, "answer"),
        ({"similar": "fine\n" + "y" * 201}, "similar"),
        ({"similar": "\n".join(f"line {n}" for n in range(101))}, "similar"),
        ({"tags": "x" * 31}, "tags"),
        ({"valid_from": "yesterday"}, "valid_from"),
        ({"valid_from": "2026-02-01T00:00", "valid_to": "2026-01-01T00:00"}, "valid_to"),
        ({"format": "html"}, "format"),
        ({"category": "999999"}, "category"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(manager, wrong, field):
    add("There")
    values = typed("Is this kept?", "Kept answer", similar="kept similar", tags="kept tag") | wrong
    answer = manager.post(ADD, values)
    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == [field]
    for name in ("question", "answer", "similar", "tags"):
        if "\0" not in values[name]:
            assert answer.context["form"][name].value() == values[name]
    assert Entry.objects.count() == 1


def test_the_entry_in_the_way_is_a_link_away(manager):
    there = add("There")
    assert f"{LIST}{there.pk}/" in text(manager.post(ADD, typed("there ")))


def test_the_second_of_two_who_edit_is_told_and_may_insist(manager):
    entry = add("There")
    seen = manager.get(f"{LIST}{entry.pk}/").context["form"]["seen"].value()
    manager.post(f"{LIST}{entry.pk}/", typed("There", "First.", seen=seen))
    late = manager.post(f"{LIST}{entry.pk}/", typed("There", "Second.", seen=seen))
    assert late.status_code == 400
    assert "Second." in text(late)
    assert Entry.objects.get().answer == "First."
    # Pressing the button sends both values; the later one counts.
    insisting = typed("There", "Second.", seen=[seen, late.context["newest"]])
    assert manager.post(f"{LIST}{entry.pk}/", insisting).status_code == 302
    assert Entry.objects.get().answer == "Second."


def test_what_was_typed_into_a_deleted_entry_can_be_added_anew(manager):
    entry = add("There")
    knowledge.delete_entries(QA, [entry.pk])
    answer = manager.post(f"{LIST}{entry.pk}/", typed("There", "Long work."))
    assert answer.status_code == 404
    assert "Long work." in text(answer)
    assert answer.context["save"] == ADD


def test_questions_that_others_have_too_are_told(manager):
    other = add("Other", similar=["refund"])
    answer = manager.post(ADD, typed(similar="refund"), follow=True)
    assert f"{LIST}{other.pk}/" in text(answer)
    mine = Entry.objects.get(question="How do I refund?")
    assert "“refund”" in text(manager.get(f"{LIST}{mine.pk}/"))


def test_markup_in_questions_stays_text(manager):
    nasty = "<script>alert(1)</script>"
    add(nasty, similar=["twin"])
    add("Other", similar=["twin"], tags=["<b>"])
    mine = Entry.objects.get(question="Other")
    for address in (LIST, f"{LIST}{mine.pk}/"):
        assert nasty not in text(manager.get(address))
    answer = manager.post(f"{LIST}{mine.pk}/", typed("Other", similar="twin"), follow=True)
    assert nasty not in text(answer)


# --- Acts -------------------------------------------------------------------------------------------


def test_chosen_entries_are_switched_and_moved(manager):
    category = knowledge.add_category(QA, "Sales").pk
    ids = [add(f"question {number}").pk for number in range(3)]
    manager.post(ACT, {"act": "disable", "chosen": ids[:2]})
    assert Entry.objects.filter(is_enabled=False).count() == 2
    manager.post(ACT, {"one": f"enable.{ids[0]}"})
    assert Entry.objects.get(is_enabled=False).pk == ids[1]
    manager.post(ACT, {"act": "move", "chosen": ids[:2], "to": category})
    assert Entry.objects.filter(category=category).count() == 2


def test_all_that_match_means_what_the_list_shows(manager):
    for number in range(60):
        add(f"refund {number}")
    add("invoice")
    answer = manager.post(ACT, {"act": "disable", "all": "1", "q": "refund"})
    assert parse_qs(urlsplit(answer.url).query) == {"q": ["refund"]}
    assert Entry.objects.get(is_enabled=True).question == "invoice"


def test_deleting_asks_first_and_says_what_goes(manager):
    ids = [add(f"question {number}").pk for number in range(12)]
    knowledge.install_presets(QA, [knowledge.Preset("p", "help", Values(question="Help", answer="!"))])
    asked = manager.post(ACT, {"act": "delete", "all": "1"})
    assert asked.status_code == 200
    assert (asked.context["count"], asked.context["staying"], asked.context["more"]) == (12, 1, 2)
    assert Entry.objects.count() == 13
    manager.post(ACT, {"act": "delete", "chosen": ids[:3], "confirmed": "1"})
    assert Entry.objects.count() == 10
    manager.post(ACT, {"act": "delete", "all": "1", "confirmed": "1"})
    assert Entry.objects.get().question == "Help"


@pytest.mark.parametrize(
    "sent",
    [
        {"act": "disable"},
        {"act": "move", "chosen": ["1"], "to": "999999"},
        {"act": "disable", "chosen": ["x", "-1", "9" * 30]},
        {"act": "enable", "all": "1", "category": "999999"},
    ],
)
def test_acts_on_nothing_or_on_what_is_gone_change_nothing(manager, sent):
    entry = add("There")
    assert manager.post(ACT, sent, follow=True).status_code == 200
    entry.refresh_from_db()
    assert entry.is_enabled
    assert knowledge.revision(QA) == 1


def test_an_unknown_act_is_refused(manager):
    assert manager.post(ACT, {"act": "explode", "chosen": ["1"]}).status_code == 400
    assert manager.get(ACT).status_code == 405


# --- Categories -------------------------------------------------------------------------------------


def names(library=QA) -> list[str]:
    known = knowledge.tree(library)
    return [known.shown_path(node.id) for node in known.walk()]


def test_categories_are_edited(manager):
    def do(verb, **values):
        return manager.post(CATEGORIES + "act/", {"do": verb} | values)

    do("add", name="Sales")
    sales = next(iter(knowledge.tree(QA).nodes))
    do("add", name="Returns", parent=sales)
    do("add", name="Shipping")
    shipping = knowledge.tree(QA).roots[1].id
    do(f"up.{shipping}")
    do(f"rename.{sales}", name="Service")
    do(f"off.{sales}")
    assert names() == ["Shipping", "Service", "Service / Returns"]
    assert not knowledge.tree(QA).node(sales).is_on
    do(f"within.{shipping}", parent=sales)
    assert names() == ["Service", "Service / Returns", "Service / Shipping"]
    assert do("add", name="returns", parent=sales).status_code == 400
    wrong = do(f"rename.{shipping}", name="a/b")
    assert wrong.status_code == 400
    assert 'value="a/b"' in text(wrong)
    do(f"delete.{sales}")
    assert names() == []
    assert do("explode.1").status_code == 400
    assert do(f"up.{sales}").status_code == 400


def test_small_talk_is_switched_by_category(manager):
    presets = [
        knowledge.Preset("a", "thanks", Values(question="Thanks", answer="!")),
        knowledge.Preset("b", "weather", Values(question="Rain?", answer="!")),
    ]
    knowledge.install_presets(CHAT, presets)
    weather = knowledge.tree(CHAT).roots[1].id
    page = manager.get("/console/bot/chitchat/categories/")
    assert "Weather" in text(page)
    manager.post("/console/bot/chitchat/categories/act/", {"do": f"off.{weather}"})
    assert would_know(CHAT) == [["Thanks"]]


# --- The welcome card -------------------------------------------------------------------------------


def card(manager, **values) -> dict:
    version = manager.get(WELCOME).context["form"]["version"].value()
    title = {"card_title_zh-hans": "常见问题", "card_title_en": "Popular"}
    return {"version": version, "is_shown": "on", **title} | values


def test_the_welcome_card_is_saved_in_its_order(manager):
    entry = add("How do I refund?")
    lines = {"entry": ["", str(entry.pk), ""], "text": ["What is new?", "", ""], "language": ["", "en", ""]}
    answer = manager.post(WELCOME, card(manager, **lines))
    assert answer.status_code == 302, (answer.context["form"].errors, answer.context["lines"])
    assert [line.shown for line in knowledge.welcome_lines()] == ["What is new?", "How do I refund?"]
    assert business.current(WelcomeSettings).card_title.texts["en"] == "Popular"


@pytest.mark.parametrize(
    "lines",
    [
        {"entry": ["", ""], "text": ["kept", "kept"], "language": ["", ""]},
        {"entry": ["999999"], "text": [""], "language": [""]},
        {"entry": [""], "text": ["kept"], "language": ["fr"]},
        {"entry": [""] * 21, "text": [f"kept {n}" for n in range(21)], "language": [""] * 21},
        {"entry": [""], "text": ["kept"], "language": [""], "card_title_zh-hans": "", "card_title_en": ""},
    ],
)
def test_a_card_that_cannot_be_leaves_everything_as_it_was(manager, lines):
    knowledge.set_welcome([Line(text="before")])
    answer = manager.post(WELCOME, card(manager, **lines))
    assert answer.status_code == 400
    assert [line.shown for line in knowledge.welcome_lines()] == ["before"]
    assert len(answer.context["lines"]) == len(lines["text"])
    assert business.current(WelcomeSettings).version == 0


def test_the_second_of_two_who_order_the_card_is_told(manager):
    knowledge.set_welcome([Line(text="before")])
    seen = manager.get(WELCOME).context["seen"]
    knowledge.set_welcome([Line(text="theirs")])
    mine = {"entry": [""], "text": ["mine"], "language": [""], "seen": seen}
    answer = manager.post(WELCOME, card(manager, **mine))
    assert answer.status_code == 400
    assert "mine" in text(answer)
    assert manager.post(WELCOME, card(manager, **mine)).status_code == 400
    assert [line.shown for line in knowledge.welcome_lines()] == ["theirs"]
    mine["seen"] = manager.get(WELCOME).context["seen"]
    assert manager.post(WELCOME, card(manager, **mine)).status_code == 302


def test_a_line_whose_entry_is_deleted_in_the_draft_says_so(manager):
    """B-3, B-8: customers have the line until the next publishing."""
    entry = add("How do I refund?")
    publish()
    knowledge.set_welcome([Line(entry=entry.pk)])
    knowledge.delete_entries(QA, [entry.pk])
    assert all(words in text(manager.get(WELCOME)) for words in ["How do I refund?", "deleted in the draft"])
    lines = {"entry": [str(entry.pk)], "text": [""], "language": ["en"]}
    assert manager.post(WELCOME, card(manager, **lines)).status_code == 302
    (line,) = knowledge.welcome_lines()
    assert (line.entry, line.language) == (entry.pk, "en")


def test_questions_for_the_card_are_found(manager):
    add("How do I refund?", similar=["money back"])
    add("Off", is_enabled=False)
    found = json.loads(text(manager.get(WELCOME + "questions/", {"q": "money"})))
    assert [one["question"] for one in found["entries"]] == ["How do I refund?"]
    assert len(json.loads(text(manager.get(WELCOME + "questions/")))["entries"]) == 1


# --- Pictures ---------------------------------------------------------------------------------------


def picture() -> SimpleUploadedFile:
    kept = io.BytesIO()
    Image.new("RGB", (4, 4)).save(kept, "PNG")
    return SimpleUploadedFile("a.png", kept.getvalue())


def test_a_picture_for_an_answer_is_uploaded(manager):
    answer = manager.post("/console/bot/pictures/", {"file": picture()})
    address = json.loads(text(answer))["address"]
    assert manager.get(address)["Content-Type"] == "image/png"


@pytest.mark.parametrize("sent", [{}, {"file": SimpleUploadedFile("a.png", b"<svg/>")}])
def test_what_is_no_picture_is_told(manager, sent):
    answer = manager.post("/console/bot/pictures/", sent)
    assert answer.status_code == 400
    assert json.loads(text(answer))["detail"]
