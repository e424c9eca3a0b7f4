"""Between a right password (or code, or address) and being signed in: the second factor (T-6).

django-allauth keeps the half-made sign-in in the browser session; nobody is signed in meanwhile, and the
member's other desk goes on. After 15 minutes it begins anew.
"""

from allauth.account.stages import LoginStage, LoginStageController
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from apps.team import second_factor, sign_in
from apps.team.models import Member

_HOW, _HASH = "how", "hash"


class SecondFactorStage(LoginStage):
    key = "second_factor"
    urlname = "account_second_factor"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        """Go on to the page for the code, or through where the member has no second factor."""
        self.state[_HOW] = getattr(self.request, "sign_in_how", sign_in.PASSWORD)
        self.state[_HASH] = self.login.user.get_session_auth_hash()
        if second_factor.is_on(self.login.user):
            return redirect(self.urlname), True
        self._tell_adapter("")
        return None, True

    @property
    def member(self) -> Member | None:
        """Who is half in; None when they were deleted, forced offline or given a new password meanwhile."""
        member = Member.objects.present().filter(pk=self.login.user.pk).first() if self.login.user else None
        if member is None or not member.is_active:
            return None
        return member if member.get_session_auth_hash() == self.state.get(_HASH) else None

    @property
    def how(self) -> str:
        return self.state.get(_HOW, sign_in.PASSWORD)

    def passed(self, kind: str) -> HttpResponse:
        """The code was right: sign in."""
        self._tell_adapter(kind)
        return self.exit()

    def _tell_adapter(self, kind: str) -> None:
        # What `AccountAdapter.login` is called with is the request and the member, nothing else.
        self.request.sign_in_how, self.request.second_factor_kind = self.how, kind


def pending(request: HttpRequest) -> SecondFactorStage | None:
    """The half-made sign-in of this browser that waits for its code."""
    return LoginStageController.enter(request, SecondFactorStage.key)
