"""API credentials (T-10, X-9): made, sealed, limited, rotated, disabled."""

from datetime import timedelta

import pytest

from apps.team import credentials
from apps.team.models import ApiCredential, Role, TrailDetail, TrailEntry
from csdesk import clock
from csdesk.errors import Invalid, NotAllowed, WrongState
from tests.factories import make_member

pytestmark = pytest.mark.django_db

READ = "DescribeIMCdrs"
HERE = "203.0.113.7"


@pytest.fixture
def admin():
    return make_member(Role.ADMINISTRATOR)


def made(admin, **fields) -> tuple[ApiCredential, credentials.Pair]:
    credential = ApiCredential(**{"name": "orders", "actions": [READ]} | fields)
    return credential, credentials.add(credential, admin, address=HERE)


def test_a_pair_is_made_and_its_key_is_nowhere_in_the_clear(admin):
    credential, pair = made(admin)
    assert pair.secret_id.startswith("AKID")
    assert len(pair.secret_key) == credentials.KEY_LENGTH
    row = ApiCredential.objects.filter(pk=credential.pk).values().get()
    assert not any(pair.secret_key in str(value) for value in row.values())
    details = TrailDetail.objects.filter(entry__object_type="credential")
    assert [detail.entry.action for detail in details] == ["credential.added"]
    assert all(pair.secret_key not in str(detail.values) for detail in details)
    assert credentials.keys_of(ApiCredential.objects.get(pk=credential.pk)) == [pair.secret_key]


def test_a_key_moved_to_another_row_does_not_open(admin):
    one, _pair = made(admin)
    two, _pair = made(admin, name="other")
    ApiCredential.objects.filter(pk=two.pk).update(secret=one.secret)
    assert credentials.keys_of(ApiCredential.objects.get(pk=two.pk)) == []


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.AGENT])
def test_nobody_but_administrators(role, admin):
    credential, _pair = made(admin)
    other = make_member(role)
    for act in (
        lambda: made(other),
        lambda: credentials.change(credential.pk, {"name": "x"}, other),
        lambda: credentials.rotate(credential.pk, timedelta(), other),
        lambda: credentials.switch(credential.pk, other, on=False),
        lambda: credentials.end_former(credential.pk, other),
    ):
        with pytest.raises(NotAllowed):
            act()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": " "}, "name"),
        ({"actions": []}, "actions"),
        ({"actions": ["DropTables"]}, "actions"),
        ({"actions": ["CreateAdminURL"]}, "actions"),
        ({"networks": ["not a network"]}, "networks"),
        ({"networks": ["0.0.0.0/0"]}, "networks"),
        ({"networks": ["::/0"]}, "networks"),
        ({"networks": [f"10.0.0.{n}" for n in range(51)]}, "networks"),
    ],
)
def test_what_does_not_fit_is_refused_at_its_field(admin, fields, field):
    with pytest.raises(Invalid) as refused:
        made(admin, **fields)
    assert refused.value.extra["field"] == field
    assert not ApiCredential.objects.exists()


def test_it_may_do_what_it_names_from_where_it_says_until_its_end(admin):
    credential, _pair = made(admin, networks=["203.0.113.9/24", "2001:db8::/32"])
    assert credential.networks == ["203.0.113.0/24", "2001:db8::/32"]
    ask = credentials.refusal
    assert ask(credential, READ, HERE) is None
    assert ask(credential, READ, "::ffff:203.0.113.9") is None
    assert ask(credential, READ, "2001:db8::1") is None
    assert ask(credential, READ, "198.51.100.1") == "network"
    assert ask(credential, READ, "nowhere") == "network"
    assert ask(credential, "DeleteStaff", HERE) == "action"
    credential.ends_at = clock.now() - timedelta(seconds=1)
    assert ask(credential, READ, HERE) == "ended"
    credential.disabled_at = clock.now()
    assert ask(credential, READ, HERE) == "disabled"


def test_administrators_only_where_it_says_so_and_the_super_administrator_never(admin):
    credential, _pair = made(admin)
    agent, chief = make_member(), make_member(Role.SUPER)
    assert credentials.may_act_on(credential, agent)
    assert not credentials.may_act_on(credential, admin)
    credential.manages_administrators = True
    assert credentials.may_act_on(credential, admin)
    assert not credentials.may_act_on(credential, chief)


def test_the_former_key_counts_for_as_long_as_was_said(admin, monkeypatch):
    credential, first = made(admin)
    second = credentials.rotate(credential.pk, timedelta(hours=1), admin)
    credential.refresh_from_db()
    assert second.secret_id == first.secret_id
    assert credentials.keys_of(credential) == [second.secret_key, first.secret_key]
    later = clock.now() + timedelta(hours=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert credentials.keys_of(credential) == [second.secret_key]


def test_a_third_key_ends_the_first_at_once_and_so_may_anybody(admin):
    credential, _first = made(admin)
    second = credentials.rotate(credential.pk, timedelta(days=1), admin)
    third = credentials.rotate(credential.pk, timedelta(days=1), admin)
    credential.refresh_from_db()
    assert credentials.keys_of(credential) == [third.secret_key, second.secret_key]
    credentials.end_former(credential.pk, admin)
    credential.refresh_from_db()
    assert credentials.keys_of(credential) == [third.secret_key]
    with pytest.raises(WrongState):
        credentials.end_former(credential.pk, admin)


def test_at_once_means_at_once(admin):
    credential, _first = made(admin)
    second = credentials.rotate(credential.pk, timedelta(), admin)
    credential.refresh_from_db()
    assert credentials.keys_of(credential) == [second.secret_key]


def test_disabled_twice_is_one_entry(admin):
    credential, _pair = made(admin)
    assert credentials.switch(credential.pk, admin, on=False)
    assert not credentials.switch(credential.pk, admin, on=False)
    with pytest.raises(WrongState):
        credentials.rotate(credential.pk, timedelta(), admin)
    assert credentials.switch(credential.pk, admin, on=True)
    actions = TrailEntry.objects.filter(object_type="credential").order_by("number")
    assert list(actions.values_list("action", flat=True)) == [
        "credential.added",
        "credential.disabled",
        "credential.enabled",
    ]


def test_a_change_says_before_and_after(admin):
    credential, _pair = made(admin)
    credentials.change(credential.pk, {"actions": ["DeleteStaff", READ], "networks": []}, admin)
    detail = TrailDetail.objects.get(entry__action="credential.changed")
    assert detail.values["before"] == {"actions": [READ]}
    # In one order, however they came.
    assert detail.values["after"] == {"actions": [READ, "DeleteStaff"]}


def test_the_last_use_is_written_once_a_minute(admin, monkeypatch):
    credential, _pair = made(admin)
    credentials.note_use(credential, HERE)
    first = ApiCredential.objects.get(pk=credential.pk).used_at
    credentials.note_use(credential, "198.51.100.1")
    again = ApiCredential.objects.get(pk=credential.pk)
    assert (again.used_at, again.used_from) == (first, HERE)
    later = clock.now() + timedelta(minutes=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    credentials.note_use(credential, "198.51.100.1")
    assert ApiCredential.objects.get(pk=credential.pk).used_from == "198.51.100.1"


def test_a_changed_secret_key_seals_anew_and_keeps_what_it_can_not_open(admin, settings):
    credential, pair = made(admin)
    credentials.rotate(credential.pk, timedelta(days=1), admin)
    credential.refresh_from_db()
    keys = credentials.keys_of(credential)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key of fifty characters, for this test only"
    assert credentials.seal_anew() == 1
    assert credentials.seal_anew() == 0
    settings.SECRET_KEY_FALLBACKS = []
    credential.refresh_from_db()
    assert credentials.keys_of(credential) == keys
    settings.SECRET_KEY = "a third key, and the one before is gone for everybody"
    assert credentials.seal_anew() == 0
    assert credentials.keys_of(credential) == []
    assert pair.secret_key in keys
