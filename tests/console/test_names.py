"""What names may hold (X-4), and ids that are none."""

import pytest
from django.test import Client

from apps.sessions.models import Channel, QuickReply
from apps.team.models import Member, Role, SkillGroup
from apps.team.setting_fields import bare_name, is_system_word, plain_name
from csdesk.logging import CallersMistake
from tests.factories import PASSWORD, make_channel, make_member

pytestmark = pytest.mark.django_db
EMPTY = ["\u200b", "\u200d", "\u200c\u200d ", "\u202e\u2066", " \u3000\t", "\u3164", "\u00ad\ufeff"]


@pytest.fixture
def browser() -> Client:
    admin = make_member(Role.ADMINISTRATOR, serves=False)
    client = Client()
    client.cookies["django_language"] = "en"
    client.post("/login/", {"login": admin.account, "password": PASSWORD})
    return client


def member(**changes) -> dict:
    return {
        "nickname": "Lin",
        "email": "lin@example.com",
        "role": "agent",
        "memberships-TOTAL_FORMS": "0",
        "memberships-INITIAL_FORMS": "0",
        **changes,
    }


def errors(answer) -> dict:
    return answer.context["adminform"].form.errors


def test_a_name_is_one_line_without_what_is_not_seen():
    assert plain_name(" Lin\u202e\u200b \n Xiao\u00adwen\x07\ufeff ") == "Lin Xiaowen"
    assert plain_name("林晓雯") == "林晓雯"
    assert plain_name("Renée O’Neil-Ångström") == "Renée O’Neil-Ångström"
    for text in EMPTY:
        with pytest.raises(ValueError):
            plain_name(text)


JOINED = ["👨‍👩‍👧‍👦🏳️‍🌈 王小明", "👩🏽‍⚕️", "🙂‍↔️", "علی‌رضا", "می‌نا", "ශ්‍රී", "ක්‍ෂ", "র‍্যাম"]


@pytest.mark.parametrize("name", JOINED)
def test_joiners_stay_where_they_are_part_of_a_name(name):
    assert plain_name(name) == name
    assert bare_name("System" + name) == bare_name(
        "System" + name.replace("\u200c", "").replace("\u200d", "")
    )


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Lin\u200cda \u200d", "Linda"),
        ("林\u200d晓\u200c雯", "林晓雯"),
        ("\u200dعلی\u200c", "علی"),
        ("عل\u200c\u200cی", "علی"),
        ("👨\u200d\u200d👩", "👨👩"),
        ("👨\u200c👩\u200d", "👨👩"),
        ("1\u200d2", "12"),
    ],
)
def test_lone_joiners_go(name, kept):
    assert plain_name(name) == kept


@pytest.mark.parametrize(
    "name",
    [
        "System",
        "ＳＹＳＴＥＭ",
        "s y s t e m",
        "系统消息",
        "csdesk",
        "CS-Desk",
        "Sys\u200dtem",
        "机器人",
        "Ｂot",
    ],
)
def test_the_systems_own_names_are_reserved(browser, name):
    assert is_system_word(name)
    assert "nickname" in errors(browser.post("/console/team/member/add/", member(nickname=name)))
    lin = make_member(nickname="Lin")
    data = member(nickname=name, account=lin.account, staff_no=lin.staff_no)
    assert "nickname" in errors(browser.post(f"/console/team/member/{lin.pk}/change/", data))


def test_names_are_kept_without_what_is_not_seen(browser):
    browser.post("/console/team/member/add/", member(nickname="Lin\u202e\u200bda"))
    assert Member.objects.get(email="lin@example.com").nickname == "Linda"
    group = {
        "memberships-TOTAL_FORMS": "0",
        "memberships-INITIAL_FORMS": "0",
        "name": "Night\u2066\x07 shift",
    }
    browser.post("/console/team/skillgroup/add/", group)
    assert SkillGroup.objects.filter(name="Night shift").exists()
    shop = make_channel()
    data = {"name": "Sh\u200bop \u202e1", "kind": shop.kind, "colour": "#0b6883", "position": shop.position}
    browser.post(f"/console/service_sessions/channel/{shop.pk}/change/", data)
    assert Channel.objects.get(pk=shop.pk).name == "Shop 1"


@pytest.mark.parametrize("name", EMPTY)
def test_a_name_that_becomes_empty_is_refused(browser, name):
    assert "nickname" in errors(browser.post("/console/team/member/add/", member(nickname=name)))
    assert "name" in errors(browser.post("/console/team/skillgroup/add/", {**member(), "name": name}))
    assert "name" in errors(browser.post("/console/service_sessions/channel/add/", {"name": name}))


@pytest.mark.parametrize(
    ("phone", "is_right"), [("+49 (30) 12-34", True), ("", True), ("call me", False), ("<b>1", False)]
)
def test_a_phone_is_digits_and_their_signs(browser, phone, is_right):
    answer = browser.post("/console/team/member/add/", member(phone=phone))
    assert (answer.status_code == 302) is is_right
    assert is_right or "phone" in errors(answer)


@pytest.mark.parametrize("limit", ["0", "101"])
def test_a_member_serves_one_to_a_hundred_at_once(browser, limit):
    from django.db import IntegrityError, transaction

    assert "session_limit" in errors(
        browser.post("/console/team/member/add/", member(serves="on", session_limit=limit))
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        make_member(session_limit=int(limit))


@pytest.mark.parametrize(
    "address",
    [
        "service_sessions/quickreply",
        "service_sessions/channel",
        "team/member",
        "team/skillgroup",
        "team/trailentry",
    ],
)
@pytest.mark.parametrize("chosen", ["abc", "1 OR 1", "1.5", "", "\x00", "9" * 30])
def test_ids_that_are_none_are_refused(browser, address, chosen):
    kept = QuickReply.objects.create(title="Kept", text="x")
    data = {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}
    assert browser.post(f"/console/{address}/", data).status_code < 500
    assert QuickReply.objects.filter(pk=kept.pk).exists()


LOST = "The text holds characters that cannot be stored."
REPLY = {"category": "", "title": "Lids", "text": "Soon", "language": "", "position": "1"}


@pytest.mark.parametrize(
    ("address", "data", "field"),
    [
        ("service_sessions/tag", {"name": "V\0IP", "colour": "tone-1"}, "name"),
        ("team/member", member(nickname="Li\0n"), "nickname"),
        ("team/skillgroup", member(name="Nig\0ht"), "name"),
        ("service_sessions/quickreply", REPLY | {"title": "Li\0ds"}, "title"),
        ("service_sessions/quickreply", REPLY | {"text": "So\0on"}, "text"),
    ],
)
def test_what_cannot_be_stored_is_refused_everywhere_in_the_same_words(browser, address, data, field):
    assert errors(browser.post(f"/console/{address}/add/", data)) == {field: [LOST]}


def test_a_shared_reply_is_kept_without_what_turns_the_direction(browser):
    data = REPLY | {"title": "Li\u202eds", "text": "One \u2066line\u2069\r\nand \u202eanother"}
    assert browser.post("/console/service_sessions/quickreply/add/", data).status_code == 302
    reply = QuickReply.objects.get()
    assert (reply.title, reply.text) == ("Lids", "One line\nand another")


@pytest.mark.parametrize("lookup", ["password__startswith=pbkdf2", "memberships__group__name=x"])
def test_a_filter_that_is_none_is_one_line_of_the_log(browser, lookup, caplog):
    assert browser.get(f"/console/team/member/?{lookup}").status_code == 400
    [line] = [record for record in caplog.records if record.levelname not in ("DEBUG", "INFO")]
    assert line.levelname == "WARNING"
    CallersMistake().filter(line)
    assert line.exc_info is None
