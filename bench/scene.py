"""Who chats and who waits: made in our database through the domain, printed as JSON.

python -m bench.scene floor                 the floor's table
python -m bench.scene chat 200 20           customers in sessions that agents serve
python -m bench.scene windows 2000          customers whose window is open and who have said nothing
python -m bench.scene town 20 50            agents who wait for customers; time-outs are short
python -m bench.scene queue 10000 500 20    sessions that wait, agents, sessions at once per agent
python -m bench.scene again                 the queue as it was
python -m bench.scene audit                 what the assignment has done
"""

from __future__ import annotations

import json
import sys
import uuid
from datetime import timedelta

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.db import connection  # noqa: E402

from apps.routing import availability, flow  # noqa: E402
from apps.routing.models import Availability, DeskConnection, Status  # noqa: E402
from apps.sessions import customers  # noqa: E402
from apps.sessions.authors import Author  # noqa: E402
from apps.sessions.customers import Origin  # noqa: E402
from apps.sessions.models import (  # noqa: E402
    Channel,
    ChatSession,
    Customer,
    DeadlineKind,
    ServiceRecord,
    State,
)
from apps.sessions.posting import Post, post  # noqa: E402
from apps.sessions.settings import ClosingSettings  # noqa: E402
from apps.team import business, sign_in  # noqa: E402
from apps.team.models import Member, Membership, SkillGroup  # noqa: E402
from apps.visitor import tokens  # noqa: E402
from csdesk import clock, realtime  # noqa: E402

FLOOR = """
    CREATE SCHEMA IF NOT EXISTS bench;
    CREATE TABLE IF NOT EXISTS bench.message (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        session bigint NOT NULL,
        sender text NOT NULL,
        text text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
    );"""
KEEP_QUEUE = """
    DROP TABLE IF EXISTS bench.session, bench.record;
    CREATE TABLE bench.session AS TABLE service_sessions_chatsession;
    CREATE TABLE bench.record AS TABLE service_sessions_servicerecord;"""
QUEUE_AGAIN = """
    TRUNCATE service_sessions_chatsession CASCADE;
    INSERT INTO service_sessions_chatsession SELECT * FROM bench.session;
    INSERT INTO service_sessions_servicerecord SELECT * FROM bench.record;
    UPDATE routing_availability SET load = 0, last_assigned_at = NULL;"""
GROUPS = 10


def floor() -> dict:
    with connection.cursor() as cursor:
        cursor.execute(FLOOR)
    return {}


def chat(number: int, agents: int) -> dict:
    """Customers in sessions that agents serve, by the same functions as in production."""
    channel = Channel.objects.create(key=f"bench-{uuid.uuid4().hex[:8]}", name="Bench")
    members = [new_agent(n, limit=-(-number // agents)) for n in range(agents)]
    cookies = [signed_in(member) for member in members]
    places = {member.pk: n for n, member in enumerate(members)}
    told = []
    for _ in range(number):
        text, customer = _customer(channel)
        session = flow.trigger(customer, channel)
        first = Post(session.id, Author.customer(customer), "text", {"text": "Hello"}, uuid.uuid4())
        post(first)
        flow.advance(session.id)
        session.refresh_from_db()
        told.append({"token": text, "session": str(session.id), "agent": places[session.agent_id]})
    realtime.drain()
    return {"channel": channel.key, "customers": told, "agents": [{"cookie": c} for c in cookies]}


def windows(number: int) -> dict:
    """Customers who have opened the window and been welcomed."""
    channel = Channel.objects.create(key=f"bench-{uuid.uuid4().hex[:8]}", name="Bench")
    told = []
    for _ in range(number):
        text, customer = _customer(channel)
        flow.trigger(customer, channel)
        told.append({"token": text, "session": "", "agent": 0})
    realtime.drain()
    return {"channel": channel.key, "customers": told, "agents": []}


def town(agents: int, limit: int) -> dict:
    """A channel and agents with nobody to serve yet; who says nothing for a minute is gone."""
    channel = Channel.objects.create(key=f"bench-{uuid.uuid4().hex[:8]}", name="Bench")
    business.save(ClosingSettings, {"reply_seconds": 60, "reminder_seconds": 30, "flow_seconds": 60}, None)
    cookies = [signed_in(new_agent(n, limit)) for n in range(agents)]
    return {"channel": channel.key, "agents": [{"cookie": cookie} for cookie in cookies]}


def _customer(channel: Channel) -> tuple[str, Customer]:
    text, row = tokens.issue(channel)
    return text, customers.ensure_customer(row, Origin(language="en", address="127.0.0.1"))


def new_agent(number: int, limit: int) -> Member:
    name = f"bench-{uuid.uuid4().hex[:8]}"
    address = f"{name}@example.com"
    member = Member(account=address, email=address, nickname=name, staff_no=name, session_limit=limit)
    member.set_unusable_password()
    member.save()
    return member


def signed_in(member: Member) -> str:
    """The Cookie header of a sign-in, with a workbench that counts as open for an hour."""
    session = SessionStore()
    session[SESSION_KEY] = str(member.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = member.get_session_auth_hash()
    sign_in.begin(member, session, "127.0.0.1")
    session.save()
    member.refresh_from_db()
    availability.desk_connected(member, uuid.uuid4(), uuid.uuid4(), member.sign_in_id)
    DeskConnection.objects.filter(member=member).update(seen_at=clock.now() + timedelta(hours=1))
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def queue(number: int, agents: int, limit: int) -> dict:
    """Sessions that wait for ten groups, with three priorities; each group has places for just its own."""
    channel = Channel.objects.create(key=f"bench-{uuid.uuid4().hex[:8]}", name="Bench")
    groups = SkillGroup.objects.bulk_create(SkillGroup(name=f"bench-{n}") for n in range(GROUPS))
    _forget_everybody()
    members = [new_agent(n, limit) for n in range(agents)]
    now = clock.now()
    for n, member in enumerate(members):
        Membership.objects.create(member=member, group=groups[n % GROUPS])
        Availability.objects.create(member=member, status=Status.FREE)
        DeskConnection.objects.create(
            id=uuid.uuid4(), member=member, process=uuid.uuid4(), seen_at=now + timedelta(hours=1)
        )
    _wait(number, channel, groups)
    with connection.cursor() as cursor:
        cursor.execute(KEEP_QUEUE)
    return again()


def _forget_everybody() -> None:
    """Whoever served in the chats before is not here for the queue."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE service_sessions_chatsession, routing_availability CASCADE")
        cursor.execute("DELETE FROM routing_deskconnection")


def _wait(number: int, channel: Channel, groups: list[SkillGroup]) -> None:
    now = clock.now()
    people = [Customer(source=channel, visitor_no=n % 10_000) for n in range(number)]
    Customer.objects.bulk_create(people, batch_size=2_000)
    sessions = []
    for n, customer in enumerate(people):
        since = now - timedelta(seconds=number - n)
        sessions.append(
            ChatSession(
                customer=customer,
                channel=channel,
                state=State.QUEUED,
                group=groups[n % GROUPS],
                priority=(0, 0, 0, 1, 2)[n // GROUPS % 5],
                started_at=since,
                engaged_at=since,
                queue_order_at=since,
                queued_at=since,
                deadline_kind=DeadlineKind.QUEUE,
                deadline_at=now + timedelta(hours=1),
                rev=3,
            )
        )
    ChatSession.objects.bulk_create(sessions, batch_size=1_000)
    records = [
        ServiceRecord(session=s, customer=s.customer, channel=channel, group=s.group, queued_at=s.queued_at)
        for s in sessions
    ]
    ServiceRecord.objects.bulk_create(records, batch_size=1_000)


def again() -> dict:
    """Everybody waits again, and nobody has been given anything."""
    with connection.cursor() as cursor:
        cursor.execute(QUEUE_AGAIN)
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")
    return {"waiting": ChatSession.objects.filter(state=State.QUEUED).count()}


def audit() -> dict:
    """Doubles, agents over their limit, sessions that were given before one of their group further ahead."""
    with connection.cursor() as cursor:
        cursor.execute(AUDIT)
        names = [column.name for column in cursor.description]
        return dict(zip(names, cursor.fetchone(), strict=True))


# The number of an event is drawn under the assignment's lock, so it tells the order of the assignments.
AUDIT = """
    WITH given AS (
        SELECT
            event.session_id, event.agent_id, event.id AS given_as,
            session.group_id, session.priority, session.queue_order_at
        FROM service_sessions_sessionevent AS event
        JOIN service_sessions_chatsession AS session ON session.id = event.session_id
        WHERE event.event = 'serving'
    ),
    placed AS (
        SELECT
            row_number() OVER (PARTITION BY group_id ORDER BY given_as) AS turn,
            row_number() OVER (
                PARTITION BY group_id ORDER BY priority DESC, queue_order_at, session_id
            ) AS place
        FROM given
    ),
    loads AS (
        SELECT member.id, member.session_limit, availability.load, count(session.id) AS serving
        FROM team_member AS member
        JOIN routing_availability AS availability ON availability.member_id = member.id
        LEFT JOIN service_sessions_chatsession AS session
            ON session.agent_id = member.id AND session.state = 'serving'
        GROUP BY member.id, member.session_limit, availability.load
    )
    SELECT
        (SELECT count(*) FROM given) AS given,
        (SELECT count(*) FROM service_sessions_chatsession WHERE state = 'queued') AS left_waiting,
        (SELECT count(*) - count(DISTINCT session_id) FROM given) AS doubles,
        (SELECT count(*) FROM loads WHERE serving > session_limit OR serving <> load) AS over_limit,
        (SELECT count(*) FROM placed WHERE turn <> place) AS overtakings"""


def main(name: str, *numbers: str) -> None:
    acts = {act.__name__: act for act in (floor, chat, windows, town, queue, again, audit)}
    print(json.dumps(acts[name](*map(int, numbers))))


if __name__ == "__main__":
    main(*sys.argv[1:])
