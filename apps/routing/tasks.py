"""Celery entry points of routing."""

import logging

from celery import shared_task

from apps.routing import deadlines, purging
from apps.sessions import files, remote_pictures

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
