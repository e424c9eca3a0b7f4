"""How what is typed into the search field is understood (C-2)."""

import pytest

from apps.records.keywords import Piece, parse
from csdesk.tokens import tokens


def found(typed: str, text: str) -> bool:
    keyword = parse(typed)
    return bool(keyword.tokens) and set(keyword.tokens) <= set(tokens(text)) and keyword.is_in(text)


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("kettle rust", "Some RUST inside my new Kettle"),
        ("退款 到账", "那退款大概几天能到账？"),
        ("到账 退款", "那退款大概几天能到账？"),
        ("退款", "我要退款"),
        ("壶", "铁壶生锈了"),
        ("refund 退款", "About my refund: 退款 when?"),
        ('"几天能到账"', "那退款大概几天能到账？"),
        ("“cast  iron kettle”", "the Cast Iron\nkettle"),
        ("「到账？」", "几天能到账？"),
        ("ＡＢＣ１２３", "order abc123"),
        ("ﬁne", "this is fine"),
        ("user@example.com", "write to user@example.com"),
        ('unpaired "quote', "a quote, unpaired"),
    ],
)
def test_a_text_is_found(typed, text):
    assert found(typed, text)


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("kettle rust", "my new kettle"),
        ("退款 到账", "我要退款"),
        ("到帐", "几天能到账"),
        ('"iron cast"', "the cast iron kettle"),
        ('"退款到账"', "退款几天能到账"),
        ("ref", "a refund"),
        ('"到账。"', "几天能到账？"),
    ],
)
def test_a_text_is_not_found(typed, text):
    assert not found(typed, text)


@pytest.mark.parametrize("typed", ["", "   ", '""', "？！…", "“ ”", "---"])
def test_signs_alone_search_for_nothing(typed):
    assert parse(typed).tokens == []


def test_hits_are_cut_out_of_the_text_as_it_is():
    assert parse("ｒefund 到账").pieces("My REFUND, 几天到账?") == [
        Piece("My "),
        Piece("REFUND", True),
        Piece(", 几天"),
        Piece("到账", True),
        Piece("?"),
    ]


def test_a_word_is_marked_only_where_it_stands_alone():
    assert parse("tea").pieces("tea, steam, Tea") == [
        Piece("tea", True),
        Piece(", steam, "),
        Piece("Tea", True),
    ]


def test_a_chinese_run_found_by_its_pairs_is_marked_where_they_stand():
    assert parse("退款到账").pieces("退款还没款到") == [
        Piece("退款", True),
        Piece("还没"),
        Piece("款到", True),
    ]


def test_surroundings_are_one_line_around_the_first_hit():
    text = "first line\n" + "x " * 40 + "the kettle\nis here " + "y " * 80
    pieces = parse("kettle").surroundings(text)
    shown = "".join(piece.text for piece in pieces)
    assert shown.startswith("…") and shown.endswith("…") and "\n" not in shown
    assert [piece.text for piece in pieces if piece.is_hit] == ["kettle"]
    assert len(shown) < 130


def test_letters_that_fold_to_several_are_marked_whole():
    assert parse("strasse").pieces("Hauptstrasse, Straße") == [Piece("Hauptstrasse, "), Piece("Straße", True)]
