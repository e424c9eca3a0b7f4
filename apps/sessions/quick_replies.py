"""Personal quick replies, and how often any is used (D-5); shared ones are edited in the console."""

from __future__ import annotations

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from apps.sessions import reply_variables
from apps.sessions.models import QuickReply
from apps.team.models import Member
from csdesk.errors import Invalid, NotFound, TooLarge
from csdesk.texts import in_lines

MOST_OWN = 500
_LOCK = 0x5EEE
TITLE_LIMIT, CATEGORY_LIMIT, TEXT_LIMIT = 80, 40, 5_000
# What people call the fields, in a file's columns as in what is wrong with one.
NAMES = {
    "category": gettext_lazy("Category"),
    "title": pgettext_lazy("quick reply", "Title"),
    "text": gettext_lazy("Reply"),
}


def usable_by(member: Member) -> QuerySet[QuickReply]:
    """The shared ones and the member's own."""
    return QuickReply.objects.filter(Q(owner=member) | Q(owner__isnull=True))


def add(member: Member, *, title: object, text: object, category: object = "") -> QuickReply:
    """A new one of the member's own, last in the list.

    Raises Invalid for what is missing or no text, TooLarge for too much of it.
    """
    values = _checked(title, text, category)
    with transaction.atomic():
        # One after the other, so that no two tabs pass the limit together.
        Member.objects.select_for_update().only("pk").get(pk=member.pk)
        own = QuickReply.objects.filter(owner=member)
        if own.count() >= MOST_OWN:
            raise TooLarge(_("You have %(limit)s quick replies already.") % {"limit": MOST_OWN})
        last = own.order_by("-position").values_list("position", flat=True).first() or 0
        return QuickReply.objects.create(owner=member, position=last + 1, **values)


def change(
    member: Member, reply_id: int, *, title: object, text: object, category: object = ""
) -> QuickReply:
    """New words for one of the member's own. NotFound for any other."""
    reply = _own(member, reply_id)
    values = _checked(title, text, category)
    for field, value in values.items():
        setattr(reply, field, value)
    reply.save(update_fields=list(values))
    return reply


def remove(member: Member, reply_id: int) -> None:
    """Delete one of the member's own. NotFound for any other."""
    _own(member, reply_id).delete()


def used(member: Member, reply_id: int) -> None:
    """It went into a message once more."""
    if not usable_by(member).filter(pk=reply_id).update(uses=F("uses") + 1):
        raise NotFound(_("There is no such quick reply."))


def _own(member: Member, reply_id: int) -> QuickReply:
    reply = QuickReply.objects.filter(owner=member, pk=reply_id).first()
    if reply is None:
        raise NotFound(_("There is no such quick reply."))
    return reply


def lock_shared() -> None:
    """Until the transaction ends nobody else takes shared ones in from a file."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def checked_field(field: str, value: object) -> str:
    """A title, text or category as it is kept. Raises Invalid or TooLarge."""
    if field == "title":
        return _line(value, field, TITLE_LIMIT, is_needed=True)
    if field == "category":
        return _line(value, field, CATEGORY_LIMIT)
    text = _field(value, field, TEXT_LIMIT, is_needed=True)
    reply_variables.check(text)
    return text


def _checked(title: object, text: object, category: object) -> dict[str, str]:
    given = {"title": title, "category": category, "text": text}
    return {field: checked_field(field, value) for field, value in given.items()}


def _line(value: object, field: str, limit: int, *, is_needed: bool = False) -> str:
    return " ".join(_field(value, field, limit, is_needed=is_needed).split())


def _field(value: object, field: str, limit: int, *, is_needed: bool = False) -> str:
    if not isinstance(value, str):
        raise Invalid(_("%(field)s must be text.") % {"field": NAMES[field]})
    if len(value) > limit:
        raise TooLarge(
            _("%(field)s is longer than %(limit)s characters.") % {"field": NAMES[field], "limit": limit}
        )
    found = in_lines(value)
    if is_needed and not found:
        raise Invalid(_("%(field)s is missing.") % {"field": NAMES[field]})
    return found
