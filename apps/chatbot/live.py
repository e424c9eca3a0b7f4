"""Which release this process answers from."""

from apps.chatbot.knowing import Knowledge


def current() -> Knowledge | None:
    """The live release; None while nothing is published."""
    return None
