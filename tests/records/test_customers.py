"""The customers' pages (D-9, S-13, S-14): who sees whom, what is shown, noted and decided there."""

import uuid
from datetime import timedelta

import pytest

from apps.records.customers import queries
from apps.sessions import blacklist, customer_edits
from apps.sessions.models import BlacklistEntry, Customer, CustomerTag, Message, SessionTag, Tag
from apps.team.models import Role, TrailDetail, TrailEntry
from csdesk import clock
from tests.factories import make_customer, make_group, make_member
from tests.records.scene import add_message, make_record

pytestmark = pytest.mark.django_db

PHONE, EMAIL = "13812345678", "li.lei@example.com"


@pytest.fixture
def admin():
    return make_member(Role.ADMINISTRATOR)


def a_customer(agent=None, **fields) -> Customer:
    """Somebody with a consultation."""
    customer = make_customer(**fields)
    make_record("Hello", customer=customer, channel=customer.source, agent=agent)
    return customer


def actions() -> list[str]:
    found = TrailEntry.objects.exclude(action__startswith="sign_in").order_by("number")
    return list(found.values_list("action", flat=True))


def form(customer: Customer, **values) -> dict:
    return {"remark": "", "seen": customer_edits.version(customer)} | values


def test_signing_in_comes_first(client):
    customer = a_customer()
    for address in ("", f"{customer.id}/", f"{customer.id}/edit/", f"{customer.id}/blacklist/", "blacklist/"):
        answer = client.get(f"/customers/{address}")
        assert answer.status_code == 302 and answer.url.startswith("/login/"), address


def test_the_list_shows_who_was_last_seen_first_and_nobody_who_only_looked(reading, admin):
    now = clock.now()
    for hours, name in ((3, "Early"), (1, "Late")):
        a_customer(name=name, last_seen_at=now - timedelta(hours=hours))
    make_record("", customer=make_customer(name="Onlooker"), is_engaged=False)
    page = reading(admin).get("/customers/").content.decode()
    assert page.index("Late") < page.index("Early")
    assert "Onlooker" not in page


def test_agents_see_whom_they_have_served_and_what_is_not_theirs_looks_like_nothing(reading):
    agent = make_member()
    mine, other = a_customer(agent, name="Mine"), a_customer(make_member(), name="Secret")
    browser = reading(agent)
    page = browser.get("/customers/").content.decode()
    assert "Mine" in page and "Secret" not in page
    assert browser.get(f"/customers/{mine.id}/").status_code == 200
    for suffix in ("", "?part=profile", "edit/", "edit/?part=form", "blacklist/"):
        forbidden = browser.get(f"/customers/{other.id}/{suffix}")
        missing = browser.get(f"/customers/{uuid.uuid4()}/{suffix}")
        assert forbidden.status_code == missing.status_code == 404, suffix
        assert "Secret" not in forbidden.content.decode()
    assert "Secret" not in browser.get(f"/customers/?open={other.id}").content.decode()


def test_supervisors_see_the_customers_of_their_groups(reading):
    group = make_group()
    supervisor = make_member(Role.SUPERVISOR)
    supervisor.memberships.create(group=group, supervises=True)
    ours = make_customer(name="Ours")
    make_record("hi", customer=ours, group=group, agent=make_member())
    a_customer(make_member(), name="Theirs")
    page = reading(supervisor).get("/customers/").content.decode()
    assert "Ours" in page and "Theirs" not in page


def test_agents_see_contacts_masked_and_administrators_in_full(reading, admin):
    agent = make_member()
    customer = a_customer(agent, phone=PHONE, email=EMAIL)
    for address in ("/customers/", f"/customers/{customer.id}/"):
        masked = reading(agent).get(address).content.decode()
        assert "138****5678" in masked and "li***@example.com" in masked
        assert PHONE not in masked and EMAIL not in masked
        assert PHONE in reading(admin).get(address).content.decode()


def test_searching_and_looking_are_in_the_trail_before_anything_is_shown(reading, admin):
    customer = a_customer(name="Li Lei", phone=PHONE)
    browser = reading(admin)
    assert "Li Lei" in browser.get(f"/customers/?q={PHONE}").content.decode()
    browser.get(f"/customers/{customer.id}/")
    assert actions() == ["customer.searched", "customer.viewed"]
    searched = TrailDetail.objects.get(entry__action="customer.searched")
    assert searched.values["q"] == "138****5678"


def test_a_profile_tells_where_they_come_from_what_they_bought_and_all_sessions(reading, admin):
    customer = a_customer(
        name="<b>Han</b>",
        page="https://shop.example.com/kettles",
        browser="Firefox",
        client_data={"level": "vip"},
    )
    second = make_record("From elsewhere", customer=customer, agent=admin)
    tag = Tag.objects.create(name="Complaint", colour="tone-2")
    SessionTag.objects.create(session=second.session, tag=tag)
    order = {"src": "28", "content": {"name": "Kettle", "customField": [{"name": "Order", "value": "A-77"}]}}
    for _twice in range(2):
        card = add_message(second.session, "ignored")
        Message.objects.filter(pk=card.pk).update(kind="custom", body={"data": order})
    page = reading(admin).get(f"/customers/{customer.id}/").content.decode()
    assert "&lt;b&gt;Han&lt;/b&gt;" in page and "<b>Han</b>" not in page
    for words in ("https://shop.example.com/kettles", "Firefox", "vip", "Complaint", "tone-2", "A-77"):
        assert words in page, words
    assert page.count("A-77") == 1
    assert f"/records/{second.id}/" in page


def test_an_agent_reads_of_the_sessions_only_what_they_may(reading):
    agent, colleague = make_member(), make_member(nickname="Colleague")
    customer = a_customer(agent)
    make_record("hidden words", customer=customer, agent=colleague)
    page = reading(agent).get(f"/customers/{customer.id}/").content.decode()
    assert "Colleague" not in page


@pytest.mark.parametrize(
    "asked",
    [
        "?tag=99999",
        "?tag=x",
        "?channel=-1",
        "?standing=odd",
        "?before=nonsense",
        "?after=99999999999999999999-x",
        "?open=1",
        "?q=" + "x" * 101,
        "?q=%00",
    ],
)
def test_what_does_not_fit_is_left_out_and_told(reading, admin, asked):
    a_customer(name="Still here")
    answer = reading(admin).get(f"/customers/{asked}")
    assert answer.status_code == 200
    page = answer.content.decode()
    assert 'role="alert"' in page and "Still here" in page


def test_filters_narrow_down(reading, admin):
    tag = Tag.objects.create(name="VIP")
    known = a_customer(name="Known", user_id="u-1")
    visitor = a_customer(name="Visitor")
    CustomerTag.objects.create(customer=visitor, tag=tag)
    blacklist.add(admin, blacklist.target(user_id="u-1"), reason="why")
    browser = reading(admin)
    for asked, there, gone in (
        (f"?tag={tag.pk}", visitor, known),
        ("?standing=known", known, visitor),
        ("?standing=visitor", visitor, known),
        (f"?channel={known.source_id}", known, visitor),
        ("?blacklisted=1", known, visitor),
        ("?q=visit", visitor, known),
    ):
        page = browser.get(f"/customers/{asked}").content.decode()
        assert str(there.id) in page and str(gone.id) not in page, asked


def test_pages_follow_each_other_without_holes(monkeypatch, admin):
    monkeypatch.setattr(queries, "PAGE", 3)
    at = clock.now()
    # Some were last seen at the same moment.
    made = [a_customer(name=f"c{n}", last_seen_at=at - timedelta(minutes=n // 2)) for n in range(8)]
    found = queries.narrowed(admin, queries.Filters())
    first = queries.page(found)
    second = queries.page(found, first.older)
    third = queries.page(found, second.older)
    names = [one.name for page in (first, second, third) for one in page.customers]
    assert sorted(names) == sorted(one.name for one in made) and len(names) == 8
    assert third.older is None
    assert queries.page(found, third.newer).customers == second.customers
    assert queries.page(found, second.newer).customers == first.customers


def test_the_list_costs_as_many_statements_for_many_as_for_one(reading, admin, django_assert_max_num_queries):
    browser = reading(admin)
    tag = Tag.objects.create(name="VIP")
    for _n in range(12):
        CustomerTag.objects.create(customer=a_customer(), tag=tag)
    with django_assert_max_num_queries(26):
        browser.get("/customers/")


def test_what_is_noted_is_saved_and_in_the_trail(reading):
    agent = make_member()
    customer = a_customer(agent)
    tag = Tag.objects.create(name="VIP")
    answer = reading(agent).post(
        f"/customers/{customer.id}/edit/",
        form(
            customer, remark="Calls 13812345678", tag=[tag.pk], name=["Size", "", " "], value=["42", "", ""]
        ),
    )
    assert answer.status_code == 302
    customer.refresh_from_db()
    assert (customer.remark, customer.attributes) == ("Calls 13812345678", {"Size": "42"})
    assert list(customer.labels.values_list("tag__name", "member")) == [("VIP", agent.pk)]
    noted = TrailDetail.objects.get(entry__action="customer.changed").values
    assert noted["after"] == {"remark": "Calls 138****5678", "tags": ["VIP"], "attributes": {"Size": "42"}}


def test_saving_what_is_there_already_writes_nothing(reading, admin):
    customer = a_customer()
    reading(admin).post(f"/customers/{customer.id}/edit/", form(customer))
    assert "customer.changed" not in actions()


@pytest.mark.parametrize(
    "values",
    [
        {"remark": "x" * 2001},
        {"remark": "a\x00b"},
        {"name": ["", "b"], "value": ["no name", "2"]},
        {"name": ["Size", "size"], "value": ["1", "2"]},
        {"name": ["n" * 41], "value": ["1"]},
        {"name": ["n"], "value": ["v" * 501]},
        {"name": [f"n{n}" for n in range(21)], "value": ["1"] * 21},
        {"tag": ["999999"]},
        {"tag": ["99999999999999999"]},
    ],
)
def test_what_cannot_be_noted_is_told_at_its_field_and_nothing_is_saved(reading, admin, values):
    customer = a_customer(remark="before")
    answer = reading(admin).post(f"/customers/{customer.id}/edit/?part=form", form(customer, **values))
    assert answer.status_code == 400
    assert 'class="wrong" role="alert"' in answer.content.decode()
    customer.refresh_from_db()
    assert (customer.remark, customer.attributes) == ("before", {})


def test_nobody_writes_over_what_they_have_not_seen(reading, admin):
    customer = a_customer()
    late = form(customer, remark="mine")
    browser = reading(admin)
    browser.post(f"/customers/{customer.id}/edit/", form(customer, remark="theirs"))
    answer = browser.post(f"/customers/{customer.id}/edit/?part=form", late)
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "theirs" in page and 'role="alert"' in page
    customer.refresh_from_db()
    assert customer.remark == "theirs"


def test_a_tag_that_is_not_offered_any_more_stays_and_cannot_be_put_anew(reading, admin):
    past = Tag.objects.create(name="Past", is_active=False)
    with_it, without = a_customer(), a_customer()
    CustomerTag.objects.create(customer=with_it, tag=past)
    browser = reading(admin)
    kept = browser.post(f"/customers/{with_it.id}/edit/?part=form", form(with_it, tag=[past.pk], remark="x"))
    new = browser.post(f"/customers/{without.id}/edit/?part=form", form(without, tag=[past.pk]))
    assert (kept.status_code, new.status_code) == (204, 400)
    assert with_it.labels.count() == 1 and without.labels.count() == 0


def test_an_agent_proposes_from_the_profile_and_a_supervisor_decides(reading):
    group = make_group()
    agent, supervisor = make_member(groups=[group]), make_member(Role.SUPERVISOR)
    supervisor.memberships.create(group=group, supervises=True)
    customer = make_customer(name="Rude")
    make_record("!!!", customer=customer, group=group, agent=agent)
    browser = reading(agent)
    answer = browser.post(
        f"/customers/{customer.id}/blacklist/?part=form",
        {"by": "customer", "reason": "Insults", "days": "30"},
    )
    assert answer.status_code == 204
    entry = BlacklistEntry.objects.get()
    assert (entry.state, entry.added_by, entry.reason) == ("proposed", agent, "Insults")
    assert timedelta(days=29) < entry.until - clock.now() <= timedelta(days=30)
    assert "Proposed for the blacklist" in browser.get(f"/customers/{customer.id}/").content.decode()
    browser.post(f"/customers/blacklist/{entry.pk}/decide/", {"accept": "1"})
    entry.refresh_from_db()
    assert entry.state == "proposed"
    reading(supervisor).post(f"/customers/blacklist/{entry.pk}/decide/", {"accept": "1"})
    entry.refresh_from_db()
    assert (entry.state, entry.decided_by) == ("active", supervisor)


def test_the_blacklist_shows_and_changes_only_what_a_member_may(reading, admin):
    agent = make_member()
    blacklist.add(admin, blacklist.target(user_id="loud-1"), reason="Shouts")
    entry = BlacklistEntry.objects.get()
    browser = reading(agent)
    assert "loud-1" not in browser.get("/customers/blacklist/?view=active").content.decode()
    for address in (f"{entry.pk}/lift/", f"{entry.pk}/decide/"):
        browser.post(f"/customers/blacklist/{address}", {"accept": "0"})
    assert browser.get("/customers/blacklist/add/").status_code == 404
    assert browser.post("/customers/blacklist/add/", {"by": "user_id", "user_id": "x"}).status_code == 404
    entry.refresh_from_db()
    assert entry.state == "active"
    chief = reading(admin)
    assert "loud-1" in chief.get("/customers/blacklist/?view=active").content.decode()
    chief.post(f"/customers/blacklist/{entry.pk}/lift/")
    assert "loud-1" not in chief.get("/customers/blacklist/?view=active").content.decode()
    assert "loud-1" in chief.get("/customers/blacklist/?view=ended").content.decode()


@pytest.mark.parametrize(
    "given",
    [
        {"by": "address", "address": "nowhere", "reason": "why", "days": "7"},
        {"by": "address", "address": "203.0.113.0/8", "reason": "why", "days": "7"},
        {"by": "user_id", "user_id": "", "reason": "why", "days": "7"},
        {"by": "somebody", "reason": "why", "days": "7"},
        {"by": "user_id", "user_id": "x", "reason": "", "days": "7"},
        {"by": "user_id", "user_id": "x", "reason": "why", "days": "day", "day": "2020-01-01"},
        {"by": "user_id", "user_id": "x", "reason": "why", "days": "day", "day": "tomorrow"},
        {"by": "user_id", "user_id": "x", "reason": "why", "days": "day", "day": "9999-12-31"},
        {},
    ],
)
def test_a_form_that_does_not_fit_bars_nobody_and_says_where(reading, admin, given):
    answer = reading(admin).post("/customers/blacklist/add/", given)
    assert answer.status_code == 400
    assert 'class="wrong" role="alert"' in answer.content.decode()
    assert not BlacklistEntry.objects.exists()


def test_an_address_with_many_customers_behind_it_says_so(reading, admin):
    customer = a_customer(address="203.0.113.9")
    a_customer(address="203.0.113.9")
    page = reading(admin).get(f"/customers/{customer.id}/blacklist/").content.decode()
    assert "2 customers came from it within 30 days" in page


def test_a_page_elsewhere_is_not_led_to(reading, admin):
    blacklist.add(admin, blacklist.target(user_id="u"), reason="why")
    entry = BlacklistEntry.objects.get()
    answer = reading(admin).post(f"/customers/blacklist/{entry.pk}/lift/", {"next": "https://evil.example/"})
    assert answer.url == "/customers/blacklist/"


def test_a_supervisor_proposes_an_address_on_its_page_and_lifts_nothing_of_an_administrators(reading, admin):
    blacklist.add(admin, blacklist.target(address="203.0.113.8"), reason="Floods")
    chief = reading(make_member(Role.SUPERVISOR))
    page = chief.get("/customers/blacklist/add/").content.decode()
    assert "An administrator decides on addresses" in page
    given = {"by": "address", "address": "203.0.113.9", "reason": "Floods too", "days": "7"}
    assert chief.post("/customers/blacklist/add/", given).status_code == 302
    entry = BlacklistEntry.objects.get(network="203.0.113.9/32")
    assert entry.state == "proposed"
    in_force = chief.get("/customers/blacklist/?view=active").content.decode()
    assert "203.0.113.8" in in_force and "/lift/" not in in_force
    proposed = chief.get("/customers/blacklist/?view=proposed").content.decode()
    assert "/decide/" not in proposed and f"/{entry.pk}/lift/" in proposed
    assert f"/{entry.pk}/decide/" in reading(admin).get("/customers/blacklist/").content.decode()
