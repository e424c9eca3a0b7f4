"""What a question is taken apart into: stems, groups of words, features, slips put right (B-5)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.chatbot.matching import features, typos
from apps.chatbot.matching.concepts import concepts
from apps.chatbot.matching.features import learn_space, take
from apps.chatbot.matching.stems import stem

WORDS = st.text("abcdefghij", min_size=4, max_size=12)


@pytest.mark.parametrize(
    ("forms", "root"),
    [
        (("cancel", "cancels", "canceling", "canceled"), "cancel"),
        (("delivery", "deliveries"), "deliveri"),
        (("stop", "stops", "stopped", "stopping"), "stop"),
        (("ship", "ships", "shipped", "shipment", "shipments"), "ship"),
        (("class", "classes"), "class"),
    ],
)
def test_forms_of_a_word_have_one_stem(forms, root):
    assert {stem(form) for form in forms} == {root}


@pytest.mark.parametrize("word", ["bus", "a", "ring", "退款", "x200", "ß"])
def test_what_has_no_ending_stays(word):
    assert stem(word) == word


@given(st.text(max_size=40))
def test_a_stem_is_never_longer_than_its_word(word):
    assert len(stem(word)) <= len(word)


def test_everyday_words_share_a_group_in_both_languages():
    def of(question):
        return set(concepts(take(question).stems))

    assert of("purchase") & of("buy")
    assert of("how much") & of("price")
    assert of("password") & of("密码")
    assert not of("password") & of("weather")


def test_word_order_and_endings_hardly_matter_to_pairs():
    one, other = take("cancel my orders"), take("my order cancelled")
    pairs = features.BLOCKS.index("pairs")
    assert set(one.counts[pairs]) & set(other.counts[pairs])


def test_rows_have_unit_length_in_each_block():
    taken = [take("where is my parcel"), take("cancel the order please")]
    space = learn_space([question.counts for question in taken], entries=2)
    columns, values = space.row(taken[0].counts)
    for block, share in enumerate(space.shares):
        inside = (columns >= space.starts[block]) & (columns < space.starts[block + 1])
        assert np.isclose((values[inside] ** 2).sum(), share**2)


def test_what_stands_in_one_question_only_is_left_out_but_for_words():
    taken = [take("where is my parcel").counts, take("where is my refund").counts]
    whole, often = learn_space(taken, 2), learn_space(taken, 2, least=2)
    assert np.array_equal(often.starts[:2], whole.starts[:2])
    assert len(often) < len(whole)


@pytest.fixture
def spelling(tmp_path):
    typos.write(tmp_path, [["where", "is", "my", "parcel"], ["parcel", "passport"], ["where", "there"]])
    return typos.Spelling(tmp_path)


@pytest.mark.parametrize("typed", ["parcl", "parccel", "pracel", "parxel", "xparcel"])
def test_one_slip_is_put_right(spelling, typed):
    assert spelling.meant(typed) == "parcel"


@pytest.mark.parametrize("typed", ["pxrxel", "pa", "zebra", "123456", "退款退款", "", "w" * 5_000])
def test_what_is_further_away_stays(spelling, typed):
    assert spelling.meant(typed) is None


def test_a_word_everybody_knows_is_meant_as_it_stands(tmp_path):
    typos.write(tmp_path, [["bread"]])
    assert typos.Spelling(tmp_path).meant("brexd") == "bread"
    typos.write(tmp_path, [["ticken"]])
    assert typos.Spelling(tmp_path).meant("ticket") is None


def test_where_several_fit_the_one_that_starts_alike_is_meant(spelling):
    assert spelling.meant("whre") == "where"
    assert spelling.meant("thre") == "there"


def _distance_one(a, b):
    """Every string one slip away from the first, by trying them all."""
    letters = set(a) | set(b)
    slips = {a[:i] + a[i + 1 :] for i in range(len(a))}
    slips |= {a[:i] + letter + a[i:] for i in range(len(a) + 1) for letter in letters}
    slips |= {a[:i] + letter + a[i + 1 :] for i in range(len(a)) for letter in letters}
    slips |= {a[:i] + a[i + 1] + a[i] + a[i + 2 :] for i in range(len(a) - 1)}
    return b in slips - {a}


@given(WORDS, WORDS, st.data())
def test_a_slip_is_what_trying_all_of_them_finds(one, other, data):
    near = data.draw(
        st.sampled_from([other, one[1:], one[:2] + one[3:], one[1] + one[0] + one[2:], one + "a"])
    )
    assert typos.is_slip(one, near) == _distance_one(one, near) == typos.is_slip(near, one)
