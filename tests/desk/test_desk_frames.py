"""Every frame a workbench may send: what is understood, and how the rest is refused."""

import json
import uuid

import pytest

from apps.desk import protocol
from csdesk.errors import DomainError

SESSION = str(uuid.uuid4())
OTHER = str(uuid.uuid4())


def parsed(**frame) -> protocol.Command:
    return protocol.parse(json.dumps(frame))


def text(words: str) -> dict:
    return {"type": "text", "text": words}


def refusal(frame) -> DomainError:
    with pytest.raises(DomainError) as caught:
        protocol.parse(frame if frame is None or isinstance(frame, str) else json.dumps(frame))
    return caught.value


def test_hello_brings_the_numbers_one_has():
    assert parsed(op="hello", last={SESSION: 12}).last == {uuid.UUID(SESSION): 12}
    assert parsed(op="hello").last == {}


@pytest.mark.parametrize(
    ("op", "kind"),
    [
        ("accept", protocol.Accept),
        ("decline", protocol.Decline),
        ("end", protocol.End),
        ("hold", protocol.Hold),
        ("invite_rating", protocol.InviteRating),
        ("typing", protocol.Typing),
    ],
)
def test_commands_that_name_a_session(op, kind):
    command = parsed(op=op, id="c1", session=SESSION)
    assert type(command) is kind
    assert (command.id, str(command.session)) == ("c1", SESSION)


def test_status_with_a_reason():
    command = parsed(op="set_status", id="c1", status="rest", restReason=" 用餐 ")
    assert (command.status, command.rest_reason, command.hand_over) == ("rest", "用餐", False)


def test_transfer_takes_group_numbers_as_text_too():
    assert parsed(op="transfer", id="c", session=SESSION, skillGroupId="7").group == 7
    assert parsed(op="transfer", id="c", session=SESSION, skillGroupId=7).group == 7
    to_member = parsed(op="transfer", id="c", session=SESSION, userId="a@example.com", note="VIP")
    assert (to_member.group, to_member.user, to_member.note) == (None, "a@example.com", "VIP")


def test_messages_are_parsed_as_in_the_visitor_protocol():
    command = parsed(op="send", client_id=OTHER, session=SESSION, message={"type": "text", "text": "hi"})
    assert (command.kind, command.body) == ("text", {"text": "hi"})
    assert command.reply == protocol.Reply("send", "", OTHER)


def test_history_needs_one_place_to_look_and_keeps_to_a_page():
    command = parsed(op="history", session=SESSION, before=f"{OTHER}.7", limit=5000)
    assert (command.before, command.limit) == ((uuid.UUID(OTHER), 7), protocol.PAGE_LIMIT)
    assert parsed(op="history", customer=OTHER).limit == protocol.HISTORY_PAGE


@pytest.mark.parametrize("op", ["take", "Watch", "", None, 7, [], "Hello"])
def test_what_is_not_known_is_said_to_be_unknown(op):
    error = refusal({"op": op, "id": "c1", "session": SESSION})
    assert (error.code, protocol.reply_to(error).id) == ("unknown_op", "c1")


@pytest.mark.parametrize(
    "text", [None, "", "{", "[]", "7", '"hello"', "null", '{"op":NaN}', "[" * 50_000, '{"op":"ping"} x']
)
def test_what_is_no_json_object_is_invalid(text):
    assert refusal(text).code == "invalid"


def test_frames_over_64_kib_are_too_large_counted_in_bytes():
    assert refusal(json.dumps({"op": "note", "text": "x" * protocol.FRAME_LIMIT})).code == "too_large"
    assert refusal('{"op":"note","text":"' + "汉" * 30_000 + '"}').code == "too_large"


@pytest.mark.parametrize(
    "frame",
    [
        {"op": "hello", "last": []},
        {"op": "hello", "last": {"x": 1}},
        {"op": "hello", "last": {SESSION: -1}},
        {"op": "hello", "last": {SESSION: "1"}},
        {"op": "hello", "last": {str(uuid.uuid4()): 1 for _ in range(201)}},
        {"op": "accept", "session": SESSION},
        {"op": "accept", "id": "", "session": SESSION},
        {"op": "accept", "id": 7, "session": SESSION},
        {"op": "accept", "id": "x" * 65, "session": SESSION},
        {"op": "accept", "id": "c"},
        {"op": "accept", "id": "c", "session": None},
        {"op": "accept", "id": "c", "session": "x"},
        {"op": "accept", "id": "c", "session": [SESSION]},
        {"op": "set_status", "id": "c"},
        {"op": "set_status", "id": "c", "status": "busy"},
        {"op": "set_status", "id": "c", "status": "arrange"},
        {"op": "set_status", "id": "c", "status": ["free"]},
        {"op": "set_status", "id": "c", "status": "rest", "restReason": 5},
        {"op": "set_status", "id": "c", "status": "offline", "hand_over": "yes"},
        {"op": "transfer", "id": "c", "session": SESSION},
        {"op": "transfer", "id": "c", "session": SESSION, "skillGroupId": 1, "userId": "a"},
        {"op": "transfer", "id": "c", "session": SESSION, "skillGroupId": "1; DROP"},
        {"op": "transfer", "id": "c", "session": SESSION, "skillGroupId": True},
        {"op": "transfer", "id": "c", "session": SESSION, "skillGroupId": -1},
        {"op": "transfer", "id": "c", "session": SESSION, "skillGroupId": "9" * 40},
        {"op": "transfer", "id": "c", "session": SESSION, "userId": {"a": 1}},
        {"op": "colleagues", "id": "c", "query": 5},
        {"op": "note", "id": "c", "session": SESSION},
        {"op": "note", "id": "c", "session": SESSION, "text": "  \n"},
        {"op": "note", "id": "c", "session": SESSION, "text": "a\0b"},
        {"op": "note", "id": "c", "session": SESSION, "text": "\ud800"},
        {"op": "recall", "id": "c"},
        {"op": "recall", "id": "c", "message": SESSION},
        {"op": "recall", "id": "c", "message": f"{SESSION}.-1"},
        {"op": "recall", "id": "c", "message": f"{SESSION}.9999999999"},
        {"op": "send", "session": SESSION, "message": {"type": "text", "text": "hi"}},
        {"op": "send", "client_id": "x", "session": SESSION, "message": {"type": "text", "text": "hi"}},
        {"op": "send", "client_id": OTHER, "message": {"type": "text", "text": "hi"}},
        {"op": "send", "client_id": OTHER, "session": SESSION},
        {"op": "send", "client_id": OTHER, "session": SESSION, "message": {"type": "image"}},
        {"op": "send", "client_id": OTHER, "session": SESSION, "message": {"type": "recalled"}},
        {
            "op": "send",
            "client_id": OTHER,
            "session": SESSION,
            "message": {"type": "custom", "data": {"src": "19"}},
        },
        {"op": "sync", "session": SESSION},
        {"op": "sync", "session": SESSION, "rev": True},
        {"op": "sync", "session": SESSION, "rev": -1},
        {"op": "sync", "session": SESSION, "rev": 1.5},
        {"op": "sync", "session": SESSION, "rev": 2**31},
        {"op": "sync", "session": SESSION, "rev": 0, "note": "1"},
        {"op": "history"},
        {"op": "history", "session": SESSION, "customer": OTHER},
        {"op": "history", "session": SESSION, "before": SESSION},
        {"op": "history", "session": SESSION, "limit": "50"},
        {"op": "read", "session": SESSION},
        {"op": "read", "session": SESSION, "seq": None},
        {"op": "typing"},
    ],
)
def test_missing_and_wrong_fields_are_invalid(frame):
    error = refusal(frame)
    assert error.code == "invalid"
    assert error.detail


@pytest.mark.parametrize(
    "frame",
    [
        {"op": "note", "id": "c", "session": SESSION, "text": "x" * 5_001},
        {"op": "transfer", "id": "c", "session": SESSION, "userId": "a", "note": "x" * 5_001},
        {"op": "colleagues", "id": "c", "query": "x" * 201},
        {"op": "set_status", "id": "c", "status": "rest", "restReason": "x" * 61},
        {
            "op": "send",
            "client_id": OTHER,
            "session": SESSION,
            "message": {"type": "text", "text": "x" * 5_001},
        },
    ],
)
def test_text_that_is_too_long_says_so(frame):
    assert refusal(frame).code == "too_large"


def test_a_refusal_names_the_frame_it_is_about():
    error = refusal({"op": "send", "client_id": OTHER, "session": SESSION, "message": {}})
    assert protocol.reply_to(error).client_id == OTHER
    error = refusal({"op": "accept", "id": "c9", "session": "x"})
    assert protocol.reply_to(error).id == "c9"


def test_what_is_echoed_is_never_longer_than_an_id():
    error = refusal({"op": "x" * 100, "id": "y" * 100, "client_id": ["z"]})
    assert protocol.reply_to(error) == protocol.Reply()
    error = refusal({"op": "accept", "id": "\ud800", "session": SESSION})
    assert (error.code, protocol.reply_to(error).id) == ("invalid", "")
