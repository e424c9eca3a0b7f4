"""Who can serve now, what was offered to whom, and which processes were alive."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.sessions.models import ChatSession
from apps.team.models import Member, SkillGroup
from csdesk import clock


class Status(models.TextChoices):
    """A member's availability; `busy` (free but at capacity) is derived and never stored."""

    FREE = "free", _("Free")
    NOT_READY = "notReady", _("Not ready")
    REST = "rest", _("Break")
    ARRANGE = "arrange", _("Wrap-up")
    OFFLINE = "offline", _("Offline")


class AvailabilityDeadline(models.TextChoices):
    GRACE = "grace", _("Lost desk grace")
    WRAP_UP = "wrap_up", _("Wrap-up")


class Availability(models.Model):
    """Whether a member can be given sessions, and how many they have (R-6, R-10)."""

    member = models.OneToOneField(Member, models.CASCADE, primary_key=True, related_name="availability")
    status = models.CharField(max_length=10, choices=Status, default=Status.OFFLINE)
    rest_reason = models.CharField(max_length=60, blank=True)
    since = models.DateTimeField(default=clock.now)
    # Offered plus serving; changed by conditional UPDATE only, in the transaction of the assignment.
    load = models.PositiveIntegerField(default=0)
    # Each assignment moves this forward; the smallest has gone longest without a session.
    last_assigned_at = models.DateTimeField(null=True)
    # What to return to after a lost desk comes back within its grace.
    deadline_at = models.DateTimeField(null=True)
    deadline_kind = models.CharField(max_length=10, choices=AvailabilityDeadline, blank=True)
    # The sign-in whose desk was here last: another one starts anew, a reload goes on.
    sign_in_id = models.UUIDField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["deadline_at"], condition=Q(deadline_at__isnull=False), name="availability_due"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.status}"


class AvailabilityChange(models.Model):
    """The log of availability changes, for reports of time per state (R-10)."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="availability_changes", db_index=False)
    at = models.DateTimeField(default=clock.now)
    before = models.CharField(max_length=10, choices=Status)
    after = models.CharField(max_length=10, choices=Status)
    rest_reason = models.CharField(max_length=60, blank=True)
    # `member`, `sign_in`, `sign_out`, `lost`, `missed_offer`, `wrap_up`, `forced`, `supervisor`
    cause = models.CharField(max_length=16)

    class Meta:
        indexes = [models.Index(fields=["member", "at"], name="availability_changes_of")]

    def __str__(self) -> str:
        return f"{self.member_id} {self.before} → {self.after}"


class DeskConnection(models.Model):
    """A workbench's open socket in some web process; a row unseen for seconds is a dead process's."""

    id = models.UUIDField(primary_key=True)
    member = models.ForeignKey(Member, models.CASCADE, related_name="desk_connections", db_index=False)
    process = models.UUIDField()
    sign_in_id = models.UUIDField(null=True)
    connected_at = models.DateTimeField(default=clock.now)
    seen_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [
            models.Index(fields=["member", "seen_at"], name="desk_connections_of"),
            models.Index(fields=["process"], name="desk_connections_in"),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} in {self.process}"


class WebPulse(models.Model):
    """A web process's sign of life, renewed every 2 s; a gap over all of them is an outage (S-5)."""

    process = models.UUIDField(primary_key=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.process)


class OfferOutcome(models.TextChoices):
    PENDING = "pending", _("Pending")
    ACCEPTED = "accepted", _("Accepted")
    MISSED = "missed", _("Missed")
    DECLINED = "declined", _("Declined")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class Offer(models.Model):
    """A session offered to an agent in manual reception (R-9); the history decides who is next."""

    session = models.ForeignKey(ChatSession, models.CASCADE, related_name="offers", db_index=False)
    member = models.ForeignKey(Member, models.CASCADE, related_name="offers")
    group = models.ForeignKey(SkillGroup, models.SET_NULL, null=True, related_name="+")
    # The agent who transferred it here, to whom it returns when it is not accepted.
    sender = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    offered_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=OfferOutcome, default=OfferOutcome.PENDING)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["session"], condition=Q(outcome="pending"), name="one_pending_offer_per_session"
            ),
            models.CheckConstraint(
                condition=Q(outcome="pending", ended_at__isnull=True)
                | (~Q(outcome="pending") & Q(ended_at__isnull=False)),
                name="offer_ends_with_its_outcome",
            ),
        ]
        indexes = [models.Index(F("session"), F("member"), name="offers_of_session")]

    def __str__(self) -> str:
        return f"{self.session_id} → {self.member_id} {self.outcome}"
