"""The table of files on their way into a library and out of it (M-4)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from csdesk.file_jobs.models import AbstractFileJob


class FileJob(AbstractFileJob):
    """A file of one of the bot's libraries."""

    folder: ClassVar[str] = "bot-files"

    library = models.CharField(max_length=8)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["made_at"], name="file_job_made")]
