"""The table of who has asked to read a session that is locked to them (C-8)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.sessions.models.sessions import ChatSession
from apps.team.models import Member
from csdesk import clock


class AccessState(models.TextChoices):
    ASKED = "asked", _("Asked for")
    GRANTED = "granted", _("Granted")
    REFUSED = "refused", pgettext_lazy("request for access", "Refused")


class AccessRequest(models.Model):
    """A member asks to read one session; granted, it is open to them until `until`."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="access_requests", db_index=False)
    # Indexed for its own deletion.
    session = models.ForeignKey(ChatSession, models.CASCADE, related_name="access_requests")
    reason = models.CharField(_("reason"), max_length=500)
    asked_at = models.DateTimeField(default=clock.now)
    state = models.CharField(max_length=8, choices=AccessState, default=AccessState.ASKED)
    decided_by = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    answer = models.CharField(_("answer"), max_length=500, blank=True)
    until = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("request for access")
        verbose_name_plural = _("requests for access")
        constraints = [
            models.UniqueConstraint(
                fields=["member", "session"], condition=Q(state="asked"), name="access_asked_once"
            ),
            models.CheckConstraint(
                condition=Q(state="granted", until__isnull=False) | ~Q(state="granted"),
                name="access_granted_until",
            ),
        ]
        indexes = [
            models.Index(fields=["member", "until"], name="access_of_member"),
            models.Index(fields=["asked_at"], condition=Q(state="asked"), name="access_open"),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.session_id} {self.state}"
