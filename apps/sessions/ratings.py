"""Invitations to rate and the customer's answers (S-16, src 9, 10, 23 and 24)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.sessions import invitations, posting, standing
from apps.sessions.content import identifier
from apps.sessions.models import ChatSession, Message, Rating, ServiceRecord
from apps.sessions.settings import RatingSettings
from apps.team import business
from csdesk import clock
from csdesk.errors import Invalid, NotFound, TooLarge, WrongState
from csdesk.texts import storable

COMMENT_LIMIT = 1_000
FIRST_ID = 101  # menu ids 101 … 105, worst first


def invite(session: ChatSession) -> Rating:
    """Send the invitation (src 9) for the part of the agent who serves or served last.

    The caller holds the row. WrongState while an invitation is open, when this part has been
    rated, or when nobody has served.
    """
    rules = business.read(RatingSettings)
    record = invitations.served_part(session)
    if not rules.is_on or record is None:
        raise WrongState(_("Nobody has served this session."))
    if invitations.is_open(session.id):
        raise WrongState(_("An invitation to rate is open already."))
    if invitations.is_rated(record):
        raise WrongState(_("The customer has rated already."))
    at = clock.now()
    rating = Rating(
        session=session, record=record, invited_at=at, expires_at=at + timedelta(hours=rules.valid_hours)
    )
    posted = posting.card(session, _menu(rating, rules, session.language))
    rating.seq = posted.seq
    rating.save()
    # `can` has changed: there is no asking while one is open.
    standing.tell_customer(session)
    return rating


def _menu(rating: Rating, rules: RatingSettings, language: str) -> dict:
    levels = rules.levels(language)
    return {
        "customerServicePlugin": 0,
        "src": "9",
        "menuContent": {
            "head": rules.invitation.text(language),
            "tail": "",
            "menu": [{"id": str(FIRST_ID + n), "content": text} for n, text in enumerate(levels)],
            "type": 1 if rules.look == "stars" else 2,
            "sessionId": str(rating.id),
            "effectiveHour": rules.valid_hours,
            "expireTime": int(rating.expires_at.timestamp()),
        },
    }


@transaction.atomic
def rate(customer_id: UUID, channel_id: int, selected: object) -> Rating:
    """Take the customer's answer (src 10): `{"id", "content", "sessionId", "comment"?}`.

    The stored invitation gets `selected` and `thanks` and is sent whole again. NotFound for
    somebody else's invitation; WrongState when it was answered before or is over.
    """
    if not isinstance(selected, dict):
        raise Invalid(_("menuSelected is missing."))
    rating_id = identifier(selected.get("sessionId"), "sessionId")
    level = _level(selected.get("id"))
    comment = _comment(selected.get("comment", ""))
    place = Rating.objects.filter(
        id=rating_id, session__customer_id=customer_id, session__channel_id=channel_id
    ).values_list("session_id", flat=True)
    # The session's row first, as everywhere: two tabs cannot answer at once.
    session = ChatSession.objects.select_for_update().filter(id__in=place).first()
    if session is None:
        raise NotFound(_("There is no such invitation."))
    rating = Rating.objects.select_related("record").get(id=rating_id)
    at = clock.now()
    if rating.rated_at:
        raise WrongState(_("You have rated already. Thank you."))
    if at > rating.expires_at:
        raise WrongState(_("The time for rating is over."))
    rating.level, rating.comment, rating.rated_at = level, comment, at
    rating.save(update_fields=["level", "comment", "rated_at"])
    ServiceRecord.objects.filter(id=rating.record_id).update(rating_level=level)
    _fill_in(session, rating)
    return rating


def _fill_in(session: ChatSession, rating: Rating) -> None:
    message = Message.objects.get(session_id=session.id, seq=rating.seq)
    menu = message.body["data"]["menuContent"]
    menu["selected"] = dict(menu["menu"][rating.level - 1])
    if rating.comment:
        menu["selected"]["comment"] = rating.comment
    menu["thanks"] = business.read(RatingSettings).thanks.text(session.language)
    posting.change(session, message)


def _level(menu_id: object) -> int:
    if menu_id not in {str(FIRST_ID + n) for n in range(5)}:
        raise Invalid(_("Choose one of the levels."))
    return int(menu_id) - FIRST_ID + 1


def _comment(comment: object) -> str:
    if not isinstance(comment, str):
        raise Invalid(_("The comment must be text."))
    if len(comment) > COMMENT_LIMIT:
        raise TooLarge(_("The comment is longer than %(limit)s characters.") % {"limit": COMMENT_LIMIT})
    return storable(comment.strip())
