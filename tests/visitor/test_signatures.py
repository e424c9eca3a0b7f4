"""`userSig` (V-8, X-4): what the public libraries make is taken, and nothing else is."""

import base64
import json
import zlib
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st
from TLSSigAPIv2 import TLSSigAPIv2

from apps.visitor import signatures
from csdesk.errors import DomainError, TokenExpired, Unauthorized
from tests import signer

APP = 1400000000
SECRET, OTHER = "5b" * 32, "c4" * 32
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
AT = int(NOW.timestamp())
WEEK = 7 * signer.DAY


@pytest.fixture(autouse=True, scope="module")
def _in_english():
    with translation.override("en"):
        yield


def verify(sig, user_id="alice", *, secrets=(SECRET,), now=NOW, sdkappid=APP):
    return signatures.verify(
        sig, user_id, secrets=secrets, sdkappid=sdkappid, now=now, longest=timedelta(days=7)
    )


def sign(user_id="alice", secret=SECRET, **facts):
    return signer.user_sig(user_id, secret, **{"made": AT, **facts})


def refused(sig, user_id="alice", **facts):
    with pytest.raises(Unauthorized) as caught:
        verify(sig, user_id, **facts)
    return caught.value.detail


def test_what_a_public_library_signs_is_taken():
    now = datetime.now(UTC)
    signed = verify(TLSSigAPIv2(APP, SECRET).gen_sig("alice", 3600), now=now)
    assert signed.user_id == "alice"
    assert timedelta(minutes=59) < signed.until - now <= timedelta(hours=1, seconds=1)


def test_a_known_vector_of_the_format():
    # The mac is from `openssl dgst -sha256 -hmac key -binary | base64` over
    # TLS.identifier:用户 1⏎TLS.sdkappid:1400000000⏎TLS.time:1700000000⏎TLS.expire:86400⏎
    said = {
        "TLS.ver": "2.0",
        "TLS.identifier": "用户 1",
        "TLS.sdkappid": 1400000000,
        "TLS.expire": 86400,
        "TLS.time": 1700000000,
        "TLS.sig": "sT6HYVaFsuBRP428ZarldGvuY+wqyCfCEWQd/iuyhVE=",
    }
    at = datetime.fromtimestamp(1700000001, UTC)
    assert verify(signer.packed(said), "用户 1", secrets=["key"], now=at).user_id == "用户 1"


def test_numbers_written_as_text_are_taken_too():
    said = signer.fields("alice", SECRET, APP, 60, AT)
    for name in ("sdkappid", "time", "expire"):
        said[f"TLS.{name}"] = str(said[f"TLS.{name}"])
    assert verify(signer.packed(said)).user_id == "alice"


def test_both_secrets_count_and_no_third():
    assert verify(sign(secret=OTHER), secrets=(SECRET, OTHER)).user_id == "alice"
    assert verify(sign(), secrets=(SECRET, OTHER)).user_id == "alice"
    assert refused(sign(secret="f0" * 32), secrets=(SECRET, OTHER))
    assert refused(sign(), secrets=())


def test_it_counts_for_its_user_and_this_deployment_only():
    assert "userID" in refused(sign("alice"), "bob")
    assert "sdkappid" in refused(sign(sdkappid=APP + 1))
    assert refused(sign("Alice"), "alice")


@pytest.mark.parametrize(
    ("ahead", "fits"),
    [(0, True), (299, True), (300, True), (301, False), (-60, True)],
)
def test_a_signers_clock_may_be_five_minutes_ahead(ahead, fits):
    sig = sign(made=AT + ahead)
    if fits:
        assert verify(sig).until == NOW + timedelta(seconds=ahead + signer.DAY)
    else:
        assert "future" in refused(sig)


def test_it_lives_a_week_at_most_and_then_not_any_more():
    assert verify(sign(life=WEEK)).until == NOW + timedelta(days=7)
    assert "7" in refused(sign(life=WEEK + 1))
    assert refused(sign(life=0))
    # What a library signs by default, half a year, is too long.
    assert refused(TLSSigAPIv2(APP, SECRET).gen_sig("alice"), now=datetime.now(UTC))
    sig = sign(life=60)
    assert verify(sig, now=NOW + timedelta(seconds=59))
    with pytest.raises(TokenExpired):
        verify(sig, now=NOW + timedelta(seconds=60))


def test_why_it_does_not_fit_is_told_only_to_who_knows_the_secret():
    wrong = [
        sign(secret=OTHER),
        sign("bob", OTHER),
        sign(secret=OTHER, made=AT + 10_000),
        sign(secret=OTHER, life=WEEK * 9),
        sign(secret=OTHER, made=AT - WEEK),
        sign(secret=OTHER, sdkappid=7),
        "eJx",
    ]
    assert len({refused(sig) for sig in wrong}) == 1


def test_a_few_bytes_that_inflate_to_many_are_refused():
    said = signer.fields("alice", SECRET, APP, 60, AT)
    fits = json.dumps(said | {"pad": ""})
    for size, good in ((signatures.LARGEST, True), (signatures.LARGEST + 1, False)):
        padded = json.dumps(said | {"pad": "x" * (size - len(fits))}).encode()
        assert len(padded) == size
        if good:
            assert verify(signer.packed(padded))
        else:
            assert refused(signer.packed(padded))
    assert refused(signer.packed(b" " * 5_000_000))
    assert refused("A" * 1_000_000)


def test_what_follows_or_is_cut_off_is_no_signature():
    whole = base64.b64decode(sign().translate(str.maketrans("*-_", "+/=")))
    for raw in (whole + b"x", whole[:-1], whole[:20], b"", zlib.compress(b"[]"), zlib.compress(b"7")):
        text = base64.b64encode(raw).decode().translate(str.maketrans("+/=", "*-_"))
        assert refused(text)


@pytest.mark.parametrize("value", [None, 7, True, [], {}, "", " ", "a b", "é", "eJx\n", "a" * 20, "=" * 8])
def test_whatever_else_comes_is_refused(value):
    assert refused(value)


@pytest.mark.parametrize(
    "changes",
    [
        {"TLS.ver": "1.0"},
        {"TLS.ver": None},
        {"TLS.time": -1},
        {"TLS.time": 1.5},
        {"TLS.time": True},
        {"TLS.time": 10**40},
        {"TLS.time": "0x1"},
        {"TLS.expire": None},
        {"TLS.sdkappid": "1400000000 "},
        {"TLS.sig": None},
        {"TLS.sig": "é"},
        {"TLS.sig": "\ud800"},
        {"TLS.identifier": ["alice"]},
        {"TLS.identifier": "\ud800"},
        {"TLS.userbuf": 7},
        {"TLS.userbuf": "e30="},
    ],
)
def test_a_field_that_is_not_what_it_should_be_is_refused(changes):
    assert refused(signer.packed(signer.fields("alice", SECRET, APP, 60, AT) | changes))


@pytest.mark.parametrize(
    "user_id",
    [
        "",
        " alice",
        "a\nTLS.sdkappid:1",
        "a\u202eb",
        "a\u200bb",
        "x" * 65,
        None,
        7,
        ["a"],
        "a\x00",
        "\ud800",
        "a\u2028",
    ],
)
def test_ids_that_cannot_be_seen_or_read_in_two_ways_are_refused(user_id):
    try:
        sig = sign(user_id) if isinstance(user_id, str) else sign()
    except UnicodeEncodeError:
        sig = sign()
    assert refused(sig, user_id)


def test_the_signed_buffer_comes_with_it():
    assert verify(sign(userbuf=b'{"nickname":"Ann"}')).userbuf == b'{"nickname":"Ann"}'
    said = signer.fields("alice", SECRET, APP, 60, AT, b"one")
    assert refused(signer.packed(said | {"TLS.userbuf": base64.b64encode(b"two").decode()}))
    del said["TLS.userbuf"]
    assert refused(signer.packed(said))


GOOD = signer.fields("alice", SECRET, APP, 3600, AT)


@settings(max_examples=300)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "TLS.identifier": st.sampled_from(["alice", "alice\n", "ALICE", "bob", ""]),
            "TLS.sdkappid": st.integers(APP - 1, APP + 1),
            "TLS.time": st.integers(AT - 2, AT + 2),
            "TLS.expire": st.integers(3599, WEEK * 60),
            "TLS.userbuf": st.text(max_size=8),
            "TLS.sig": st.binary(min_size=31, max_size=33).map(lambda raw: base64.b64encode(raw).decode()),
        },
    )
)
def test_whoever_changes_anything_signed_is_refused(changes):
    said = GOOD | changes
    if said == GOOD:
        assert verify(signer.packed(said)).user_id == "alice"
    else:
        assert refused(signer.packed(said), said["TLS.identifier"] or "alice")


@settings(max_examples=300)
@given(st.integers(0, 10_000), st.integers(0, 255))
def test_one_changed_sign_never_lets_somebody_else_in(place, sign_number):
    whole = bytearray(zlib.compress(json.dumps(GOOD).encode()))
    whole[place % len(whole)] = sign_number
    text = base64.b64encode(whole).decode().translate(str.maketrans("+/=", "*-_"))
    try:
        assert verify(text).user_id == "alice"
    except Unauthorized:
        pass


@settings(max_examples=300)
@given(st.one_of(st.text(max_size=200), st.binary(max_size=200).map(signer.packed), st.integers(), st.none()))
def test_nonsense_is_refused_and_breaks_nothing(value):
    with pytest.raises(DomainError):
        verify(value)
