"""Who decides about whom on the blacklist (S-14, T-9), and that no ban is lost when two become one (S-12)."""

from datetime import timedelta

import pytest

from apps.routing import barring
from apps.sessions import blacklist
from apps.sessions.blacklist_settings import BlacklistSettings
from apps.sessions.models import BlacklistEntry, BlacklistState, ChatSession, Customer
from apps.team.models import Member, Role
from csdesk import clock
from csdesk.errors import DomainError, Invalid, NotAllowed, NotFound
from tests import factories as make
from tests.routing import scene
from tests.routing.scene import again

pytestmark = pytest.mark.usefixtures("time")

PROPOSED, ACTIVE, LIFTED = BlacklistState.PROPOSED, BlacklistState.ACTIVE, BlacklistState.LIFTED


@pytest.fixture
def administrator() -> Member:
    return make.make_member(Role.ADMINISTRATOR)


@pytest.fixture
def supervisor() -> Member:
    """Of one group, whose customer is `ours`."""
    member = make.make_member(Role.SUPERVISOR)
    member.memberships.create(group=make.make_group(), supervises=True)
    return member


@pytest.fixture
def ours(supervisor) -> Customer:
    return somebodys(supervisor.memberships.get().group, user_id="ours-1", address="203.0.113.9").customer


def somebodys(group, **fields) -> ChatSession:
    """A session that an agent of the group serves."""
    agent = scene.agent_at_desk(group)
    session = scene.customer_asks(group)
    Customer.objects.filter(id=session.customer_id).update(**fields)
    session.customer.refresh_from_db()
    assert (session.agent, session.group) == (agent, group)
    return session


def bar(member: Member, days: int | None = None, **whom) -> BlacklistEntry:
    until = clock.now() + timedelta(days=days) if days else None
    return barring.add(member, blacklist.target(**whom), reason="Insults everybody", until=until)


def state_of(entry: BlacklistEntry) -> str:
    entry.refresh_from_db()
    return entry.state


def test_a_supervisor_bars_by_user_id_only_whom_they_see(supervisor, ours):
    theirs = somebodys(make.make_group(), user_id="theirs-1")
    for user_id in ("theirs-1", "nobody-yet"):
        with pytest.raises(NotAllowed):
            bar(supervisor, user_id=user_id)
    assert not blacklist.bars(theirs.customer) and again(theirs).is_open
    assert bar(supervisor, user_id="ours-1").state == ACTIVE
    assert blacklist.bars(ours)


@pytest.mark.parametrize("address", ["203.0.113.9", "203.0.0.0/16"])
def test_a_supervisor_proposes_an_address_and_an_administrator_decides(
    supervisor, ours, administrator, address
):
    session = somebodys(make.make_group(), address="203.0.113.9")
    entry = bar(supervisor, address=address)
    assert entry.state == PROPOSED and again(session).is_open
    with pytest.raises(NotAllowed):
        barring.decide(supervisor, entry.pk, accepts=True)
    barring.decide(administrator, entry.pk, accepts=True)
    assert not again(session).is_open


def test_with_agents_who_decide_an_address_is_still_an_administrators():
    scene.set_rules(BlacklistSettings, decides="agents")
    agent = scene.agent_at_desk()
    customer = make.make_served_session(agent, customer=make.make_customer(address="203.0.113.9")).customer
    assert bar(agent, address="203.0.113.9").state == PROPOSED
    assert bar(agent, customer=customer).state == ACTIVE


def test_a_supervisor_lifts_no_ban_of_an_administrator(supervisor, ours, administrator):
    for whom in ({"customer": ours}, {"user_id": "ours-1"}, {"address": "203.0.113.9"}):
        entry = bar(administrator, **whom)
        with pytest.raises(NotAllowed):
            blacklist.lift(supervisor, entry.pk)
        assert state_of(entry) == ACTIVE
        assert not blacklist.to_lift(supervisor).exists()
        assert blacklist.lift(administrator, entry.pk).state == LIFTED


def test_a_supervisor_lifts_no_ban_that_an_administrator_has_accepted(supervisor, ours, administrator):
    entry = bar(ChatSession.objects.get(customer=ours).agent, customer=ours)
    barring.decide(administrator, entry.pk, accepts=True)
    with pytest.raises(NotAllowed):
        blacklist.lift(supervisor, entry.pk)
    assert state_of(entry) == ACTIVE


def test_supervisors_lift_what_supervisors_have_decided_about_their_customers(supervisor, ours):
    assert blacklist.lift(supervisor, bar(supervisor, customer=ours).pk).state == LIFTED
    assert blacklist.lift(supervisor, bar(supervisor, user_id="ours-1").pk).state == LIFTED
    # Their own proposal they take back.
    assert blacklist.lift(supervisor, bar(supervisor, address="203.0.113.9").pk).state == LIFTED


def test_a_supervisor_touches_nothing_about_other_groups_customers(supervisor, ours, administrator):
    group = make.make_group()
    theirs = somebodys(group, user_id="theirs-1", address="198.51.100.9")
    other = make.make_member(Role.SUPERVISOR)
    other.memberships.create(group=group, supervises=True)
    banned, proposed = bar(other, user_id="theirs-1"), bar(other, address="198.51.100.9")
    with pytest.raises(NotFound):
        blacklist.lift(supervisor, banned.pk)
    for act in (blacklist.lift, lambda member, pk: barring.decide(member, pk, accepts=False)):
        with pytest.raises(DomainError):
            act(supervisor, proposed.pk)
    assert (state_of(banned), state_of(proposed)) == (ACTIVE, PROPOSED)
    assert blacklist.bars(theirs.customer)


# --- two who are one (S-12) ---


def move(visitor: Customer, known: Customer) -> BlacklistEntry:
    """The one entry that stands against the known user afterwards."""
    blacklist.move(visitor, known)
    return BlacklistEntry.objects.get(customer=known, state__in=[PROPOSED, ACTIVE])


def days_left(entry: BlacklistEntry) -> int | None:
    return entry.until and round((entry.until - clock.now()) / timedelta(days=1))


def test_a_ban_wins_over_what_is_only_proposed(administrator):
    agent = scene.agent_at_desk()
    known = make.make_served_session(agent, customer=make.make_customer(user_id="known-3")).customer
    visitor = make.make_customer()
    bar(agent, customer=known)
    entry = bar(administrator, customer=visitor)
    assert move(visitor, known) == entry
    assert blacklist.bars(known)


def test_a_ban_wins_over_one_whose_time_is_over(administrator, time):
    visitor, known = make.make_customer(), make.make_customer(user_id="known-4")
    bar(administrator, days=1, customer=known)
    time.move(2 * 86_400)
    entry = bar(administrator, customer=visitor)
    assert move(visitor, known) == entry
    assert blacklist.bars(known)


@pytest.mark.parametrize(
    ("visitors", "knowns", "left"), [(30, 1, 30), (1, 30, 30), (None, 1, None), (1, None, None)]
)
def test_of_two_bans_the_later_end_counts(administrator, visitors, knowns, left):
    visitor, known = make.make_customer(), make.make_customer(user_id="known-5")
    bar(administrator, days=visitors, customer=visitor)
    bar(administrator, days=knowns, customer=known)
    assert days_left(move(visitor, known)) == left


def test_an_administrators_ban_stays_one_with_the_later_end(supervisor, ours, administrator):
    visitor = make.make_customer()
    bar(administrator, days=1, customer=visitor)
    bar(supervisor, days=30, customer=ours)
    entry = move(visitor, ours)
    assert (entry.added_by, days_left(entry)) == (administrator, 30)
    with pytest.raises(NotAllowed):
        blacklist.lift(supervisor, entry.pk)


# --- addresses ---


@pytest.mark.parametrize("typed", ["::ffff:0:0/96", "::ffff:203.0.113.0/120", "::ffff:cb00:7109/128"])
def test_a_mapped_network_is_to_be_written_as_ipv4(administrator, typed):
    with pytest.raises(Invalid, match="IPv4") as refused:
        bar(administrator, address=typed)
    assert typed not in refused.value.detail


@pytest.mark.parametrize("line", ["0.0.0.0/0", "10.0.0.0/7", "::/0", "2000::/15"])
def test_half_the_world_is_no_network_of_ones_own(line):
    with pytest.raises(Invalid) as refused:
        scene.set_rules(BlacklistSettings, own_networks=["10.0.0.0/8", "2001::/16", line])
    assert refused.value.field == "own_networks" and line in refused.value.detail
    scene.set_rules(BlacklistSettings, own_networks=["10.0.0.0/8", "2001::/16"])
