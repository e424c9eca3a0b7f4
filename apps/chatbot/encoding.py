"""The sentence encoder of the deployment, if it has one (CSDESK_BOT_ENCODER, docs/matching.md)."""

import logging
from functools import lru_cache

from django.conf import settings

from apps.chatbot.matching.encoder import EncoderUnusable, OnnxEncoder, opened

log = logging.getLogger(__name__)


@lru_cache(maxsize=1)
def _in(folder: str) -> OnnxEncoder | None:
    try:
        return opened(folder)
    except EncoderUnusable as error:
        log.error("bot: answers without the sentence encoder: %s", error)
        return None


def encoder() -> OnnxEncoder | None:
    """The encoder, opened once per process; None without one or (told once in the log) a usable one."""
    return _in(settings.BOT_ENCODER)


def identity() -> str:
    """Of the encoder, empty without one: what is learnt with another one is learnt anew."""
    used = encoder()
    return used.identity if used else ""
