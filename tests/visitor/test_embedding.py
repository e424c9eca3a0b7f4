"""What pages of other sites take from us, and who may (V-2, V-10, X-5)."""

import gzip
import re

import pytest

from apps.sessions.models import ChannelKind
from apps.visitor import widget
from tests import factories as make

pytestmark = pytest.mark.django_db

SITE = "https://shop.example.com"
OTHER = "https://other.example.com"


@pytest.fixture
def channel():
    return make.make_channel(allowed_sites=[SITE, "*"], launcher="headset", name="Kettles")


def test_a_listed_site_reads_how_the_launcher_looks(client, channel):
    answer = client.get(f"/chat/{channel.key}/look.json?lang=en", headers={"Origin": SITE})
    assert answer.headers["Access-Control-Allow-Origin"] == SITE
    assert "Access-Control-Allow-Credentials" not in answer.headers
    look = answer.json()
    assert (look["title"], look["icon"], look["words"]["open"]) == ("Kettles", "headset", "Open chat")
    assert "Origin" in answer.headers["Vary"]


@pytest.mark.parametrize("what", ["look", "part"])
@pytest.mark.parametrize("origin", [OTHER, "null", "https://shop.example.com.evil.example"])
def test_another_site_learns_only_that_it_is_not_listed(client, channel, what, origin):
    answer = client.get(f"/chat/{channel.key}/{what}.json?lang=en", headers={"Origin": origin})
    assert answer.status_code == 403
    assert answer.json() == {
        "code": "not_allowed",
        "detail": "This site is not on the channel's list of allowed sites.",
    }


@pytest.mark.parametrize("what", ["look", "part"])
def test_a_channel_that_is_none_or_off_is_told_so(client, channel, what):
    channel.is_active = False
    channel.save()
    answer = client.get(f"/chat/{channel.key}/{what}.json", headers={"Origin": SITE})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_pages_that_add_headers_to_every_call_are_let_through(client, channel):
    asked = {"Origin": SITE, "Access-Control-Request-Headers": "x-requested-with"}
    answer = client.options(f"/chat/{channel.key}/look.json", headers=asked)
    assert (answer.status_code, answer.headers["Access-Control-Allow-Headers"]) == (204, "x-requested-with")
    assert client.post(f"/chat/{channel.key}/look.json").status_code == 405


def test_the_component_finds_an_apps_channel_by_its_account(client):
    make.make_channel(
        key="app-one", kind=ChannelKind.APP, account_id="@my_app", allowed_sites=[SITE], name="Kettles"
    )
    part = client.get("/chat/@my_app/part.json?lang=en", headers={"Origin": SITE}).json()
    assert part["config"]["name"] == "Kettles"
    assert part["config"]["language"] == "en"
    assert "<section" in part["markup"]
    # Nothing in it may be fetched from the site that shows it.
    assert not re.search(r'(?:href|src)="/', part["markup"])
    assert [path.split("?")[0].rsplit("/", 1)[-1] for path in part["styles"]][-1] == "csdesk-chat.css"
    # The widget's look is for websites only.
    assert client.get("/chat/app-one/look.json", headers={"Origin": SITE}).status_code == 404


def test_the_widgets_parts_make_one_small_script_without_comments(client):
    answer = client.get("/widget.js")
    text = answer.content.decode()
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert text.count("class Widget {") == 1
    assert not re.search(r"^\s*(//|/\*\*)", text, re.MULTILINE)
    assert "max-age=300" in answer.headers["Cache-Control"]
    assert len(gzip.compress(text.encode())) < 15_000
    assert text == widget.script()
