"""Celery entry points of routing."""

import logging
from functools import partial

from celery import shared_task

from apps.routing import deadlines, members, purging
from apps.sessions import files, remote_pictures
from apps.team import member_exports, member_imports
from apps.team.models import FileJob
from csdesk.file_jobs import exports, imports

log = logging.getLogger(__name__)


@shared_task(name="routing.tasks.sweep")
def sweep() -> None:
    """Every second, on the clock's own queue."""
    deadlines.sweep()


@shared_task(name="routing.tasks.purge")
def purge() -> None:
    """Every night: looks that led to nothing, old message keys, visitors' tokens that are over."""
    for clean_up in (purging.looks, purging.post_keys, purging.visitor_tokens):
        log.info("purge: %s %s", clean_up(), clean_up.__name__)


@shared_task(name="routing.tasks.purge_uploads")
def purge_uploads() -> None:
    """Every quarter of an hour: files never sent (X-10), pictures of others that had their day (X-11)."""
    files.purge_unattached()
    remote_pictures.purge()


# Members who serve no more have their sessions go back to the queue: so these stand here and not in the team.
_take_members = partial(member_imports.take, release=members.release)


@shared_task(name="routing.tasks.check_members")
def check_members(job_id: int) -> None:
    """Say what an uploaded file of members would do."""
    imports.check(FileJob, job_id, _take_members)


@shared_task(name="routing.tasks.write_members")
def write_members(job_id: int) -> None:
    """Do what was confirmed."""
    imports.write(FileJob, job_id, _take_members)


@shared_task(name="routing.tasks.export_members")
def export_members(job_id: int) -> None:
    """Write members into a file."""
    exports.write(FileJob, job_id, member_exports.write)
