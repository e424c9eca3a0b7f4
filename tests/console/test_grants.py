"""Grants and requests for access in the console (T-9, C-8), and the records' side of them."""

import pytest
from django.test import Client

from apps.sessions import access
from apps.sessions.models import AccessRequest, SummaryCategory, Tag
from apps.sessions.settings import PermissionSettings
from apps.team import business
from apps.team.grant_models import Grant
from apps.team.models import TrailDetail
from tests import factories as make
from tests.factories import make_group, make_member
from tests.records.scene import make_record

pytestmark = pytest.mark.django_db
ADD = "/console/team/grant/add/"


def browser_of(member) -> Client:
    browser = Client(headers={"accept-language": "en"})
    assert browser.post("/login/", {"login": member.account, "password": make.PASSWORD}).status_code == 302
    return browser


def page_of(grant: Grant) -> str:
    return f"/console/team/grant/{grant.pk}/change/"


@pytest.fixture
def admin():
    return make_member("administrator")


def entry_of(action: str) -> dict:
    return TrailDetail.objects.filter(entry__action=action).latest("entry__number").values


def test_a_grant_is_given_changed_and_taken_back_and_the_trail_names_what(admin):
    browser, agent = browser_of(admin), make_member()
    channel, group = make.make_channel(name="Shop A"), make_group(name="After-sales X")
    tag = Tag.objects.create(name="VIP")
    category = SummaryCategory.objects.create(name="Orders")
    form = {
        "holder": f"member:{agent.pk}",
        "channels": [channel.pk],
        "groups": [group.pk],
        "tags": [tag.pk],
        "categories": [category.pk],
        "may_export": "on",
    }
    assert browser.post(ADD, form).status_code == 302
    grant = Grant.objects.get(member=agent)
    assert (grant.channels, grant.groups, grant.tags) == ([channel.pk], [group.pk], [tag.pk])
    assert (grant.categories, grant.may_export, grant.may_see_unmasked) == ([category.pk], True, False)
    assert entry_of("grant.added")["after"]["channels"] == ["Shop A · Web (H5)"]

    page = browser.get(page_of(grant)).content.decode()
    assert "Shop A" in page
    changed = {"channels": [channel.pk], "may_see_unmasked": "on", "seen": grant.changed_at.isoformat()}
    assert browser.post(page_of(grant), changed).status_code == 302
    grant.refresh_from_db()
    assert (grant.groups, grant.may_export, grant.may_see_unmasked) == ([], False, True)
    values = entry_of("grant.changed")
    assert values["before"]["groups"] == ["After-sales X"]
    assert values["after"]["may_see_unmasked"] is True

    assert browser.post(f"/console/team/grant/{grant.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Grant.objects.exists()
    assert entry_of("grant.deleted")["before"]["for"] == agent.nickname


def errors_of(answer) -> dict:
    assert answer.status_code == 200
    return answer.context["adminform"].form.errors


def test_what_does_not_fit_is_refused_at_its_field(admin):
    browser, agent = browser_of(admin), make_member()
    holder = f"member:{agent.pk}"
    assert "__all__" in errors_of(browser.post(ADD, {"holder": holder}))
    for wrong in ("", "member:999999", f"member:{admin.pk}", "group:x", "super:1", "member:0 or 1"):
        assert "holder" in errors_of(browser.post(ADD, {"holder": wrong, "may_export": "on"})), wrong
    for name in ("channels", "groups", "tags", "categories"):
        for wrong in ("999999", "x", "1' or 1"):
            assert name in errors_of(browser.post(ADD, {"holder": holder, name: [wrong]}))
    assert not Grant.objects.exists()
    assert browser.post(ADD, {"holder": holder, "may_export": "on"}).status_code == 302
    # One for each.
    assert "holder" in errors_of(browser.post(ADD, {"holder": holder, "may_export": "on"}))


def test_whoever_saves_second_is_told(admin):
    browser, grant = browser_of(admin), Grant.objects.create(group=make_group(), may_export=True)
    seen = grant.changed_at.isoformat()
    assert browser.post(page_of(grant), {"may_see_unmasked": "on", "seen": seen}).status_code == 302
    late = browser.post(page_of(grant), {"may_export": "on", "seen": seen})
    assert "__all__" in errors_of(late)
    grant.refresh_from_db()
    assert (grant.may_see_unmasked, grant.may_export) == (True, False)


def test_after_a_quarter_of_an_hour_ones_own_password_is_asked_for(admin, monkeypatch):
    browser, agent = browser_of(admin), make_member()
    monkeypatch.setattr("apps.team.sign_in.is_confirmed", lambda session: False)
    form = {"holder": f"member:{agent.pk}", "may_export": "on"}
    assert "confirmation" in errors_of(browser.post(ADD, form))
    assert "confirmation" in errors_of(browser.post(ADD, form | {"confirmation": "wrong"}))
    assert not Grant.objects.exists()
    assert browser.post(ADD, form | {"confirmation": make.PASSWORD}).status_code == 302


# --- requests for access ---


@pytest.fixture
def asked():
    business.save(PermissionSettings, {"locked_are_shown": True, "access_hours": 3}, None)
    agent = make_member()
    return access.ask(agent, make_record("hello").id, "a complaint of Li Lei")


def page_of_request(request: AccessRequest) -> str:
    return f"/console/service_sessions/accessrequest/{request.pk}/change/"


def test_a_request_is_granted_for_the_time_of_the_settings_or_another_one(admin, asked):
    browser = browser_of(admin)
    assert "a complaint of Li Lei" in browser.get(page_of_request(asked)).content.decode()
    for hours in ("0", "721", "x", "-3"):
        answer = browser.post(page_of_request(asked), {"do": "grant", "hours": hours})
        assert "hours" in answer.context["form"].errors
    assert browser.post(page_of_request(asked), {"do": "grant", "hours": ""}).status_code == 302
    asked.refresh_from_db()
    assert asked.state == "granted"
    assert (asked.until - asked.decided_at).total_seconds() == pytest.approx(3 * 3600, abs=5)
    assert "Open until" in browser.get(page_of_request(asked)).content.decode()
    assert browser.post(page_of_request(asked), {"do": "end"}).status_code == 302
    # A second answer comes too late, and says so.
    assert "meanwhile" in browser.post(page_of_request(asked), {"do": "refuse"}).content.decode()


def test_the_record_page_leads_to_the_request_and_back(admin, asked):
    agent, record = asked.member, asked.session.records.get()
    browser = browser_of(agent)
    page = browser.get(f"/records/{record.id}/")
    assert page.status_code == 403
    assert "has not answered yet" in page.content.decode()
    browser_of(admin).post(page_of_request(asked), {"do": "refuse", "answer": "Ask your supervisor"})
    assert "Ask your supervisor" in browser.get(f"/records/{record.id}/").content.decode()
    empty = browser.post(f"/records/{record.id}/access/", {"reason": " "})
    assert empty.status_code == 400
    assert "what you need it for" in empty.content.decode()
    assert browser.post(f"/records/{record.id}/access/", {"reason": "once more"}).status_code == 302
    again = AccessRequest.objects.get(state="asked")
    access.grant(again.pk, admin, hours=1)
    assert browser.get(f"/records/{record.id}/").status_code == 200
    # Read, not saved: the button says why, and the address refuses.
    assert "exporting is not granted" in browser.get(f"/records/{record.id}/").content.decode()
    assert browser.get(f"/records/{record.id}/transcript.txt").status_code == 403


def test_a_locked_record_shows_nothing_of_itself(asked):
    record = asked.session.records.get()
    record.customer.name = "Li Lei the Secret"
    record.customer.save()
    answer = browser_of(make_member()).get(f"/records/{record.id}/")
    assert answer.status_code == 403
    assert "Secret" not in answer.content.decode()
    assert "hello" not in answer.content.decode()


def test_without_the_setting_a_locked_record_is_as_one_that_is_not_there():
    record, browser = make_record("hello"), browser_of(make_member())
    locked = browser.get(f"/records/{record.id}/")
    missing = browser.get(f"/records/{make.unknown_id()}/")
    assert (locked.status_code, missing.status_code) == (404, 404)

    def words(answer) -> str:
        return answer.content.decode().split("<main")[1].split("</main")[0]

    assert words(locked) == words(missing)
    post = browser.post(f"/records/{record.id}/access/", {"reason": "please"}, follow=True)
    assert post.status_code == 404
