"""The deployment's sentence encoder and what is learnt with it."""

import logging

import pytest

from apps.chatbot import encoding, snapshots
from apps.chatbot.matching import encoder as encoders

from . import tiny_encoder


@pytest.fixture(autouse=True)
def forget():
    yield
    encoders.opened.cache_clear()
    encoding._in.cache_clear()


def test_there_is_none_unless_one_is_set(settings):
    settings.BOT_ENCODER = ""
    assert encoding.encoder() is None
    assert encoding.identity() == ""


def test_an_unusable_one_is_told_once_and_left_alone(settings, tmp_path, caplog):
    settings.BOT_ENCODER = str(tmp_path)
    with caplog.at_level(logging.ERROR, logger="apps.chatbot.encoding"):
        assert encoding.encoder() is None
        assert encoding.identity() == ""
    assert [record.message for record in caplog.records] == [
        f"bot: answers without the sentence encoder: {tmp_path}: no model.onnx with a tokenizer.json"
    ]


@pytest.mark.django_db
def test_what_is_learnt_with_another_encoder_is_learnt_anew(settings, tmp_path):
    settings.BOT_ENCODER = ""
    without = snapshots.lessons_of_draft("qa").digest
    settings.BOT_ENCODER = str(tiny_encoder.make(tmp_path))
    assert snapshots.lessons_of_draft("qa").digest != without
