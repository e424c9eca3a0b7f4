"""Celery entry points of the bot."""

from celery import shared_task

from apps.chatbot import building, drafts, exports, imports
from apps.chatbot.job_models import FileJob
from csdesk.file_jobs import jobs


@shared_task(name="chatbot.tasks.build")
def build(release_id: int) -> None:
    """Build a release that was asked for."""
    building.build(release_id)


@shared_task(name="chatbot.tasks.renew")
def renew(release_id: int) -> None:
    """Learn a release's matchers anew where a process could not use them."""
    building.renew(release_id)


@shared_task(name="chatbot.tasks.learn_draft")
def learn_draft() -> None:
    """Learn the draft for the test window."""
    drafts.learn()


@shared_task(name="chatbot.tasks.check_import")
def check_import(job_id: int) -> None:
    """Say what an uploaded file would do."""
    imports.check(job_id)


@shared_task(name="chatbot.tasks.write_import")
def write_import(job_id: int) -> None:
    """Do what was confirmed."""
    imports.write(job_id)


@shared_task(name="chatbot.tasks.write_export")
def write_export(job_id: int) -> None:
    """Write a library into a file."""
    exports.write(job_id)


@shared_task(name="chatbot.tasks.purge_files")
def purge_files() -> None:
    """Every hour: files of imports and exports that had their day."""
    jobs.purge(FileJob)
