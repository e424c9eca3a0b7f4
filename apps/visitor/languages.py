"""The language of a customer: what the page says, else what the browser prefers."""

from django.conf import settings
from django.utils.translation import get_supported_language_variant
from django.utils.translation.trans_real import parse_accept_lang_header


def chosen(said: str, accepted: str = "") -> str:
    """The code of a language we speak, e.g. `zh-hans`."""
    for code in (said, *(code for code, _weight in parse_accept_lang_header(accepted.lower()))):
        try:
            return get_supported_language_variant(code.replace("_", "-").lower())
        except LookupError:
            continue
    return settings.LANGUAGE_CODE
