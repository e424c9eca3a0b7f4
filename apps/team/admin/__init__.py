"""The team in the console: members, groups, the access log."""

from apps.team.admin.access_log import AccessLogAdmin
from apps.team.admin.groups import GroupAdmin
from apps.team.admin.members import MemberAdmin

__all__ = ["AccessLogAdmin", "GroupAdmin", "MemberAdmin"]
