"""Visitor tokens (X-3): unguessable, stored hashed, rotated with a minute of overlap."""

import pytest

from apps.sessions.models import Customer, VisitorToken
from apps.visitor import tokens
from csdesk.errors import TokenExpired, Unauthorized
from tests import factories as make

pytestmark = pytest.mark.django_db


def test_a_token_is_kept_as_a_hash_only():
    text, row = tokens.issue(make.make_channel())
    assert len(text) == 43
    assert not VisitorToken.objects.filter(hash=text).exists()
    assert tokens.check(text).visitor_id == row.visitor_id


def test_a_look_leaves_no_customer_behind():
    before = Customer.objects.count()
    tokens.issue(make.make_channel())
    assert Customer.objects.count() == before


def test_the_renewed_token_is_the_same_visitor_and_the_old_one_works_a_minute_more(later):
    old, row = tokens.issue(make.make_channel())
    new, renewed = tokens.renew(old)
    assert new != old
    assert renewed.visitor_id == row.visitor_id
    later(seconds=59)
    assert tokens.check(old).visitor_id == row.visitor_id
    later(seconds=2)
    with pytest.raises(TokenExpired):
        tokens.check(old)
    assert tokens.check(new).visitor_id == row.visitor_id


def test_two_tabs_that_renew_get_a_token_each_and_no_longer_overlap(later):
    old, _row = tokens.issue(make.make_channel())
    first, _row = tokens.renew(old)
    later(seconds=40)
    second, _row = tokens.renew(old)
    assert first != second
    later(seconds=30)
    # The minute counts from the first renewal: the second has not prolonged it.
    with pytest.raises(TokenExpired):
        tokens.renew(old)
    assert tokens.check(first).visitor_id == tokens.check(second).visitor_id


def test_thirty_idle_days_end_it_and_use_prolongs_it(later):
    text, _row = tokens.issue(make.make_channel())
    later(days=29)
    tokens.check(text)
    later(days=29)
    tokens.check(text)
    later(days=31)
    with pytest.raises(TokenExpired):
        tokens.check(text)


@pytest.mark.parametrize(
    "forged", [None, "", 7, "x", "A" * 43, "A" * 42 + "!", "A" * 5_000, "'; drop table--"]
)
def test_a_forged_token_is_refused(forged):
    with pytest.raises(Unauthorized):
        tokens.check(forged)


def test_revoking_ends_all_tokens_of_the_visitor_at_once():
    text, row = tokens.issue(make.make_channel())
    other, _row = tokens.renew(text)
    assert tokens.revoke(row.visitor_id) == 2
    for ended in (text, other):
        with pytest.raises(Unauthorized):
            tokens.check(ended)


def test_a_token_of_a_closed_channel_is_refused():
    channel = make.make_channel()
    text, _row = tokens.issue(channel)
    channel.is_active = False
    channel.save()
    with pytest.raises(Unauthorized):
        tokens.check(text)
