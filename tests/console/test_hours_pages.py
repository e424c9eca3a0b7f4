"""The pages of working hours and allocation: forms, calendar, previews, groups' own (M-2, R-16, R-5b)."""

import re

import pytest
from django.test import Client

from apps.routing import hours
from apps.routing.settings import AllocationSettings, HoursSettings, PromptSettings
from apps.sessions.settings import MessageSettings, RatingSettings
from apps.team import business
from apps.team.models import Role, SettingsVersion, SkillGroup
from tests.console.test_settings import filled
from tests.factories import PASSWORD, make_group, make_member

pytestmark = pytest.mark.django_db
HOURS = "/console/settings/hours/"
WEEK = {f"week_{day}": "9-12, 13-18" for day in range(5)} | {"week_5": "20-2", "week_6": ""}


def signed_in(role: str) -> Client:
    client = Client()
    client.cookies["django_language"] = "en"
    client.post("/login/", {"login": make_member(role).account, "password": PASSWORD})
    return client


@pytest.fixture
def browser() -> Client:
    return signed_in(Role.ADMINISTRATOR)


def typed(**changes) -> dict:
    return {"version": "0", "is_on": "on", "zone": "Asia/Shanghai"} | WEEK | changes


def test_hours_are_saved_as_they_were_meant_and_stand_in_the_form_again(browser):
    days = {
        "days_first": ["2031-10-01", "", "2031-09-28"],
        "days_last": ["2031-10-07", "", ""],
        "days_intervals": ["", "", "9-18"],
        "days_name": ["National Day", "", "Instead"],
    }
    assert browser.post(HOURS, typed(**days)).status_code == 302
    saved = business.current(HoursSettings)
    assert business.to_json(saved)["week"][0] == ["09:00-12:00", "13:00-18:00"]
    assert business.to_json(saved)["week"][5] == ["20:00-02:00"]
    assert [(one.name, len(list(one.days()))) for one in saved.days] == [("Instead", 1), ("National Day", 7)]
    page = browser.get(HOURS).content.decode()
    assert 'value="09:00-12:00, 13:00-18:00"' in page
    assert 'value="2031-10-07"' in page and 'value="National Day"' in page


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"week_1": "9-6-5"}, "week", "Tuesday: “9-6-5” is no interval."),
        ({"week_1": "9-12, 11-13"}, "week", "Tuesday: 09:00-12:00 and 11:00-13:00 overlap."),
        ({f"week_{day}": "" for day in range(7)}, "week", "never be open"),
        ({"zone": "Nowhere"}, "zone", "no such time zone"),
        ({"days_first": ["2031-13-01"]}, "days", "is no date"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field_and_stays_in_the_form(browser, changes, field, words):
    rows = {"days_first": [""], "days_last": [""], "days_intervals": [""], "days_name": [""]}
    answer = browser.post(HOURS, typed(**rows | changes))
    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == [field]
    page = answer.content.decode()
    assert words in page
    assert all(f'value="{text}"' in page for value in changes.values() for text in value if len(text) > 3)
    assert not SettingsVersion.objects.filter(section="hours").exists()


def marked(page: str) -> list[str]:
    """The names of the boxes that are marked as wrong."""
    boxes = re.findall(r"<(?:input|textarea|select)[^>]*aria-invalid[^>]*>", page)
    return [re.search(r'name="([^"]+)"', box)[1] for box in boxes]


def test_every_wrong_day_is_named_and_marked_and_no_other(browser):
    answer = browser.post(HOURS, typed(week_1="9-6-5", week_4="nine"))
    page = answer.content.decode()
    assert marked(page) == ["week_1", "week_4"]
    assert "Tuesday: “9-6-5” is no interval." in page
    assert "Friday: “nine” is no interval." in page


def test_of_words_the_language_that_is_wrong_is_marked_and_told_beneath(browser):
    address = "/console/settings/prompts/"
    data = filled(browser, address) | {"welcome_en": "Hi ${Who}", "connected_zh-hans": "${Who}好"}
    page = browser.post(address, data).content.decode()
    assert marked(page) == ["welcome_en", "connected_zh-hans"]
    [told] = re.findall(r'id="id_welcome_[^"]+-wrong">.*?</p>', page, re.S)
    assert "${Who} means nothing here: these words hold no names that are filled in." in told
    assert page.count("${Who} is not known here. Possible: ${StaffName}") == 1
    assert "none" not in re.findall(r"Possible: ([^<]*)\.", page)


def test_a_contradiction_is_told_along_with_what_else_is_wrong(browser):
    """But not one that what is wrong has to do with: nobody knows yet whether it is one."""
    address = "/console/settings/messages/"
    data = filled(browser, address) | {
        "customer_recalls": "on",
        "recall_seconds": "0",
        "daily_megabytes": "x",
    }
    errors = browser.post(address, data).context["form"].errors
    assert set(errors) == {"daily_megabytes", "customer_recalls"}
    data |= {"recall_seconds": "x"}
    errors = browser.post(address, data).context["form"].errors
    assert set(errors) == {"daily_megabytes", "recall_seconds"}


def bars(page: str) -> list[list[tuple[float, float]]]:
    """The open parts of each day in the picture, in quarters of an hour."""
    found = []
    for day in re.findall(r'<svg class="calendar-hours".*?</svg>', page, re.S):
        parts = re.findall(r'class="open" x="([\d.]+)" width="([\d.]+)"', day)
        found.append([(float(x), float(width)) for x, width in parts])
    return found


def test_the_calendar_shows_what_is_typed_before_it_is_saved(browser):
    page = browser.post(HOURS + "preview/", typed(week_0="9-12")).content.decode()
    shown = bars(page)
    assert len(shown) == 35
    assert shown[0] == [(36.0, 12.0)]
    # From 20:00, and what is left of it after midnight.
    assert (shown[5], shown[6]) == ([(80.0, 16.0)], [(0.0, 8.0)])
    assert not SettingsVersion.objects.filter(section="hours").exists()


def test_what_does_not_fit_leaves_the_picture_as_it_was(browser):
    page = browser.post(HOURS + "preview/", typed(week_0="nonsense")).content.decode()
    assert bars(page)[0] == [(36.0, 36.0)]


def test_the_picture_can_be_read_aloud(browser):
    page = browser.post(HOURS + "preview/", typed()).content.decode()
    assert re.search(r'aria-label="Mon \d{4}-\d\d-\d\d: 09:00-12:00, 13:00-18:00"', page)


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.AGENT])
def test_only_administrators_see_and_change_them(role):
    client, group = signed_in(role), make_group()
    for address in (HOURS, f"/console/groups/{group.pk}/hours/"):
        assert client.get(address).status_code == 403
        assert client.post(address, typed()).status_code == 403
        assert client.post(address + "preview/", typed()).status_code == 403


# --- A group's own ---------------------------------------------------------------------------------


def test_a_group_gets_hours_of_its_own_and_gives_them_back(browser):
    group = make_group()
    address = f"/console/groups/{group.pk}/hours/"
    assert browser.get(f"/console/team/skillgroup/{group.pk}/change/").content.decode().count(address) == 1
    assert "As for all groups" in browser.get(address).content.decode()
    assert browser.post(address, typed(whose="own", week_0="8-9")).status_code == 302
    group.refresh_from_db()
    assert str(hours.own_rules(group).week[0][0]) == "08:00-09:00"
    form = browser.get(address).context["form"]
    again = typed(whose="common", version=str(form["version"].value()))
    assert browser.post(address, again).status_code == 302
    group.refresh_from_db()
    assert group.hours is None


def test_hours_that_do_not_fit_are_refused_and_nothing_is_saved(browser):
    group = make_group()
    answer = browser.post(f"/console/groups/{group.pk}/hours/", typed(whose="own", week_0="late"))
    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == ["week"]
    group.refresh_from_db()
    assert group.hours is None


def test_who_saves_a_groups_hours_second_is_told(browser):
    group = make_group()
    address = f"/console/groups/{group.pk}/hours/"
    browser.post(address, typed(whose="own"))
    answer = browser.post(address, typed(whose="own", week_0="8-9"))
    assert answer.status_code == 400
    assert "Somebody else has saved" in answer.content.decode()
    group.refresh_from_db()
    assert str(hours.own_rules(group).week[0][0]) == "09:00-12:00"


def test_a_group_that_is_not_there_has_no_page(browser):
    assert browser.get("/console/groups/999999/hours/").status_code == 404


# --- Previews and checks of other sections ---------------------------------------------------------


def test_the_menu_is_previewed_as_customers_would_get_it(browser):
    first, second = make_group(name="Aaa"), make_group(name="Bbb")
    address = "/console/settings/allocation/"
    data = filled(browser, address) | {
        "strategy": "chosen",
        "groups": [str(first.pk), str(second.pk)],
        "is_numbered": "on",
        "menu_words_en": "Whom do you need?",
    }
    talks = browser.post(address + "preview/", data).context["preview"]["talks"]
    cards = [talk["entries"][0]["card"] for talk in talks if talk["language"] == "en"]
    assert all(word in cards[0] for word in ('"15"', "Whom do you need?", "1. Aaa", "2. Bbb"))
    assert browser.post(address, data).status_code == 302
    assert business.current(AllocationSettings).groups == (first.pk, second.pk)


def test_a_group_that_has_gone_is_refused_at_its_field(browser):
    group, _other = make_group(), make_group()
    address = "/console/settings/allocation/"
    data = filled(browser, address) | {"strategy": "chosen", "groups": [str(group.pk)]}
    SkillGroup.objects.filter(pk=group.pk).update(deleted_at="2031-01-01T00:00Z")
    answer = browser.post(address, data)
    assert list(answer.context["form"].errors) == ["groups"]


@pytest.mark.parametrize("text", ["Hi ${Staff Name}", "Hi ${StaffName", "${Staff-No}", "${{StaffName}}"])
def test_what_looks_like_a_name_and_is_none_is_refused(text):
    with pytest.raises(business.InvalidSetting) as refused:
        business.changed(PromptSettings(), {"connected": {"enabled": True, "texts": {"en": text}}})
    assert refused.value.field == "connected"


@pytest.mark.parametrize(
    ("section", "values", "field"),
    [
        (RatingSettings, {"agent_invites": False, "sent_at_end": False, "customer_asks": False}, "is_on"),
        (RatingSettings, {"level_2": {"texts": {"en": "Satisfied", "zh-hans": "不满意"}}}, "level_4"),
        (MessageSettings, {"customer_recalls": True, "recall_seconds": 0}, "customer_recalls"),
        (MessageSettings, {"file_megabytes": 100, "daily_megabytes": 50}, "daily_megabytes"),
    ],
)
def test_values_that_contradict_each_other_are_refused_at_their_field(section, values, field):
    with pytest.raises(business.InvalidSetting) as refused:
        business.changed(section(), values)
    assert refused.value.field == field
