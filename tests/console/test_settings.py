"""The pages of the settings, channels, groups and quick replies (M-2, R-4, T-5, X-5)."""

import re
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from apps.routing.settings import PresenceSettings, PromptSettings, ReceptionSettings
from apps.sessions.models import Channel, QuickReply
from apps.sessions.settings import ClosingSettings, RatingSettings
from apps.team import business
from apps.team.models import Membership, Role, SettingsVersion, SkillGroup, TrailDetail
from csdesk import realtime
from tests.factories import PASSWORD, make_channel, make_customer, make_group, make_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return make_member(Role.ADMINISTRATOR, serves=False)


@pytest.fixture
def browser(admin) -> Client:
    client = Client()
    client.cookies["django_language"] = "en"
    client.post("/login/", {"login": admin.account, "password": PASSWORD})
    return client


def filled(browser: Client, address: str) -> dict[str, str]:
    """What a browser would send of the form on this page, unchanged."""
    form = browser.get(address).context["form"]
    data = {}
    for bound in form:
        widget = bound.field.widget
        if hasattr(widget, "widgets_names"):
            parts = widget.decompress(bound.value())
            for suffix, part in zip(widget.widgets_names, parts, strict=True):
                if part is True:
                    data[bound.html_name + suffix] = "on"
                elif part is not False:
                    data[bound.html_name + suffix] = part
        elif bound.value() is True:
            data[bound.html_name] = "on"
        elif bound.value() is not False:
            data[bound.html_name] = bound.field.prepare_value(bound.value())
    return data


@pytest.mark.parametrize("section", [cls.name for cls in business.sections()])
def test_a_form_sent_unchanged_changes_nothing(browser, section):
    address = f"/console/settings/{section}/"
    answer = browser.post(address, filled(browser, address))
    assert answer.status_code == 302, answer.context["form"].errors
    assert not SettingsVersion.objects.filter(section=section).exists()


def test_settings_apply_at_once_and_say_who_saved_them(browser, admin):
    address = "/console/settings/reception/"
    data = filled(browser, address) | {"reception": "manual", "accept_seconds": "30"}
    answer = browser.post(address, data, follow=True)
    page = answer.content.decode()
    assert "It applies to what happens from now on" in page
    assert f"Version 1, saved by {admin.nickname}" in page
    read = business.read(ReceptionSettings)
    assert (read.reception, read.accept_seconds, read.version) == ("manual", 30, 1)
    detail = TrailDetail.objects.select_related("entry").order_by("entry_id").last()
    assert detail.entry.action == "settings.changed"
    assert detail.address == "127.0.0.1"
    assert detail.values["before"] == {"reception": "automatic", "accept_seconds": 20}
    assert detail.values["after"] == {"reception": "manual", "accept_seconds": 30}


@pytest.mark.parametrize(
    ("section", "changes", "field"),
    [
        ("reception", {"accept_seconds": "4"}, "accept_seconds"),
        ("reception", {"accept_seconds": "601"}, "accept_seconds"),
        ("reception", {"accept_seconds": ""}, "accept_seconds"),
        ("reception", {"accept_seconds": "1e9"}, "accept_seconds"),
        ("reception", {"accept_seconds": "９９９９９"}, "accept_seconds"),
        ("reception", {"reception": "telepathic"}, "reception"),
        ("queue", {"wait_seconds": "0"}, "wait_seconds"),
        ("flow", {"keywords": "x" * 61}, "keywords"),
        ("closing", {"reminder_seconds": "600"}, "reminder_seconds"),
        ("closing", {"flow_seconds": "0"}, "flow_seconds"),
        ("rating", {"valid_hours": "721"}, "valid_hours"),
    ],
)
def test_what_does_not_fit_is_refused_at_its_field(browser, section, changes, field):
    address = f"/console/settings/{section}/"
    answer = browser.post(address, filled(browser, address) | changes)
    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == [field]
    assert "Not saved yet" in answer.content.decode()
    assert not SettingsVersion.objects.filter(section=section).exists()


@pytest.mark.parametrize(
    "text", ["Hello ${Nobody}", "Hello ${}", "$(QueuePosition)", "${StaffName} ${staffname}"]
)
def test_an_unknown_name_in_the_words_is_refused_at_its_field(browser, text):
    address = "/console/settings/prompts/"
    answer = browser.post(address, filled(browser, address) | {"connected_en": text})
    errors = answer.context["form"].errors
    assert list(errors) == ["connected"]
    assert "${StaffName}, ${StaffNo}" in str(errors["connected"]).replace("&#x27;", "'")
    assert text in answer.context["form"]["connected"].value()


def test_words_are_saved_per_language_and_can_be_switched_off(browser):
    address = "/console/settings/prompts/"
    data = filled(browser, address) | {"welcome_en": "Hi <b>you</b>", "welcome_zh-hans": "欢迎"}
    data.pop("queueing_enabled")
    assert browser.post(address, data).status_code == 302
    read = business.read(PromptSettings)
    assert read.welcome.text("en") == "Hi <b>you</b>"
    assert read.welcome.text("zh-hans") == "欢迎"
    assert read.queueing.text("en") == ""
    page = browser.get(address).content.decode()
    assert "Hi &lt;b&gt;you&lt;/b&gt;" in page
    assert "<b>you</b>" not in page


def test_the_other_spellings_are_kept_as_one(browser):
    address = "/console/settings/prompts/"
    browser.post(address, filled(browser, address) | {"connected_en": "I am $(StaffName), no. $StaffNo"})
    assert business.read(PromptSettings).connected.text("en") == "I am ${StaffName}, no. ${StaffNo}"


def test_words_that_are_needed_cannot_be_emptied_or_switched_off(browser):
    address = "/console/settings/rating/"
    empty = {"invitation_en": "", "invitation_zh-hans": " "}
    answer = browser.post(address, filled(browser, address) | empty)
    assert list(answer.context["form"].errors) == ["invitation"]
    assert business.read(RatingSettings).invitation.text("en")


def test_the_preview_shows_the_names_filled_in(browser):
    page = browser.get("/console/settings/prompts/").content.decode()
    assert "You are now talking to Lin Xiaowen (no. 00790)." in re.sub(r"\s+", " ", page)


def test_who_saves_second_is_told_and_nothing_is_overwritten(browser, admin):
    address = "/console/settings/closing/"
    mine = filled(browser, address) | {"reply_seconds": "500"}
    business.save(ClosingSettings, {"reply_seconds": 400}, admin)
    answer = browser.post(address, mine)
    assert answer.status_code == 409
    assert "Somebody else has saved" in answer.content.decode()
    assert business.current(ClosingSettings).reply_seconds == 400


def test_two_who_change_different_things_lose_nothing(browser, admin):
    address = "/console/settings/closing/"
    mine = filled(browser, address) | {"flow_seconds": "900"}
    business.save(ClosingSettings, {"reply_seconds": 400}, admin)
    form = browser.post(address, mine).context["form"]
    assert (form["reply_seconds"].value(), form["flow_seconds"].value()) == (400, 900)
    assert not form.theirs
    again = mine | {"reply_seconds": "400", "version": str(form["version"].value())}
    assert browser.post(address, again).status_code == 302
    saved = business.current(ClosingSettings)
    assert (saved.reply_seconds, saved.flow_seconds) == (400, 900)


def test_where_both_changed_the_same_theirs_stands_beside(browser, admin):
    address = "/console/settings/reception/"
    mine = filled(browser, address) | {"reception": "manual", "accept_seconds": "30"}
    business.save(ReceptionSettings, {"accept_seconds": 40}, admin)
    answer = browser.post(address, mine)
    form = answer.context["form"]
    assert (form["reception"].value(), form["accept_seconds"].value()) == ("manual", 30)
    assert [one["value"] for one in form.theirs] == ["40"]
    assert "<strong>Accept time-out</strong>: 40" in answer.content.decode()


@pytest.mark.parametrize(("language", "first"), [("en", "Meal"), ("zh-hans", "用餐")])
def test_the_usual_reasons_for_a_break_are_in_the_readers_language(browser, language, first):
    browser.cookies["django_language"] = language
    data = filled(browser, "/console/settings/presence/")
    assert data["rest_reasons"].splitlines()[0] == first
    data["rest_reasons"] += "\n喂猫"
    browser.post("/console/settings/presence/", data)
    assert business.read(PresenceSettings).rest_reasons == ("meal", "training", "meeting", "rest", "喂猫")


def test_a_default_is_named_only_where_the_value_is_another(browser):
    address = "/console/settings/reception/"
    assert "Default:" not in browser.get(address).content.decode()
    browser.post(address, filled(browser, address) | {"accept_seconds": "30"})
    page = browser.get(address).content.decode()
    assert page.count("Default:") == 1
    assert "Default: 20" in page


def test_a_switch_has_words_for_both_ways_it_can_stand(browser):
    page = browser.get("/console/settings/rating/").content.decode()
    switch = re.search(r'<label class="switch">.*?</label>', page, re.S)[0]
    assert 'aria-labelledby="label-is_on"' in switch
    assert re.findall(r'<span class="(when-\w+)">(\w+)</span>', switch) == [
        ("when-on", "On"),
        ("when-off", "Off"),
    ]


def test_times_are_those_of_the_readers_clock(browser, admin):
    address = "/console/settings/reception/"
    business.save(ReceptionSettings, {"accept_seconds": 31}, admin)
    saved_at = SettingsVersion.objects.get(section="reception").saved_at
    for zone in ("Pacific/Auckland", "America/Lima"):
        browser.cookies["csdesk-zone"] = zone
        page = browser.get(address).content.decode()
        assert f"at {saved_at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}" in page
        assert f'data-zone="{zone}"' in page
    assert "records/zone.js" in page


def test_an_unknown_section_is_not_there(browser):
    assert browser.get("/console/settings/nothing/").status_code == 404
    assert browser.post("/console/settings/nothing/").status_code == 404


# --- channels ---


def channel(**changes) -> dict:
    return {
        "name": "Shop",
        "kind": "website",
        "key": "shop-1",
        "account_id": "",
        "avatar": "",
        "is_active": "on",
        "allowed_sites": "https://shop.example.com\nHTTPS://Two.Example.com:8443/\n",
        "colour": "#0b6883",
        "position": "right",
        "greeting": "",
        **changes,
    }


def test_a_channel_is_made_with_its_embed_code(browser):
    assert browser.post("/console/service_sessions/channel/add/", channel()).status_code == 302
    made = Channel.objects.get(key="shop-1")
    assert made.allowed_sites == ["https://shop.example.com", "https://two.example.com:8443"]
    page = browser.get(f"/console/service_sessions/channel/{made.pk}/change/").content.decode()
    assert "/widget.js&quot; data-channel=&quot;shop-1&quot; async&gt;" in page
    entry = TrailDetail.objects.select_related("entry").get(entry__action="channel.added")
    assert entry.values["after"]["key"] == "shop-1"


@pytest.mark.parametrize(
    "site",
    [
        "shop.example.com",
        "ftp://shop.example.com",
        "https://shop.example.com/path",
        "https://*.example.com",
        "https://shop.example.com; script-src *",
        "https://a b.example.com",
        "https://user:pw@shop.example.com",
        "https://shop.example.com?x=1",
        "https://shop.example.com:99999",
        "'self'",
        "*",
        "https://" + "a" * 300 + ".com",
        "https://[::1",
    ],
)
def test_a_site_that_is_no_origin_is_refused(browser, site):
    answer = browser.post("/console/service_sessions/channel/add/", channel(allowed_sites=site))
    assert answer.status_code == 200
    assert "allowed_sites" in answer.context["adminform"].form.errors
    assert not Channel.objects.filter(key="shop-1").exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"key": "no blanks"}, "key"),
        ({"colour": "red; background: url(x)"}, "colour"),
        ({"colour": "#0b688"}, "colour"),
        ({"avatar": "https://evil.example/a.png"}, "avatar"),
        ({"avatar": "//evil.example/a.png"}, "avatar"),
        ({"avatar": "javascript:alert(1)"}, "avatar"),
        ({"kind": "app", "account_id": "no-at-sign"}, "account_id"),
        ({"kind": "fax"}, "kind"),
        ({"position": "top"}, "position"),
        ({"greeting": "x" * 121}, "greeting"),
    ],
)
def test_a_channel_that_does_not_fit_is_refused_at_its_field(browser, changes, field):
    answer = browser.post("/console/service_sessions/channel/add/", channel(**changes))
    assert field in answer.context["adminform"].form.errors


def test_a_key_stays_what_it_is(browser):
    made = make_channel()
    browser.post(f"/console/service_sessions/channel/{made.pk}/change/", channel(key="other", name="Renamed"))
    key = made.key
    made.refresh_from_db()
    assert (made.key, made.name) == (key, "Renamed")


def test_a_channel_with_customers_is_not_deleted(browser):
    used, unused = make_channel(), make_channel()
    make_customer(used)
    page = browser.post(f"/console/service_sessions/channel/{used.pk}/delete/", {"post": "yes"})
    assert "still used" in page.content.decode()
    browser.post(f"/console/service_sessions/channel/{unused.pk}/delete/", {"post": "yes"})
    assert Channel.objects.filter(pk=used.pk).exists()
    assert not Channel.objects.filter(pk=unused.pk).exists()


# --- groups ---


def group(**changes) -> dict:
    return {
        "name": "Night shift",
        "reception": "",
        "memberships-TOTAL_FORMS": "0",
        "memberships-INITIAL_FORMS": "0",
        **changes,
    }


def test_a_group_is_made_with_members_and_own_settings(browser):
    member = make_member(Role.SUPERVISOR)
    data = group(
        **{
            "reception": "manual",
            "accept_seconds": "25",
            "memberships-TOTAL_FORMS": "1",
            "memberships-0-member": str(member.pk),
            "memberships-0-priority": "1",
            "memberships-0-supervises": "on",
        }
    )
    assert browser.post("/console/team/skillgroup/add/", data).status_code == 302
    made = SkillGroup.objects.get(name="Night shift")
    assert (made.reception, made.accept_seconds, made.session_cap) == ("manual", 25, None)
    row = made.memberships.get()
    assert (row.member, row.priority, row.supervises) == (member, 1, True)
    listing = browser.get("/console/team/skillgroup/").content.decode()
    assert "Night shift" in listing
    entry = TrailDetail.objects.get(entry__action="group.added")
    assert entry.values["after"]["members"] == [
        {"member": member.nickname, "priority": 1, "supervises": True}
    ]


def test_changed_members_of_a_group_are_in_the_trail(browser):
    made, member = make_group(), make_member()
    row = Membership.objects.create(group=made, member=member)
    data = group(
        **{
            "name": made.name,
            "memberships-TOTAL_FORMS": "1",
            "memberships-INITIAL_FORMS": "1",
            "memberships-0-id": str(row.pk),
            "memberships-0-member": str(member.pk),
            "memberships-0-priority": "5",
        }
    )
    assert browser.post(f"/console/team/skillgroup/{made.pk}/change/", data).status_code == 302
    values = TrailDetail.objects.get(entry__action="group.changed").values
    assert values["before"]["members"][0]["priority"] == 3
    assert values["after"]["members"][0]["priority"] == 5


def test_the_desks_of_those_whose_groups_change_are_told_and_no_others(browser, monkeypatch):
    told = []
    monkeypatch.setattr(realtime, "control", lambda to, order: told.append((to, order["op"])))
    team = make_group(name="Night shift")
    stays, goes = (make_member(groups=[team]) for _ in range(2))
    comes = make_member()
    rows = {row.member_id: row.pk for row in Membership.objects.filter(group=team)}
    data = group(**{"memberships-TOTAL_FORMS": "3", "memberships-INITIAL_FORMS": "2"})
    for n, member in enumerate([stays, goes, comes]):
        data[f"memberships-{n}-member"] = str(member.pk)
        data[f"memberships-{n}-id"] = str(rows.get(member.pk, ""))
        data[f"memberships-{n}-group"] = str(team.pk)
        data[f"memberships-{n}-priority"] = "3"
    data["memberships-1-DELETE"] = "on"
    answer = browser.post(f"/console/team/skillgroup/{team.pk}/change/", data)
    assert answer.status_code == 302
    assert sorted(told) == sorted((realtime.member(one.pk), "groups") for one in (goes, comes))


def test_a_member_stands_in_a_group_once(browser):
    member = make_member()
    rows = {
        f"memberships-{number}-{name}": value
        for number in range(2)
        for name, value in {"member": str(member.pk), "priority": "3"}.items()
    }
    answer = browser.post("/console/team/skillgroup/add/", group(**{**rows, "memberships-TOTAL_FORMS": "2"}))
    assert answer.status_code == 200
    assert not SkillGroup.objects.filter(name="Night shift").exists()


def test_the_member_count_leaves_out_deleted_members(browser):
    made = make_group()
    make_member(groups=[made])
    gone = make_member(groups=[made])
    from csdesk import clock

    gone.deleted_at = clock.now()
    gone.save()
    listing = browser.get("/console/team/skillgroup/").content.decode()
    assert re.search(rf'field-name"><a[^>]*/{made.pk}/.*?field-member_count">1<', listing, re.S)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"accept_seconds": "4"}, "accept_seconds"),
        ({"member_limit": "0"}, "member_limit"),
        ({"wait_seconds": "9"}, "wait_seconds"),
        ({"queue_limit": "-1"}, "queue_limit"),
        ({"reception": "x"}, "reception"),
    ],
)
def test_a_group_that_does_not_fit_is_refused_at_its_field(browser, changes, field):
    answer = browser.post("/console/team/skillgroup/add/", group(**changes))
    assert field in answer.context["adminform"].form.errors


# --- quick replies ---


def test_shared_replies_are_edited_and_personal_ones_are_not_shown(browser):
    personal = QuickReply.objects.create(owner=make_member(), title="Mine alone", text="x")
    data = {
        "category": "Greetings",
        "title": "Hello",
        "text": "Hi ${CustomerName}",
        "language": "en",
        "position": "1",
    }
    assert browser.post("/console/service_sessions/quickreply/add/", data).status_code == 302
    made = QuickReply.objects.get(title="Hello")
    assert made.owner is None
    listing = browser.get("/console/service_sessions/quickreply/").content.decode()
    assert "Hello" in listing
    assert "Mine alone" not in listing
    assert browser.get(f"/console/service_sessions/quickreply/{personal.pk}/change/").status_code == 302
    chosen = {"action": "delete_selected", "_selected_action": [made.pk, personal.pk]}
    assert "Hello" in browser.post("/console/service_sessions/quickreply/", chosen).content.decode()
    browser.post("/console/service_sessions/quickreply/", {**chosen, "post": "yes"})
    assert list(QuickReply.objects.values_list("pk", flat=True)) == [personal.pk]
    assert TrailDetail.objects.filter(entry__action="quick_reply.deleted").count() == 1


@pytest.mark.parametrize(
    "changes", [{"title": ""}, {"text": ""}, {"text": "x" * 5001}, {"language": "xx"}, {"position": "-1"}]
)
def test_a_reply_that_does_not_fit_is_refused(browser, changes):
    data = {"category": "", "title": "T", "text": "t", "language": "", "position": "0", **changes}
    answer = browser.post("/console/service_sessions/quickreply/add/", data)
    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors
