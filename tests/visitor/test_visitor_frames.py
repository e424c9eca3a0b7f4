"""Parsing of the customer's frames: every frame, and what is wrong with it (visitor.md, Q-7)."""

import json
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.visitor import protocol
from csdesk.errors import DomainError, Invalid, TooLarge

SESSION = str(uuid.uuid4())
CLIENT_ID = str(uuid.uuid4())


def parse(**frame):
    return protocol.parse(protocol.decode(json.dumps(frame)))


def signal(src, **fields):
    return parse(op="signal", data={"customerServicePlugin": 0, "src": src, **fields})


def test_hello_brings_what_the_client_has():
    frame = parse(op="hello", token="t", last={SESSION: 3}, language="en", page="https://shop.example/")
    assert frame.last == {uuid.UUID(SESSION): 3}
    assert (frame.token, frame.language, frame.page) == ("t", "en", "https://shop.example/")


@pytest.mark.parametrize("page", ["javascript:alert(1)", "data:text/html,x", "/cart", " https://x.example"])
def test_only_web_addresses_are_kept_as_pages(page):
    assert parse(op="hello", token="t", page=page, referrer=page).page == ""
    assert signal("7", page=page) == protocol.Trigger()
    assert signal("7", page="https://x.example/cart") == protocol.Trigger("https://x.example/cart")


def test_a_text_keeps_its_client_id_and_words():
    frame = parse(op="send", client_id=CLIENT_ID, message={"type": "text", "text": " <b>hi</b> 你好"})
    assert frame == protocol.Send(uuid.UUID(CLIENT_ID), "text", {"text": " <b>hi</b> 你好"})


@pytest.mark.parametrize("kind", ["image", "file", "voice", "video"])
def test_a_file_is_named_by_its_upload(kind):
    frame = parse(op="send", client_id=CLIENT_ID, message={"type": kind, "upload": SESSION})
    assert (frame.kind, frame.body) == (kind, {"upload": SESSION})


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        ({"op": "request_agent"}, protocol.RequestAgent()),
        ({"op": "leave_queue"}, protocol.LeaveQueue()),
        ({"op": "ping"}, protocol.Ping()),
        ({"op": "sync", "session": SESSION, "rev": 12}, protocol.Sync(uuid.UUID(SESSION), 12)),
        ({"op": "read", "session": SESSION, "seq": 15}, protocol.Read(uuid.UUID(SESSION), 15)),
        ({"op": "recall", "message": f"{SESSION}.4"}, protocol.Recall(f"{SESSION}.4")),
        (
            {"op": "vote", "message": f"{SESSION}.4", "helpful": False},
            protocol.Vote(uuid.UUID(SESSION), 4, False),
        ),
        (
            {"op": "vote", "message": f"{SESSION}.4", "helpful": None},
            protocol.Vote(uuid.UUID(SESSION), 4, None),
        ),
        ({"op": "history"}, protocol.History(None, 50)),
        (
            {"op": "history", "before": f"{SESSION}.4", "limit": 9},
            protocol.History((uuid.UUID(SESSION), 4), 9),
        ),
        ({"op": "history", "limit": 10_000}, protocol.History(None, 200)),
    ],
)
def test_each_plain_frame_is_understood(frame, expected):
    assert parse(**frame) == expected


def test_each_signal_is_understood():
    assert signal("7") == protocol.Trigger()
    assert signal("12", preview="I wo") == protocol.Typing("I wo")
    assert signal("24") == protocol.AskRating()
    assert signal("27") == protocol.End()
    chosen = {"id": "105", "content": "Very satisfied", "sessionId": SESSION}
    assert signal("10", menuSelected=chosen) == protocol.Rate(chosen)


@pytest.mark.parametrize(
    "text",
    ["", "not json", "[]", "null", "3", '"x"', "{", "[" * 60_000, '{"op":' + "9" * 5_000 + "}", None],
)
def test_what_is_no_json_object_is_invalid(text):
    with pytest.raises(DomainError) as refused:
        protocol.parse(protocol.decode(text))
    assert refused.value.code in ("invalid", "unknown_op")


@pytest.mark.parametrize("op", [None, "", "Hello", "__class__", 7, ["ping"], {"op": "ping"}])
def test_an_unknown_op_is_told_apart(op):
    with pytest.raises(protocol.UnknownOp):
        parse(op=op)


def test_a_frame_over_64_kib_is_too_large_counted_in_bytes():
    with pytest.raises(TooLarge):
        protocol.decode('"' + "界" * 22_000 + '"')
    with pytest.raises(TooLarge):
        protocol.decode("x" * 70_000)


@pytest.mark.parametrize(
    "frame",
    [
        {"op": "hello", "token": 7},
        {"op": "hello", "token": "x" * 201},
        {"op": "hello", "token": "t", "last": [1]},
        {"op": "hello", "token": "t", "last": {"x": 1}},
        {"op": "hello", "token": "t", "last": {SESSION: -1}},
        {"op": "hello", "token": "t", "last": {SESSION: "1"}},
        {"op": "hello", "token": "t", "last": {str(uuid.uuid4()): 1 for _ in range(101)}},
        {"op": "vote", "message": f"{SESSION}.4"},
        {"op": "vote", "message": f"{SESSION}.4", "helpful": "yes"},
        {"op": "vote", "message": f"{SESSION}.4", "helpful": 1},
        {"op": "vote", "message": SESSION, "helpful": True},
        {"op": "vote", "helpful": True},
        {"op": "send", "message": {"type": "text", "text": "no id"}},
        {"op": "send", "client_id": "x", "message": {"type": "text", "text": "bad id"}},
        {"op": "send", "client_id": CLIENT_ID},
        {"op": "send", "client_id": CLIENT_ID, "message": "text"},
        {"op": "send", "client_id": CLIENT_ID, "message": {"type": "text"}},
        {"op": "send", "client_id": CLIENT_ID, "message": {"type": "text", "text": "  \n"}},
        {"op": "send", "client_id": CLIENT_ID, "message": {"type": "text", "text": "nul \0"}},
        {"op": "send", "client_id": CLIENT_ID, "message": {"type": "text", "text": "\ud800"}},
        {"op": "send", "client_id": CLIENT_ID, "message": {"type": "html", "text": "x"}},
        {"op": "send", "client_id": CLIENT_ID, "message": {"type": ["text"], "text": "x"}},
        {"op": "send", "client_id": CLIENT_ID, "message": {"type": "image"}},
        {"op": "send", "client_id": CLIENT_ID, "message": {"type": "image", "upload": "../../etc/passwd"}},
        {"op": "signal"},
        {"op": "signal", "data": {"src": "7"}},
        {"op": "signal", "data": {"customerServicePlugin": 0}},
        {"op": "signal", "data": {"customerServicePlugin": 0, "src": 7}},
        {"op": "signal", "data": {"customerServicePlugin": 0, "src": "9"}},
        {"op": "signal", "data": {"customerServicePlugin": 0, "src": "19"}},
        {"op": "signal", "data": {"customerServicePlugin": 0, "src": "10"}},
        {"op": "signal", "data": {"customerServicePlugin": 0, "src": "10", "menuSelected": {}}},
        {"op": "signal", "data": {"customerServicePlugin": 0, "src": "12", "preview": 5}},
        {"op": "sync", "session": SESSION},
        {"op": "sync", "session": SESSION, "rev": True},
        {"op": "sync", "session": SESSION, "rev": 2**31},
        {"op": "sync", "session": "x", "rev": 1},
        {"op": "read", "session": SESSION, "seq": 1.5},
        {"op": "read", "seq": 1},
        {"op": "history", "before": "x"},
        {"op": "history", "before": f"{SESSION}.x"},
        {"op": "history", "before": f"{SESSION}.¹"},
        {"op": "history", "limit": 0},
        {"op": "history", "limit": "50"},
        {"op": "recall"},
        {"op": "recall", "message": SESSION},
    ],
)
def test_what_is_missing_or_wrong_is_invalid(frame):
    with pytest.raises(Invalid):
        parse(**frame)


def card(src, **content):
    data = {"customerServicePlugin": 0, "src": src, "content": content}
    return parse(op="send", client_id=CLIENT_ID, message={"type": "custom", "data": data})


def test_a_product_card_keeps_what_it_shows_and_nothing_else():
    frame = card("22", header="Kettle", desc="1.5 l", pic="https://x.example/k.png", evil="<script>")
    assert frame.body["data"]["content"] == {
        "header": "Kettle",
        "desc": "1.5 l",
        "pic": "https://x.example/k.png",
    }


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//x.example",
        "file:///etc/passwd",
        "https://",
        "http://a b",
    ],
)
def test_only_web_addresses_are_taken_into_a_card(address):
    with pytest.raises(Invalid):
        card("22", header="Kettle", desc="1.5 l", url=address)


def test_a_card_that_only_the_service_may_send_is_refused():
    for src in ("9", "15", "19", "20", "21", "29", "30", "99"):
        with pytest.raises(Invalid):
            card(src, header="x", desc="y", name="z")


def test_a_text_over_5000_characters_is_too_large():
    assert parse(op="send", client_id=CLIENT_ID, message={"type": "text", "text": "界" * 5_000})
    with pytest.raises(TooLarge):
        parse(op="send", client_id=CLIENT_ID, message={"type": "text", "text": "x" * 5_001})


def test_only_a_plain_client_id_goes_back_with_an_error():
    assert protocol.client_id_of({"client_id": CLIENT_ID}) == CLIENT_ID
    for odd in (None, 7, "", "x" * 65, "\ud800", "a\nb", ["x"]):
        assert protocol.client_id_of({"client_id": odd}) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
OPS = st.sampled_from([*protocol._PARSERS, "x"])
FIELDS = st.sampled_from(
    ["token", "last", "client_id", "message", "data", "session", "rev", "seq", "before", "limit"]
)


@given(op=OPS, fields=st.dictionaries(FIELDS, JSON, max_size=4))
def test_whatever_comes_is_understood_or_refused_with_a_code(op, fields):
    try:
        protocol.parse({"op": op, **fields})
    except DomainError as refused:
        assert refused.code in {"invalid", "too_large", "unknown_op"}
