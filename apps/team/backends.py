"""Who is it, and is the password right: by account or e-mail, in any case of letters (T-2, T-6)."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.http import HttpRequest

from apps.team.models import Member
from apps.team.queries import by_identifier


class AccountOrEmail(AuthenticationBackend):
    def _authenticate(self, request: HttpRequest | None, **credentials: Any) -> Member | None:
        # An unknown account costs as much time as a wrong password: see `authenticate` above us.
        member = by_identifier(credentials.get("username") or "")
        if member and member.is_foreign_demo:
            member = None  # everybody knows the password: it counts as a wrong one
        return self._check_password(member, credentials["password"])

    def get_user(self, user_id: Any) -> Member | None:
        member = Member.objects.present().filter(pk=user_id).first()
        return member if member and member.is_active else None
