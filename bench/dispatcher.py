"""One of the processes that assign: ours, or the floor's plain SQL.

Says `ready` when it could begin, begins at the first line of its standard input, and prints how
many it has assigned and when it began and ended.

    python -m bench.dispatcher ours
    python -m bench.dispatcher floor 2 4        the third of four
"""

from __future__ import annotations

import json
import os
import sys
import time

import psycopg

MOST_SECONDS = 240.0

# Everybody's pairs are known beforehand and no two processes meet on an agent: no queue, no rule.
PAIRS = """
    WITH waiting AS (
        SELECT id, group_id, row_number() OVER (PARTITION BY group_id ORDER BY queue_order_at) AS turn
        FROM service_sessions_chatsession WHERE state = 'queued'
    ),
    agents AS (
        SELECT
            member_id, group_id,
            row_number() OVER (PARTITION BY group_id ORDER BY member_id) AS turn,
            count(*) OVER (PARTITION BY group_id) AS colleagues
        FROM team_membership JOIN routing_availability USING (member_id)
    )
    SELECT waiting.id, agents.member_id, waiting.group_id
    FROM waiting
    JOIN agents ON agents.group_id = waiting.group_id AND agents.turn = waiting.turn %% agents.colleagues + 1
    WHERE agents.member_id %% %s = %s
    ORDER BY waiting.turn"""
SERVE = """
    UPDATE service_sessions_chatsession
    SET state = 'serving', agent_id = %s, assigned_at = now(), deadline_at = NULL, deadline_kind = ''
    WHERE id = %s AND state = 'queued'"""
LOAD = """
    UPDATE routing_availability SET load = load + 1, last_assigned_at = now() WHERE member_id = %s"""
EVENT = """
    INSERT INTO service_sessions_sessionevent
        (session_id, at, event, before, after, agent_id, group_id, detail)
    VALUES (%s, now(), 'serving', 'queued', 'serving', %s, %s, '{}')"""


def told_to_begin() -> None:
    print("ready", flush=True)
    sys.stdin.readline()


def floor(process: int, processes: int) -> dict:
    """The two UPDATEs and the INSERT of each pair in one transaction and one round trip."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True, prepare_threshold=0) as connection:
        pairs = connection.execute(PAIRS, (processes, process)).fetchall()
        told_to_begin()
        began = time.monotonic()
        with connection.cursor() as cursor:
            for session, agent, group in pairs:
                with connection.pipeline(), connection.transaction():
                    cursor.execute(SERVE, (agent, session))
                    cursor.execute(LOAD, (agent,))
                    cursor.execute(EVENT, (session, agent, group))
        return {"given": len(pairs), "began": began, "ended": time.monotonic()}


def ours() -> dict:
    """`dispatch()` as whatever frees an agent calls it, until nobody waits."""
    import django

    django.setup()
    from apps.routing import assignment
    from apps.sessions.models import ChatSession, State
    from csdesk import realtime

    waiting = ChatSession.objects.filter(state=State.QUEUED)
    waiting.exists()
    told_to_begin()
    began = time.monotonic()
    given = assignment.dispatch()
    while waiting.exists() and time.monotonic() - began < MOST_SECONDS:
        given += assignment.dispatch()
    ended = time.monotonic()
    realtime.drain()
    return {"given": given, "began": began, "ended": ended}


def main(kind: str, *numbers: str) -> None:
    done = floor(*map(int, numbers)) if kind == "floor" else ours()
    print(json.dumps(done), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
