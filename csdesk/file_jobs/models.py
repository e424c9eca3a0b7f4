"""What is kept of a file on its way in or out (M-4): the columns of every table of such files."""

from __future__ import annotations

from typing import BinaryIO, ClassVar
from uuid import uuid4

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import models
from django.utils.translation import gettext_lazy as _

from csdesk import clock


class Kind(models.TextChoices):
    IMPORT = "import", _("Import")
    EXPORT = "export", _("Export")


class JobState(models.TextChoices):
    CHECKING = "checking", _("Being checked")
    CHECKED = "checked", _("Checked")
    REFUSED = "refused", _("Can't be imported")
    WRITING = "writing", _("Being written")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


RUNNING = (JobState.CHECKING, JobState.WRITING)


class Existing(models.TextChoices):
    """What becomes of what is there already when a row names it."""

    CHANGE = "change", _("change it to what the file says")
    KEEP = "keep", _("leave it as it is")
    REFUSE = "refuse", _("refuse the file")


class AbstractFileJob(models.Model):
    """One file: an import from its upload to the end, or an export to its download."""

    # Where the files are stored, below the folder of all uploads.
    folder: ClassVar[str]

    kind = models.CharField(max_length=6, choices=Kind)
    state = models.CharField(max_length=10, choices=JobState)
    member = models.ForeignKey("team.Member", models.SET_NULL, null=True, related_name="+")
    # From where it was asked for, for the trail; in which language its messages are.
    address = models.CharField(max_length=64, blank=True)
    language = models.CharField(max_length=10)
    # What people call the file, and where it is kept; "" once it is gone.
    name = models.CharField(max_length=120)
    stored = models.CharField(max_length=120, blank=True)
    size = models.BigIntegerField(default=0)
    existing = models.CharField(max_length=6, default=Existing.CHANGE)
    # What an export is to hold: filters, or the ids that were chosen.
    wanted = models.JSONField(default=dict)
    rows = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    # The first of what is wrong: [row, column, title, sentence]; how many rows are wrong in all.
    problems = models.JSONField(default=list)
    wrong = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    made_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"

    @property
    def is_running(self) -> bool:
        return self.state in RUNNING

    def keep(self, file: File) -> None:
        """Store the file; the row is the caller's to save."""
        self.stored = default_storage.save(f"{self.folder}/{uuid4()}", file)
        self.size = default_storage.size(self.stored)

    def drop(self) -> None:
        """The file is not needed any more."""
        if self.stored:
            default_storage.delete(self.stored)
            self.stored = ""

    def opened(self) -> BinaryIO:
        return default_storage.open(self.stored)
