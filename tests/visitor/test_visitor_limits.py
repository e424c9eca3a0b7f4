"""How much one address and one socket may ask for (X-2)."""

import uuid

import pytest
from django.core.cache import cache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import ConnectionError as RedisGone

from apps.visitor import limits
from csdesk.errors import RateLimited
from tests import factories as make


@pytest.fixture
def address():
    """One that no other test has used."""
    number = uuid.uuid4().int
    return f"10.{number % 250}.{number // 250 % 250}.{number // 62_500 % 250}"


def test_so_many_tokens_a_minute_and_no_more(address, settings):
    settings.LIMIT_TOKENS = 3
    for _ in range(3):
        limits.count_token(address)
    with pytest.raises(RateLimited):
        limits.count_token(address)


def test_addresses_do_not_count_for_each_other(address, settings):
    settings.LIMIT_UPLOADS = 1
    limits.count_upload(address)
    limits.count_upload("192.0.2.1" + str(uuid.uuid4().int % 90 + 10))


def test_the_last_window_fades_and_does_not_vanish(address, settings, monkeypatch):
    settings.LIMIT_TOKENS = 10
    now = 1_000_020.0
    monkeypatch.setattr(limits.time, "time", lambda: now)
    for _ in range(10):
        limits.count_token(address)
    now += 60 - now % 60 + 6  # a tenth into the next minute: nine tenths of the ten still count
    limits.count_token(address)
    with pytest.raises(RateLimited):
        limits.count_token(address)


def test_zero_means_no_limit(address, settings):
    settings.LIMIT_TOKENS = 0
    for _ in range(50):
        limits.count_token(address)


def test_addresses_on_the_list_are_not_limited(address, settings):
    settings.LIMIT_TOKENS = 1
    settings.LIMIT_EXEMPT = ["10.0.0.0/8"]
    for _ in range(5):
        limits.count_token(address)


def test_bytes_count_over_the_day(address, settings):
    settings.LIMIT_UPLOAD_MB = 1
    limits.count_bytes(address, 1_000_000)
    with pytest.raises(RateLimited):
        limits.count_bytes(address, 100_000)


def test_one_customers_ipv6_network_is_one_address():
    assert limits.network_of("2001:db8::1") == limits.network_of("2001:db8::ffff:2")
    assert limits.network_of("2001:db8:0:1::1") != limits.network_of("2001:db8:0:2::1")
    assert str(limits.network_of("::ffff:192.0.2.7")) == "192.0.2.7/32"


def test_without_redis_each_process_counts_for_itself(address, settings, monkeypatch):
    def gone(*_args, **_kwargs):
        raise RedisGone

    for name in ("add", "get", "set", "incr"):
        monkeypatch.setattr(RedisCache, name, gone)
    settings.LIMIT_TOKENS = 2
    try:
        limits.count_token(address)
        limits.count_token(address)
        with pytest.raises(RateLimited):
            limits.count_token(address)
    finally:
        cache._resting_until = 0.0


def test_a_socket_may_burst_and_then_only_trickle(monkeypatch, settings):
    now = 100.0
    monkeypatch.setattr(limits.time, "monotonic", lambda: now)
    settings.LIMIT_FRAMES = 10
    bucket = limits.frames()
    assert sum(bucket.take() for _ in range(100)) == 30
    now += 1
    assert sum(bucket.take() for _ in range(100)) == 10


@pytest.mark.django_db
def test_five_engaged_sessions_are_enough_for_an_address(address, settings):
    settings.LIMIT_SESSIONS = 2
    customers = [make.make_session(make.make_customer(address=address)).customer for _ in range(2)]
    with pytest.raises(RateLimited):
        limits.expect_place(address, make.unknown_id())
    # One's own session is no other one.
    limits.expect_place(address, customers[0].id)
    limits.expect_place("198.51.100.1", make.unknown_id())


@pytest.mark.django_db
def test_sessions_from_one_ipv6_network_count_together(settings):
    settings.LIMIT_SESSIONS = 1
    make.make_session(make.make_customer(address="2001:db8:7:7::1"))
    with pytest.raises(RateLimited):
        limits.expect_place("2001:db8:7:7::2", make.unknown_id())
    limits.expect_place("2001:db8:7:8::2", make.unknown_id())
