"""Celery entry points about what stands beside sessions."""

from celery import shared_task

from apps.sessions import reply_files


@shared_task(name="sessions.tasks.check_quick_replies")
def check_quick_replies(job_id: int) -> None:
    """Say what an uploaded file of quick replies would do."""
    reply_files.check(job_id)


@shared_task(name="sessions.tasks.write_quick_replies")
def write_quick_replies(job_id: int) -> None:
    """Do what was confirmed."""
    reply_files.write(job_id)
