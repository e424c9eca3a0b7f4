"""Celery entry points of the team."""

import logging

from celery import shared_task
from django.contrib.sessions.models import Session

from apps.team import due_passwords, phone_codes, sign_in_links
from apps.team.models import FileJob
from csdesk import clock
from csdesk.file_jobs import jobs

log = logging.getLogger(__name__)


@shared_task(name="team.tasks.purge_sign_ins")
def purge_sign_ins() -> None:
    """Every night: codes and addresses that no limit counts any more, browser sessions that are over."""
    browsers, _rows = Session.objects.filter(expire_date__lt=clock.now()).delete()
    log.info(
        "purge: %s codes, %s addresses, %s browser sessions",
        phone_codes.purge(),
        sign_in_links.purge(),
        browsers,
    )


@shared_task(name="team.tasks.send_passwords")
def send_passwords() -> None:
    """Every minute: passwords that are still to be e-mailed."""
    due_passwords.send()


@shared_task(name="team.tasks.purge_files")
def purge_files() -> None:
    """Every hour: files of imports and exports that had their day."""
    jobs.purge(FileJob)
