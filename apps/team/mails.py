"""E-mails to members, each as plain text and, beside it, as tidy HTML.

In their language; of who has chosen none in that of whoever has it sent.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string
from django.utils import translation

from apps.team.models import Member


def send(
    member: Member,
    subject: object,
    template: str,
    context: dict[str, Any],
    *,
    connection: BaseEmailBackend | None = None,
) -> None:
    """Send `account/email/TEMPLATE` (.txt, .html); `subject` is lazy. Raises OSError when it can't leave."""
    with translation.override(member.language or translation.get_language() or settings.LANGUAGE_CODE):
        there = {**context, "member": member, "subject": str(subject)}
        mail = EmailMultiAlternatives(
            str(subject),
            render_to_string(f"account/email/{template}.txt", there).strip() + "\n",
            None,
            [member.email],
            # No answering machine answers, and nobody's holidays are told.
            headers={"Auto-Submitted": "auto-generated"},
            connection=connection,
        )
        mail.attach_alternative(render_to_string(f"account/email/{template}.html", there), "text/html")
        mail.send()
