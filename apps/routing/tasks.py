"""Celery entry points of routing."""

from celery import shared_task

from apps.routing import deadlines


@shared_task(name="routing.tasks.sweep")
def sweep() -> None:
    """Every second, on the clock's own queue."""
    deadlines.sweep()
