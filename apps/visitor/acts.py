"""What the customer's frames do that have no answer of their own: the domain is asked, and that is all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apps.visitor import commands, pre_chat, protocol

ACTS: dict[type, Callable[[commands.Visitor, Any], None]] = {
    protocol.RequestAgent: lambda visitor, _frame: commands.request_agent(visitor),
    protocol.LeaveQueue: lambda visitor, _frame: commands.leave_queue(visitor),
    protocol.End: lambda visitor, _frame: commands.end(visitor),
    protocol.AskRating: lambda visitor, _frame: commands.ask_rating(visitor),
    protocol.Rate: lambda visitor, frame: commands.rate(visitor, frame.selected),
    protocol.Typing: lambda visitor, frame: commands.typing(visitor, frame.preview),
    protocol.Read: lambda visitor, frame: commands.read(visitor, frame.session, frame.seq),
    protocol.Recall: lambda visitor, frame: commands.take_back(visitor, frame.message),
    protocol.Vote: lambda visitor, frame: commands.vote(visitor, frame.session, frame.seq, frame.is_helpful),
    pre_chat.PreChat: pre_chat.take,
}
