"""Groups in the console (T-5): deleting one, and what its name may be."""

import re

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from apps.routing import members as routing_members
from apps.routing.settings import QueueSettings, ReceptionSettings
from apps.sessions import transitions
from apps.sessions.models import State
from apps.team import business
from apps.team.models import Membership, Role, SkillGroup, TrailDetail
from tests.factories import PASSWORD, make_group, make_member, make_session
from tests.records.scene import make_record

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser() -> Client:
    admin = make_member(Role.ADMINISTRATOR, serves=False)
    client = Client()
    client.cookies["django_language"] = "en"
    client.post("/login/", {"login": admin.account, "password": PASSWORD})
    return client


def page(group: SkillGroup, verb: str = "delete") -> str:
    return f"/console/team/skillgroup/{group.pk}/{verb}/"


def named(name: str) -> dict:
    return {"name": name, "reception": "", "memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}


def waiting_in(group: SkillGroup):
    session = make_session()
    with transaction.atomic():
        transitions.to_queue(transitions.lock(session.pk), group=group, seconds=600)
    return session


def test_a_group_in_which_sessions_wait_is_not_deleted(browser):
    group = make_group()
    waiting_in(group)
    assert "1 customer waits" in browser.get(page(group)).content.decode()
    answer = browser.post(page(group), {"post": "yes"}, follow=True)
    assert "1 customers wait in this group and 0 are served" in answer.content.decode()
    assert SkillGroup.objects.present().filter(pk=group.pk).exists()
    assert not TrailDetail.objects.filter(entry__action="group.deleted").exists()


def test_a_group_in_which_sessions_are_served_is_not_deleted(browser):
    group = make_group()
    make_record("Hello", group=group, agent=make_member(groups=[group]), is_open=True)
    assert "1 session is being served" in browser.get(page(group)).content.decode()
    browser.post(page(group), {"post": "yes"})
    assert SkillGroup.objects.present().filter(pk=group.pk).exists()


def test_those_who_wait_are_moved_when_asked(browser, monkeypatch):
    group, other = make_group(), make_group()
    session = waiting_in(group)
    answer = browser.post(page(group), {"post": "yes", "move_to": other.pk}, follow=True)
    assert "is signed in" in answer.content.decode()
    assert SkillGroup.objects.present().filter(pk=group.pk).exists()
    monkeypatch.setattr("apps.routing.assignment.signed_in", lambda group_id: True)
    browser.post(page(group), {"post": "yes", "move_to": other.pk})
    session.refresh_from_db()
    assert (session.state, session.group) == (State.QUEUED, other)
    assert not SkillGroup.objects.present().filter(pk=group.pk).exists()


def test_a_deleted_group_is_gone_from_the_console_and_stays_in_the_records(browser):
    group = make_group(name="Night shift")
    agent = make_member(groups=[group])
    lead = make_member(Role.SUPERVISOR)
    Membership.objects.create(member=lead, group=group, supervises=True)
    record = make_record("Hello", group=group, agent=agent)
    assert browser.post(page(group), {"post": "yes"}).status_code == 302
    entry = TrailDetail.objects.get(entry__action="group.deleted")
    assert len(entry.values["before"]["members"]) == 2
    browser.get("/console/")  # which says that it was deleted
    for address in (
        "/console/",
        "/console/team/skillgroup/",
        "/console/team/member/",
        f"/console/team/member/{lead.pk}/change/",
        "/console/autocomplete/?app_label=team&model_name=membership&field_name=group&term=Night",
    ):
        assert "Night shift" not in browser.get(address).content.decode(), address
    # Once in the row, once in the filter.
    records = browser.get("/records/?period=all").content.decode()
    assert "Night shift (deleted)" in records
    assert records.count("Night shift") > records.count("Night shift (deleted)")
    record.refresh_from_db()
    assert record.group == group
    reader = Client()
    reader.post("/login/", {"login": lead.account, "password": PASSWORD})
    assert "Night shift" in reader.get(f"/records/?period=all&group={group.pk}").content.decode()


@pytest.mark.parametrize("name", ["night shift", "  NIGHT  SHIFT ", "Night\u200b shift"])
def test_a_name_is_given_once(browser, name):
    old = make_group(name="Night shift")
    answer = browser.post("/console/team/skillgroup/add/", named(name))
    assert answer.context["adminform"].form.errors["name"] == ["Another group has this name already."]
    with pytest.raises(IntegrityError), transaction.atomic():
        make_group(name=" night shift")
    routing_members.delete_group(old)
    assert browser.post("/console/team/skillgroup/add/", named(name)).status_code == 302


def test_a_deleted_group_can_not_be_given_to_a_member(browser):
    group, member = make_group(), make_member()
    routing_members.delete_group(group)
    rows = {"memberships-0-group": str(group.pk), "memberships-0-priority": "3"}
    data = {
        "nickname": member.nickname,
        "account": member.account,
        "role": member.role,
        "staff_no": member.staff_no,
        "memberships-TOTAL_FORMS": "1",
        "memberships-INITIAL_FORMS": "0",
        **rows,
    }
    assert browser.post(f"/console/team/member/{member.pk}/change/", data).status_code == 200
    assert not member.memberships.exists()


def test_the_form_says_what_counts_where_it_is_empty_and_which_group_it_is(browser):
    group = make_group(accept_seconds=33)
    business.save(QueueSettings, {"wait_seconds": 777, "queue_limit": 0}, None)
    business.save(ReceptionSettings, {"accept_seconds": 44, "sessions_at_once": 6}, None)
    answer = browser.get(page(group, "change"))
    fields = answer.context["adminform"].form.fields
    shown = {name: field.widget.attrs.get("placeholder") for name, field in fields.items()}
    assert shown["accept_seconds"] == "44"
    assert (shown["member_limit"], shown["wait_seconds"]) == ("6", "777")
    assert shown["queue_limit"] == shown["session_cap"] == "No limit"
    assert "of several groups the largest counts" in answer.content.decode()
    assert f'<div class="readonly">{group.pk}</div>' in answer.content.decode()


def test_what_is_wrong_has_the_look_of_the_settings(browser):
    group = make_group()
    wrong = named("") | {
        "memberships-TOTAL_FORMS": "1",
        "memberships-0-member": "",
        "memberships-0-priority": "9",
    }
    content = browser.post(page(group, "change"), wrong).content.decode()
    assert "errorlist" not in content
    assert content.count('class="form-row line errors') == 1
    assert len(re.findall(r'<p class="wrong"><svg.*?</svg>[^<]+</p>', content)) == 3
