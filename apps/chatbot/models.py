"""The draft of the knowledge, the releases made of it, and every question that was asked.

Entries, categories and the welcome card's questions are the draft (B-8). A release points at immutable
versions of entries, shared between releases, and at the trained matchers of both libraries.
"""

from __future__ import annotations

import hashlib
import unicodedata

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.chatbot.job_models import FileJob  # noqa: F401 - a table of this app
from apps.team.models import Member
from csdesk import clock
from csdesk.ids import uuid7

QUESTION_LIMIT = 200
ANSWER_LIMIT = 5_000
SIMILAR_LIMIT = 100  # questions of an entry, B-1
ANSWERS_LIMIT = 10
TAGS_LIMIT = 20


def question_key(text: str) -> str:
    """What makes two questions the same: width, case and blanks do not count; 32 hexadecimal digits."""
    folded = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return hashlib.blake2b(folded.encode(), digest_size=16).hexdigest()


class Library(models.TextChoices):
    """The two collections of knowledge (B-1, B-2)."""

    QA = "qa", _("Q&A library")
    CHITCHAT = "chitchat", _("Chit-chat library")


class Format(models.TextChoices):
    TEXT = "text", _("Plain text")
    MARKDOWN = "markdown", _("Rich text (Markdown)")


class LibraryState(models.Model):
    """How often a library's draft was changed: tells unpublished changes without comparing (B-8, M-3)."""

    library = models.CharField(primary_key=True, max_length=8, choices=Library)
    revision = models.BigIntegerField(default=0)
    changed_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"{self.library} {self.revision}"


class Category(models.Model):
    """A place in a library's tree; one of the chit-chat can be switched off as a whole (B-1, B-2)."""

    library = models.CharField(max_length=8, choices=Library)
    parent = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="children", verbose_name=_("within")
    )
    # Empty: a preset one, called by its code in the reader's language.
    name = models.CharField(_("name of the category"), max_length=60, blank=True)
    preset = models.SlugField(max_length=30, blank=True, editable=False)
    position = models.PositiveIntegerField(default=0)
    is_enabled = models.BooleanField(_("enabled"), default=True)

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["library", "parent", "name"],
                condition=Q(preset=""),
                nulls_distinct=False,
                name="category_name_once",
            ),
            models.UniqueConstraint(
                fields=["library", "preset"], condition=~Q(preset=""), name="category_preset_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.preset


class Entry(models.Model):
    """Something the bot knows, as the draft has it (B-1)."""

    library = models.CharField(max_length=8, choices=Library, default=Library.QA)
    category = models.ForeignKey(
        Category,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="entries",
        verbose_name=_("category"),
    )
    question = models.CharField(_("standard question"), max_length=QUESTION_LIMIT)
    key = models.CharField(max_length=32, editable=False)
    answer = models.TextField(_("answer"), max_length=ANSWER_LIMIT)
    # Said in turn with the answer, so that chatting does not sound like a machine.
    more_answers = ArrayField(
        models.TextField(max_length=ANSWER_LIMIT), default=list, blank=True, verbose_name=_("other answers")
    )
    format = models.CharField(_("format"), max_length=8, choices=Format, default=Format.TEXT)
    is_enabled = models.BooleanField(_("enabled"), default=True)
    valid_from = models.DateTimeField(_("valid from"), null=True, blank=True)
    valid_to = models.DateTimeField(_("valid to"), null=True, blank=True)
    tags = ArrayField(models.CharField(max_length=30), default=list, blank=True, verbose_name=_("tags"))
    # Which preset it came from, so that a new version of csdesk does not bring it twice.
    preset = models.SlugField(max_length=60, blank=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    changed_at = models.DateTimeField(_("last changed"), default=clock.now, editable=False)
    changed_by = models.ForeignKey(
        Member, models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("changed by")
    )

    class Meta:
        verbose_name = _("entry")
        verbose_name_plural = _("entries")
        constraints = [
            models.UniqueConstraint(fields=["library", "key"], name="entry_question_once"),
            models.UniqueConstraint(
                fields=["library", "preset"], condition=~Q(preset=""), name="entry_preset_once"
            ),
            models.CheckConstraint(
                condition=Q(valid_from__isnull=True)
                | Q(valid_to__isnull=True)
                | Q(valid_from__lt=models.F("valid_to")),
                name="entry_valid_in_order",
            ),
        ]
        indexes = [
            models.Index(fields=["library", "-changed_at", "-id"], name="entry_changed"),
            models.Index(fields=["library", "category"], name="entry_category"),
        ]

    def __str__(self) -> str:
        return self.question


class SimilarQuestion(models.Model):
    """Another way to ask what an entry answers."""

    entry = models.ForeignKey(Entry, models.CASCADE, related_name="similar")
    text = models.CharField(_("similar question"), max_length=QUESTION_LIMIT)
    key = models.CharField(max_length=32, editable=False)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("similar question")
        verbose_name_plural = _("similar questions")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["entry", "key"], name="similar_question_once"),
        ]
        indexes = [models.Index(fields=["key"], name="similar_key")]

    def __str__(self) -> str:
        return self.text


class WelcomeQuestion(models.Model):
    """A line of the welcome card (B-3): an entry of the Q&A library, or words of its own."""

    # The entry may be gone from the draft: customers see its line as long as the live release has it.
    entry = models.ForeignKey(
        Entry, models.DO_NOTHING, null=True, blank=True, related_name="+", db_constraint=False
    )
    text = models.CharField(_("question"), max_length=QUESTION_LIMIT, blank=True)
    # Shown to customers of this language only; empty = to all.
    language = models.CharField(_("language"), max_length=10, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("question of the welcome card")
        verbose_name_plural = _("questions of the welcome card")
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(entry__isnull=True) ^ Q(text=""), name="welcome_question_entry_or_text"
            ),
        ]

    def __str__(self) -> str:
        return self.text or f"entry {self.entry_id}"


class AnswerPicture(models.Model):
    """A picture in answers, made anew by us (X-10); kept, for releases and sent answers show it too."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    # Of what was uploaded: the same picture is kept once.
    digest = models.CharField(max_length=64, unique=True)
    stored = models.FileField(max_length=200)
    mime = models.CharField(max_length=40)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    uploaded_by = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    uploaded_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return str(self.id)


class Artifact(models.Model):
    """The trained matcher of one library's content: made once, used by every release of that content."""

    digest = models.CharField(max_length=64, unique=True)
    library = models.CharField(max_length=8, choices=Library)
    entries = models.PositiveIntegerField()
    questions = models.PositiveIntegerField()
    # Names, sizes and checksums of the files, whose bytes stand in the parts.
    files = models.JSONField(default=list)
    seconds = models.FloatField(default=0)
    made_at = models.DateTimeField(default=clock.now)
    # Which revision of the draft it was last seen to fit, for the test window.
    draft_revision = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return f"{self.library} {self.digest[:12]}"


class ArtifactPart(models.Model):
    """A few megabytes of a file of an artifact, compressed."""

    artifact = models.ForeignKey(Artifact, models.CASCADE, related_name="parts")
    file = models.CharField(max_length=80)
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["artifact", "file", "number"], name="artifact_part_once"),
        ]

    def __str__(self) -> str:
        return f"{self.file} {self.number}"


class EntryVersion(models.Model):
    """An entry as releases have it; never changed, so releases share it.

    `entry_id` is the entry of the draft, where it may be gone.
    """

    library = models.CharField(max_length=8, choices=Library)
    entry_id = models.BigIntegerField()
    digest = models.CharField(max_length=64)
    key = models.CharField(max_length=32, default="")
    question = models.CharField(max_length=QUESTION_LIMIT)
    similar = ArrayField(models.CharField(max_length=QUESTION_LIMIT), default=list)
    answers = ArrayField(models.TextField())
    format = models.CharField(max_length=8, choices=Format)
    category = models.CharField(max_length=250, blank=True)
    tags = ArrayField(models.CharField(max_length=30), default=list)
    valid_from = models.DateTimeField(null=True)
    valid_to = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry_id", "digest"], name="entry_version_once"),
        ]
        indexes = [models.Index(fields=["key"], name="entry_version_key")]

    def __str__(self) -> str:
        return self.question


class ReleaseState(models.TextChoices):
    BUILDING = "building", _("Being built")
    PUBLISHED = "published", _("Published")
    FAILED = "failed", _("Failed")


class Failure(models.TextChoices):
    """Why a release was not built; read in the reader's language, with the `error_detail` where it has %s."""

    LOST = "lost", _("Building was broken off. Nothing has changed; publish again.")
    UNREACHABLE = "unreachable", _("The worker can't be reached. Nothing has changed; publish again later.")
    BROKEN = "broken", _("Building failed (%s). Nothing has changed.")


class Release(models.Model):
    """What the bot knows since it was published: numbered and never changed (B-8)."""

    number = models.CharField(_("release"), max_length=30, unique=True)
    description = models.CharField(_("description"), max_length=200, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=ReleaseState, default=ReleaseState.BUILDING)
    # Why it failed: a Failure; words, in releases of an older csdesk.
    error = models.TextField(blank=True)
    error_detail = models.CharField(max_length=100, blank=True, default="")
    progress = models.FloatField(default=0)
    made_by = models.ForeignKey(
        Member, models.SET_NULL, null=True, related_name="+", verbose_name=_("published by")
    )
    made_at = models.DateTimeField(default=clock.now)
    # When the process that builds it was last heard of.
    seen_at = models.DateTimeField(null=True)
    # From this moment on every process answers from it; they load it before.
    live_from = models.DateTimeField(_("live from"), null=True)
    # Which revisions of the draft it holds.
    qa_revision = models.BigIntegerField(default=0)
    chitchat_revision = models.BigIntegerField(default=0)
    qa = models.ForeignKey(Artifact, models.PROTECT, null=True, related_name="+")
    chitchat = models.ForeignKey(Artifact, models.PROTECT, null=True, related_name="+")
    entries = models.PositiveIntegerField(default=0)
    # Set when it was made by going back to an older one.
    same_as = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("release")
        verbose_name_plural = _("releases")
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="building"), name="one_release_is_built"
            ),
            models.CheckConstraint(
                condition=~Q(state="published") | Q(live_from__isnull=False), name="published_is_live_from"
            ),
        ]
        indexes = [
            models.Index(fields=["-live_from"], condition=Q(state="published"), name="release_live"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def reason(self) -> str:
        """Why it failed, in words for whoever reads it now; empty when it did not."""
        if self.error not in Failure.values:
            return self.error
        return str(Failure(self.error).label).replace("%s", self.error_detail)


class ReleaseEntry(models.Model):
    """Which version of an entry a release holds."""

    pk = models.CompositePrimaryKey("release_id", "version_id")
    release = models.ForeignKey(Release, models.CASCADE, related_name="contents", db_index=False)
    version = models.ForeignKey(EntryVersion, models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.release_id} {self.version_id}"


class Decision(models.TextChoices):
    """What a question got (B-4)."""

    MENU = "menu", _("Answered from a card")
    DIRECT = "direct", _("Answered")
    CHITCHAT = "chitchat", _("Chit-chat")
    GUIDE = "guide", _("Guided")
    FALLBACK = "fallback", _("Fallen back")


class AskedQuestion(models.Model):
    """A question that a customer asked, what it got and what the customer did next (B-6).

    `conversation` is the session's id; there is no foreign key, for the bot knows nothing of sessions.
    """

    conversation = models.UUIDField()
    channel = models.BigIntegerField()
    asked_at = models.DateTimeField(default=clock.now)
    language = models.CharField(max_length=10, blank=True)
    text = models.TextField()
    # Places in the conversation of the question, and of the answer if there was one.
    seq = models.IntegerField()
    answer_seq = models.IntegerField(null=True)
    release = models.ForeignKey(Release, models.SET_NULL, null=True, related_name="+")
    decision = models.CharField(max_length=8, choices=Decision)
    entry_id = models.BigIntegerField(null=True)
    score = models.FloatField(null=True)
    # The best of the rest: [[entry id, score], …].
    runners_up = models.JSONField(default=list)
    # What the customer did next.
    clicked_entry_id = models.BigIntegerField(null=True)
    clicked_at = models.DateTimeField(null=True)
    is_helpful = models.BooleanField(null=True)
    voted_at = models.DateTimeField(null=True)
    to_human_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation", "seq"], name="asked_question_once"),
        ]
        indexes = [
            models.Index(fields=["asked_at", "id"], name="asked_question_at"),
            models.Index(fields=["entry_id", "asked_at"], name="asked_question_entry"),
        ]

    def __str__(self) -> str:
        return self.text[:80]
