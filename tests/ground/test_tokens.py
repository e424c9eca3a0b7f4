"""Search tokens: every word of a text is found, Chinese words of one and two characters too."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csdesk.tokens import LONGEST, folded, query_tokens, tokens


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("我的退款什么时候到账", "退款"),
        ("我的退款什么时候到账", "退款 到账"),
        ("我的退款什么时候到账", "款"),
        ("Model KT-08S, in WHITE", "kt-08s white"),
        ("ＫＴ－０８Ｓ", "kt 08s"),
        ("水壶kettle漏水", "kettle 漏水"),
        ("Straße", "STRASSE"),
        ("고객센터에 문의", "센터"),
    ],
)
def test_a_text_has_all_tokens_of_a_matching_query(text, query):
    assert set(query_tokens(query)) <= set(tokens(text))


@pytest.mark.parametrize(("text", "query"), [("退货款项", "退款"), ("kettle", "ket"), ("", "x")])
def test_a_text_without_the_word_lacks_a_token(text, query):
    assert not set(query_tokens(query)) <= set(tokens(text))


@given(st.text(max_size=300))
def test_any_part_between_blanks_finds_its_text(text):
    held = set(tokens(text))
    for part in folded(text).split():
        assert set(query_tokens(part)) <= held
    assert all(0 < len(token) <= LONGEST for token in held)
    assert sorted(held) == tokens(text)
