"""Who may do what in the console (T-1, X-6, X-7)."""

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client

from apps.sessions.models import QuickReply
from apps.team.models import Member, Membership, Role, TrailEntry
from csdesk import clock
from tests.factories import PASSWORD, make_channel, make_group, make_member

pytestmark = pytest.mark.django_db


def browser_of(member: Member) -> Client:
    browser = Client()
    browser.cookies["django_language"] = "en"
    assert browser.post("/login/", {"login": member.account, "password": PASSWORD}).status_code == 302
    return browser


@pytest.fixture
def admin() -> Member:
    return make_member(Role.ADMINISTRATOR, serves=False)


@pytest.fixture
def supervisor():
    group = make_group()
    lead = make_member(Role.SUPERVISOR, groups=[group])
    Membership.objects.filter(member=lead).update(supervises=True)
    return lead, group


PAGES = (
    "/console/",
    "/console/live/",
    "/console/team/member/",
    "/console/team/member/add/",
    "/console/team/skillgroup/",
    "/console/team/skillgroup/add/",
    "/console/service_sessions/channel/",
    "/console/service_sessions/channel/add/",
    "/console/service_sessions/quickreply/",
    "/console/service_sessions/quickreply/add/",
    "/console/team/trailentry/",
    "/console/team/trailentry/check/",
    "/console/settings/prompts/",
    "/console/settings/reception/",
    "/console/settings/queue/",
    "/console/settings/flow/",
    "/console/settings/presence/",
    "/console/settings/closing/",
    "/console/settings/rating/",
    "/console/settings/messages/",
)


@pytest.mark.parametrize("page", PAGES)
def test_administrators_see_every_page(admin, page):
    assert browser_of(admin).get(page).status_code == 200


@pytest.mark.parametrize("page", PAGES)
def test_agents_and_strangers_see_none(page):
    agent = browser_of(make_member())
    refused = agent.get(page, follow=True)
    assert refused.status_code == 403
    text = refused.content.decode()
    assert "The console is for administrators and supervisors" in text
    assert 'href="/desk/"' in text
    assert Client().get(page, follow=True).redirect_chain[-1][0].startswith("/login/?next=/console/")


@pytest.mark.parametrize(
    ("page", "status"),
    [
        ("/console/", 200),
        ("/console/live/", 200),
        ("/console/team/member/", 200),
        ("/console/team/member/add/", 403),
        ("/console/team/skillgroup/", 200),
        ("/console/team/skillgroup/add/", 403),
        ("/console/service_sessions/channel/", 403),
        ("/console/service_sessions/quickreply/", 200),
        ("/console/service_sessions/quickreply/add/", 200),
        ("/console/settings/", 403),
        ("/console/settings/prompts/", 403),
    ],
)
def test_supervisors_see_members_and_shared_replies_only(supervisor, page, status):
    assert browser_of(supervisor[0]).get(page).status_code == status


def test_the_menu_shows_only_what_one_may_open(supervisor, admin):
    menu = browser_of(supervisor[0]).get("/console/").content.decode()
    assert "/console/settings/" not in menu
    assert "/console/team/member/" in menu
    assert "/console/settings/" in browser_of(admin).get("/console/").content.decode()


def test_supervisors_read_their_own_groups_and_change_nothing(supervisor):
    lead, group = supervisor
    own = make_member(groups=[group])
    foreign_group = make_group()
    foreign = make_member(groups=[foreign_group])
    browser = browser_of(lead)
    listing = browser.get("/console/team/member/").content.decode()
    assert own.nickname in listing
    assert foreign.nickname not in listing
    assert browser.get(f"/console/team/member/{own.pk}/change/").status_code == 200
    assert browser.get(f"/console/team/member/{foreign.pk}/change/").status_code == 302
    assert browser.get(f"/console/team/skillgroup/{foreign_group.pk}/change/").status_code == 302
    for address in (
        f"/console/team/member/{own.pk}/change/",
        f"/console/team/member/{own.pk}/delete/",
        f"/console/team/member/{own.pk}/password/",
        f"/console/team/skillgroup/{group.pk}/change/",
        f"/console/team/skillgroup/{group.pk}/delete/",
    ):
        assert browser.post(address, {"nickname": "x", "name": "x", "post": "yes"}).status_code == 403
    own.refresh_from_db()
    assert own.deleted_at is None
    assert own.nickname != "x"


def test_a_supervisor_finds_only_their_own_by_autocomplete(supervisor):
    lead, group = supervisor
    own, foreign = make_member(groups=[group]), make_member()
    query = {"app_label": "team", "model_name": "membership", "field_name": "member"}
    browser = browser_of(lead)
    found = browser.get("/console/autocomplete/", {**query, "term": own.nickname}).json()["results"]
    assert [entry["id"] for entry in found] == [str(own.pk)]
    assert browser.get("/console/autocomplete/", {**query, "term": foreign.nickname}).json()["results"] == []


def test_the_picker_finds_by_name_and_email(admin):
    member = make_member(nickname="林晓雯", email="lin.picker@example.com")
    query = {"app_label": "team", "model_name": "membership", "field_name": "member"}
    browser = browser_of(admin)
    for term in ("晓雯", "LIN.PICKER"):
        found = browser.get("/console/autocomplete/", {**query, "term": term}).json()["results"]
        assert [entry["id"] for entry in found] == [str(member.pk)]


@pytest.mark.parametrize(
    "lookup",
    [
        "password__startswith=pbkdf2",
        "sign_in_id__isnull=1",
        "memberships__group__name=x",
        "last_login__isnull=1",
        "email__startswith=a",
    ],
)
def test_addresses_do_not_filter_by_what_is_not_offered(admin, lookup):
    answer = browser_of(admin).get(f"/console/team/member/?{lookup}")
    assert answer.status_code in (302, 400)


# --- members ---


def form(**changes) -> dict:
    return {
        "nickname": "New One",
        "email": "new.one@example.com",
        "account": "",
        "role": "agent",
        "phone": "",
        "staff_no": "",
        "serves": "on",
        "session_limit": "",
        "memberships-TOTAL_FORMS": "0",
        "memberships-INITIAL_FORMS": "0",
        **changes,
    }


def test_a_member_is_added_with_an_emailed_password(admin, django_capture_on_commit_callbacks):
    group = make_group()
    data = form(
        **{
            "memberships-TOTAL_FORMS": "1",
            "memberships-0-group": str(group.pk),
            "memberships-0-priority": "2",
        }
    )
    with django_capture_on_commit_callbacks(execute=True):
        answer = browser_of(admin).post("/console/team/member/add/", data)
    assert answer.status_code == 302
    member = Member.objects.get(email="new.one@example.com")
    assert member.account == "new.one@example.com"
    assert member.must_change_password
    assert len(member.staff_no) == 5
    assert list(member.memberships.values_list("group", "priority")) == [(group.pk, 2)]
    (letter,) = mail.outbox
    assert letter.to == ["new.one@example.com"]
    password = next(word for word in letter.body.split() if member.check_password(word))
    browser = Client()
    assert browser.post("/login/", {"login": member.email, "password": password}).status_code == 302
    entry = TrailEntry.objects.select_related("detail").get(action="member.added")
    assert entry.detail.values["after"]["email"] == "new.one@example.com"
    every = str(list(TrailEntry.objects.values_list("detail__values", flat=True)))
    assert password not in every
    assert member.password not in every


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"nickname": ""}, "nickname"),
        ({"nickname": "x" * 61}, "nickname"),
        ({"email": "no e-mail"}, "email"),
        ({"email": ""}, "email"),
        ({"role": "super"}, "role"),
        ({"role": "owner"}, "role"),
        ({"session_limit": "0"}, "session_limit"),
        ({"session_limit": "101"}, "session_limit"),
        ({"session_limit": "-1"}, "session_limit"),
        ({"staff_no": "x" * 17}, "staff_no"),
        ({"phone": "1" * 33}, "phone"),
        ({"account": "x" * 255}, "account"),
    ],
)
def test_a_member_that_does_not_fit_is_refused_at_its_field(admin, changes, field):
    answer = browser_of(admin).post("/console/team/member/add/", form(**changes))
    assert answer.status_code == 200
    assert field in answer.context["adminform"].form.errors
    assert not Member.objects.filter(nickname="New One").exists()


@pytest.mark.parametrize("field", ["account", "email"])
def test_account_and_email_name_one_member_in_any_case(admin, field):
    there = make_member(account="Taken", email="taken@example.com")
    browser = browser_of(admin)
    for name in ("TAKEN@example.com", there.account.upper()):
        if field == "email" and "@" not in name:
            continue
        answer = browser.post("/console/team/member/add/", form(**{field: name}))
        assert field in answer.context["adminform"].form.errors
    assert not Member.objects.filter(nickname="New One").exists()


def test_a_priority_beyond_five_is_refused(admin):
    data = form(
        **{
            "memberships-TOTAL_FORMS": "1",
            "memberships-0-group": str(make_group().pk),
            "memberships-0-priority": "6",
        }
    )
    assert browser_of(admin).post("/console/team/member/add/", data).status_code == 200
    assert not Member.objects.filter(nickname="New One").exists()


def change(member: Member, **changes) -> dict:
    values = {
        "nickname": member.nickname,
        "account": member.account,
        "role": member.role,
        "phone": member.phone,
        "staff_no": member.staff_no,
        "serves": "on" if member.serves else "",
        "session_limit": "",
        "memberships-TOTAL_FORMS": "0",
        "memberships-INITIAL_FORMS": "0",
    }
    return {name: value for name, value in {**values, **changes}.items() if value != "" or name in changes}


def test_a_change_is_saved_and_in_the_trail(admin):
    member = make_member()
    browser = browser_of(admin)
    address = f"/console/team/member/{member.pk}/change/"
    answer = browser.post(address, change(member, nickname="Renamed", role="supervisor", session_limit="7"))
    assert answer.status_code == 302
    before = member.nickname
    member.refresh_from_db()
    assert (member.nickname, member.role, member.session_limit) == ("Renamed", "supervisor", 7)
    detail = TrailEntry.objects.select_related("detail").get(action="member.changed").detail
    assert detail.values["before"]["nickname"] == before
    assert detail.values["after"] == {"nickname": "Renamed", "role": "supervisor", "session_limit": 7}
    assert "Renamed" in browser.get(f"/console/team/member/{member.pk}/history/").content.decode()


def test_the_email_is_never_changed(admin):
    member = make_member()
    browser_of(admin).post(
        f"/console/team/member/{member.pk}/change/", change(member, email="other@example.com")
    )
    before = member.email
    member.refresh_from_db()
    assert member.email == before


def test_crafted_fields_change_nothing(admin):
    member = make_member(must_change_password=True)
    before = Member.objects.values().get(pk=member.pk)
    extra = {"password": "x", "sign_in_id": "x", "deleted_at": "2001-01-01", "must_change_password": ""}
    browser_of(admin).post(f"/console/team/member/{member.pk}/change/", change(member, **extra))
    after = Member.objects.values().get(pk=member.pk)
    assert after == before


@pytest.mark.parametrize("role", ["super", "owner", ""])
def test_nobody_is_made_super_administrator_by_a_crafted_post(admin, role):
    member = make_member()
    answer = browser_of(admin).post(f"/console/team/member/{member.pk}/change/", change(member, role=role))
    assert answer.status_code == 200
    member.refresh_from_db()
    assert member.role == "agent"


def test_ones_own_role_is_not_for_oneself(admin):
    browser_of(admin).post(f"/console/team/member/{admin.pk}/change/", change(admin, role="agent"))
    admin.refresh_from_db()
    assert admin.role == Role.ADMINISTRATOR


def test_the_super_administrator_is_changed_deleted_and_reset_by_nobody_else(admin):
    boss = make_member(Role.SUPER)
    browser = browser_of(admin)
    assert browser.get(f"/console/team/member/{boss.pk}/change/").status_code == 200
    for action in ("change", "delete", "password"):
        answer = browser.post(
            f"/console/team/member/{boss.pk}/{action}/", change(boss, nickname="x", post="yes")
        )
        assert answer.status_code == 403
    boss.refresh_from_db()
    assert boss.nickname != "x"
    assert boss.deleted_at is None
    own = browser_of(boss)
    assert own.post(f"/console/team/member/{boss.pk}/delete/", {"post": "yes"}).status_code == 403
    own.post(f"/console/team/member/{boss.pk}/change/", change(boss, role="agent", nickname="Boss"))
    boss.refresh_from_db()
    assert (boss.role, boss.nickname) == (Role.SUPER, "Boss")


@pytest.mark.django_db(transaction=True)
def test_passwords_are_reset_for_others_only(admin):
    member = make_member()
    browser = browser_of(admin)
    assert browser.get(f"/console/team/member/{member.pk}/password/").status_code == 200
    answer = browser.post(f"/console/team/member/{member.pk}/password/", follow=True)
    assert f"e-mailed to {member.email}" in answer.content.decode()
    assert mail.outbox[0].to == [member.email]
    member.refresh_from_db()
    assert not member.check_password(PASSWORD)
    assert browser.post(f"/console/team/member/{admin.pk}/password/").status_code == 403


@pytest.mark.django_db(transaction=True)
def test_an_email_that_cannot_leave_is_said(admin, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", 9, False
    member = make_member()
    answer = browser_of(admin).post(f"/console/team/member/{member.pk}/password/", follow=True)
    assert "could not be sent" in answer.content.decode()


def test_a_deleted_member_is_gone_but_keeps_the_name(admin, django_capture_on_commit_callbacks):
    group = make_group()
    member = make_member(groups=[group])
    theirs = browser_of(member)
    browser = browser_of(admin)
    assert b"Records stay readable" in browser.get(f"/console/team/member/{member.pk}/delete/").content
    with django_capture_on_commit_callbacks(execute=True):
        answer = browser.post(f"/console/team/member/{member.pk}/delete/", {"post": "yes"})
    assert answer.status_code == 302
    member.refresh_from_db()
    assert member.deleted_at is not None
    assert member.nickname
    assert not member.memberships.exists()
    assert theirs.get("/account/password/").status_code == 302
    listing = browser.get("/console/team/member/").content.decode()
    assert f"/console/team/member/{member.pk}/" not in listing
    assert browser.get(f"/console/team/member/{member.pk}/change/").status_code == 302
    assert TrailEntry.objects.filter(action="member.deleted", object_id=str(member.pk)).count() == 1


def test_no_one_deletes_oneself(admin):
    assert (
        browser_of(admin).post(f"/console/team/member/{admin.pk}/delete/", {"post": "yes"}).status_code == 403
    )
    assert not Member.objects.filter(pk=admin.pk, deleted_at__isnull=False).exists()


def test_posts_need_a_csrf_token(admin):
    member = make_member()
    browser = Client(enforce_csrf_checks=True)
    browser.cookies = browser_of(admin).cookies
    answer = browser.post(f"/console/team/member/{member.pk}/change/", change(member, nickname="x"))
    assert answer.status_code == 403


def test_pages_are_strict_and_never_framed(admin):
    browser = browser_of(admin)
    for page in PAGES:
        answer = browser.get(page)
        html = answer.content.decode()
        assert "'unsafe" not in answer["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
        for inline in ("<script>", " style=", " onclick=", " onchange=", "<style", "javascript:"):
            assert inline not in html, (page, inline)


def test_names_are_escaped(admin):
    make_member(
        nickname="<script>alert(1)</script>", groups=[make_group(name="<img src=x onerror=alert(1)>")]
    )
    make_channel(name="<b>shop</b>")
    QuickReply.objects.create(title="<i>t</i>", text="<script>alert(2)</script>")
    browser = browser_of(admin)
    for page in PAGES:
        html = browser.get(page).content.decode()
        for raw in ("<script>alert", "<img src=x", "<b>shop", "<i>t</i>"):
            assert raw not in html, page


def test_who_was_forced_out_in_the_middle_sees_nothing_more(admin):
    browser = browser_of(admin)
    Member.objects.filter(pk=admin.pk).update(forced_offline_at=clock.now())
    assert browser.get("/console/").status_code == 302
    Member.objects.filter(pk=admin.pk).update(forced_offline_at=None)
    assert browser.get("/console/").status_code == 302, "signed out for good"


def test_whose_role_was_taken_in_the_middle_is_told_that_the_console_is_not_theirs(admin):
    browser = browser_of(admin)
    Member.objects.filter(pk=admin.pk).update(role=Role.AGENT)
    assert browser.get("/console/settings/prompts/").status_code == 403


# --- one's own password before roles are given (X-6) ---


def test_after_a_quarter_of_an_hour_roles_need_ones_own_password(admin, monkeypatch):
    browser, member = browser_of(admin), make_member()
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(minutes=16))
    address = f"/console/team/member/{member.pk}/change/"
    answer = browser.post(address, change(member, role="administrator"))
    words = "Type your own password: you signed in a while ago."
    assert answer.context["adminform"].form.errors == {"confirmation": [words]}
    assert 'name="confirmation"' in answer.content.decode()
    answer = browser.post(address, change(member, role="administrator", confirmation="wrong"))
    assert list(answer.context["adminform"].form.errors) == ["confirmation"]
    member.refresh_from_db()
    assert member.role == "agent"
    # What is no role is changed as ever.
    assert browser.post(address, change(member, nickname="Renamed")).status_code == 302
    right = change(member, role="administrator", confirmation=PASSWORD)
    assert browser.post(address, right).status_code == 302
    member.refresh_from_db()
    assert member.role == "administrator"
    # Confirmed: it is not asked again.
    assert 'name="confirmation"' not in browser.get(address).content.decode()


def test_after_a_quarter_of_an_hour_adding_and_resetting_need_it_too(admin, monkeypatch):
    browser, member = browser_of(admin), make_member()
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(minutes=16))
    answer = browser.post("/console/team/member/add/", form())
    assert list(answer.context["adminform"].form.errors) == ["confirmation"]
    reset = f"/console/team/member/{member.pk}/password/"
    assert browser.post(reset).status_code == 200
    assert browser.post(reset, {"confirmation": "wrong"}).status_code == 200
    member.refresh_from_db()
    assert member.check_password(PASSWORD)
    assert browser.post(reset, {"confirmation": PASSWORD}).status_code == 302
    assert browser.post("/console/team/member/add/", form()).status_code == 302


def test_guessing_ones_own_password_is_slowed_down(admin, monkeypatch):
    browser, member = browser_of(admin), make_member()
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(minutes=16))
    reset = f"/console/team/member/{member.pk}/password/"
    for _try in range(5):
        assert "not your current password" in browser.post(reset, {"confirmation": "wrong"}).content.decode()
    assert "Too many tries" in browser.post(reset, {"confirmation": PASSWORD}).content.decode()
    member.refresh_from_db()
    assert member.check_password(PASSWORD)
