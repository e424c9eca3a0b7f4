"""Sessions, their service records and what befell them."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.sessions.models.people import Channel, Customer
from apps.team.models import Member, SkillGroup
from csdesk import clock
from csdesk.ids import uuid7


class State(models.TextChoices):
    FLOW = "flow", _("In the flow")
    QUEUED = "queued", _("Queueing")
    OFFERED = "offered", _("Offered")
    SERVING = "serving", _("Serving")
    CLOSED = "closed", _("Ended")


class DeadlineKind(models.TextChoices):
    """What a session's one pending deadline is for (S-5)."""

    FLOW = "flow", _("Flow inactivity")
    QUEUE = "queue", _("Waiting limit")
    ACCEPT = "accept", _("Accept time-out")
    REMINDER = "reminder", _("Reminder")
    REPLY = "reply", _("Reply time-out")


class ServiceStatus(models.TextChoices):
    """How a service record ended (S-3)."""

    NORMAL = "normal", _("Ended normally")
    CUSTOMER_ENDED = "customer_ended", _("Ended by the customer")
    CUSTOMER_TIMEOUT = "customer_timeout", _("Customer timed out")
    NO_AGENT_ONLINE = "no_agent_online", _("No agent online")
    TIMEOUT_TRANSFERRED = "timeout_transferred", _("Passed on after time-out")
    AGENT_NO_ANSWER = "agent_no_answer", _("Agent did not answer")
    BLACKLISTED = "blacklisted", _("Blacklisted")
    ABANDONED_IN_FLOW = "abandoned_in_flow", _("Left in the flow")
    ABANDONED_IN_QUEUE = "abandoned_in_queue", _("Left the queue")
    TRANSFERRED = "transferred", _("Transferred by the agent")
    TAKEN_OVER = "taken_over", _("Taken over by a supervisor")
    AGENT_LOST = "agent_lost", _("Agent lost")
    OFF_HOURS = "off_hours", _("Outside working hours")
    FORCED = "forced", _("Ended by an administrator")


class ClosedBy(models.TextChoices):
    CLIENT = "client", _("Customer")
    SEAT = "seat", _("Agent")
    ADMIN = "admin", _("Administrator")
    TIMER = "timer", _("Timer")


class ChatSession(models.Model):
    """One consultation, from the first trigger to its close.

    Only `transitions` assigns `state`, only `posting` and `transitions` move `seq` and `rev`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7)
    # `session_of_customer` begins with it.
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="chat_sessions", db_index=False)
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="chat_sessions")
    state = models.CharField(max_length=8, choices=State, default=State.FLOW)
    group = models.ForeignKey(SkillGroup, models.SET_NULL, null=True, related_name="chat_sessions")
    agent = models.ForeignKey(Member, models.PROTECT, null=True, related_name="chat_sessions")
    language = models.CharField(max_length=10, blank=True)
    source_page = models.CharField(max_length=500, blank=True)
    variables = models.JSONField(default=dict)
    # Where the flow stands while it waits for a choice of the customer; empty: at its begin.
    flow_place = models.JSONField(default=dict, db_default=models.Value({}, output_field=models.JSONField()))
    previous = models.ForeignKey("self", models.SET_NULL, null=True, related_name="next_sessions")

    started_at = models.DateTimeField(default=clock.now)
    engaged_at = models.DateTimeField(null=True)
    assigned_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    status = models.CharField(max_length=20, choices=ServiceStatus, blank=True)
    closed_by = models.CharField(max_length=6, choices=ClosedBy, blank=True)

    priority = models.SmallIntegerField(default=0)
    # the place in the queue counts from the first queueing, the waiting limit from the last.
    queue_order_at = models.DateTimeField(null=True)
    queued_at = models.DateTimeField(null=True)
    # Why the last attempt to reach a human failed, should the session end in the flow (S-1).
    failed_status = models.CharField(max_length=20, choices=ServiceStatus, blank=True)

    deadline_at = models.DateTimeField(null=True)
    deadline_kind = models.CharField(max_length=8, choices=DeadlineKind, blank=True)
    # The agent owes the answer: the reply clock stands still.
    on_hold_at = models.DateTimeField(null=True)

    seq = models.IntegerField(default=0)
    rev = models.IntegerField(default=0)
    note_no = models.IntegerField(default=0)
    # The last customer message, and the last one the flow has handled; lagging, the sweep runs it again.
    customer_seq = models.IntegerField(default=0)
    flow_seq = models.IntegerField(default=0)
    customer_read_seq = models.IntegerField(default=0)
    agent_read_seq = models.IntegerField(default=0)
    # Customer messages the serving agent has not read; what the list shows as unread.
    unread = models.IntegerField(default=0)
    # Since when the customer waits for an answer; empty when the last word was the agent's.
    waiting_since = models.DateTimeField(null=True)
    last_text = models.CharField(max_length=200, blank=True)
    last_kind = models.CharField(max_length=10, blank=True)
    last_author = models.CharField(max_length=8, blank=True)
    last_author_id = models.CharField(max_length=36, blank=True)
    last_at = models.DateTimeField(null=True)

    archived_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)
    # Kept from purging by a legal hold (C-10).
    held_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "channel"], condition=~Q(state="closed"), name="one_open_session"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["offered", "serving"], agent__isnull=False)
                | Q(state="closed")
                | Q(state__in=["flow", "queued"], agent__isnull=True),
                name="session_agent_fits_state",
            ),
            models.CheckConstraint(
                condition=Q(state="closed", ended_at__isnull=False)
                | (~Q(state="closed") & Q(ended_at__isnull=True)),
                name="session_ended_when_closed",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["flow", "queued", "offered"]) | Q(deadline_at__isnull=False),
                name="session_waits_with_a_deadline",
            ),
            models.CheckConstraint(
                condition=Q(deadline_at__isnull=True, deadline_kind="")
                | (Q(deadline_at__isnull=False) & ~Q(deadline_kind="")),
                name="session_deadline_is_a_pair",
            ),
            models.CheckConstraint(
                condition=~Q(state="queued") | Q(queued_at__isnull=False, queue_order_at__isnull=False),
                name="session_queued_since",
            ),
        ]
        indexes = [
            models.Index(
                F("priority").desc(),
                "queue_order_at",
                "id",
                condition=Q(state="queued"),
                name="session_queue",
            ),
            models.Index(fields=["agent", "state"], condition=~Q(state="closed"), name="session_of_agent"),
            models.Index(fields=["customer", "channel", "started_at"], name="session_of_customer"),
            # None names a column that moves with every message (`deadline_at`, `customer_seq` …): such a
            # change would write an entry into each index of the table. What is due is sought among the
            # open sessions, which `one_open_session` lists.
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.state}"

    @property
    def is_open(self) -> bool:
        return self.state != State.CLOSED


class ServiceRecord(models.Model):
    """One agent's (or nobody's) part of a session; a transfer closes one and opens the next (S-2)."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    session = models.ForeignKey(ChatSession, models.CASCADE, related_name="records", db_index=False)
    number = models.PositiveSmallIntegerField(default=1)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="records")
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="records")
    group = models.ForeignKey(SkillGroup, models.SET_NULL, null=True, related_name="records", db_index=False)
    agent = models.ForeignKey(Member, models.PROTECT, null=True, related_name="records", db_index=False)
    status = models.CharField(max_length=20, choices=ServiceStatus, blank=True)
    closed_by = models.CharField(max_length=6, choices=ClosedBy, blank=True)
    # The part of the transcript that is this record's: after `first_seq` up to `last_seq`.
    first_seq = models.IntegerField(default=0)
    last_seq = models.IntegerField(null=True)

    started_at = models.DateTimeField(default=clock.now)
    queued_at = models.DateTimeField(null=True)
    assigned_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    first_reply_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    rating_level = models.PositiveSmallIntegerField(null=True)

    class Meta:
        verbose_name = _("service record")
        verbose_name_plural = _("service records")
        constraints = [
            models.UniqueConstraint(
                fields=["session"], condition=Q(ended_at__isnull=True), name="one_open_record"
            ),
            models.UniqueConstraint(fields=["session", "number"], name="record_number_once"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, status="") | (Q(ended_at__isnull=False) & ~Q(status="")),
                name="record_ends_with_a_status",
            ),
        ]
        indexes = [
            models.Index(F("started_at").desc(), F("id").desc(), name="record_newest"),
            models.Index("agent", F("started_at").desc(), F("id").desc(), name="record_of_agent"),
            models.Index("group", F("started_at").desc(), F("id").desc(), name="record_of_group"),
            # For the rare ones: on 120,000 records 63 ms without it, 0.4 ms with it.
            models.Index("status", F("started_at").desc(), F("id").desc(), name="record_of_status"),
        ]

    def __str__(self) -> str:
        return f"{self.session_id} #{self.number}"


class SessionEvent(models.Model):
    """One change of a session's state, group or agent, with who did it and when (S-1)."""

    session = models.ForeignKey(ChatSession, models.CASCADE, related_name="events", db_index=False)
    at = models.DateTimeField(default=clock.now)
    event = models.CharField(max_length=24)
    before = models.CharField(max_length=8, choices=State, blank=True)
    after = models.CharField(max_length=8, choices=State)
    actor = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    agent = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    group = models.ForeignKey(SkillGroup, models.SET_NULL, null=True, related_name="+")
    detail = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["session", "at"], name="events_of_session")]

    def __str__(self) -> str:
        return f"{self.session_id} {self.event}"
