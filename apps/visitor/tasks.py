"""Jobs of the customer's door."""

from celery import shared_task

from apps.visitor import tokens


@shared_task(name="visitor.tasks.purge_tokens")
def purge_tokens() -> None:
    """Nightly: tokens that cannot be used any more."""
    tokens.purge()
