"""Celery entry points of the bot."""

from celery import shared_task

from apps.chatbot import building


@shared_task(name="chatbot.tasks.build")
def build(release_id: int) -> None:
    """Build a release that was asked for."""
    building.build(release_id)


@shared_task(name="chatbot.tasks.renew")
def renew(release_id: int) -> None:
    """Learn a release's matchers anew where a process could not use them."""
    building.renew(release_id)
