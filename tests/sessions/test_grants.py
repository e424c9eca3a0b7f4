"""Grants add rows and rights to a role (T-9); masking and the search behind it (S-13, X-7); access (C-8)."""

from datetime import timedelta

import pytest
from django.core.cache import cache

from apps.sessions import access, contact_search, masking, permissions
from apps.sessions.models import (
    AccessRequest,
    Customer,
    ServiceRecord,
    SessionTag,
    SummaryCategory,
    Tag,
    WrapUp,
)
from apps.sessions.settings import PermissionSettings
from apps.team import business
from apps.team.grant_models import Grant
from apps.team.models import Member, Membership, Role, SkillGroup, TrailEntry
from csdesk import clock
from csdesk.errors import Invalid, NotAllowed, NotFound, RateLimited, WrongState
from tests import factories as make
from tests.records.scene import make_record

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh(tmp_path, settings):
    settings.DATA = tmp_path
    cache.clear()
    business.forget()
    yield
    business.forget()


def sees(member: Member, record: ServiceRecord) -> bool:
    """Session, record and customer stand or fall together."""
    found = {
        permissions.visible_to(member).filter(id=record.session_id).exists(),
        permissions.records_visible_to(member).filter(id=record.id).exists(),
        permissions.customers_visible_to(member).filter(id=record.customer_id).exists(),
        permissions.may_read(f"m:{member.pk}", record.session_id),
    }
    assert len(found) == 1
    return found.pop()


def granted(holder: Member | SkillGroup, **fields: object) -> Grant:
    return Grant.objects.create(**{"member" if isinstance(holder, Member) else "group": holder}, **fields)


@pytest.mark.parametrize("role", ["agent", "supervisor"])
def test_a_channel_a_group_a_tag_or_a_category_opens_what_it_names(role):
    record, other = make_record("hello", group=make.make_group()), make_record("hello")
    tag = Tag.objects.create(name="VIP")
    SessionTag.objects.create(session=record.session, tag=tag)
    top = SummaryCategory.objects.create(name="Orders")
    below = SummaryCategory.objects.create(name="Late", parent=top)
    WrapUp.objects.create(record=record, category=below, member=make.make_member())
    for name, number in [
        ("channels", record.channel_id),
        ("groups", record.group_id),
        ("tags", tag.pk),
        # A category takes along what is below it.
        ("categories", top.pk),
    ]:
        member = make.make_member(role)
        assert not sees(member, record)
        granted(member, **{name: [number]})
        assert sees(member, record), name
        assert not sees(member, other), name


def test_a_category_does_not_open_the_ones_above_or_beside_it():
    top = SummaryCategory.objects.create(name="Orders")
    late = SummaryCategory.objects.create(name="Late", parent=top)
    lost = SummaryCategory.objects.create(name="Lost", parent=top)
    member, sums = make.make_member(), make.make_member()
    granted(member, categories=[late.pk])
    records = {one: make_record("hello") for one in (top, late, lost)}
    for category, record in records.items():
        WrapUp.objects.create(record=record, category=category, member=sums)
    assert [sees(member, records[one]) for one in (top, late, lost)] == [False, True, False]


def test_what_a_group_is_granted_its_members_have_while_both_are_there():
    group, record = make.make_group(), make_record("hello")
    member = make.make_member(groups=[group])
    granted(group, channels=[record.channel_id], may_see_unmasked=True, may_export=True, may_delete=True)
    rights = (permissions.may_see_unmasked, permissions.may_export, permissions.may_delete)
    assert sees(member, record)
    assert [right(member) for right in rights] == [True] * 3
    assert not sees(make.make_member(), record)
    group.deleted_at = clock.now()
    group.save()
    assert not sees(member, record)
    assert [right(member) for right in rights] == [False] * 3


def test_nobody_who_may_not_sign_in_has_granted_rights():
    member, record = make.make_member(), make_record("hello")
    granted(member, channels=[record.channel_id], may_see_unmasked=True)
    member.forced_offline_at = clock.now()
    member.save()
    assert not sees(member, record)
    assert not permissions.may_see_unmasked(member)


def test_leaving_the_group_takes_its_grant_along():
    group, record = make.make_group(), make_record("hello")
    member = make.make_member(groups=[group])
    granted(group, channels=[record.channel_id])
    Membership.objects.filter(member=member).delete()
    assert not sees(member, record)


@pytest.mark.parametrize(
    ("role", "exports", "contacts", "deletes"),
    [
        ("agent", False, False, False),
        ("supervisor", True, False, False),
        ("administrator", True, True, True),
        ("super", True, True, True),
    ],
)
def test_what_the_roles_bring_along(role, exports, contacts, deletes):
    member = make.make_member(role)
    assert permissions.may_export(member) is exports
    assert permissions.may_see_unmasked(member) is contacts
    assert permissions.may_delete(member) is deletes


def test_a_customer_at_hand_is_open_until_they_are_summed_up():
    agent = make.make_member()
    earlier = make_record("hello", agent=make.make_member())
    mine = make_record("again", agent=agent, customer=earlier.customer)
    owed = WrapUp.objects.create(record=mine, member=agent, at=None)
    there = permissions.visible_to(agent).filter(id=earlier.session_id)
    assert there.exists()
    owed.at = clock.now()
    owed.save()
    assert not there.exists()


def test_who_reads_by_a_grant_saves_only_what_is_theirs():
    """D-8: one's own; C-8: others' only where exporting is granted."""
    agent = make.make_member()
    mine = make_record("hello", agent=agent)
    other = make_record("hello", channel=mine.channel)
    grant = granted(agent, channels=[mine.channel_id])
    assert permissions.may_download(agent, mine)
    assert not permissions.may_download(agent, other)
    grant.may_export = True
    grant.save()
    assert permissions.may_download(agent, other)


# --- masking ---


def test_contacts_are_masked_unless_one_may_see_them():
    customer = make.make_customer(phone="13800001234", email="li.lei@example.com")
    agent = make.make_member()
    masked = masking.contact_of(agent, customer)
    assert (masked.phone, masked.email, masked.is_masked) == ("138****1234", "li***@example.com", True)
    granted(agent, may_see_unmasked=True)
    whole = masking.contact_of(agent, customer)
    assert (whole.phone, whole.email, whole.is_masked) == (customer.phone, customer.email, False)
    assert masking.contact_of(make.make_member("administrator"), customer) == whole


def test_what_forms_have_asked_is_masked_by_its_name_and_numbers_of_orders_are_not():
    told = {
        "Phone": "13800001234",
        "手机号": 13800001234,
        "order": "20260715001234",
        "contact": "li@example.com",
    }
    masked = masking.Contact("", "", True).told(told)
    assert masked == {
        "Phone": "138****1234",
        "手机号": "138****1234",
        "order": "20260715001234",
        "contact": "l***@example.com",
    }
    assert masking.Contact("", "", False).told(told) == told


@pytest.mark.parametrize(
    ("email", "shown"), [("a@b.example", "***@b.example"), ("ab@b.example", "***@b.example"), ("", "")]
)
def test_a_short_name_is_not_shown_whole(email, shown):
    assert masking.masked_email(email) == shown


# --- X-7 ---


def found(member: Member, text: str) -> list[Customer]:
    return list(Customer.objects.filter(contact_search.customers_with(member, text, address="10.0.0.1")))


def test_masked_fields_are_found_by_the_whole_value_only_and_each_try_is_logged():
    customer = make.make_customer(phone="13800001234", email="Li.Lei@example.com")
    agent = make.make_member()
    assert found(agent, "13800001234") == [customer]
    assert found(agent, "138 0000-1234") == [customer]
    assert found(agent, "li.lei@EXAMPLE.com") == [customer]
    for part in ("1380000", "13800001", "lei@example.com", "@example.com", "%@%"):
        assert found(agent, part) == []
    entries = TrailEntry.objects.filter(action="customer.contact_searched", member_id=agent.pk)
    assert entries.count() == 8
    logged = " ".join(str(entry.detail.values) for entry in entries)
    assert "13800001234" not in logged
    assert "li.lei" not in logged.lower()


def test_who_may_see_them_finds_parts_and_leaves_no_entry_here():
    customer = make.make_customer(phone="13800001234", email="Li.Lei@example.com")
    admin = make.make_member("administrator")
    assert found(admin, "0000123") == [customer]
    assert found(admin, "lei@EX") == [customer]
    assert not TrailEntry.objects.filter(action="customer.contact_searched").exists()


def test_guessing_numbers_ends_soon_and_names_are_free():
    business.save(PermissionSettings, {"contact_searches": 3}, None)
    agent, colleague = make.make_member(), make.make_member()
    for number in range(3):
        found(agent, f"1380000123{number}")
    with pytest.raises(RateLimited):
        found(agent, "13800001239")
    assert found(agent, "Li Lei") == []
    assert found(colleague, "13800001239") == []


# --- C-8 ---


@pytest.fixture
def locks():
    business.save(PermissionSettings, {"locked_are_shown": True}, None)


def test_by_default_a_locked_record_cannot_be_told_from_none():
    record, agent = make_record("hello"), make.make_member()
    assert access.locked_record(agent, record.id) is None
    with pytest.raises(NotFound):
        access.ask(agent, record.id, "a complaint")
    assert not AccessRequest.objects.exists()


@pytest.mark.usefixtures("locks")
def test_access_is_asked_for_granted_for_a_time_and_ends_by_itself(monkeypatch):
    record, agent, admin = make_record("hello"), make.make_member(), make.make_member("administrator")
    request = access.ask(agent, record.id, "a complaint", address="10.0.0.1")
    assert access.ask(agent, record.id, "once more").pk == request.pk
    assert not sees(agent, record)
    access.grant(request.pk, admin, hours=2, answer="until tonight")
    assert sees(agent, record)
    assert not sees(make.make_member(), record)
    # Reading is no exporting.
    assert not permissions.may_download(agent, record)
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(hours=2, seconds=1))
    assert not sees(agent, record)
    actions = TrailEntry.objects.filter(object_id=str(record.session_id)).order_by("number")
    assert [entry.action for entry in actions] == ["access.asked", "access.granted"]


@pytest.mark.usefixtures("locks")
def test_access_can_be_refused_and_taken_back_and_answered_once():
    record, agent, admin = make_record("hello"), make.make_member(), make.make_member("administrator")
    request = access.ask(agent, record.id, "a complaint")
    access.refuse(request.pk, admin, answer="ask your supervisor")
    with pytest.raises(WrongState):
        access.grant(request.pk, admin, hours=2)
    again = access.ask(agent, record.id, "please")
    assert again.pk != request.pk
    access.grant(again.pk, admin, hours=2)
    access.end(again.pk, admin)
    assert not sees(agent, record)
    with pytest.raises(WrongState):
        access.end(again.pk, admin)


@pytest.mark.usefixtures("locks")
def test_only_administrators_answer_and_only_in_bounds():
    record, agent = make_record("hello"), make.make_member()
    request = access.ask(agent, record.id, "a complaint")
    for somebody in (agent, make.make_member("supervisor")):
        with pytest.raises(NotAllowed):
            access.grant(request.pk, somebody, hours=2)
    for hours in (0, -1, 721, 10**12):
        with pytest.raises(Invalid):
            access.grant(request.pk, make.make_member("administrator"), hours=hours)
    assert not sees(agent, record)


@pytest.mark.usefixtures("locks")
def test_a_request_says_why_and_they_do_not_pile_up(monkeypatch):
    agent = make.make_member()
    for reason in ("", "  \x00 ", "x" * 501):
        with pytest.raises(Invalid):
            access.ask(agent, make_record("hello").id, reason)
    monkeypatch.setattr(access, "MOST_OPEN", 2)
    for _number in range(2):
        access.ask(agent, make_record("hello").id, "a complaint")
    with pytest.raises(RateLimited):
        access.ask(agent, make_record("hello").id, "a complaint")


@pytest.mark.usefixtures("locks")
def test_what_is_open_deleted_or_never_spoken_in_is_not_locked():
    agent = make.make_member()
    mine, looked = make_record("hello", agent=agent), make_record(is_engaged=False)
    deleted = make_record("hello")
    deleted.session.deleted_at = clock.now()
    deleted.session.save()
    for record in (mine, looked, deleted):
        with pytest.raises(NotFound):
            access.ask(agent, record.id, "a complaint")


@pytest.mark.django_db
def test_who_sees_contacts_in_full_is_the_same_for_one_and_for_many(django_assert_num_queries):
    group, gone = make.make_group(), make.make_group(deleted_at=clock.now())
    granted(group, may_see_unmasked=True)
    granted(gone, may_see_unmasked=True)
    plain, of_group, of_gone, own = (
        make.make_member(groups=groups) for groups in ([], [group], [gone, make.make_group()], [])
    )
    granted(own, may_see_unmasked=True)
    away = make.make_member(groups=[group], forced_offline_at=clock.now())
    everybody = [plain, of_group, of_gone, own, away, make.make_member(Role.ADMINISTRATOR)]
    with django_assert_num_queries(1):
        found = permissions.who_sees_unmasked(everybody)
    assert found == {member.pk for member in everybody if permissions.may_see_unmasked(member)}
    assert found >= {of_group.pk, own.pk, everybody[-1].pk}
    assert not found & {plain.pk, of_gone.pk, away.pk}
