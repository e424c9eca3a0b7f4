"""The demo data fits together as if people had made it (Q-1)."""

from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import transaction
from django.db.models import Count
from django.test import override_settings

from apps.records import queries
from apps.records.filters import Filters
from apps.sessions.content import text_of
from apps.sessions.models import (
    Attachment,
    Channel,
    ChatSession,
    Message,
    QuickReply,
    Rating,
    ServiceRecord,
    WrapUp,
)
from apps.team.models import Member, Role, SkillGroup
from csdesk import clock, demo
from csdesk.tokens import tokens


@pytest.fixture(scope="module")
def made_once(django_db_setup, django_db_blocker, tmp_path_factory):
    """One demo for all tests here; what each of them does to it is undone after it."""
    place = override_settings(DEMO=True, MEDIA_ROOT=tmp_path_factory.mktemp("files"))
    with django_db_blocker.unblock(), place, transaction.atomic():
        ChatSession.objects.all().delete()
        yield demo.seed("a good password")
        transaction.set_rollback(True)


@pytest.fixture
def seeded(made_once, db):
    return made_once


def test_the_six_accounts_can_sign_in(seeded, client):
    for name in ("super", "admin", "lead", "agent1", "agent2", "agent3"):
        answer = client.post("/login/", {"login": f"{name}@example.com", "password": "a good password"})
        assert answer.status_code == 302
    assert Member.objects.get(account="super@example.com").role == Role.SUPER
    lead = Member.objects.get(account="lead@example.com")
    assert lead.memberships.filter(supervises=True).count() == SkillGroup.objects.count() == 2
    assert Channel.objects.get(key="demo").name == "山禾器物"


def test_seeding_again_changes_nothing_but_the_password(seeded, client):
    def counts():
        return [m.objects.count() for m in (Member, SkillGroup, Channel, ChatSession, QuickReply, Message)]

    before = counts()
    again = demo.seed("another password")
    assert (again.members, again.sessions, again.password) == (0, 0, "")
    assert counts() == before
    for password, status in (("a good password", 200), ("another password", 302)):
        answer = client.post("/login/", {"login": "agent1@example.com", "password": password})
        assert answer.status_code == status
    kept = Member.objects.get(account="agent1@example.com").password
    demo.seed()
    assert Member.objects.get(account="agent1@example.com").password == kept


def test_most_sessions_were_summed_up_by_those_who_ended_them(seeded):
    served = ServiceRecord.objects.filter(agent__isnull=False, ended_at__isnull=False)
    filled = WrapUp.objects.filter(at__isnull=False)
    assert 0.5 < filled.count() / served.count() < 1
    assert {one.member_id == one.record.agent_id for one in filled.select_related("record")} == {True}
    assert set(filled.values_list("is_resolved", flat=True)) == {True, False}
    assert not filled.filter(category__children__isnull=False).exists(), "the leaves are what is chosen"


def test_quick_replies_come_in_both_languages(seeded):
    for language in ("zh-hans", "en"):
        replies = QuickReply.objects.filter(owner__isnull=True, language=language)
        assert replies.values("category").distinct().count() == 6
        assert all(len(reply.title) <= 80 and reply.text for reply in replies)


def test_the_week_is_varied_and_lies_in_the_past(seeded):
    now = clock.now()
    sessions = list(ChatSession.objects.all())
    assert len(sessions) == demo.SESSIONS
    assert all(now - timedelta(days=demo.DAYS, hours=1) < s.started_at < s.ended_at < now for s in sessions)
    statuses = set(ServiceRecord.objects.values_list("status", flat=True))
    assert statuses >= {
        "normal", "customer_ended", "customer_timeout", "transferred", "timeout_transferred",
        "no_agent_online", "abandoned_in_queue", "abandoned_in_flow",
    }  # fmt: skip
    assert set(Rating.objects.exclude(level=None).values_list("level", flat=True)) == {1, 2, 3, 4, 5}
    assert {s.language for s in sessions} == {"zh-hans", "en"}


def test_messages_are_numbered_and_searchable(seeded):
    for session in ChatSession.objects.prefetch_related("messages", "events"):
        messages = sorted(session.messages.all(), key=lambda m: m.seq)
        assert [m.seq for m in messages] == list(range(1, session.seq + 1))
        assert max(m.rev for m in messages) <= session.rev
        assert all(one.created_at <= two.created_at for one, two in pairwise(messages))
        assert all(
            set(tokens(text_of(m.kind, m.body))) == set(m.tokens) for m in messages if m.kind != "custom"
        )
        events = list(session.events.order_by("id"))
        assert events[0].event == "opened" and events[-1].after == "closed"
        assert all(one.after == two.before for one, two in pairwise(events))
        ratings = Rating.objects.filter(session=session).exclude(level=None).count()
        # One for the opening, one per message, per later event and per given rating.
        assert session.rev == len(messages) + len(events) + ratings


def test_records_follow_each_other_without_a_gap(seeded):
    for session in ChatSession.objects.prefetch_related("records"):
        records = sorted(session.records.all(), key=lambda r: r.number)
        assert [r.number for r in records] == list(range(1, len(records) + 1))
        assert records[0].first_seq == 0 and records[-1].last_seq == session.seq
        for one, two in pairwise(records):
            assert one.last_seq == two.first_seq and one.ended_at == two.started_at
        assert records[-1].status == session.status and records[-1].ended_at == session.ended_at
        for record in records:
            if record.first_reply_at:
                assert record.assigned_at <= record.accepted_at <= record.first_reply_at <= record.ended_at
    multi = ChatSession.objects.annotate(parts=Count("records")).filter(parts__gt=1)
    assert multi.count() >= 3


def test_pictures_are_there_to_be_shown(seeded):
    pictures = Attachment.objects.all()
    assert pictures
    for picture in pictures:
        message = Message.objects.get(session=picture.session, seq=picture.seq)
        assert message.body["file"]["id"] == str(picture.id)
        assert picture.stored.size == picture.size and picture.thumbnail.size


def test_everybody_finds_records(seeded):
    for account in ("admin", "lead", "agent1", "agent2", "agent3"):
        member = Member.objects.get(account=f"{account}@example.com")
        found = queries.page(member, Filters(), clock.now().tzinfo)
        assert len(found.rows) >= 10, account
