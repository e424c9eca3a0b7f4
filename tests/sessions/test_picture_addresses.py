"""Addresses for pictures of others (X-11): who gets one, and what it is good for."""

import time
import uuid

import pytest

from apps.sessions import frames, personal, picture_addresses, posting, recall, remote_pictures
from apps.sessions.authors import Author, customer_key, member_key
from apps.sessions.models import Message
from apps.sessions.picture_addresses import Claim
from csdesk import clock
from csdesk.errors import NotFound
from tests import factories as make

pytestmark = pytest.mark.django_db
FAR = "https://shop.example/a.png"


def product(pic=FAR):
    return {
        "customerServicePlugin": 0,
        "src": "22",
        "content": {"header": "Kettle", "desc": "0.8 l", "pic": pic},
    }


def said(session, data, author=None):
    """The stored message of a card."""
    author = author or Author.customer(session.customer)
    posted = posting.post(posting.Post(session.id, author, "custom", {"data": data}, uuid.uuid4()))
    return Message.objects.get(session_id=session.id, seq=posted.seq)


def shown(message, reader, *, for_desk=False):
    return personal.for_reader(frames.message_frame(message, for_desk=for_desk), reader)


def claim_of(address):
    return picture_addresses.read(address.split("/")[2])


# --- Addresses in frames ------------------------------------------------------------------------------


def test_a_cards_picture_gets_an_address_for_its_reader_beside_the_original():
    session = make.make_session()
    message = said(session, product())
    reader = customer_key(session.customer_id)
    content = shown(message, reader)["message"]["data"]["content"]
    assert content["pic"] == FAR
    assert claim_of(content["picture"]) == Claim(FAR, reader, str(session.id), message.seq)
    message.refresh_from_db()
    assert "picture" not in message.body["data"]["content"], (
        "addresses are made for each reader, never stored"
    )


def test_pictures_in_markdown_get_one_address_each():
    session = make.make_session()
    text = f'![a]({FAR}) and ![b](<http://b.example/b.gif> "B") ![c](/x) ![d](javascript:1) ![a]({FAR}) [l](http://l/)'
    text += " ![e](http://e.example/Tea_(drink).png)"
    message = said(session, {"customerServicePlugin": 0, "src": "30", "content": text}, Author.bot("Bot"))
    data = shown(message, customer_key(session.customer_id))["message"]["data"]
    assert list(data["pictures"]) == [FAR, "http://b.example/b.gif", "http://e.example/Tea_(drink).png"]
    assert data["content"] == text


def test_a_face_gets_an_address_in_messages_states_summaries_and_ready():
    agent = make.make_member(avatar="https://faces.example/a.png")
    session = make.make_served_session(agent)
    session.customer.avatar = "https://faces.example/c.png"
    session.customer.save()
    posted = make.agent_says(session, agent, "hello")
    reader = customer_key(session.customer_id)
    message = shown(Message.objects.get(session=session, seq=posted.seq), reader)
    state = personal.for_reader(frames.state_frame(session, can=[]), reader)
    summary = personal.for_reader(frames.summary_frame(session), member_key(agent.pk))
    for person, original in [
        (message["from"], agent.avatar),
        (state["agent"], agent.avatar),
        (summary["customer"], session.customer.avatar),
    ]:
        claim = claim_of(person["picture"])
        assert (claim.original, claim.place, claim.seq) == (original, str(session.id), 0)
        remote_pictures.expect_right(claim)


def test_one_face_has_one_address_for_a_while_so_that_browsers_ask_once(monkeypatch):
    session = uuid.uuid4()
    at = 1_000_000_000
    monkeypatch.setattr(time, "time", lambda: at)
    first = picture_addresses.address(FAR, "c:x", session)
    assert picture_addresses.address(FAR, "c:x", session) == first
    assert picture_addresses.address(FAR, "c:y", session) != first
    at += picture_addresses.STEP
    assert picture_addresses.address(FAR, "c:x", session) != first


@pytest.mark.parametrize(
    "data",
    [
        {"customerServicePlugin": 0, "src": "22", "content": {"header": "Kettle", "desc": "no picture"}},
        {"customerServicePlugin": 0, "src": "30", "content": "no picture, only ! [a] (b)"},
    ],
)
def test_what_has_no_picture_and_no_face_costs_no_signing(data, monkeypatch):
    monkeypatch.setattr(picture_addresses, "_signed", None)
    message = said(make.make_session(), data)
    assert not frames.is_personal(message)
    assert shown(message, "c:x")["message"]["data"] == data


@pytest.mark.parametrize(
    ("original", "own"),
    [
        ("http://localhost:8000/static/visitor/a.png?v=1", "/static/visitor/a.png"),
        ("/static/visitor/a.png", "/static/visitor/a.png"),
        ("/static/../logout/", ""),
        ("/static/%2e%2e/logout/", ""),
        ("/static\\..\\x", ""),
        ("/logout/", ""),
        ("//evil.example/static/a.png", ""),
        ("javascript:alert(1)", ""),
        ("data:image/png;base64,AA", ""),
        ("", ""),
        ("https://a.example/" + "a" * 2_000, ""),
    ],
)
def test_pictures_of_ours_need_no_fetching_and_what_is_no_address_gets_none(original, own, settings):
    settings.CSDESK_BASE_URL = "http://localhost:8000"
    assert picture_addresses.address(original, "c:x", "own") == own


def test_only_the_demo_takes_this_machines_other_ports_for_itself(settings):
    settings.CSDESK_BASE_URL = "https://desk.example.com"
    other = "http://localhost:8001/static/visitor/a.png"
    settings.DEMO = True
    assert picture_addresses.address(other, "c:x", "own") == "/static/visitor/a.png"
    settings.DEMO = False
    assert picture_addresses.address(other, "c:x", "own").startswith("/pictures/")


def test_forged_and_old_addresses_do_not_exist(monkeypatch):
    address = picture_addresses.address(FAR, "c:x", "own")
    signed = address.split("/")[2]
    assert picture_addresses.read(signed).original == FAR
    for forged in (signed + "x", signed.replace(signed[0], "x", 1), "x", ""):
        with pytest.raises(NotFound):
            picture_addresses.read(forged)
    later = time.time() + picture_addresses.STEP * picture_addresses.LIVES
    monkeypatch.setattr(time, "time", lambda: later)
    with pytest.raises(NotFound):
        picture_addresses.read(signed)


# --- The right --------------------------------------------------------------------------------------------


def refused(claim):
    with pytest.raises(NotFound):
        remote_pictures.expect_right(claim)
    return True


def test_only_readers_of_the_session_may_fetch_and_only_what_stands_there():
    agent, stranger = make.make_member(), make.make_member()
    session = make.make_served_session(agent)
    message = said(session, product())
    place, seq = str(session.id), message.seq
    for reader in (customer_key(session.customer_id), member_key(agent.pk)):
        remote_pictures.expect_right(Claim(FAR, reader, place, seq))
    other = make.make_session()
    for reader in (customer_key(other.customer_id), member_key(stranger.pk), "m:x", "m:", "x", ""):
        assert refused(Claim(FAR, reader, place, seq)), reader
    own = customer_key(session.customer_id)
    assert refused(Claim("https://elsewhere.example/b.png", own, place, seq))
    assert refused(Claim(FAR, own, place, seq - 1))
    assert refused(Claim(FAR, own, str(other.id), seq))


def test_a_recalled_picture_and_that_of_a_deleted_session_are_gone():
    agent = make.make_member()
    session = make.make_served_session(agent)
    message = said(session, product(), Author.agent(agent))
    claim = Claim(FAR, customer_key(session.customer_id), str(session.id), message.seq)
    remote_pictures.expect_right(claim)
    recall.recall(message.address, Author.agent(agent))
    assert refused(claim)
    message = said(session, product(), Author.agent(agent))
    claim = Claim(FAR, customer_key(session.customer_id), str(session.id), message.seq)
    remote_pictures.expect_right(claim)
    session.refresh_from_db()
    session.deleted_at = clock.now()
    session.save()
    assert refused(claim)


def test_faces_of_profiles_and_channels_only_as_they_are_now():
    channel = make.make_channel(avatar=FAR)
    customer = make.make_customer(avatar=FAR)
    agent = make.make_member(avatar=FAR)
    for claim in (
        Claim(FAR, picture_addresses.ANYBODY, f"channel:{channel.key}", 0),
        Claim(FAR, customer_key(customer.id), "own", 0),
        Claim(FAR, member_key(agent.pk), "own", 0),
    ):
        remote_pictures.expect_right(claim)
    for thing in (channel, customer, agent):
        thing.avatar = "https://faces.example/new.png"
        thing.save()
    assert refused(Claim(FAR, picture_addresses.ANYBODY, f"channel:{channel.key}", 0))
    assert refused(Claim(FAR, customer_key(customer.id), "own", 0))
    assert refused(Claim(FAR, member_key(agent.pk), "own", 0))
