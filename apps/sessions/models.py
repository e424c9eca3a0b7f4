"""The facts: customers and where they come from, sessions, service records, messages."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.team.models import Member, SkillGroup
from csdesk import clock
from csdesk.ids import uuid7


class ChannelKind(models.TextChoices):
    WEBSITE = "website", _("Web (H5)")
    APP = "app", _("App / client")


class Channel(models.Model):
    """Where customers come from: a website or an app's service account."""

    key = models.SlugField(_("key"), max_length=40, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=ChannelKind, default=ChannelKind.WEBSITE)
    name = models.CharField(_("service name"), max_length=60)
    avatar = models.CharField(_("avatar address"), max_length=200, blank=True)
    account_id = models.CharField(_("service account"), max_length=64, blank=True)
    allowed_sites = ArrayField(
        models.CharField(max_length=255),
        verbose_name=_("allowed sites"),
        default=list,
        blank=True,
        help_text=_("Origins that may show the window or connect, such as https://shop.example.com"),
    )
    colour = models.CharField(_("colour"), max_length=7, default="#0b6883")
    position = models.CharField(
        _("position"),
        max_length=5,
        choices=[("right", _("Right")), ("left", _("Left"))],
        default="right",
    )
    greeting = models.CharField(_("greeting beside the launcher"), max_length=120, blank=True)
    launcher = models.CharField(
        _("icon of the launcher"),
        max_length=8,
        choices=[
            ("chat", _("Chat")),
            ("question", _("Question")),
            ("headset", _("Headset")),
            ("heart", _("Heart")),
        ],
        default="chat",
        db_default="chat",
    )
    # What `userSig`s are made with, sealed (`signing_secrets`): the one in use, and the former one while
    # signatures made with it still count.
    secret_1 = models.TextField(blank=True, editable=False, default="", db_default="")
    secret_2 = models.TextField(blank=True, editable=False, default="", db_default="")
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        constraints = [
            models.UniqueConstraint(
                fields=["account_id"], condition=~Q(account_id=""), name="channel_account_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Customer(models.Model):
    """The person who asks. A visitor is a customer whose identity nobody has verified."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    user_id = models.CharField(_("user ID"), max_length=64, blank=True)
    visitor_no = models.PositiveIntegerField(_("visitor number"))
    name = models.CharField(_("nickname"), max_length=60, blank=True)
    avatar = models.CharField(_("avatar"), max_length=200, blank=True)
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    remark = models.TextField(_("remark"), blank=True)
    source = models.ForeignKey(Channel, models.PROTECT, related_name="+", verbose_name=_("source"))
    language = models.CharField(max_length=10, blank=True)
    address = models.GenericIPAddressField(null=True)
    browser = models.CharField(max_length=200, blank=True)
    page = models.CharField(max_length=500, blank=True)
    referrer = models.CharField(max_length=500, blank=True)
    client_data = models.JSONField(default=dict, blank=True)
    # Name, avatar and client data were told by the page, and nobody has verified them.
    profile_is_claimed = models.BooleanField(default=False, db_default=False)
    first_seen_at = models.DateTimeField(default=clock.now)
    last_seen_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        constraints = [
            models.UniqueConstraint(
                fields=["user_id"], condition=~Q(user_id=""), name="customer_user_id_once"
            ),
        ]

    def __str__(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        """The name, else 访客_#### / Visitor_#### in the reader's language (S-12)."""
        return self.name or gettext("Visitor_%(number)04d") % {"number": self.visitor_no}


class VisitorToken(models.Model):
    """What a customer's browser holds (X-3); only its hash is kept.

    `visitor_id` becomes the customer's id with the first session: a look at the window
    leaves no customer behind (X-2).
    """

    hash = models.CharField(max_length=64, primary_key=True)
    channel = models.ForeignKey(Channel, models.CASCADE, related_name="tokens")
    visitor_id = models.UUIDField(default=uuid7)
    created_at = models.DateTimeField(default=clock.now)
    used_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    # Set when renewed: the old one works 60 s more.
    renewed_at = models.DateTimeField(null=True)
    # Of a known user: who signed in, the end of the signature, which no renewal passes, and what the
    # page told of them, for the customer to be made with the first session.
    user_id = models.CharField(max_length=64, blank=True, default="", db_default="")
    signed_until = models.DateTimeField(null=True)
    profile = models.JSONField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["visitor_id"], name="tokens_of_visitor"),
            models.Index(fields=["expires_at"], name="tokens_by_end"),
            models.Index(fields=["user_id"], condition=~Q(user_id=""), name="tokens_of_user"),
        ]

    def __str__(self) -> str:
        return f"{self.channel_id} {self.visitor_id}"


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


class AuthorKind(models.TextChoices):
    CUSTOMER = "customer", _("Customer")
    AGENT = "agent", _("Agent")
    BOT = "bot", _("Bot")
    SYSTEM = "system", _("System")


class MessageKind(models.TextChoices):
    """The `type` of a message in the protocols (visitor.md)."""

    TEXT = "text", _("Text")
    IMAGE = "image", _("Picture")
    FILE = "file", _("File")
    VOICE = "voice", _("Voice")
    VIDEO = "video", _("Video")
    CUSTOM = "custom", _("Card")


class Message(models.Model):
    """One entry of a session, ordered by `seq`; addressed by (session, seq) alone."""

    pk = models.CompositePrimaryKey("session_id", "seq")
    session = models.ForeignKey(ChatSession, models.CASCADE, related_name="messages", db_index=False)
    seq = models.IntegerField()
    # The session's `rev` at this message's last change; what `sync` asks for.
    rev = models.IntegerField()
    kind = models.CharField(max_length=6, choices=MessageKind)
    author_kind = models.CharField(max_length=8, choices=AuthorKind)
    author_id = models.CharField(max_length=36, blank=True)
    author_name = models.CharField(max_length=60, blank=True)
    author_avatar = models.CharField(max_length=200, blank=True)
    # text: {text, code?, params?}; file kinds: {file: as `files.described` makes it}; custom: {data}
    body = models.JSONField()
    tokens = ArrayField(models.CharField(max_length=40), default=list)
    client_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=clock.now)
    recalled_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.UniqueConstraint(fields=["session", "rev"], name="message_rev_once"),
            models.CheckConstraint(condition=Q(seq__gte=1), name="message_seq_from_1"),
        ]
        indexes = [GinIndex(fields=["tokens"], name="message_tokens")]

    def __str__(self) -> str:
        return f"{self.session_id}.{self.seq}"

    @property
    def address(self) -> str:
        """The message's id in the protocols: `SESSION.SEQ`."""
        return f"{self.session_id}.{self.seq}"


class PostKey(models.Model):
    """A client's `client_id`, kept 7 days per author, so that resending makes no second message."""

    pk = models.CompositePrimaryKey("author", "client_id")
    author = models.CharField(max_length=38)
    client_id = models.UUIDField()
    session_id = models.UUIDField()
    seq = models.IntegerField()
    rev = models.IntegerField()
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="post_keys_by_age")]

    def __str__(self) -> str:
        return f"{self.author} {self.client_id}"


class Attachment(models.Model):
    """An uploaded file: its uploader's to attach to one message, once, within an hour (X-10)."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    # `c:<customer id>` or `m:<member id>`: who uploaded and alone may attach it.
    uploader = models.CharField(max_length=38)
    session = models.ForeignKey(ChatSession, models.CASCADE, null=True, related_name="attachments")
    seq = models.IntegerField(null=True)
    name = models.CharField(max_length=200)
    mime = models.CharField(max_length=100)
    size = models.BigIntegerField()
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    stored = models.FileField(max_length=200)
    # Our own re-encoded, small picture of an image; empty for everything else.
    thumbnail = models.FileField(max_length=200, blank=True)
    uploaded_at = models.DateTimeField(default=clock.now)
    attached_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(attached_at__isnull=True, session__isnull=True, seq__isnull=True)
                | Q(attached_at__isnull=False, session__isnull=False),
                name="attachment_has_its_place",
            ),
        ]
        indexes = [
            models.Index(
                fields=["uploaded_at"], condition=Q(attached_at__isnull=True), name="attachments_waiting"
            ),
            models.Index(fields=["uploader", "uploaded_at"], name="attachments_of"),
        ]

    def __str__(self) -> str:
        return self.name


class RemotePicture(models.Model):
    """A picture of others, fetched and made anew (X-11); kept for a day, found by the hash of its address."""

    address_hash = models.CharField(max_length=64, primary_key=True)
    stored = models.FileField(max_length=200)
    mime = models.CharField(max_length=40)
    size = models.PositiveIntegerField()
    fetched_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [models.Index(fields=["fetched_at"], name="remote_pictures_by_age")]

    def __str__(self) -> str:
        return self.address_hash[:12]


class Rating(models.Model):
    """An invitation to rate and, once given, the customer's answer (S-16)."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    session = models.ForeignKey(ChatSession, models.CASCADE, related_name="ratings", db_index=False)
    record = models.ForeignKey(ServiceRecord, models.CASCADE, related_name="ratings")
    # The message (src 9) that carries it.
    seq = models.IntegerField()
    invited_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    level = models.PositiveSmallIntegerField(null=True)
    comment = models.CharField(max_length=1000, blank=True)
    rated_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("rating")
        verbose_name_plural = _("ratings")
        constraints = [
            models.UniqueConstraint(fields=["session", "seq"], name="rating_of_one_message"),
            models.CheckConstraint(
                condition=Q(level__isnull=True, rated_at__isnull=True)
                | Q(level__gte=1, level__lte=5, rated_at__isnull=False),
                name="rating_level_1_to_5",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.session_id} {self.level or '–'}"


class Note(models.Model):
    """An internal note beside a session: a number of its own, never among the customer's messages."""

    session = models.ForeignKey(ChatSession, models.CASCADE, related_name="notes", db_index=False)
    number = models.IntegerField()
    after_seq = models.IntegerField()
    author = models.ForeignKey(Member, models.PROTECT, related_name="+")
    text = models.TextField(max_length=5000)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "number"], name="note_number_once")]

    def __str__(self) -> str:
        return f"{self.session_id} note {self.number}"


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


class QuickReply(models.Model):
    """A ready sentence: shared when it has no owner, else personal (D-5)."""

    owner = models.ForeignKey(
        Member,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="quick_replies",
        verbose_name=_("owner"),
        help_text=_("Empty: shared with everybody"),
    )
    category = models.CharField(_("category"), max_length=40, blank=True)
    title = models.CharField(_("title"), max_length=80)
    text = models.TextField(_("reply"), max_length=5000)
    language = models.CharField(_("language"), max_length=10, blank=True)
    uses = models.PositiveIntegerField(_("uses"), default=0, editable=False)
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("quick reply")
        verbose_name_plural = _("quick replies")
        ordering = ["category", "position", "id"]

    def __str__(self) -> str:
        return self.title
