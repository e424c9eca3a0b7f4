"""Who is eligible, and the places they have: `load` is taken and given back here alone (R-6, R-7).

A place is taken by a conditional UPDATE in the transaction that assigns, so no number of
processes can go over a limit. The statements are put together from this module's own text;
every value is a parameter.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import orjson
from django.db import connection

from apps.routing.choice import Agent
from apps.routing.settings import ReceptionSettings
from apps.team import business
from csdesk import clock

# A desk connection unseen for three pulses is a dead process's.
FRESH = timedelta(seconds=6)

# The member's own limit, else the largest of their groups', else the global one.
LIMIT = """COALESCE(
    member.session_limit,
    (
        SELECT max(theirs.member_limit)
        FROM team_membership AS belongs
        JOIN team_skillgroup AS theirs ON theirs.id = belongs.group_id
        WHERE belongs.member_id = member.id AND theirs.deleted_at IS NULL
    ),
    %(sessions_at_once)s
)"""

CONNECTED = """EXISTS (
    SELECT 1 FROM routing_deskconnection AS desk
    WHERE desk.member_id = member.id AND desk.seen_at > %(seen_after)s
)"""

MAY_SERVE = "member.serves AND member.deleted_at IS NULL AND member.forced_offline_at IS NULL"

FREE = f"{MAY_SERVE} AND availability.status = 'free' AND {CONNECTED}"

ELIGIBLE = f"{FREE} AND availability.load < {LIMIT}"

# A supervisor stays in a deleted group for its records alone (T-5).
_SERVED = """(
    SELECT belongs.* FROM team_membership AS belongs
    JOIN team_skillgroup AS kept ON kept.id = belongs.group_id AND kept.deleted_at IS NULL
)"""

# A row per agent and group, in the order in which a session for any agent comes through the groups.
# OFFSET keeps the limit from being worked out a second time for the comparison.
_ELIGIBLE = f"""
    SELECT facts.*, served.group_id, served.priority, served.last_given_at
    FROM (
        SELECT
            availability.member_id, availability.load, {LIMIT} AS session_limit, availability.last_assigned_at
        FROM routing_availability AS availability
        JOIN team_member AS member ON member.id = availability.member_id
        WHERE {FREE}
        OFFSET 0
    ) AS facts
    LEFT JOIN {_SERVED} AS served ON served.member_id = facts.member_id
    WHERE facts.load < facts.session_limit
    ORDER BY facts.member_id, served.priority, served.group_id"""  # noqa: S608

# A row is looked at again after a wait for its lock, so what must hold stands here too.
_CLAIM_MANY = f"""
    UPDATE routing_availability AS availability
    SET load = availability.load + wanted.places, last_assigned_at = wanted.at
    FROM jsonb_to_recordset(%(wanted)s::jsonb) AS wanted (member_id bigint, places int, at timestamptz)
    JOIN team_member AS member ON member.id = wanted.member_id
    WHERE availability.member_id = wanted.member_id
        AND {MAY_SERVE} AND availability.status = 'free'
        AND availability.load + wanted.places <= {LIMIT}"""  # noqa: S608

_TAKE_TURNS = """
    UPDATE team_membership AS belongs
    SET last_given_at = wanted.at
    FROM jsonb_to_recordset(%s::jsonb) AS wanted (member_id bigint, group_id bigint, at timestamptz)
    WHERE belongs.member_id = wanted.member_id AND belongs.group_id = wanted.group_id"""

_CLAIM = f"""
    UPDATE routing_availability AS availability
    SET load = load + 1, last_assigned_at = %(at)s
    FROM team_member AS member
    WHERE member.id = availability.member_id AND member.id = %(member)s
        AND availability.load < {LIMIT}
        AND /*condition*/
    RETURNING availability.member_id"""  # noqa: S608


class NotFree(Exception):
    """Somebody who was eligible a moment ago is so no more: choose anew."""


def eligible() -> list[Agent]:
    """Who is eligible now, with all that the choice asks of them (R-6)."""
    with connection.cursor() as cursor:
        cursor.execute(_ELIGIBLE, parameters())
        found: dict[int, Agent] = {}
        for member_id, *facts, group_id, priority, last_given_at in cursor.fetchall():
            agent = found.setdefault(member_id, Agent(member_id, *facts, {}))
            if group_id is not None:
                agent.priorities[group_id] = priority
                agent.given_at[group_id] = last_given_at
    return list(found.values())


def candidates() -> dict[int, list[int]]:
    """Eligible agents now, each with the ids of their groups."""
    return {agent.member_id: list(agent.priorities) for agent in eligible()}


def claim(given: Sequence[Agent], places: Sequence[int]) -> None:
    """Take so many places of each of the agents, whose `last_assigned_at` is that of their last one.

    NotFree when one of them has changed since: then nothing may be written, and the round begins anew.
    """
    wanted = [
        {"member_id": agent.member_id, "places": number, "at": agent.last_assigned_at}
        for agent, number in zip(given, places, strict=True)
    ]
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM_MANY, parameters() | {"wanted": orjson.dumps(wanted).decode()})
        if cursor.rowcount < len(given):
            raise NotFree


def take_turns(turns: Sequence[tuple[int, int, datetime]]) -> None:
    """Keep when each (member, group, moment) was given a session of the group: whose turn it was (R-5)."""
    wanted = [{"member_id": member, "group_id": group, "at": at} for member, group, at in turns]
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_TURNS, [orjson.dumps(wanted).decode()])


def claim_free(member_id: int) -> bool:
    """Take a place of this very agent, if they are eligible (a transfer to them)."""
    return _claim(member_id, FREE)


def claim_signed_in(member_id: int) -> bool:
    """Take a place of a member who is signed in, free or not (R-12: back to the sender; R-13)."""
    return _claim(member_id, "availability.status <> 'offline'")


def _claim(member_id: int, condition: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM.replace("/*condition*/", condition), parameters() | {"member": member_id})
        return cursor.fetchone() is not None


def release(member_id: int | None) -> None:
    """Give a place back, in the transaction that takes the session from the agent."""
    if member_id is None:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE routing_availability SET load = load - 1 WHERE member_id = %s AND load > 0", [member_id]
        )


def parameters(at: datetime | None = None) -> dict:
    """What the conditions above ask for."""
    at = at or clock.now()
    limit = business.read(ReceptionSettings).sessions_at_once
    return {"at": at, "seen_after": at - FRESH, "sessions_at_once": limit}
