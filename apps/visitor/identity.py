"""Known users: signing in with a `userSig`, and signing out (S-12, V-8, X-3, X-4)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from apps.routing import barring, merging
from apps.sessions import signing_secrets
from apps.sessions.models import Channel, Customer, VisitorToken
from apps.visitor import profiles, signatures, tokens
from csdesk import clock, realtime
from csdesk.errors import Invalid, Unauthorized
from csdesk.ids import uuid7

# One sign-in of a user at a time, so that all their tokens name the same customer.
_LOCK = 0x51CE


def sign_in(channel: Channel, asked: dict) -> tuple[str, VisitorToken]:
    """A token of the user that `userID` and `userSig` name; the `token` beside them ends.

    An anonymous visitor's token is merged into the user, once (X-4); a user's own is replaced; another
    user's is dropped. Unauthorized, TokenExpired (the signature's life is over), Invalid, TooLarge.
    """
    _expect_claim(asked)
    former = _former(channel, asked.get("token"))
    signed = signatures.verify(
        asked.get("userSig"),
        asked.get("userID"),
        secrets=signing_secrets.current(channel),
        sdkappid=settings.SDKAPPID,
        now=clock.now(),
        longest=timedelta(days=settings.SIGNATURE_DAYS),
    )
    profile = profiles.told(asked, signed.userbuf, channel).as_fields()
    with transaction.atomic():
        visitor_id = _customer_id(signed.user_id)
        if profile:
            Customer.objects.filter(id=visitor_id).update(**profile)
        text, row = tokens.issue_signed(channel, visitor_id, signed.user_id, signed.until, profile)
    if former:
        _end_former(former, row)
    barring.signed_in(row.visitor_id)
    return text, row


def _expect_claim(asked: dict) -> None:
    """Invalid for what is no claim at all, so that an app tells its own mistake from a wrong signature."""
    for name in ("userID", "userSig"):
        if asked.get(name) in (None, ""):
            raise Invalid(_("%(field)s is missing.") % {"field": name})
        if not isinstance(asked[name], str):
            raise Invalid(_("%(field)s must be text.") % {"field": name})
    if not signatures.is_user_id(asked["userID"]):
        raise Invalid(_("The userID must have 1 to 64 visible characters."))


def _former(channel: Channel, text: object) -> VisitorToken | None:
    """The token the browser had so far; None when it is over. One of another channel is refused."""
    if text is not None and not isinstance(text, str):
        raise Invalid(_("%(field)s must be text.") % {"field": "token"})
    found = tokens.find(text) if text and tokens.is_one(text) else None
    if found is None or found.expires_at <= clock.now():
        return None
    if found.channel_id != channel.pk:
        raise Unauthorized(_("This token is not valid."))
    return found


def _customer_id(user_id: str) -> UUID:
    """The id of the user's customer, whether or not there is a row of them yet; the caller's transaction
    keeps others out. A row is made with the first session only (X-2), till then the tokens know the id.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_LOCK, user_id])
    customer = Customer.objects.filter(user_id=user_id).values_list("id", flat=True).first()
    named = VisitorToken.objects.filter(user_id=user_id).order_by("-created_at")
    return customer or named.values_list("visitor_id", flat=True).first() or uuid7()


def _end_former(former: VisitorToken, present: VisitorToken) -> None:
    if not former.user_id:
        if former.pre_chat and not present.pre_chat:
            # Who has answered before they signed in is not asked again.
            VisitorToken.objects.filter(hash=present.hash).update(pre_chat=former.pre_chat)
        merging.merge(former.visitor_id, present)
    elif former.visitor_id == present.visitor_id:
        tokens.retire(former)
    else:
        drop(former)


def drop(token: VisitorToken) -> None:
    """End a token at once, and the sockets that are signed in with it."""
    with transaction.atomic():
        VisitorToken.objects.filter(hash=token.hash).delete()
        recipient = realtime.customer(token.visitor_id, token.channel_id)
        realtime.control(recipient, {"op": "signed_out", "token": token.hash})
