"""Channels, shared quick replies and permissions in the console."""

from apps.sessions.admin.access_requests import AccessRequestAdmin
from apps.sessions.admin.channels import ChannelAdmin
from apps.sessions.admin.grants import GrantAdmin
from apps.sessions.admin.quick_replies import QuickReplyAdmin

__all__ = ["AccessRequestAdmin", "ChannelAdmin", "GrantAdmin", "QuickReplyAdmin"]
