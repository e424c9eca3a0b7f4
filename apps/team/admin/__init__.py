"""The team in the console: members, groups, the access log."""

from apps.team.admin.access_log import AccessLogAdmin
from apps.team.admin.api_credentials import CredentialAdmin
from apps.team.admin.groups import GroupAdmin
from apps.team.admin.members import MemberAdmin
from apps.team.admin.sign_ins import SignInLogAdmin

__all__ = ["AccessLogAdmin", "CredentialAdmin", "GroupAdmin", "MemberAdmin", "SignInLogAdmin"]
