"""Where a session stands for its customer: the `state` frame, and who is told it."""

from collections.abc import Sequence

from apps.sessions import frames, invitations
from apps.sessions.models import ChatSession, State
from apps.sessions.settings import MessageSettings
from apps.team import business
from csdesk import realtime


def possible(session: ChatSession, *, may_rate: bool | None = None) -> list[str]:
    """What the customer can do now, as `state.can` lists it; `may_rate` None: asks whether they may rate."""
    can = []
    if session.state == State.FLOW:
        can.append("request_agent")
    if session.state in (State.QUEUED, State.OFFERED):
        can.append("leave_queue")
    if invitations.may_ask(session) if may_rate is None else may_rate:
        can.append("rate")
    if session.is_open:
        can.append("end")
        if business.read(MessageSettings).customer_recalls:
            can.append("recall")
    return can


def customer_state(session: ChatSession, position: int | None = None) -> dict:
    """The `state` frame of this session now; `position` counts from 1 in the queue."""
    return frames.state_frame(session, can=possible(session), position=position)


def tell_customer(session: ChatSession, position: int | None = None) -> None:
    """Send the customer's windows again how the session stands, after the commit."""
    _tell(session, customer_state(session, position))


def tell_change(sessions: Sequence[ChatSession]) -> None:
    """Send each session's customer the change that its `rev` has just counted; one query at most."""
    askable = invitations.askable(sessions)
    for session in sessions:
        can = possible(session, may_rate=session.id in askable)
        _tell(session, frames.state_frame(session, can=can, changed=True))


def _tell(session: ChatSession, frame: dict) -> None:
    recipient = realtime.customer(session.customer_id, session.channel_id)
    # The picture of who serves has an address for each reader.
    realtime.publish(recipient, frame, personal=bool(frame["agent"] and frame["agent"]["avatar"]))
