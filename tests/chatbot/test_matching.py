"""The matcher as a whole: train, load, rank (B-5)."""

import json

import pytest

from apps.chatbot.evaluation import build
from apps.chatbot.matching import BrokenMatcher, load, train

LIBRARY = [
    (7, ["How do I reset my password?", "I forgot my password", "cannot log in, password lost"]),
    (3, ["Where is my parcel?", "track my order", "when will my delivery come"]),
    (42, ["怎么退款？", "我要退货退钱", "退款多久到账"]),
]


@pytest.fixture
def matcher(tmp_path):
    train(LIBRARY, tmp_path)
    return load(tmp_path)


def best(matcher, question, **options):
    return matcher.rank([question], **options)[0][0]


def test_a_question_in_other_words_finds_its_entry(matcher):
    assert best(matcher, "my password is lost, reset it please").label == 7
    assert best(matcher, "track the parcel").label == 3
    assert best(matcher, "我想退款").label == 42


def test_the_stored_question_most_like_the_asked_one_is_named(matcher):
    assert best(matcher, "track order").question == "track my order"


def test_scores_are_chances_and_fall(matcher):
    found = matcher.rank(["where is the order with my password"])[0]
    scores = [match.score for match in found]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


def test_only_allowed_entries_are_given(matcher):
    assert {match.label for match in matcher.rank(["my password"], allowed={3, 42})[0]} <= {3, 42}


def test_nothing_to_learn_from_is_an_error(tmp_path):
    for nothing in ([], [(1, [])], [(1, ["", "  "])]):
        with pytest.raises(ValueError, match="no question"):
            train(nothing, tmp_path)


def test_damaged_or_missing_files_are_a_broken_matcher(tmp_path):
    with pytest.raises(BrokenMatcher):
        load(tmp_path)
    train(LIBRARY, tmp_path)
    about = tmp_path / "matcher.json"
    about.write_text(json.dumps(json.loads(about.read_text()) | {"format": 999}))
    with pytest.raises(BrokenMatcher):
        load(tmp_path)
    about.write_text("{")
    with pytest.raises(BrokenMatcher):
        load(tmp_path)


def test_the_adaptor_ranks_without_a_database():
    assert build(LIBRARY)(["password forgotten"])[0][0][0] == 7
