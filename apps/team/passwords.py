"""Passwords: made and e-mailed for a member, or changed by the member."""

import logging
import secrets
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from apps.team import sign_in, sign_in_links, trail
from apps.team.abilities import may_reset_password
from apps.team.models import Member
from csdesk.errors import NotAllowed

log = logging.getLogger(__name__)
# Told after the commit whether the e-mail could be handed over.
Tell = Callable[[bool], None]

# Without letters and digits that are taken for one another.
_LETTERS = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def generate() -> str:
    """A random password of 14 characters (81 bits) in groups that can be typed."""
    return "-".join("".join(secrets.choice(_LETTERS) for _place in range(size)) for size in (5, 4, 5))


class NotOneCharacter:
    """Ten times the same character, or nothing but blanks, is no password."""

    def validate(self, password: str, user: Member | None = None) -> None:
        if len(set(password)) < 2 or not password.strip():
            raise ValidationError(
                _("Use more than one character, and not blanks alone."), code="one_character"
            )

    def get_help_text(self) -> str:
        return _("Your password can’t be one character again and again.")


def give_new(member: Member, tell: Tell | None = None) -> None:
    """Save the member with a new random password, e-mailed after the commit; the first sign-in changes it.

    Sent here and not by a task: a password must not lie in a queue.
    """
    password = generate()
    member.set_password(password)
    member.must_change_password = True
    member.save()
    transaction.on_commit(lambda: _send(member, password, tell), robust=True)


def reset(member: Member, actor: Member, *, address: str = "", tell: Tell | None = None) -> None:
    """Replace a member's password (T-3): the old one stops at once, all sign-ins end."""
    if not may_reset_password(actor, member):
        raise NotAllowed(_("You can't reset this password."))
    with transaction.atomic():
        give_new(member, tell)
        sign_in.end_all(member, sign_in.SIGNED_OUT)
        sign_in_links.end_all(member)
        trail.append(
            "member.password_reset", member=actor, address=address, object_type="member", object_id=member.pk
        )


def change(member: Member, password: str, *, address: str = "") -> None:
    """Set the password that the member has chosen."""
    with transaction.atomic():
        member.set_password(password)
        member.must_change_password = False
        member.save(update_fields=["password", "must_change_password"])
        sign_in_links.end_all(member)
        trail.append(
            "password.changed", member=member, address=address, object_type="member", object_id=member.pk
        )


def _send(member: Member, password: str, tell: Tell | None) -> None:
    try:
        _mail(member, password)
        sent = True
    except OSError as error:  # all of smtplib's errors are
        log.warning("the password of member %s could not be e-mailed: %s", member.pk, type(error).__name__)
        sent = False
    if tell:
        tell(sent)


def _mail(member: Member, password: str) -> None:
    with translation.override(member.language or settings.LANGUAGE_CODE):
        body = render_to_string(
            "account/email/password.txt",
            {"member": member, "password": password, "address": f"{settings.CSDESK_BASE_URL}/login/"},
        )
        send_mail(_("Your access to csdesk"), body, None, [member.email])
