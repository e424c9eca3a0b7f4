"""Channels, tags, shared quick replies and permissions in the console."""

from apps.sessions.admin.access_requests import AccessRequestAdmin
from apps.sessions.admin.channels import ChannelAdmin
from apps.sessions.admin.grants import GrantAdmin
from apps.sessions.admin.quick_replies import QuickReplyAdmin
from apps.sessions.admin.summaries import SummaryCategoryAdmin
from apps.sessions.admin.tags import TagAdmin

__all__ = [
    "AccessRequestAdmin",
    "ChannelAdmin",
    "GrantAdmin",
    "QuickReplyAdmin",
    "SummaryCategoryAdmin",
    "TagAdmin",
]
