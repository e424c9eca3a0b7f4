"""Tags in the console (S-15): made, renamed, taken out of use, deleted, each in the trail."""

import pytest
from django.test import Client

from apps.sessions.models import CustomerTag, SessionTag, Tag
from apps.team.models import Role, TrailEntry
from tests.factories import make_customer, make_member, make_session

pytestmark = pytest.mark.django_db

LIST = "/console/service_sessions/tag/"


@pytest.fixture
def browser_of(sign_in):
    """A browser in which this member is signed in, in English."""

    def signed_in(member) -> Client:
        browser = Client(headers={"accept-language": "en"})
        assert sign_in(member, browser=browser).status_code == 302
        return browser

    return signed_in


def test_a_supervisor_makes_a_tag_and_a_second_of_the_name_is_refused(browser_of):
    browser = browser_of(make_member(Role.SUPERVISOR))
    given = {"name": "VIP", "colour": "tone-2", "is_active": "on"}
    assert browser.post(f"{LIST}add/", given).status_code == 302
    answer = browser.post(f"{LIST}add/", given | {"name": "vip"})
    assert answer.status_code == 200 and "Another tag has this name already." in answer.content.decode()
    tag = Tag.objects.get()
    assert (tag.name, tag.colour, tag.is_active) == ("VIP", "tone-2", True)
    assert TrailEntry.objects.filter(action="tag.added", object_id=str(tag.pk)).exists()


@pytest.mark.parametrize("name", ["", "  ", "\u200b", "x" * 31])
def test_a_name_that_is_none_is_refused(browser_of, name):
    browser = browser_of(make_member(Role.ADMINISTRATOR))
    browser.post(f"{LIST}add/", {"name": name, "colour": "tone-1", "is_active": "on"})
    assert not Tag.objects.exists()


def test_agents_have_no_say(browser_of):
    tag = Tag.objects.create(name="VIP")
    browser = browser_of(make_member())
    for address in (LIST, f"{LIST}add/", f"{LIST}{tag.pk}/change/", f"{LIST}{tag.pk}/delete/"):
        assert browser.post(address, {"post": "yes", "name": "mine"}).status_code in (302, 403)
    assert Tag.objects.get().name == "VIP"


def test_the_list_counts_where_a_tag_is_and_deleting_takes_it_off(browser_of):
    tag = Tag.objects.create(name="VIP")
    session = make_session()
    for customer in (session.customer, make_customer()):
        CustomerTag.objects.create(customer=customer, tag=tag)
    SessionTag.objects.create(session=session, tag=tag)
    browser = browser_of(make_member(Role.ADMINISTRATOR))
    page = browser.get(LIST).content.decode()
    assert 'field-on_customers">2<' in page and 'field-on_sessions">1<' in page
    asked = browser.get(f"{LIST}{tag.pk}/delete/").content.decode()
    assert "customers: 2, sessions: 1" in asked
    browser.post(f"{LIST}{tag.pk}/delete/", {"post": "yes"})
    assert not CustomerTag.objects.exists() and not SessionTag.objects.exists()
    session.refresh_from_db()
    assert TrailEntry.objects.filter(action="tag.deleted").exists()
