"""Known users over HTTP (S-12, V-8, X-3, X-4, X-5): who gets a token, for how long, what is kept of them."""

import json
from datetime import timedelta

import pytest

from apps.sessions import customers, signing_secrets
from apps.sessions.customers import Origin
from apps.sessions.models import ChannelKind, Customer, VisitorToken
from apps.visitor import channels, commands, tokens
from csdesk import clock
from csdesk.errors import TokenExpired, Unauthorized
from tests import factories as make
from tests import signer

pytestmark = pytest.mark.django_db
OWN = "http://testserver"


@pytest.fixture(autouse=True)
def alone(settings):
    settings.LIMIT_EXEMPT = ["127.0.0.1"]
    settings.ALLOWED_HOSTS = ["testserver"]
    channels._cache.clear()


def new_channel(**facts):
    """A channel with a secret, and the secret."""
    channel = make.make_channel(**facts)
    return channel, signing_secrets.make_another(channel)


def ask(client, body, origin=OWN):
    headers = {"origin": origin} if origin else {}
    return client.post(
        "/api/visitor/token", json.dumps(body), content_type="application/json", headers=headers
    )


def sign_in(client, channel, secret, user_id="alice", **more):
    body = {"channel": channel.key, "userID": user_id, "userSig": signer.user_sig(user_id, secret)}
    return ask(client, body | more)


def refused(response, status, code):
    assert (response.status_code, response.json()["code"]) == (status, code), response.content
    assert response.json()["detail"]
    return response.json()["detail"]


def come_in(text):
    """What the first session makes of a token: the customer."""
    return customers.ensure_customer(tokens.check(text), Origin(language="en"))


def test_a_signed_user_gets_a_token_and_no_customer_yet(client):
    channel, secret = new_channel()
    body = sign_in(client, channel, secret, nickname="Alice Lin").json()
    assert (body["userID"], body["nickname"]) == ("alice", "Alice Lin")
    assert not Customer.objects.filter(user_id="alice").exists()
    customer = come_in(body["token"])
    assert (customer.user_id, customer.name, customer.profile_is_claimed) == ("alice", "Alice Lin", True)


def test_a_user_is_one_customer_in_every_tab_and_on_every_channel(client):
    (one, first), (two, second) = new_channel(), new_channel()
    tabs = [sign_in(client, one, first).json()["token"] for _ in range(2)]
    other = sign_in(client, two, second).json()["token"]
    assert len({come_in(text).id for text in (*tabs, other)}) == 1
    assert Customer.objects.filter(user_id="alice").count() == 1
    assert tokens.check(other).channel == two
    again = sign_in(client, one, first).json()["token"]
    assert come_in(again).id == come_in(tabs[0]).id


def test_the_secret_of_another_channel_does_not_sign(client):
    channel, _secret = new_channel()
    _other, foreign = new_channel()
    refused(sign_in(client, channel, foreign), 401, "unauthorized")
    refused(sign_in(client, make.make_channel(), foreign), 401, "unauthorized")


def test_both_secrets_count_until_the_former_is_dropped(client):
    channel, first = new_channel()
    second = signing_secrets.make_another(channel)
    assert [sign_in(client, channel, one).status_code for one in (first, second)] == [200, 200]
    signing_secrets.drop_former(channel)
    channels._cache.clear()
    refused(sign_in(client, channel, first), 401, "unauthorized")
    assert sign_in(client, channel, second).status_code == 200


def test_a_token_never_outlives_its_signature_however_often_it_is_renewed(client, later):
    channel, secret = new_channel()
    sig = signer.user_sig("alice", secret, life=3600)
    body = ask(client, {"channel": channel.key, "userID": "alice", "userSig": sig}).json()
    ends = body["expires"]
    assert ends <= (clock.now() + timedelta(hours=1)).timestamp() * 1000
    text = body["token"]
    for _ in range(3):
        later(minutes=15)
        body = ask(client, {"token": text}).json()
        assert (body["expires"], body["userID"]) == (ends, "alice")
        text = body["token"]
    later(minutes=16)
    with pytest.raises(TokenExpired):
        tokens.check(text)
    refused(ask(client, {"token": text}), 401, "token_expired")
    refused(ask(client, {"channel": channel.key, "userID": "alice", "userSig": sig}), 401, "token_expired")


def test_use_does_not_prolong_it_either(client, later):
    channel, secret = new_channel()
    text = sign_in(client, channel, secret).json()["token"]
    later(hours=23)
    tokens.check(text)
    later(hours=2)
    with pytest.raises(TokenExpired):
        tokens.check(text)


def test_a_signature_may_live_as_long_as_the_deployment_says(client, settings):
    channel, secret = new_channel()
    settings.SIGNATURE_DAYS = 1
    good, long = (signer.user_sig("alice", secret, life=life) for life in (signer.DAY, signer.DAY + 1))
    assert ask(client, {"channel": channel.key, "userID": "alice", "userSig": good}).status_code == 200
    assert "1" in refused(
        ask(client, {"channel": channel.key, "userID": "alice", "userSig": long}), 401, "unauthorized"
    )


def test_signing_in_again_retires_the_own_token_and_drops_anothers(client, later):
    channel, secret = new_channel()
    first = sign_in(client, channel, secret).json()["token"]
    second = sign_in(client, channel, secret, token=first).json()["token"]
    assert tokens.check(first).visitor_id == tokens.check(second).visitor_id
    later(seconds=61)
    with pytest.raises(TokenExpired):
        tokens.check(first)
    sign_in(client, channel, secret, "bob", token=second)
    with pytest.raises(Unauthorized):
        tokens.check(second)


def test_what_stands_for_a_token_beside_a_signature_is_ignored_when_it_is_over(client):
    channel, secret = new_channel()
    for value in ("", "A" * 43, "nonsense", None):
        assert sign_in(client, channel, secret, token=value).status_code == 200
    refused(sign_in(client, channel, secret, token=7), 400, "invalid")
    other = make.make_channel()
    foreign, row = tokens.issue(other)
    refused(sign_in(client, channel, secret, token=foreign), 401, "unauthorized")
    assert VisitorToken.objects.filter(hash=row.hash).exists()


def test_giving_a_token_back_ends_it(client):
    channel, secret = new_channel()
    text = sign_in(client, channel, secret).json()["token"]
    headers = {"origin": OWN, "authorization": f"Bearer {text}"}
    foreign = client.delete("/api/visitor/token", headers=headers | {"origin": "https://evil.example"})
    refused(foreign, 403, "not_allowed")
    assert tokens.check(text)
    assert client.delete("/api/visitor/token", headers=headers).status_code == 200
    with pytest.raises(Unauthorized):
        tokens.check(text)
    # What is gone already is nothing to complain about; what is no token is.
    assert client.delete("/api/visitor/token", headers=headers).status_code == 200
    refused(client.delete("/api/visitor/token", headers={"origin": OWN}), 401, "unauthorized")


# --- Profiles -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        (" Lin\u202e\u200b \n Xiao\u00adwen\x07 ", "Lin Xiaowen"),
        ("x" * 200, "x" * 60),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("\u202e\u200b", ""),
        ("a\x00b\ud800c", "abc"),
        ("", ""),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        # Cut, without a joiner that has lost its other half.
        ("x" * 58 + "👨\u200d👩", "x" * 58 + "👨"),
        ("Ann\u200d Ag\u200cent", ""),
        # Reserved: the system, the service and its people, however they are written.
        ("系统消息", ""),
        ("ＳＹＳＴＥＭ", ""),
        ("Ann Agent", ""),
        ("ann_agent\u200b", ""),
        ("The Shop", ""),
    ],
)
def test_names_are_cleaned_and_reserved_ones_are_not_taken(client, told, shown):
    make.make_member(nickname="Ann Agent")
    channel, secret = new_channel(name="The Shop")
    assert sign_in(client, channel, secret, nickname=told).json()["nickname"] == shown


def test_a_known_customers_name_that_a_member_has_by_now_is_taken_off(client):
    channel, secret = new_channel()
    customer = come_in(sign_in(client, channel, secret, nickname="Ann").json()["token"])
    make.make_member(nickname="Ann")
    assert sign_in(client, channel, secret, nickname="Ann").json()["nickname"] == ""
    customer.refresh_from_db()
    assert customer.name == ""


def test_the_profile_is_taken_at_each_sign_in_and_what_is_not_told_stays(client):
    channel, secret = new_channel()
    data = {"level": "gold", "cart": [1, {"sku": "k-3"}]}
    text = sign_in(client, channel, secret, nickname="Al", clientData=data).json()["token"]
    customer = come_in(text)
    assert customer.client_data == data
    sign_in(client, channel, secret, avatar="https://shop.example/a.png", clientData='{"level":"red"}')
    customer.refresh_from_db()
    assert (customer.name, customer.avatar) == ("Al", "https://shop.example/a.png")
    assert customer.client_data == {"level": "red"}
    sign_in(client, channel, secret, clientData="plain words", avatar="")
    customer.refresh_from_db()
    assert (customer.client_data, customer.avatar) == ({"clientData": "plain words"}, "")


def test_a_signed_profile_counts_alone_and_is_verified(client):
    channel, secret = new_channel()
    sig = signer.user_sig("alice", secret, userbuf=json.dumps({"nickname": "Signed"}).encode())
    body = {"channel": channel.key, "userID": "alice", "userSig": sig, "nickname": "Claimed"}
    customer = come_in(ask(client, body | {"clientData": {"vip": 1}}).json()["token"])
    assert (customer.name, customer.client_data, customer.profile_is_claimed) == ("Signed", {}, False)
    # What was only claimed before does not pass for signed beside it.
    ask(client, body | {"userSig": signer.user_sig("alice", secret), "avatar": "https://shop.example/a.png"})
    customer.refresh_from_db()
    assert (customer.avatar, customer.profile_is_claimed) == ("https://shop.example/a.png", True)
    ask(client, body)
    customer.refresh_from_db()
    assert (customer.name, customer.avatar, customer.profile_is_claimed) == ("Signed", "", False)
    # A buffer of another kind says nothing of a profile.
    sig = signer.user_sig("alice", secret, userbuf=b"\x00\x01room")
    assert ask(client, body | {"userSig": sig}).json()["nickname"] == "Claimed"


@pytest.mark.parametrize(
    ("told", "status", "code"),
    [
        ({"nickname": 7}, 400, "invalid"),
        ({"avatar": "javascript:alert(1)"}, 400, "invalid"),
        ({"avatar": "//evil.example/x"}, 400, "invalid"),
        ({"avatar": "https://shop.example/" + "x" * 200}, 400, "invalid"),
        ({"avatar": ["https://shop.example/"]}, 400, "invalid"),
        ({"clientData": 7}, 400, "invalid"),
        ({"clientData": ["a"]}, 400, "invalid"),
        ({"clientData": {"a": "b\x00"}}, 400, "invalid"),
        ({"clientData": {"a": "\ud800"}}, 400, "invalid"),
        ({"clientData": {"a": "x" * 4_000}}, 413, "too_large"),
        ({"userID": ""}, 400, "invalid"),
        ({"userID": None}, 400, "invalid"),
        ({"userID": ["alice"]}, 400, "invalid"),
        ({"userSig": None}, 400, "invalid"),
        ({"userSig": {"a": 1}}, 400, "invalid"),
        ({"userSig": ""}, 400, "invalid"),
        ({"userSig": "eJx"}, 401, "unauthorized"),
    ],
)
def test_what_cannot_be_taken_gets_a_code_and_changes_nothing(client, told, status, code):
    channel, secret = new_channel()
    before = VisitorToken.objects.count()
    refused(sign_in(client, channel, secret, **told), status, code)
    assert VisitorToken.objects.count() == before


def test_a_user_needs_a_channel_that_is_there(client):
    body = {"userID": "alice", "userSig": "eJx"}
    refused(ask(client, body | {"channel": "nobody"}), 404, "not_found")
    for channel in ({}, {"channel": None}, {"channel": ""}, {"channel": 7}):
        refused(ask(client, body | channel), 400, "invalid")


def test_a_profile_without_a_user_is_refused(client):
    channel, _secret = new_channel()
    text, _row = tokens.issue(channel)
    refused(ask(client, {"channel": channel.key, "nickname": "Alice"}), 400, "invalid")
    refused(ask(client, {"token": text, "clientData": {}}), 400, "invalid")


# --- Origins (X-5) ------------------------------------------------------------------------------------


def test_an_app_without_an_origin_needs_a_signed_user(client):
    channel, secret = new_channel(kind=ChannelKind.APP, account_id="@app_of_ours")
    sig = signer.user_sig("alice", secret)
    body = {"channel": "@app_of_ours", "userID": "alice", "userSig": sig}
    text = ask(client, body, origin="").json()["token"]
    assert ask(client, {"token": text}, origin="").json()["userID"] == "alice"
    refused(ask(client, {"channel": "@app_of_ours"}, origin=""), 403, "not_allowed")
    anonymous, _row = tokens.issue(channel)
    refused(ask(client, {"token": anonymous}, origin=""), 403, "not_allowed")
    refused(ask(client, body | {"userSig": "eJx"}, origin=""), 401, "unauthorized")
    # A page always has an origin, and one that is not listed stays out, whoever has signed.
    refused(ask(client, body, origin="https://evil.example"), 403, "not_allowed")
    refused(ask(client, body, origin="null"), 403, "not_allowed")


def test_a_website_channel_is_for_pages_only(client):
    channel, secret = new_channel()
    body = {"channel": channel.key, "userID": "alice", "userSig": signer.user_sig("alice", secret)}
    refused(ask(client, body, origin=""), 403, "not_allowed")


def test_own_user_interfaces_on_allowed_sites_may_read_the_answer(client):
    site = "https://shop.example"
    channel, secret = new_channel(allowed_sites=[site])
    body = {"channel": channel.key, "userID": "alice", "userSig": signer.user_sig("alice", secret)}
    answer = ask(client, body, origin=site)
    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (200, site)
    asked = {"origin": site, "access-control-request-method": "DELETE"}
    assert "DELETE" in client.options("/api/visitor/token", headers=asked)["Access-Control-Allow-Methods"]


def test_who_switches_the_language_hears_the_rest_of_the_session_in_it():
    channel = make.make_channel()
    text, row = tokens.issue(channel)
    customer = customers.ensure_customer(row, Origin(language="zh-hans"))
    session = make.make_session(customer, channel=channel)
    for language in ("en", ""):
        commands.standing(commands.identify(text, channel, Origin(language=language)), {})
        session.refresh_from_db()
        assert session.language == "en"
