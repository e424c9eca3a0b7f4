"""Celery entry points of the bot."""

from celery import shared_task

from apps.chatbot import building, drafts


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
