"""Members in the console (T-1 … T-4): the row's actions, crafted posts, what the trail says."""

import pytest
from django.core import mail
from django.test import Client

from apps.sessions.models import State
from apps.team.models import Member, Role, TrailDetail
from csdesk import clock
from tests.factories import PASSWORD, make_group, make_member
from tests.routing import scene

pytestmark = pytest.mark.django_db
LIST = "/console/team/member/"
GROUPS = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}


def browser_of(member: Member) -> Client:
    browser = Client()
    browser.cookies["django_language"] = "en"
    assert browser.post("/login/", {"login": member.account, "password": PASSWORD}).status_code == 302
    return browser


@pytest.fixture
def admin() -> Member:
    return make_member(Role.ADMINISTRATOR, serves=False)


def posted(member: Member, **changes) -> dict:
    names = ("nickname", "account", "role", "phone", "staff_no")
    return {name: getattr(member, name) for name in names} | GROUPS | {"serves": "on"} | changes


def page(member: Member, act: str) -> str:
    return f"{LIST}{member.pk}/{act}/"


def test_a_row_has_its_actions_and_what_one_may_not_do_says_why(admin):
    chief, agent = make_member(Role.SUPER), make_member()
    shown = browser_of(admin).get(LIST).content.decode()
    for act in ("change", "password", "offline", "delete"):
        assert f'href="{page(agent, act)}"' in shown
        assert act == "change" or f'href="{page(chief, act)}"' not in shown
    assert "Nobody but the super administrator themselves changes this account." in shown
    assert "You can&#x27;t force yourself offline." in shown
    assert "This is you: change your password in the menu at the top right." in shown


def test_supervisors_read_and_have_no_actions():
    group = make_group()
    lead, agent = make_member(Role.SUPERVISOR, groups=[group]), make_member(groups=[group])
    lead.memberships.update(supervises=True)
    browser = browser_of(lead)
    shown = browser.get(LIST).content.decode()
    assert agent.nickname in shown
    assert "row-acts" not in shown
    for act in ("password", "offline", "restore", "delete"):
        assert browser.post(page(agent, act)).status_code == 403
    assert browser.post(page(agent, "change"), posted(agent, role=Role.ADMINISTRATOR)).status_code == 403
    assert Member.objects.get(pk=agent.pk).role == Role.AGENT


@pytest.mark.django_db(transaction=True)
def test_forced_offline_at_once_and_restored(admin):
    agent = make_member()
    desk, browser = browser_of(agent), browser_of(admin)
    agent.refresh_from_db()
    scene.alive()
    scene.open_desk(agent)
    session = scene.customer_asks()
    assert session.agent == agent
    assert "signed out everywhere within a second" in browser.get(page(agent, "offline")).content.decode()
    answer = browser.post(page(agent, "offline"), follow=True)
    assert f"{agent.nickname} is signed out everywhere." in answer.content.decode()
    assert "Forced offline" in answer.content.decode()
    assert scene.again(session).state == State.QUEUED
    assert scene.status(agent) == "offline"
    assert desk.get("/desk/").status_code == 302
    asked = {"login": agent.account, "password": PASSWORD}
    desk.post("/login/", asked)
    assert desk.get("/desk/").status_code == 302
    browser.post(page(agent, "restore"))
    desk.post("/login/", asked)
    assert desk.get("/desk/").status_code == 200


@pytest.mark.parametrize("act", ["offline", "password", "delete"])
def test_what_the_list_does_not_offer_is_refused_when_posted(admin, act):
    chief = make_member(Role.SUPER)
    browser = browser_of(admin)
    for target in (chief, admin):
        assert browser.post(page(target, act), {"post": "yes"}).status_code == 403
        target.refresh_from_db()
        assert (target.forced_offline_at, target.deleted_at) == (None, None)
    assert mail.outbox == []


@pytest.mark.parametrize("role", [Role.SUPER, "owner"])
def test_a_role_that_is_not_offered_is_refused_at_the_field(admin, role):
    agent = make_member()
    answer = browser_of(admin).post(page(agent, "change"), posted(agent, role=role))
    assert "role" in answer.context["adminform"].form.errors
    assert Member.objects.get(pk=agent.pk).role == Role.AGENT


def test_an_agent_is_not_made_to_supervise(admin):
    group, agent = make_group(), make_member()
    row = {
        "memberships-TOTAL_FORMS": "1",
        "memberships-0-group": str(group.pk),
        "memberships-0-priority": "3",
        "memberships-0-supervises": "on",
    }
    browser = browser_of(admin)
    assert browser.post(page(agent, "change"), posted(agent) | row).status_code == 200
    assert not agent.memberships.exists()
    raised = posted(agent, role=Role.SUPERVISOR) | row
    assert browser.post(page(agent, "change"), raised).status_code == 302
    assert agent.memberships.get().supervises


def test_fields_that_the_form_does_not_have_change_nothing(admin):
    agent = make_member()
    crafted = posted(
        agent,
        email="taken@over.example",
        password="x",
        is_demo="on",
        sign_in_id="",
        must_change_password="on",
    )
    assert browser_of(admin).post(page(agent, "change"), crafted).status_code == 302
    now = Member.objects.get(pk=agent.pk)
    assert (now.email, now.password, now.is_demo) == (agent.email, agent.password, False)
    assert not now.must_change_password


def test_an_email_in_another_case_is_refused_at_the_field(admin):
    make_member(email="ann@example.com")
    data = {"nickname": "Ann", "email": "ANN@Example.com", "role": Role.AGENT} | GROUPS
    answer = browser_of(admin).post(f"{LIST}add/", data)
    assert (
        "Another member has this as their e-mail or account already."
        in answer.context["adminform"].form.errors["email"]
    )
    assert Member.objects.filter(email__iexact="ann@example.com").count() == 1
    assert mail.outbox == []


def test_all_that_is_wrong_with_a_new_member_is_told_at_once(admin):
    make_member(email="ann@example.com", staff_no="00042")
    data = {"nickname": "Bo", "email": "ann@example.com", "role": Role.AGENT} | GROUPS
    answer = browser_of(admin).post(f"{LIST}add/", data | {"phone": "12-abc", "staff_no": "00042"})
    assert set(answer.context["adminform"].form.errors) == {"phone", "staff_no", "email"}


def test_a_change_is_one_entry_with_before_and_after_and_groups_are_another(admin):
    group, agent = make_group(name="Sales"), make_member(nickname="Ann")
    data = posted(agent, nickname="Anna") | {
        "memberships-TOTAL_FORMS": "1",
        "memberships-0-group": str(group.pk),
        "memberships-0-priority": "2",
    }
    assert browser_of(admin).post(page(agent, "change"), data).status_code == 302
    entries = TrailDetail.objects.filter(entry__object_type="member", entry__object_id=str(agent.pk))
    fields, groups = entries.filter(entry__action="member.changed").order_by("entry__number")
    assert fields.values == {"before": {"nickname": "Ann"}, "after": {"nickname": "Anna"}}
    assert groups.values["before"] == {"groups": []}
    assert groups.values["after"]["groups"][0]["priority"] == 2


@pytest.mark.django_db(transaction=True)
def test_who_stops_serving_gives_their_sessions_back(admin):
    scene.alive()
    agent = scene.agent_at_desk()
    session = scene.customer_asks()
    assert session.agent == agent
    data = posted(agent)
    del data["serves"]
    browser_of(admin).post(page(agent, "change"), data)
    assert scene.again(session).state == State.QUEUED
    assert scene.status(agent) == "offline"


def test_a_restored_member_shows_no_more_as_forced(admin):
    agent = make_member(forced_offline_at=clock.now())
    browser = browser_of(admin)
    assert f'href="{page(agent, "restore")}"' in browser.get(LIST).content.decode()
    browser.post(page(agent, "restore"))
    assert f'href="{page(agent, "offline")}"' in browser.get(LIST).content.decode()


def test_the_count_beside_the_title_is_that_of_the_search(admin):
    make_member(nickname="Findable")
    browser = browser_of(admin)
    for asked, count in (("?q=Findable", 1), ("?q=nobodyatall", 0), ("", 2)):
        assert f'<span class="faint">{count}</span>' in browser.get(LIST + asked).content.decode(), asked
