"""Channels and the shared quick replies in the console."""

from apps.sessions.admin.channels import ChannelAdmin
from apps.sessions.admin.quick_replies import QuickReplyAdmin
from apps.sessions.admin.summaries import SummaryCategoryAdmin

__all__ = ["ChannelAdmin", "QuickReplyAdmin", "SummaryCategoryAdmin"]
