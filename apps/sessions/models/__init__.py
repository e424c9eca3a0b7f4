"""The facts: customers and where they come from, sessions, service records, messages."""

from apps.sessions.models.access import AccessRequest, AccessState
from apps.sessions.models.labels import (
    BlacklistEntry,
    BlacklistState,
    CustomerTag,
    SessionTag,
    Tag,
    TagColour,
)
from apps.sessions.models.messages import (
    Attachment,
    AuthorKind,
    Message,
    MessageKind,
    Note,
    PostKey,
    QuickReply,
    Rating,
    RemotePicture,
)
from apps.sessions.models.people import (
    Channel,
    ChannelKind,
    Customer,
    VisitorToken,
)
from apps.sessions.models.sessions import (
    ChatSession,
    ClosedBy,
    DeadlineKind,
    ServiceRecord,
    ServiceStatus,
    SessionEvent,
    State,
)
from apps.sessions.models.summaries import SummaryCategory, WrapUp

__all__ = [
    "AccessRequest",
    "AccessState",
    "Attachment",
    "AuthorKind",
    "BlacklistEntry",
    "BlacklistState",
    "Channel",
    "ChannelKind",
    "ChatSession",
    "ClosedBy",
    "Customer",
    "CustomerTag",
    "DeadlineKind",
    "Message",
    "MessageKind",
    "Note",
    "PostKey",
    "QuickReply",
    "Rating",
    "RemotePicture",
    "ServiceRecord",
    "ServiceStatus",
    "SessionEvent",
    "SessionTag",
    "State",
    "SummaryCategory",
    "Tag",
    "TagColour",
    "VisitorToken",
    "WrapUp",
]
