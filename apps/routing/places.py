"""Who is eligible, and the places they have: `load` is taken and given back here alone (R-6, R-7).

A place is taken by a conditional UPDATE in the transaction that assigns, so no number of
processes can go over a limit. The statements are put together from this module's own text
and the ordering keys; every value is a parameter.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from apps.routing.ordering import AGENT_KEYS, order_by
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

ELIGIBLE = f"""{MAY_SERVE}
    AND availability.status = 'free'
    AND {CONNECTED}
    AND availability.load < {LIMIT}"""

# A supervisor stays in a deleted group for its records alone (T-5).
_SERVED = """(
    SELECT belongs.* FROM team_membership AS belongs
    JOIN team_skillgroup AS kept ON kept.id = belongs.group_id AND kept.deleted_at IS NULL
)"""

# Which of their groups a session comes through: the target, or for any the first with room.
_PLACE_IN_TARGET = f"""
    SELECT membership.group_id, membership.priority
    FROM {_SERVED} AS membership
    WHERE membership.member_id = member.id AND membership.group_id = %(group)s
        AND NOT membership.group_id = ANY(%(full_groups)s)"""  # noqa: S608

_PLACE_IN_ANY = f"""
    (
        SELECT membership.group_id, 3 AS priority
        FROM {_SERVED} AS membership
        WHERE membership.member_id = member.id AND NOT membership.group_id = ANY(%(full_groups)s)
        ORDER BY membership.priority, membership.group_id
        LIMIT 1
    )
    UNION ALL
    SELECT NULL, 3
    WHERE NOT EXISTS (SELECT 1 FROM {_SERVED} AS any_group WHERE any_group.member_id = member.id)"""  # noqa: S608

# The row is looked at again after a wait for its lock, so what must hold stands outside too.
_CLAIM_BEST = f"""
    UPDATE routing_availability AS chosen
    SET load = chosen.load + 1, last_assigned_at = %(at)s
    FROM (
        SELECT *
        FROM (
            SELECT
                availability.member_id, availability.last_assigned_at, place.group_id, place.priority,
                {LIMIT} AS session_limit,
                (
                    SELECT count(*) FROM routing_offer AS missed
                    WHERE missed.session_id = %(session)s AND missed.member_id = member.id
                        AND missed.outcome IN ('missed', 'declined')
                ) AS misses,
                member.id IS NOT DISTINCT FROM %(last_one)s::bigint AS was_last
            FROM routing_availability AS availability
            JOIN team_member AS member ON member.id = availability.member_id
            CROSS JOIN LATERAL (/*place*/) AS place
            WHERE member.id = ANY(%(candidates)s) AND {ELIGIBLE}
        ) AS facts
        WHERE NOT was_last OR %(last_one_may)s
        ORDER BY {order_by(AGENT_KEYS)}
        LIMIT 1
    ) AS best
    WHERE chosen.member_id = best.member_id AND chosen.status = 'free' AND chosen.load < best.session_limit
    RETURNING chosen.member_id, best.group_id"""  # noqa: S608

_CANDIDATES = f"""
    SELECT availability.member_id, array(
        SELECT membership.group_id FROM {_SERVED} AS membership WHERE membership.member_id = member.id
    )
    FROM routing_availability AS availability
    JOIN team_member AS member ON member.id = availability.member_id
    WHERE {ELIGIBLE}"""  # noqa: S608

_CLAIM = f"""
    UPDATE routing_availability AS availability
    SET load = load + 1, last_assigned_at = %(at)s
    FROM team_member AS member
    WHERE member.id = availability.member_id AND member.id = %(member)s
        AND availability.load < {LIMIT}
        AND /*condition*/
    RETURNING availability.member_id"""  # noqa: S608


@dataclass(frozen=True)
class Claimed:
    """A place taken: whose, and through which group."""

    member_id: int
    group_id: int | None


def candidates() -> dict[int, list[int]]:
    """Eligible agents now, each with the ids of their groups."""
    with connection.cursor() as cursor:
        cursor.execute(_CANDIDATES, parameters())
        return dict(cursor.fetchall())


def claim_best(
    session_id: object,
    *,
    group_id: int | None,
    among: list[int],
    full_groups: list[int],
    last_one: int | None,
    last_one_may: bool,
) -> Claimed | None:
    """Take a place of the best eligible agent for a session (R-5a, R-9); None when there is nobody.

    `last_one` passed this session on last and comes after everybody else, if they may at all.
    """
    place = _PLACE_IN_TARGET if group_id else _PLACE_IN_ANY
    values = parameters() | {
        "session": session_id,
        "group": group_id,
        "candidates": among,
        "full_groups": full_groups,
        "last_one": last_one,
        "last_one_may": last_one_may,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM_BEST.replace("/*place*/", place), values)
        row = cursor.fetchone()
    return Claimed(*row) if row else None


def claim_free(member_id: int) -> bool:
    """Take a place of this very agent, if they are eligible (a transfer to them)."""
    return _claim(member_id, f"{MAY_SERVE} AND availability.status = 'free' AND {CONNECTED}")


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
