"""Where their sessions stand, told to windows whose pushes may have been lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.visitor import commands
from csdesk import bridge

if TYPE_CHECKING:
    from apps.visitor.consumers import VisitorConsumer


async def tell(sockets: list[VisitorConsumer]) -> None:
    """Tell windows the newest revs, as far as they are news to them (see `hub.refresh_with`)."""
    known = [socket for socket in sockets if socket.visitor]
    keys = list({(socket.visitor.id, socket.visitor.channel.pk) for socket in known})
    found = await bridge.run(commands.revs_of_many, keys, lane=bridge.SLOW)
    for socket in known:
        revs = found[socket.visitor.id, socket.visitor.channel.pk]
        if revs != socket.told_revs:
            socket.tell_revs(revs)
