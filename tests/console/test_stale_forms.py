"""Two who change the same thing at once (M-2): saved is what was changed here, nothing is undone unseen."""

import pytest
from django.test import Client

from apps.sessions.models import Channel
from apps.team.models import Member, Membership, Role, SkillGroup
from tests.factories import PASSWORD, make_channel, make_group, make_member

pytestmark = pytest.mark.django_db
LATE = "Somebody else has changed this meanwhile."


@pytest.fixture
def browser() -> Client:
    admin = make_member(Role.ADMINISTRATOR, serves=False)
    client = Client()
    client.cookies["django_language"] = "en"
    assert client.post("/login/", {"login": admin.account, "password": PASSWORD}).status_code == 302
    return client


def address(thing: Member | SkillGroup | Channel) -> str:
    return f"/console/{thing._meta.app_label}/{thing._meta.model_name}/{thing.pk}/change/"


def shown(browser: Client, thing) -> dict:
    """What a browser would post of the form as it is shown now."""
    return posted(browser.get(address(thing)).context)


def posted(context) -> dict:
    """What a browser would post of the forms of this page."""
    found = {}
    formsets = [one.formset for one in context["inline_admin_formsets"]]
    for formset in formsets:
        found |= {
            formset.management_form.add_prefix(n): v for n, v in formset.management_form.initial.items()
        }
        if formset.is_bound:
            found |= {
                formset.management_form.add_prefix(n): f
                for n, f in formset.management_form.cleaned_data.items()
            }
    for form in (context["adminform"].form, *(form for one in formsets for form in one.forms)):
        for field in form:
            value = field.field.prepare_value(field.value())
            if value not in (None, False, ""):
                found[field.html_name] = "on" if value is True else value
    return {name: value for name, value in found.items() if value is not None}


def posted_rows(context) -> list[dict]:
    [inline] = context["inline_admin_formsets"]
    return [{"member": int(form["member"].value())} for form in inline.formset.forms]


def test_what_somebody_else_changed_meanwhile_stays(browser):
    agent = make_member(nickname="Ann")
    stale = shown(browser, agent)
    fresh = shown(browser, agent)
    assert browser.post(address(agent), fresh | {"role": Role.SUPERVISOR}).status_code == 302
    assert browser.post(address(agent), stale | {"nickname": "Anna"}).status_code == 302
    agent.refresh_from_db()
    assert (agent.role, agent.nickname) == (Role.SUPERVISOR, "Anna")


def test_who_changes_what_somebody_else_changed_is_told_and_chooses(browser):
    agent = make_member(nickname="Ann")
    stale, fresh = shown(browser, agent), shown(browser, agent)
    browser.post(address(agent), fresh | {"nickname": "Anna", "phone": "123"})
    answer = browser.post(address(agent), stale | {"nickname": "Annie", "staff_no": "77"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert LATE in page and "<bdi>Anna</bdi>" in page
    agent.refresh_from_db()
    assert (agent.nickname, agent.phone) == ("Anna", "123")
    # The form has theirs where only they changed something, and one's own changes, to be saved or not.
    again = posted(answer.context)
    assert (again["nickname"], again["phone"], again["staff_no"]) == ("Annie", "123", "77")
    assert browser.post(address(agent), again).status_code == 302
    agent.refresh_from_db()
    assert (agent.nickname, agent.phone, agent.staff_no) == ("Annie", "123", "77")


def test_groups_and_channels_are_kept_the_same_way(browser):
    group, site = make_group(name="Night"), make_channel(allowed_sites=["https://a.example.com"])
    for thing, theirs, mine in (
        (group, {"queue_limit": "5"}, {"wait_seconds": "60"}),
        (site, {"greeting": "Hello"}, {"name": "Shop 2", "allowed_sites": "https://b.example.com"}),
    ):
        stale = shown(browser, thing)
        assert browser.post(address(thing), stale | theirs).status_code == 302
        assert browser.post(address(thing), stale | mine).status_code == 302
    group.refresh_from_db()
    site.refresh_from_db()
    assert (group.queue_limit, group.wait_seconds) == (5, 60)
    assert (site.greeting, site.name, site.allowed_sites) == ("Hello", "Shop 2", ["https://b.example.com"])
    stale = shown(browser, site)
    browser.post(address(site), stale | {"greeting": "Good day"})
    late = browser.post(address(site), stale | {"greeting": "Welcome"})
    assert late.status_code == 409 and "<bdi>Good day</bdi>" in late.content.decode()


def test_rows_of_groups_that_others_changed_stay(browser):
    group = make_group()
    agent, second = make_member(groups=[group]), make_member(groups=[group])
    row = Membership.objects.get(member=agent)
    stale = shown(browser, group)
    Membership.objects.filter(pk=row.pk).update(supervises=True)
    Membership.objects.filter(member=second).delete()
    Membership.objects.create(member=make_member(), group=group)
    [prefix] = [name[:-3] for name, value in stale.items() if name.endswith("-id") and value == row.pk]
    assert browser.post(address(group), stale | {f"{prefix}-priority": "1", "name": "Day"}).status_code == 302
    row.refresh_from_db()
    assert (row.priority, row.supervises) == (1, True)
    assert group.memberships.count() == 2
    assert not Membership.objects.filter(member=second).exists()


def test_a_row_that_both_changed_or_one_took_away_is_told(browser):
    group = make_group()
    agent = make_member(nickname="Ann", groups=[group])
    row = Membership.objects.get(member=agent)
    stale = shown(browser, group)
    Membership.objects.filter(pk=row.pk).update(priority=5)
    added = make_member()
    new = {"memberships-TOTAL_FORMS": 2, "memberships-1-member": added.pk, "memberships-1-priority": "2"}
    late = browser.post(address(group), stale | new | {"memberships-0-priority": "1"})
    assert late.status_code == 409
    page = late.content.decode()
    assert "Ann · Priority" in page and "<bdi>5</bdi>" in page
    again = posted(late.context)
    # Taking the row away is a change of it, too.
    assert browser.post(address(group), stale | {"memberships-0-DELETE": "on"}).status_code == 409
    assert browser.post(address(group), again).status_code == 302
    assert set(group.memberships.values_list("member", "priority")) == {(agent.pk, 1), (added.pk, 2)}
    stale = shown(browser, group)
    [mine] = [name[:-3] for name, value in stale.items() if name.endswith("-id") and value == row.pk]
    Membership.objects.filter(pk=row.pk).delete()
    gone = browser.post(address(group), stale | {f"{mine}-priority": "4"})
    assert gone.status_code == 409 and "taken away" in gone.content.decode()
    assert [row["member"] for row in posted_rows(gone.context)] == [added.pk]


def test_values_signed_for_another_thing_are_refused(browser):
    agent, other = make_member(nickname="Ann"), make_member()
    foreign = shown(browser, other)["filled_from"]
    stale = shown(browser, agent) | {"nickname": "Late"}
    for bad in (foreign, "x", "a:b", stale["filled_from"] + "1"):
        answer = browser.post(address(agent), stale | {"filled_from": bad})
        assert "Load the page anew." in answer.content.decode()
    agent.refresh_from_db()
    assert agent.nickname == "Ann"
