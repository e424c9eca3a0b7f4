"""Passwords: made and e-mailed for a member, or changed by the member."""

import logging
import secrets
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.team import mails, sign_in, sign_in_links, trail
from apps.team.abilities import may_reset_password
from apps.team.models import DuePassword, Member
from csdesk import clock
from csdesk.errors import NotAllowed

log = logging.getLogger(__name__)
# An e-mail that could not leave is tried again after this, with another password.
TRIED_AGAIN = timedelta(minutes=2)
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

    Sent here and not by a task: a password must not lie in a queue. When it can't leave, a task makes and
    sends another one (`due_passwords`).
    """
    is_new = member.pk is None
    password = set_new(member)
    transaction.on_commit(lambda: _send(member, password, tell, is_new=is_new), robust=True)


def set_new(member: Member) -> str:
    """Save the member with a new random password and return it; of one who is there nothing else is saved."""
    password = generate()
    member.set_password(password)
    member.must_change_password = True
    member.save(update_fields=["password", "must_change_password"] if member.pk else None)
    return password


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
        DuePassword.objects.filter(pk=member.pk).delete()
        sign_in_links.end_all(member)
        trail.append(
            "password.changed", member=member, address=address, object_type="member", object_id=member.pk
        )


def mail_new(
    member: Member, password: str, *, is_new: bool, connection: BaseEmailBackend | None = None
) -> None:
    """E-mail a password that was just set; raises OSError when it can't leave."""
    subject = _NEW_MEMBER if is_new else _NEW_PASSWORD
    context = {"password": password, "address": f"{settings.CSDESK_BASE_URL}/login/", "is_new": is_new}
    mails.send(member, subject, "password", context, connection=connection)


_NEW_MEMBER = gettext_lazy("Your access to csdesk")
_NEW_PASSWORD = gettext_lazy("Your new password for csdesk")


def _send(member: Member, password: str, tell: Tell | None, *, is_new: bool) -> None:
    try:
        mail_new(member, password, is_new=is_new)
        DuePassword.objects.filter(pk=member.pk).delete()
        sent = True
    except OSError as error:  # all of smtplib's errors are
        log.warning("the password of member %s could not be e-mailed: %s", member.pk, type(error).__name__)
        DuePassword.objects.update_or_create(member=member, defaults={"due_at": clock.now() + TRIED_AGAIN})
        sent = False
    if tell:
        tell(sent)
