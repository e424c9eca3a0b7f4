"""What a message may hold (S-6, S-11, V-7)."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.sessions.content import parse_card, parse_message, preview, text_of
from csdesk.errors import DomainError, Invalid, TooLarge

PRODUCT = {"customerServicePlugin": 0, "src": "22", "content": {"header": "Kettle", "desc": "0.8 l"}}
ORDER = {"customerServicePlugin": 0, "src": "28", "content": {"name": "Order 7"}}


def product(**fields):
    return PRODUCT | {"content": PRODUCT["content"] | fields}


def test_text_of_5000_characters_is_taken_and_one_more_is_not():
    assert parse_message({"type": "text", "text": "x" * 5000})[1]["text"] == "x" * 5000
    with pytest.raises(TooLarge):
        parse_message({"type": "text", "text": "x" * 5001})


@pytest.mark.parametrize(
    "raw",
    [
        None,
        [],
        "text",
        5,
        {},
        {"type": "text"},
        {"type": "text", "text": ""},
        {"type": "text", "text": " \n\t"},
        {"type": "text", "text": 5},
        {"type": "text", "text": "a\0b"},
        {"type": "text", "text": "\ud800"},
        {"type": "text", "text": " \u200b\u202e\n\ufeff"},
        {"type": ["text"], "text": "x"},
        {"type": "recalled"},
        {"type": "image"},
        {"type": "image", "upload": 5},
        {"type": "file", "upload": "../../etc/passwd"},
        {"type": "custom"},
        {"type": "custom", "data": []},
    ],
)
def test_malformed_messages_are_refused(raw):
    with pytest.raises(Invalid):
        parse_message(raw)


def test_a_file_message_names_an_upload():
    upload = uuid.uuid4()
    assert parse_message({"type": "image", "upload": str(upload)}) == ("image", {"upload": str(upload)})


@pytest.mark.parametrize("src", ["9", "15", "19", "20", "21", "29", "30", "7", "99", 22, None])
def test_only_product_and_order_cards_can_be_sent(src):
    with pytest.raises(Invalid):
        parse_card(PRODUCT | {"src": src})


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "//x", "http:", "http://[", "http://a b"]
)
def test_unsafe_addresses_are_refused(address):
    for field in ("pic", "url"):
        with pytest.raises(Invalid):
            parse_card(product(**{field: address}))


def test_a_card_keeps_known_fields_only():
    card = parse_card(product(url="https://shop.example.com/1", onclick="alert(1)"))
    assert card["content"] == PRODUCT["content"] | {"url": "https://shop.example.com/1"}


def test_an_orders_own_fields_come_along():
    fields = [{"name": "Size", "value": "L", "customerValue": "large"}, {"name": "Colour"}]
    content = parse_card(ORDER | {"content": ORDER["content"] | {"customField": fields}})["content"]
    assert content["customField"] == fields


@pytest.mark.parametrize(
    "fields", ["x", [1], [{}], [{"name": ""}], [{"name": "x"}] * 21, [{"name": "x" * 501}]]
)
def test_an_orders_malformed_fields_are_refused(fields):
    with pytest.raises(Invalid):
        parse_card(ORDER | {"content": ORDER["content"] | {"customField": fields}})


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(
                    ["type", "text", "data", "src", "content", "customerServicePlugin", "header"]
                ),
                inner,
                max_size=6,
            )
        ),
        max_leaves=12,
    )
)
def test_nothing_a_client_sends_is_worse_than_refused(raw):
    try:
        kind, body = parse_message(raw)
    except DomainError:
        return
    assert isinstance(text_of(kind, body), str) if "upload" not in body else True


def test_the_preview_is_one_short_line():
    assert preview("text", {"text": "one\n\ttwo  three" + "x" * 500}).startswith("one two three")
    assert len(preview("text", {"text": "x" * 500})) == 200


def test_the_preview_of_rich_text_tells_words_not_marks():
    text = (
        "# Plan\n- **see** ![the plan](/pictures/answers/x/) and [our *shop*](https://a.example/Tea_(drink))"
    )
    body = {"data": {"src": "30", "content": text}}
    assert preview("custom", body) == "Plan see the plan and our *shop*"
