"""What a workbench reads over its socket: `ready`, a sync's page, a page of history, `pong`."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from apps.desk import today
from apps.desk.access import may_work
from apps.desk.protocol import History, Sync
from apps.records.access import VIEWED
from apps.routing import queries as routing
from apps.routing import supervising
from apps.routing.models import Availability, Status
from apps.sessions import frames, handing, permissions, personal, queries, supervision, wrap_ups
from apps.sessions.authors import member_key
from apps.sessions.models import ChatSession, Message, State
from apps.sessions.settings import ClosingSettings, MessageSettings
from apps.team import business, trail
from apps.team import queries as team
from apps.team.models import Member
from csdesk import realtime
from csdesk.errors import NotFound


def ready(member: Member, last: dict[UUID, int]) -> tuple[dict, dict[str, str]]:
    """`ready` (who one is, what one has, how the queues stand), and each session's customer as recipient.

    Beside the open sessions it names those of `last` that have been closed meanwhile, so that
    the desk learns how they ended.
    """
    availability = routing.availability_of(member)
    open_ones = queries.sessions_of_agent(member.pk)
    known = {session.id for session in open_ones}
    ended = queries.whole().filter(
        id__in=[one for one in last if one not in known], agent=member, state=State.CLOSED
    )
    sessions = [*open_ones, *ended]
    since = today.served_since(member, known)
    handed_by = handing.handed_by([one.id for one in open_ones if one.state == State.OFFERED])
    frame = {
        "op": "ready",
        "member": _described(member),
        "status": str(availability.status),
        "restReason": availability.rest_reason,
        "sessions": [
            summary(session) | {"served_since": since.get(session.id), "handed_by": handed_by.get(session.id)}
            for session in sessions
        ],
        "queues": routing.queue_counts(member),
        "limits": {
            "sessions": routing.limit_of(member),
            "recall": business.read(MessageSettings).recall_seconds,
            "reply": business.read(ClosingSettings).reply_seconds,
        },
        # The sessions that have ended and that the member must sum up (D-7).
        "owed": [str(session) for session in wrap_ups.sessions_owed_by(member.pk)],
    }
    customers = {str(one.id): realtime.customer(one.customer_id, one.channel_id) for one in sessions}
    return frame, customers


def queues_of(member: Member) -> list[dict]:
    """Counts of the queues that the member's workbench shows."""
    return routing.queue_counts(member)


def _described(member: Member) -> dict:
    groups = [{"id": group.pk, "name": group.name} for group in team.groups_of(member)]
    return {
        "id": str(member.pk),
        "account": member.account,
        "nickname": member.nickname,
        "staffNo": member.staff_no,
        "avatar": member.avatar,
        "role": str(member.role),
        "groups": groups,
    }


def summary(session: ChatSession) -> dict:
    """A summary with the end of its offer: in `offered` only the accept time-out runs (S-5)."""
    return frames.summary_frame(session, offer_ends=session.deadline_at)


@dataclass(frozen=True)
class Standing:
    """Where things stand for a member, as far as a workbench must know without pushes."""

    sign_in_id: UUID | None
    may_work: bool
    status: tuple[str, str]
    revs: dict[str, list[int]]


def where_things_stand(member_ids: set[int]) -> dict[int, Standing]:
    """Sign-in, availability and newest numbers of these members, in three queries."""
    revs: dict[int, dict[str, list[int]]] = {}
    hands = ChatSession.objects.filter(agent_id__in=member_ids, state__in=[State.OFFERED, State.SERVING])
    for agent_id, session_id, rev, note in hands.values_list("agent_id", "id", "rev", "note_no"):
        revs.setdefault(agent_id, {})[str(session_id)] = [rev, note]
    chosen = {
        row["member_id"]: (row["status"], row["rest_reason"])
        for row in Availability.objects.filter(member_id__in=member_ids).values(
            "member_id", "status", "rest_reason"
        )
    }
    return {
        member.pk: Standing(
            member.sign_in_id,
            member.is_active and may_work(member),
            chosen.get(member.pk, (str(Status.OFFLINE), "")),
            revs.get(member.pk, {}),
        )
        for member in Member.objects.filter(pk__in=member_ids)
    }


def in_hands(member_ids: Set[int]) -> list[tuple[int, str, str]]:
    """(member, session, its customer as recipient) of all that is offered to or served by these members."""
    found = ChatSession.objects.filter(agent_id__in=member_ids, state__in=[State.OFFERED, State.SERVING])
    return [
        (agent_id, str(session_id), realtime.customer(customer_id, channel_id))
        for agent_id, session_id, customer_id, channel_id in found.values_list(
            "agent_id", "id", "customer_id", "channel_id"
        )
    ]


def summary_with(session_id: str, online: bool) -> dict | None:
    """The summary of a session, saying whether its customer's window is open."""
    session = queries.session_for_desk(session_id)
    return session and frames.summary_frame(session, online=online, offer_ends=session.deadline_at)


def watched(member: Member, session_id: UUID, address: str, seen: set[UUID]) -> tuple[dict, str]:
    """The summary of a session that the member watches from now on, and its customer as recipient (R-13).

    It is entered in the access log first. NotAllowed, NotFound.
    """
    session = supervising.watched(member, session_id)
    _log_view(member, [session], address, seen)
    return summary(session), realtime.customer(session.customer_id, session.channel_id)


def watched_still(member: Member, session_id: UUID) -> tuple[dict, str] | None:
    """The same of one that is watched, also when it has just ended; None: the member may not any more."""
    session = queries.session_for_desk(session_id)
    if session is None or session.deleted_at:
        return None
    may_follow = supervision.supervises if session.is_open else supervision.stood_with
    if not may_follow(member, session):
        return None
    return summary(session), realtime.customer(session.customer_id, session.channel_id)


def pong(member_id: int) -> dict:
    """`pong` with the newest numbers of all that is offered to or served by the member."""
    return {"op": "pong", "sessions": queries.revs_for_member(member_id)}


def sync(member: Member, asked: Sync, address: str, seen: set[UUID]) -> list[dict]:
    """A page of what has changed: messages, on the last page notes too, `synced`, and the summary if mine.

    NotFound for a session the member may not see.
    """
    session = _visible(member, asked.session)
    messages, more = queries.sync_page(session.id, asked.rev)
    _log_view(member, [session], address, seen)
    answer = [_for_member(message, member) for message in messages]
    if not more and asked.note is not None:
        answer += [frames.note_frame(note) for note in queries.notes_after(session.id, asked.note)]
    rev = messages[-1].rev if more else session.rev
    answer.append({"op": "synced", "session": str(session.id), "seq": session.seq, "rev": rev, "more": more})
    if not more and session.agent_id == member.pk:
        answer.append(summary(session))
    return answer


def history(member: Member, asked: History, address: str, seen: set[UUID]) -> list[dict]:
    """A page of what the customer wrote and got before, over all that the member may see, oldest first."""
    sessions = _history_of(member, asked)
    messages, more = queries.history_page(sessions, asked.before, asked.limit)
    shown = ChatSession.objects.filter(id__in={message.session_id for message in messages})
    _log_view(member, list(shown.only("id", "agent_id", "state")), address, seen)
    end = {"op": "history_end", "before": messages[0].address if more else None}
    if asked.session:
        end["session"] = str(asked.session)
    else:
        end["customer"] = str(asked.customer)
    return [*(_for_member(message, member) for message in messages), end]


def _history_of(member: Member, asked: History) -> QuerySet[ChatSession]:
    visible = permissions.visible_to(member)
    if asked.session is None:
        found = visible.filter(customer_id=asked.customer)
        if not found.exists():
            raise NotFound(_("There is no such customer."))
        return found.filter(engaged_at__isnull=False)
    session = _visible(member, asked.session)
    # Looks into the window without a word are no consultations (S-17).
    engaged = Q(engaged_at__isnull=False) | Q(id=session.id)
    return visible.filter(engaged, customer_id=session.customer_id, id__lte=session.id)


def _visible(member: Member, session_id: UUID) -> ChatSession:
    found = permissions.visible_to(member).filter(id=session_id).values("id")
    session = queries.whole().filter(id__in=found).first()
    if session is None:
        raise NotFound(_("There is no such session."))
    return session


def _for_member(message: Message, member: Member) -> dict:
    frame = frames.message_frame(message, for_desk=True)
    return personal.for_reader(frame, member_key(member.pk)) if frames.is_personal(message) else frame


def _log_view(member: Member, sessions: list[ChatSession], address: str, seen: set[UUID]) -> None:
    """A look into what is not in one's hands now is written down before it is shown (C-9), once a socket."""
    for session in sessions:
        is_mine = session.agent_id == member.pk and session.state in (State.OFFERED, State.SERVING)
        if is_mine or session.id in seen:
            continue
        trail.append(
            VIEWED,
            member=member,
            address=address,
            object_type="record",
            object_id=session.records.order_by("-number").values_list("id", flat=True).first() or "",
            values={"session": str(session.id), "from": "desk"},
        )
        seen.add(session.id)
