"""Which pages may talk to us (X-5)."""

import pytest

from apps.sessions.models import Channel
from apps.visitor import languages, origins


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("https://shop.example", "https://shop.example"),
        ("https://Shop.Example:443/", "https://shop.example"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("null", ""),
        ("", ""),
        ("*", ""),
        ("https://*.example", ""),
        ("https://shop.example/path", ""),
        ("https://shop.example@evil.example", ""),
        ("file://", ""),
        ("javascript:alert(1)", ""),
        ("https://shop.example\r\nX: y", ""),
    ],
)
def test_an_origin_is_scheme_host_and_port_and_nothing_else(origin, expected):
    assert origins.normal(origin) == expected


def test_our_own_pages_may_always(settings):
    settings.ALLOWED_HOSTS = ["desk.example"]
    settings.CSRF_TRUSTED_ORIGINS = ["https://desk.example"]
    assert origins.is_own("https://desk.example", "http", "10.0.0.3:8000")  # behind a proxy
    assert origins.is_own("http://desk.example:8000", "http", "desk.example:8000")
    assert not origins.is_own("http://desk.example:9999", "http", "desk.example:8000")


def test_a_host_header_of_the_callers_choice_makes_no_origin_ours(settings):
    settings.ALLOWED_HOSTS = ["desk.example"]
    settings.CSRF_TRUSTED_ORIGINS = []
    assert not origins.is_own("https://evil.example", "https", "evil.example")


def test_the_channels_sites_may_exactly_as_they_are_listed():
    channel = Channel(key="k", name="Shop", allowed_sites=["https://shop.example", "*", "https://*.example"])
    allowed = ("https://shop.example", "https://SHOP.example/")
    foreign = (
        "https://www.shop.example",
        "http://shop.example",
        "https://shop.example:8443",
        "null",
        "",
        "*",
    )
    assert all(origins.is_allowed(origin, channel, "https", "desk.example") for origin in allowed)
    assert not any(origins.is_allowed(origin, channel, "https", "desk.example") for origin in foreign)


@pytest.mark.parametrize(
    ("said", "accepted", "expected"),
    [
        ("en", "zh-CN", "en"),
        ("zh-CN", "", "zh-hans"),
        ("zh_CN", "", "zh-hans"),
        ("", "fr;q=0.9, en-GB;q=0.8", "en"),
        ("tlh", "en", "en"),
        ("", "", "zh-hans"),
        ("../../etc", "x" * 3000, "zh-hans"),
    ],
)
def test_the_language_is_the_pages_then_the_browsers(said, accepted, expected):
    assert languages.chosen(said, accepted) == expected
