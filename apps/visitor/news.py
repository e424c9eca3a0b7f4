"""Where their sessions stand, told to windows whose pushes may have been lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.visitor import commands
from csdesk import bridge

if TYPE_CHECKING:
    from apps.visitor.consumers import VisitorConsumer


async def tell(sockets: list[VisitorConsumer]) -> None:
    """Tell windows the newest revs, as far as they are news to them (see `hub.refresh_with`).

    Those whose token has ended meanwhile are shown out; the order to do so was lost.
    """
    known = [socket for socket in sockets if socket.visitor]
    hashes = [socket.visitor.token.hash for socket in known]
    over = await bridge.run(commands.over, hashes, lane=bridge.SLOW)
    for socket in known:
        if socket.visitor.token.hash in over:
            await socket.control({"op": "signed_out"})
    keys = list({(socket.visitor.id, socket.visitor.channel.pk) for socket in known})
    found = await bridge.run(commands.revs_of_many, keys, lane=bridge.SLOW)
    for socket in known:
        revs = found[socket.visitor.id, socket.visitor.channel.pk]
        if revs != socket.told_revs:
            socket.tell_revs(revs)
