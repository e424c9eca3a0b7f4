"""One spelling for what means the same (B-5)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.chatbot.matching.folding import LONGEST, fold

TEXTS = st.one_of(
    st.text(),
    st.text(alphabet="零〇一二两三十百千万亿第个天月0123456789.,"),
    st.text(alphabet="请問開通國際漫遊軟體滑鼠乾淨皇后头发ＡｂＣ１２　́'’"),
)


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_folding_again_changes_nothing(text):
    folded = fold(text)
    assert fold(folded) == folded


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_nothing_unseen_is_left(text):
    assert all(c.isprintable() for c in fold(text))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ＡＢＣ１２３　你好！", "abc123 你好!"),
        ("請問如何開通國際漫遊？", "请问如何开通国际漫游?"),
        ("軟體怎麼安裝", "软件怎么安装"),
        ("滑鼠壞了", "鼠标坏了"),
        ("Don’t worry, Café", "don't worry, cafe"),
        ("iPhone十三多少钱", "iphone13多少钱"),
        ("十万块钱", "100000块钱"),
        ("1.5万", "15000"),
        ("1,234,567元", "1234567元"),
        ("三万五", "35000"),
        ("一百零五天", "105天"),
        ("怀孕三个月", "怀孕3个月"),
        ("二〇二四年", "2024年"),
        ("a\u200bb\x00c\td", "ab c d"),
        ("退款😭😭", "退款"),
        ("ﬁne", "fine"),
    ],
)
def test_spelt_alike(one, other):
    assert fold(one) == fold(other) == other


@pytest.mark.parametrize(
    "text", ["万一丢了", "千万别点", "三三两两", "一下", "一个", "十分感谢", "周三", "第三个"]
)
def test_words_that_only_look_like_numbers_stay(text):
    assert fold(text) == text


def test_pictures_stay_where_there_is_nothing_else():
    assert fold("😀👍") == "😀 👍"


def test_nothing_is_left_of_nothing():
    assert fold("") == fold(" \t\n\u200b\x00") == ""


def test_what_is_too_long_is_cut():
    assert len(fold("长" * 100_000)) == LONGEST
