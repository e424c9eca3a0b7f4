"""Addresses that sign one member in, once (X-8).

Administrators make them for a member whose mail does not arrive, the API for administrators of a system
that embeds csdesk. Opening the address shows a page; only its POST uses it up, so that no preview of a
chat and no scanner of a mail does. The token has 256 bits and is kept as a hash.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.team import trail
from apps.team.abilities import may_reset_password
from apps.team.models import Member, Role, SignInLink
from csdesk import clock
from csdesk.errors import NotAllowed, NotFound

LASTS = timedelta(minutes=10)
KEPT = timedelta(days=30)


def make(
    member: Member,
    *,
    actor: Member | None = None,
    credential_id: int | None = None,
    address: str = "",
    lasts: timedelta = LASTS,
) -> str:
    """The address for this member, told only now; it ends after `lasts`, or when the next one is made.

    Made by `actor`, who may change the member's password (NotAllowed else), or by an API credential,
    whose right the caller has checked. Never for the super administrator.
    """
    token = secrets.token_urlsafe(32)
    now = clock.now()
    with transaction.atomic():
        # One at a time, so that of two made at once only the later counts.
        target = Member.objects.select_for_update().get(pk=member.pk)
        if actor is not None and not may_reset_password(actor, target):
            raise NotAllowed(_("You can't make a sign-in address for this member."))
        if target.role == Role.SUPER or not target.is_active:
            raise NotAllowed(_("This member can't sign in by an address."))
        _open(target).update(expires_at=now)
        SignInLink.objects.create(
            token_hash=_hash(token),
            member=target,
            made_by=actor,
            credential_id=credential_id,
            made_at=now,
            expires_at=now + lasts,
        )
        trail.append(
            "member.link_made",
            member=actor,
            address=address,
            object_type="member",
            object_id=target.pk,
            values={"credential": credential_id} if credential_id else {},
        )
    return f"{settings.CSDESK_BASE_URL}{reverse('account_sign_in_link', args=[token])}"


def find(token: str) -> SignInLink:
    """The link, not used up. Raises NotFound for a wrong, used or ended one, all alike."""
    found = (
        SignInLink.objects.select_related("member")
        .filter(token_hash=_hash(token), used_at__isnull=True, expires_at__gt=clock.now())
        .first()
    )
    if found is None or found.member.deleted_at is not None:
        raise NotFound(_("This address has been used already, or has ended."))
    return found


def use(token: str) -> Member:
    """Use the link up and say whose it is: one statement, so that of two only one succeeds."""
    link = find(token)
    is_used = SignInLink.objects.filter(pk=link.pk, used_at__isnull=True, expires_at__gt=clock.now()).update(
        used_at=clock.now()
    )
    if not is_used:
        raise NotFound(_("This address has been used already, or has ended."))
    return link.member


def end_all(member: Member) -> None:
    """No address made so far signs this member in any more."""
    _open(member).update(expires_at=clock.now())


def purge() -> int:
    """Delete what ended long ago; how many. The trail knows of each."""
    return SignInLink.objects.filter(expires_at__lt=clock.now() - KEPT).delete()[0]


def _open(member: Member) -> QuerySet[SignInLink]:
    return SignInLink.objects.filter(member=member, used_at__isnull=True, expires_at__gt=clock.now())


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
