"""Which running sessions a supervisor watches and acts on (R-13); narrower than what one may read (T-9)."""

from django.db.models import Q, QuerySet

from apps.sessions.models import ChatSession, State
from apps.team.abilities import Ability, may
from apps.team.models import Member, Membership

# It waits for whoever is free first, so for the agents of every group.
WAITS_FOR_ANYBODY = Q(state=State.QUEUED, group__isnull=True)


def supervised_by(member: Member) -> QuerySet[ChatSession]:
    """The open sessions that stand in a group which the member supervises now, or wait for anybody.

    Administrators all of them. That a group had a session before, or that one may read its
    records, gives no right to act on it.
    """
    sessions = ChatSession.objects.filter(deleted_at__isnull=True).exclude(state=State.CLOSED)
    if not may(member, Ability.MONITOR):
        return sessions.none()
    if member.is_administrator:
        return sessions
    groups = Membership.objects.filter(member=member, supervises=True).values("group_id")
    return sessions.filter(Q(group_id__in=groups) | WAITS_FOR_ANYBODY)


def supervises(member: Member, session: ChatSession) -> bool:
    """Whether the member may watch this session, take it over and hand it on."""
    return supervised_by(member).filter(id=session.id).exists()


def stood_with(member: Member, session: ChatSession) -> bool:
    """Whether a session that has ended did so where the member supervises."""
    if not may(member, Ability.MONITOR):
        return False
    theirs = Membership.objects.filter(member=member, supervises=True, group_id=session.group_id)
    return member.is_administrator or theirs.exists()
