"""The optional sentence encoder, with a tiny model that is made here."""

import json

import numpy as np
import pytest

from apps.chatbot.matching import load, retrieval, train
from apps.chatbot.matching.encoder import EncoderUnusable, OnnxEncoder, opened

from . import tiny_encoder

ENTRIES = [
    (1, ["How do I get a refund"]),
    (2, ["When do you ship"]),
    (3, ["password of my account"]),
]


@pytest.fixture
def encoder(tmp_path):
    return OnnxEncoder(tiny_encoder.make(tmp_path / "encoder"))


def test_vectors_have_unit_length_and_alike_words_are_alike(encoder):
    refund, money, ship = encoder.encode(["refund", "money back", "ship"])
    assert np.allclose(np.linalg.norm([refund, money, ship], axis=1), 1.0)
    assert refund @ money == pytest.approx(1.0)
    assert refund @ ship == pytest.approx(0.0)


def test_padding_of_shorter_sentences_does_not_count(encoder):
    alone = encoder.encode(["refund"])[0]
    beside = encoder.encode(["refund", "ship ship ship ship"])[0]
    assert np.allclose(alone, beside)


def test_a_model_that_gives_one_vector_a_sentence(tmp_path):
    encoder = OnnxEncoder(tiny_encoder.make(tmp_path, sentence=True))
    assert np.allclose(encoder.encode(["deliver ship"]), [[0, 1, 0, 0]])


def test_the_first_tokens_vector_where_the_model_says_so(tmp_path):
    folder = tiny_encoder.make(tmp_path)
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling/config.json").write_text(json.dumps({"pooling_mode_cls_token": True}))
    assert np.allclose(OnnxEncoder(folder).encode(["refund ship ship"]), [[1, 0, 0, 0]])


def test_nothing_to_encode_and_a_text_without_words(encoder):
    assert encoder.encode([]).shape[0] == 0
    assert np.isfinite(encoder.encode(["", "x" * 5000])).all()


@pytest.mark.parametrize("missing", ["model.onnx", "tokenizer.json"])
def test_a_folder_without_a_part_is_no_encoder(tmp_path, missing):
    folder = tiny_encoder.make(tmp_path)
    (folder / missing).unlink()
    with pytest.raises(EncoderUnusable, match="no model"):
        OnnxEncoder(folder)


@pytest.mark.parametrize("damaged", ["model.onnx", "tokenizer.json"])
def test_a_damaged_file_is_told_as_such(tmp_path, damaged):
    folder = tiny_encoder.make(tmp_path)
    (folder / damaged).write_bytes(b"nothing")
    with pytest.raises(EncoderUnusable):
        OnnxEncoder(folder)


def test_without_a_setting_there_is_none():
    assert opened("") is None


def test_meaning_finds_what_words_do_not(tmp_path, encoder):
    """B-5: "money back" shares no word with the entry about refunds."""
    folder = tmp_path / "matcher"
    folder.mkdir()
    train(ENTRIES, folder, encoder=encoder)
    best = load(folder, encoder=encoder).rank(["money back"])[0][0]
    assert best.label == 1
    plain = retrieval.load(folder).candidates(["money back"])[0]
    assert not len(plain.entries)


def test_vectors_of_another_model_are_left_alone(tmp_path, encoder):
    train(ENTRIES, tmp_path, encoder=encoder)
    other = OnnxEncoder(tiny_encoder.make(tmp_path / "other", sentence=True))
    assert other.identity != encoder.identity
    assert retrieval.load(tmp_path, encoder=encoder).meanings
    assert retrieval.load(tmp_path, encoder=other).meanings is None
    assert load(tmp_path, encoder=other).rank(["get a refund"])[0][0].label == 1
