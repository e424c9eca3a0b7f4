"""One's own quick replies at the workbench (D-5), rich text (S-6), the page that can be installed (D-12)."""

from __future__ import annotations

import json
import struct

import pytest
from django.contrib.staticfiles import finders
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from apps.desk.protocol import parse
from apps.sessions import quick_replies
from apps.sessions.models import QuickReply
from apps.team.models import Member
from csdesk.errors import Invalid, TooLarge
from tests import factories as make

pytestmark = pytest.mark.django_db
LIST = reverse("desk-quick-replies")


@pytest.fixture
def agent() -> Member:
    return make.make_member()


def signed_in(member: Member, **options) -> Client:
    client = Client(headers={"accept-language": "en"}, **options)
    assert client.post("/login/", {"login": member.account, "password": make.PASSWORD}).status_code == 302
    return client


def send(client: Client, method: str, address: str, **words) -> tuple[int, dict]:
    answer = client.generic(method, address, json.dumps(words), content_type="application/json")
    return answer.status_code, json.loads(answer.content or "{}")


def of(reply: QuickReply) -> str:
    return reverse("desk-quick-reply", args=[reply.pk])


def test_an_own_reply_is_added_changed_and_removed(agent: Member) -> None:
    client = signed_in(agent)
    status, made = send(client, "POST", LIST, title=" Lids  by post ", text="New lid\ntoday", category="Shop")
    assert (status, made["title"], made["mine"]) == (201, "Lids by post", True)
    reply = QuickReply.objects.get(pk=made["id"])
    assert (reply.owner, reply.text, reply.category) == (agent, "New lid\ntoday", "Shop")
    status, changed = send(client, "PUT", of(reply), title="Lid", text="Tomorrow")
    assert (status, changed["text"], changed["category"]) == (200, "Tomorrow", "")
    assert send(client, "DELETE", of(reply))[0] == 204
    assert not QuickReply.objects.filter(pk=made["id"]).exists()


def test_an_own_reply_is_kept_without_what_turns_the_direction(agent: Member) -> None:
    words = {
        "title": "Li\u202eds",
        "text": "One \u2066line\u2069\r\nand \u202eanother",
        "category": "\u202eShop",
    }
    assert send(signed_in(agent), "POST", LIST, **words)[0] == 201
    reply = QuickReply.objects.get(owner=agent)
    assert (reply.title, reply.text, reply.category) == ("Lids", "One line\nand another", "Shop")


def test_shared_and_foreign_replies_are_not_ones_own_to_change(agent: Member) -> None:
    client = signed_in(agent)
    shared = QuickReply.objects.create(title="shared", text="for all")
    foreign = QuickReply.objects.create(title="hers", text="hers", owner=make.make_member())
    for reply in (shared, foreign):
        assert send(client, "PUT", of(reply), title="x", text="y")[0] == 404
        assert send(client, "DELETE", of(reply))[0] == 404
        reply.refresh_from_db()
        assert reply.title != "x"


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ({"title": "", "text": "x"}, 400),
        ({"title": "x"}, 400),
        ({"title": "x", "text": ["x"]}, 400),
        ({"title": "x" * 81, "text": "x"}, 413),
        ({"title": "x", "text": "x" * 5001}, 413),
        ({"title": "x", "text": "a\0b"}, 400),
    ],
)
def test_bad_words_are_refused_with_a_code(agent: Member, words: dict, status: int) -> None:
    found, answer = send(signed_in(agent), "POST", LIST, **words)
    assert found == status
    assert answer["code"] and answer["detail"]
    assert not QuickReply.objects.filter(owner=agent).exists()


def test_writing_needs_the_page_and_a_member_who_serves(agent: Member) -> None:
    strict = signed_in(agent, enforce_csrf_checks=False)
    strict.handler.enforce_csrf_checks = True
    assert send(strict, "POST", LIST, title="x", text="y")[0] == 403
    office = make.make_member(serves=False)
    assert send(signed_in(office), "POST", LIST, title="x", text="y")[0] == 403
    assert send(Client(), "PUT", "/desk/quick-replies/1/", title="x", text="y")[0] == 401


def test_there_is_an_end_to_ones_own_replies(agent: Member, monkeypatch) -> None:
    monkeypatch.setattr(quick_replies, "MOST_OWN", 1)
    quick_replies.add(agent, title="one", text="one")
    with pytest.raises(TooLarge):
        quick_replies.add(agent, title="two", text="two")


def test_uses_are_counted_for_those_one_may_use(agent: Member) -> None:
    client = signed_in(agent)
    shared = QuickReply.objects.create(title="shared", text="for all")
    foreign = QuickReply.objects.create(title="hers", text="hers", owner=make.make_member())
    for reply, status in ((shared, 204), (shared, 204), (foreign, 404)):
        assert send(client, "POST", reverse("desk-quick-reply-used", args=[reply.pk]))[0] == status
    shared.refresh_from_db()
    foreign.refresh_from_db()
    assert (shared.uses, foreign.uses) == (2, 0)
    listed = client.get(LIST).json()["replies"]
    assert next(one["uses"] for one in listed if one["id"] == shared.pk) == 2


def frame(**data) -> str:
    ids = {"client_id": "0" * 32, "session": "1" * 32}
    message = {"type": "custom", "data": {"customerServicePlugin": 0, **data}}
    return json.dumps({"op": "send", **ids, "message": message})


def test_agents_may_write_rich_text_and_no_other_card_of_the_system() -> None:
    command = parse(frame(src="30", content="**Yes**", extra=1))
    assert command.body == {"data": {"customerServicePlugin": 0, "src": "30", "content": "**Yes**"}}
    for wrong in ({"src": "30", "content": " "}, {"src": "30", "content": {}}, {"src": "19", "content": "x"}):
        with pytest.raises(Invalid):
            parse(frame(**wrong))
    with pytest.raises(TooLarge):
        parse(frame(src="30", content="x" * 5001))


def test_variables_of_the_session_fill_quick_replies(agent: Member) -> None:
    session = make.make_served_session(agent)
    session.customer.client_data = {"OrderNo": "old", "Level": 3, "deep": {"no": 1}}
    session.customer.save()
    session.variables = {"OrderNo": "55"}
    session.save()
    answer = signed_in(agent).get(reverse("desk-session", args=[session.id])).json()
    assert answer["variables"] == {"OrderNo": "55", "Level": "3", "ChannelName": "Shop"}


def test_the_manifest_names_icons_that_are_what_they_say(client: Client) -> None:
    answer = client.get(reverse("desk-manifest"), headers={"accept-language": "zh-CN"})
    assert answer["Content-Type"] == "application/manifest+json"
    manifest = answer.json()
    assert (manifest["start_url"], manifest["display"]) == ("/desk/", "standalone")
    assert manifest["name"] != "csdesk workbench", "the name is in the reader's language"
    assert {icon.get("purpose", "any") for icon in manifest["icons"]} == {"any", "maskable"}
    for icon in manifest["icons"]:
        picture = finders.find(icon["src"].removeprefix("/static/"))
        with open(picture, "rb") as file:
            width, height = struct.unpack(">II", file.read(24)[16:])
        assert icon["sizes"] == f"{width}x{height}"


def test_what_only_the_page_has_told_is_shown_as_unverified(agent: Member) -> None:
    session = make.make_served_session(agent)
    customer, client = session.customer, signed_in(agent)

    def told() -> tuple[str, bool, list[str]]:
        answer = client.get(reverse("desk-session", args=[session.id])).json()
        unsure = [part["title"] for part in answer["data"] if "erified" in part["title"]]
        return answer["standing"], answer["is_claimed"], unsure

    assert told() == ("", False, [])
    customer.profile_is_claimed = True
    customer.save()
    assert told() == ("claimed", True, ["From the page, unverified"])
    # Who they are is signed; their name, picture and data stand beside the signature.
    customer.user_id = "u-1"
    customer.save()
    assert told() == ("known", True, ["From the page, unverified"])
    customer.profile_is_claimed = False
    customer.save()
    assert told() == ("known", False, [])


FILE = reverse("desk-quick-replies-file")


def take_in(client: Client, text: str | bytes) -> tuple[int, dict]:
    data = text.encode() if isinstance(text, str) else text
    answer = client.post(FILE, {"file": SimpleUploadedFile("mine.csv", data)})
    return answer.status_code, answer.json()


def test_own_replies_go_into_a_file_and_come_back(agent: Member) -> None:
    client = signed_in(agent)
    quick_replies.add(agent, title="=SUM(1)", text='two\nlines, "quoted"', category="数")
    quick_replies.add(make.make_member(), title="hers", text="hers")
    data = client.get(FILE).content
    assert data.startswith(b"\xef\xbb\xbfTitle,Reply,Category"), "spreadsheets know UTF-8 by its mark"
    assert b"'=SUM(1)" in data, "no formula for a spreadsheet"
    assert b"hers" not in data
    other = make.make_member()
    assert take_in(signed_in(other), data) == (200, {"replies": 1})
    came = QuickReply.objects.get(owner=other)
    assert (came.title, came.text, came.category) == ("=SUM(1)", 'two\nlines, "quoted"', "数")


def test_the_same_title_and_category_is_replaced(agent: Member) -> None:
    client = signed_in(agent)
    quick_replies.add(agent, title="Lid", text="old", category="Shop")
    assert take_in(client, "Lid,new,Shop\nLid,another,\n,,\n") == (200, {"replies": 2})
    assert set(QuickReply.objects.filter(owner=agent).values_list("text", "category")) == {
        ("new", "Shop"),
        ("another", ""),
    }


@pytest.mark.parametrize(
    "data", ["", "title,text,category\n", b"\xff\xfe\x00", "ok,fine\n,no title", "x" * 81 + ",long"]
)
def test_a_bad_file_changes_nothing(agent: Member, data: str | bytes) -> None:
    status, answer = take_in(signed_in(agent), data)
    assert status in (400, 413)
    assert answer["detail"]
    assert not QuickReply.objects.filter(owner=agent).exists()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("RIFF\x00\x00,WAVE\x01,x", "The file is neither CSV nor XLSX."),
        (b"\x89PNG\r\n", "The file is neither CSV nor XLSX."),
        ("just some words\nin lines\n", "Row 1, Reply: Reply is missing."),
        ("Lid,Dear ${Nobody}\n", "Row 1, Reply: ${Nobody} is not known."),
    ],
)
def test_what_is_no_file_of_replies_is_called_so(agent: Member, data: str | bytes, why: str) -> None:
    status, answer = take_in(signed_in(agent), data)
    assert (status, answer["code"]) == (400, "invalid")
    assert answer["detail"].startswith(why)


def test_own_replies_go_into_a_sheet_and_come_back(agent: Member) -> None:
    quick_replies.add(agent, title="Lid", text="${CustomerName}: by post", category="Shop")
    sheet = signed_in(agent).get(reverse("desk-quick-replies-xlsx"))
    assert sheet["Content-Disposition"].endswith('quick-replies.xlsx"')
    other = make.make_member()
    assert take_in(signed_in(other), sheet.content) == (200, {"replies": 1})
    came = QuickReply.objects.get(owner=other)
    assert (came.title, came.text, came.category) == ("Lid", "${CustomerName}: by post", "Shop")
