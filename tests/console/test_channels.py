"""Channels in the console (V-3): what is copied; secrets shown to administrators only, on demand (X-6)."""

import io
import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from apps.sessions import signing_secrets
from apps.sessions.admin.channel_form import ChannelForm
from apps.sessions.admin.channels import ICONS, ChannelAdmin
from apps.sessions.models import Channel
from apps.team.models import Role, TrailDetail
from csdesk import clock
from tests.factories import PASSWORD, make_channel, make_member

pytestmark = pytest.mark.django_db
LIST = "/console/service_sessions/channel/"
DEFAULT = "@default_customer_service_account"


def signed_in(role: str = Role.ADMINISTRATOR) -> Client:
    browser = Client()
    browser.cookies["django_language"] = "en"
    member = make_member(role)
    assert browser.post("/login/", {"login": member.account, "password": PASSWORD}).status_code == 302
    return browser


@pytest.fixture
def browser() -> Client:
    return signed_in()


def pages_of(channel: Channel) -> tuple[str, str]:
    return f"{LIST}{channel.pk}/change/", f"{LIST}{channel.pk}/secrets/"


def fields(**changes) -> dict:
    return {
        "name": "Shop",
        "kind": "website",
        "is_active": "on",
        "colour": "#0b6883",
        "position": "right",
    } | changes


def shown_secrets(page: str) -> list[str]:
    return re.findall(r"<code class=\"code\">([0-9a-f]{64})</code>", page)


def test_a_website_needs_no_more_than_its_name(browser, settings):
    settings.CSDESK_BASE_URL = "https://desk.example.com"
    assert browser.post(f"{LIST}add/?kind=website", fields(name="My Shop")).status_code == 302
    made = Channel.objects.get(name="My Shop")
    assert (made.key, made.account_id, made.launcher) == ("my-shop", "", "chat")
    page = browser.get(pages_of(made)[0]).content.decode()
    assert 'data-copy="https://desk.example.com/chat/my-shop/"' in page
    assert "data-channel=&quot;my-shop&quot;" in page
    # The QR code is drawn into the page: nothing is fetched from anywhere.
    assert re.search(r'<span class="qr-code"[^>]*><svg[^>]*>.*<path', page, re.S)
    assert not re.search(r"(src|href)=\"https?://(?!desk\.example\.com)", page)


def test_names_that_make_no_key_or_one_that_is_taken_get_one_of_their_own(browser):
    for _ in range(2):
        assert browser.post(f"{LIST}add/", fields(name="山禾器物", key="")).status_code == 302
        assert browser.post(f"{LIST}add/", fields(name="Twice", key="")).status_code == 302
    keys = list(Channel.objects.values_list("key", flat=True))
    assert len(set(keys)) == 4
    assert all(re.fullmatch(r"[a-z0-9-]+", key) for key in keys)


def test_the_first_app_has_the_account_that_user_interfaces_look_for(browser):
    for name in ("One", "Two"):
        assert browser.post(f"{LIST}add/?kind=app", fields(name=name, kind="app")).status_code == 302
    accounts = dict(Channel.objects.values_list("name", "account_id"))
    assert accounts == {"One": DEFAULT, "Two": "@two"}
    page = browser.get(pages_of(Channel.objects.get(name="One"))[0]).content.decode()
    assert f'data-copy="{DEFAULT}"' in page
    assert 'data-copy="1400000000"' in page
    assert "Service account&#x27;s name" in page
    assert "widget.js" not in page


def test_the_launchers_icon_is_one_of_ours(browser):
    shop = make_channel()
    change = pages_of(shop)[0]
    assert browser.post(change, fields(launcher="headset")).status_code == 302
    shop.refresh_from_db()
    assert shop.launcher == "headset"
    assert "launcher" in browser.post(change, fields(launcher="skull")).context["adminform"].form.errors


def test_secrets_are_made_by_us_shown_on_demand_and_in_the_trail(browser, caplog):
    shop = make_channel()
    change, secrets = pages_of(shop)
    page = browser.get(change).content.decode()
    assert "None yet" in page
    assert "Make a secret" in page and "Show or change" not in page
    made = browser.post(secrets, {"do": "make"})
    [first] = shown_secrets(made.content.decode())
    assert "no-store" in made["Cache-Control"]
    # A look at the page shows nothing; asking does.
    assert shown_secrets(browser.get(secrets).content.decode()) == []
    assert shown_secrets(page := browser.get(change).content.decode()) == []
    assert "Show or change" in page
    assert shown_secrets(browser.post(secrets, {"do": "show"}).content.decode()) == [first]
    [second, former] = shown_secrets(browser.post(secrets, {"do": "make"}).content.decode())
    assert former == first != second
    assert shown_secrets(browser.post(secrets, {"do": "drop"}).content.decode()) == [second]
    shop.refresh_from_db()
    assert signing_secrets.current(shop) == [second]
    entries = TrailDetail.objects.filter(entry__object_type="channel").order_by("entry__number")
    assert [one.entry.action for one in entries.select_related("entry")] == [
        "channel.secret_made",
        "channel.secrets_viewed",
        "channel.secret_made",
        "channel.secret_ended",
    ]
    everywhere = caplog.text + str(list(entries.values_list("values", flat=True)))
    assert first not in everywhere
    assert second not in everywhere


def test_what_is_not_done_shows_nothing_and_makes_no_entry(browser):
    shop = make_channel()
    signing_secrets.make_another(shop)
    page = browser.post(pages_of(shop)[1], {"do": "drop"}).content.decode()
    assert "There is no former secret." in page
    for asked in ("", "steal", "SHOW"):
        assert shown_secrets(browser.post(pages_of(shop)[1], {"do": asked}).content.decode()) == []
    assert not TrailDetail.objects.filter(entry__object_type="channel").exists()


def test_without_a_written_entry_nothing_is_shown(browser, monkeypatch):
    shop = make_channel()
    secret = signing_secrets.make_another(shop)

    def full(*_args, **_kwargs):
        raise OSError("the trail cannot be written")

    monkeypatch.setattr("apps.sessions.admin.channel_secrets.trail.append", full)
    with pytest.raises(OSError, match="trail"):
        browser.post(pages_of(shop)[1], {"do": "make"})
    shop.refresh_from_db()
    assert signing_secrets.current(shop) == [secret]


def test_secrets_ask_for_the_password_after_a_while(browser, monkeypatch):
    shop = make_channel()
    signing_secrets.make_another(shop)
    real = clock.now
    monkeypatch.setattr(clock, "now", lambda: real() + timedelta(minutes=16))
    page = pages_of(shop)[1]
    for password, wrong in (
        ("", "Type your own password"),
        ("another", "This is not your current password."),
    ):
        answer = browser.post(page, {"do": "show", "confirmation": password}).content.decode()
        assert shown_secrets(answer) == []
        assert wrong in answer
    assert shown_secrets(browser.post(page, {"do": "show", "confirmation": PASSWORD}).content.decode())


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.AGENT])
def test_only_administrators_come_near_a_secret(role):
    shop = make_channel()
    secret = signing_secrets.make_another(shop)
    someone = signed_in(role)
    for asked in (
        someone.get(pages_of(shop)[1]),
        *[someone.post(pages_of(shop)[1], {"do": what}) for what in ("show", "make", "drop")],
    ):
        assert asked.status_code == 403
        assert secret not in asked.content.decode()
    anonymous = Client().post(pages_of(shop)[1], {"do": "show"})
    assert anonymous.status_code == 302
    shop.refresh_from_db()
    assert signing_secrets.current(shop) == [secret]
    assert signed_in().get(f"{LIST}999999/secrets/").status_code == 403


def test_a_form_cannot_set_a_secret(browser):
    shop = make_channel()
    secret = signing_secrets.make_another(shop)
    browser.post(pages_of(shop)[0], fields(secret_1="known", secret_2="known"))
    shop.refresh_from_db()
    assert signing_secrets.current(shop) == [secret]
    answer = browser.get(f"{LIST}?secret_1__startswith=1")
    assert answer.status_code in (302, 400)


def test_an_uploaded_picture_is_made_anew_and_served_by_us(browser):
    shop = make_channel()
    change, _secrets = pages_of(shop)
    assert browser.post(change, fields(avatar_file=picture())).status_code == 302
    shop.refresh_from_db()
    assert re.fullmatch(r"/pictures/answers/[0-9a-f-]{36}/", shop.avatar)
    shown = Client().get(shop.avatar)
    assert shown.status_code == 200
    assert shown["Content-Type"].startswith("image/")
    # Saved again without a file it stays; taken away it is gone.
    assert browser.post(change, fields(avatar=shop.avatar)).status_code == 302
    kept = shop.avatar
    shop.refresh_from_db()
    assert shop.avatar == kept
    assert f'src="{kept}"' in browser.get(change).content.decode()
    assert f'src="{kept}"' in browser.get(LIST).content.decode()
    assert browser.post(change, fields(avatar=kept, avatar_clear="1")).status_code == 302
    shop.refresh_from_db()
    assert shop.avatar == ""


@pytest.mark.parametrize("content", [b"", b"no picture at all", b"<svg xmlns='http://www.w3.org/2000/svg'/>"])
def test_what_is_no_picture_is_refused_at_its_field(browser, content):
    shop = make_channel()
    bad = SimpleUploadedFile("face.png", content, content_type="image/png")
    answer = browser.post(pages_of(shop)[0], fields(avatar_file=bad, name="Changed"))
    assert "avatar" in answer.context["adminform"].form.errors
    shop.refresh_from_db()
    assert (shop.name, shop.avatar) == ("Shop", "")


def picture() -> SimpleUploadedFile:
    content = io.BytesIO()
    Image.new("RGB", (40, 40), "#b08a63").save(content, "PNG")
    return SimpleUploadedFile("face.png", content.getvalue(), content_type="image/png")


def test_the_instructions_have_all_there_is_to_copy(browser, settings):
    settings.CSDESK_BASE_URL = "https://desk.example.com"
    site = make_channel(allowed_sites=["https://shop.example.com"])
    app = make_channel(kind="app", account_id="@face_account")
    page = browser.get(f"{LIST}{site.pk}/guide/").content.decode()
    assert f'data-copy="https://desk.example.com/chat/{site.key}/"' in page
    assert f"data-channel=&quot;{site.key}&quot;" in page
    assert "<code>https://shop.example.com</code>" in page
    page = browser.get(f"{LIST}{app.pk}/guide/").content.decode()
    assert 'data-copy="@face_account"' in page
    assert "conversation=&quot;C2C@face_account&quot;" in page
    assert "widget.js" not in page
    assert browser.get(f"{LIST}999999/guide/").status_code == 403
    for role in (Role.SUPERVISOR, Role.AGENT):
        assert signed_in(role).get(f"{LIST}{site.pk}/guide/").status_code == 403


def test_the_list_leads_to_the_form_and_the_instructions(browser):
    app = make_channel(kind="app", account_id="@list_account")
    page = browser.get(LIST).content.decode()
    assert 'data-copy="@list_account"' in page
    assert f'href="{pages_of(app)[0]}"' in page
    assert f'href="{LIST}{app.pk}/guide/"' in page


def test_the_preview_draws_what_the_widget_draws():
    drawn = (settings.BASE_DIR / "static/visitor/widget/drawing.js").read_text()
    joined = re.sub(r'"\s*\+\s*"', "", drawn)
    assert {name for name, _path in ICONS} == set(dict(Channel._meta.get_field("launcher").choices))
    for name, path in ICONS:
        assert re.search(rf'{name}:\s*"{re.escape(path)}"', joined), name


def bare_app(**changes) -> dict:
    """What the form of an app posts: it shows nothing of the window's look."""
    return {"name": "App", "kind": "app", "key": "", "account_id": "", "is_active": "on"} | changes


def test_an_app_needs_no_look_to_be_added_and_changed(browser):
    answer = browser.post(f"{LIST}add/?kind=app", bare_app(name="Shop app"))
    assert answer.status_code == 302
    app = Channel.objects.get(name="Shop app")
    changed = {"name": "Our app", "account_id": app.account_id, "is_active": "on"}
    assert browser.post(pages_of(app)[0], changed).status_code == 302
    app.refresh_from_db()
    assert (app.name, app.kind, app.account_id) == ("Our app", "app", DEFAULT)


def test_an_app_whose_account_is_emptied_gets_one_again(browser):
    app = make_channel(kind="app", account_id="@old")
    assert browser.post(pages_of(app)[0], bare_app()).status_code == 302
    app.refresh_from_db()
    assert app.account_id == DEFAULT


def test_a_channels_kind_stays_as_it_was_made(browser):
    site = make_channel()
    page = browser.get(pages_of(site)[0]).content.decode()
    assert 'name="kind"' not in page and "Website" in page
    assert browser.post(pages_of(site)[0], fields(kind="app")).status_code == 302
    app = make_channel(kind="app", account_id="@stays")
    assert browser.post(pages_of(app)[0], bare_app(kind="website", account_id="@stays")).status_code == 302
    site.refresh_from_db()
    app.refresh_from_db()
    assert (site.kind, app.kind) == ("website", "app")
    assert Client().get(f"/chat/{site.key}/").status_code == 200


def test_what_is_wrong_with_a_field_that_is_not_shown_is_said(browser, monkeypatch):
    def clean(form) -> dict:
        form.add_error("account_id", "The account is a bad one.")
        return form.cleaned_data

    monkeypatch.setattr(ChannelForm, "clean", clean)
    monkeypatch.setattr(ChannelAdmin, "get_form", lambda *_args, **_kwargs: ChannelForm)
    site = make_channel()
    page = browser.post(pages_of(site)[0], fields(key=site.key)).content.decode()
    assert "Not saved yet" in page
    assert "The account is a bad one." in page
