"""What a question consists of: words, concepts, fields."""

import pytest

from apps.chatbot.matching.terms import FIELDS, READ, UNITS, lines, take_apart


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("咋退款", "如何退钱"),
        ("解除绑定银行卡", "解绑银行卡"),
        ("手機遺失", "手机丢失"),
        ("refunded cards", "refund card"),
    ],
)
def test_words_that_say_the_same_are_one_concept(one, other):
    assert take_apart(one).concepts.keys() == take_apart(other).concepts.keys()


@pytest.mark.parametrize("written", ["X-200 Pro", "x200pro", "X200 Pro", "Ｘ２００ｐｒｏ"])
def test_a_model_is_the_same_however_it_is_written(written):
    assert take_apart(written).words == ["x", "200", "pro"]


def test_joined_and_parted_words_meet():
    joined, parted = (take_apart(text).fields[FIELDS.index("pairs")] for text in ("login", "log in"))
    assert "login" in joined.keys() & parted.keys()


def test_short_forms_are_read_in_full():
    assert take_apart("I can't, it won't").words == ["i", "can", "not", "it", "will", "not"]


def test_each_concept_has_a_sort():
    assert take_apart("信用卡怎么还款").concepts == {"信用卡": "n", "怎么": "r", "还款": "v"}


def test_faint_words_weigh_less():
    words = take_apart("请问退款吗").fields[FIELDS.index("words")]
    assert words["请问"] < words["退款"] > words["吗"]


def test_a_long_text_is_bounded():
    taken = take_apart("退款发货 " * 2_000)
    assert len(taken.units) == len(taken.words) == UNITS
    assert sum(taken.fields[FIELDS.index("characters")].values()) <= READ


@pytest.mark.parametrize("name", ["synonyms_zh", "opposites_zh", "negations"])
def test_lists_of_knowledge_can_be_read(name):
    for line in lines(name):
        assert line
        assert all(line)


def test_opposites_are_pairs():
    assert all(len(pair) == 2 for pair in lines("opposites_zh"))
