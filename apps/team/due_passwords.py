"""Passwords that are still to be e-mailed: of imported members, and where the mail server was away (T-2).

A password is made by whoever sends it, so that none ever lies in a queue or in a table.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from datetime import timedelta

from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

from apps.team import passwords, trail
from apps.team.models import DuePassword, Member
from csdesk import clock

log = logging.getLogger(__name__)

# Somebody who has taken a row has so long; after a failure it waits longer each time.
LEASE = timedelta(minutes=5)
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=2), timedelta(hours=2)
# A run ends by itself before the next one begins, so that this never takes more than one worker's time.
RUN_SECONDS = 45.0


def ask_for(member_ids: Iterable[int]) -> None:
    """These members are to get a password; once each, however often it is asked."""
    rows = [DuePassword(member_id=member_id) for member_id in member_ids]
    DuePassword.objects.bulk_create(rows, batch_size=2000, ignore_conflicts=True)


def waiting() -> int:
    """How many members still wait for their password."""
    return DuePassword.objects.count()


def send(seconds: float = RUN_SECONDS) -> int:
    """Send those that are due, over one connection, for this long at most; how many were sent."""
    until, sent = time.monotonic() + seconds, 0
    connection = mail.get_connection()
    try:
        while time.monotonic() < until and (due := _taken()):
            sent += _send(due, connection)
    finally:
        connection.close()
    return sent


def _taken() -> DuePassword | None:
    """The next one that is due, for `LEASE` ours."""
    with transaction.atomic():
        rows = DuePassword.objects.select_for_update(skip_locked=True, of=("self",))
        due = rows.filter(due_at__lte=clock.now()).order_by("due_at", "pk").first()
        if due:
            due.due_at = clock.now() + LEASE
            due.tries += 1
            due.save(update_fields=["due_at", "tries"])
        return due


def _send(due: DuePassword, connection: BaseEmailBackend) -> bool:
    """Make the password, keep it, send it. What breaks off in between is done again with another one."""
    with transaction.atomic():
        member = Member.objects.present().select_for_update(no_key=True).filter(pk=due.pk).first()
        # Who has chosen one of their own meanwhile keeps it.
        if member is None or not member.must_change_password:
            DuePassword.objects.filter(pk=due.pk).delete()
            return False
        password = passwords.set_new(member)
    try:
        # Opened with the first e-mail there is to send: no server is bothered for nothing.
        connection.open()
        passwords.mail_new(member, password, is_new=member.last_login is None, connection=connection)
    except OSError as error:  # all of smtplib's errors are
        wait = min(FIRST_WAIT * 2 ** min(due.tries - 1, 10), LONGEST_WAIT)
        DuePassword.objects.filter(pk=due.pk).update(due_at=clock.now() + wait)
        log.warning("the password of member %s could not be e-mailed: %s", due.pk, type(error).__name__)
        connection.close()
        return False
    with transaction.atomic():
        DuePassword.objects.filter(pk=due.pk).delete()
        trail.append("member.password_sent", object_type="member", object_id=due.pk)
    return True
