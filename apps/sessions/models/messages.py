"""Messages and what goes with them: files, ratings, notes, ready replies."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.sessions.models.sessions import ChatSession, ServiceRecord
from apps.team.models import Member
from csdesk import clock
from csdesk.ids import uuid7


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
