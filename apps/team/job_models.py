"""The table of files with members, and other small lists of the business, on their way in or out (M-4)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from csdesk.file_jobs.models import AbstractFileJob


class FileJob(AbstractFileJob):
    """A file of one kind of thing; `subject` says of which: `members`, `quick_replies` …"""

    folder: ClassVar[str] = "team-files"

    subject = models.CharField(max_length=40)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["made_at"], name="team_file_job_made")]
