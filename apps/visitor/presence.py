"""Whether a customer's window is open, told to the desk of the agent who has their session (S-9).

Nothing is stored: who is there is whoever is subscribed (`hub.present`).
"""

import asyncio
import logging
from uuid import UUID

from apps.sessions import frames
from apps.visitor import commands
from csdesk import bridge, hub, realtime

log = logging.getLogger(__name__)

# A reload or a short loss of the network is no leaving.
GONE_AFTER = 4.0
_tasks: set[asyncio.Task] = set()


def came(session_id: UUID | None) -> None:
    """A window opened, or the session got another agent while one is open."""
    if session_id:
        _start(_tell(session_id, True))


def left(recipient: str, session_id: UUID | None) -> None:
    """A socket closed; told only if it was the last one anywhere and none comes back soon."""
    if session_id and not hub.shared().draining:
        _start(_tell_if_gone(recipient, session_id))


def _start(work) -> None:
    task = asyncio.ensure_future(work)
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


async def _tell_if_gone(recipient: str, session_id: UUID) -> None:
    await asyncio.sleep(GONE_AFTER)
    if not await hub.shared().present([recipient]):
        await _tell(session_id, False, recipient)


async def _tell(session_id: UUID, online: bool, recipient: str = "") -> None:
    try:
        await bridge.run(_publish, session_id, online, recipient, lane=bridge.SLOW)
    except Exception as error:
        # A hurry only: the desk asks again when it says hello.
        log.info("presence not told: %s", type(error).__name__)


def _publish(session_id: UUID, online: bool, recipient: str = "") -> None:
    found = commands.presence_of(session_id)
    if found:
        session, offer_ends = found
        if recipient not in ("", realtime.customer(session.customer_id, session.channel_id)):
            # A known user's by now, who may well be there.
            return
        frame = frames.summary_frame(session, online=online, offer_ends=offer_ends)
        realtime.publish(realtime.member(session.agent_id), frame)
