"""Finding customers among very many (D-9): by a part of the name or user ID, by phone number or e-mail."""

from __future__ import annotations

from django.db.models import BooleanField, F, Func, QuerySet, TextField, Value
from django.db.models.functions import Lower, StrIndex
from django.utils.translation import gettext as _

from apps.sessions import contact_search
from apps.sessions.models import Customer
from apps.sessions.permissions import may_see_unmasked
from apps.team.models import Member
from csdesk.errors import Invalid

LONGEST = 100
# Signs in the longest pieces of the index (0011_customer_search).
PIECE = 3


class _Joined(Func):
    """Columns one below the other, written as the indexes over them have it."""

    template = "%(expressions)s"
    arg_joiner = " || chr(10) || "
    output_field = TextField()


class _Pieces(Func):
    function = "service_sessions_pieces"
    output_field = TextField()


class _Texts(Func):
    template = "ARRAY[%(expressions)s]"
    output_field = TextField()


class _HoldsPieces(Func):
    template = "%(expressions)s"
    arg_joiner = " @> "
    output_field = BooleanField()


def search(
    customers: QuerySet[Customer], member: Member, text: str, *, address: str = ""
) -> QuerySet[Customer]:
    """Those of the customers whose name or user ID holds these words, or whom one reaches so (X-7).

    A part of a phone number or e-mail is enough for who may see them in full; anybody else needs the
    whole, so often an hour. Invalid, RateLimited.
    """
    words = " ".join(text.split())
    if len(words) > LONGEST:
        raise Invalid(_("Search for at most %(most)s characters.") % {"most": LONGEST})
    if not words or "\x00" in words:
        raise Invalid(_("Search for a name, a user ID, a phone number or an e-mail."))
    found = _holding(words, "name", "user_id")
    if may_see_unmasked(member):
        found = found.union(_holding(words, "phone", "email"))
    elif contact_search.looks_like_contact(words):
        condition = contact_search.customers_with(member, words, address=address)
        found = found.union(Customer.objects.filter(condition).values("id"))
    return customers.filter(id__in=found)


def _holding(words: str, *columns: str) -> QuerySet:
    """The ids of the customers in one of whose columns these words stand, in any case of letters."""
    text, wanted = _Joined(*(F(name) for name in columns)), _value(words)
    holds = _HoldsPieces(_Pieces(text), _Texts(*(Lower(_value(piece)) for piece in _pieces_of(words))))
    stands = StrIndex(Lower(text), Lower(wanted))
    return Customer.objects.alias(place=stands).filter(holds, place__gt=0).values("id")


def _pieces_of(words: str) -> list[str]:
    """The longest pieces that the index has of these words: the shorter ones are in many more rows."""
    size = min(PIECE, len(words))
    return sorted({words[start : start + size] for start in range(len(words) - size + 1)})


def _value(text: str) -> Value:
    return Value(text, output_field=TextField())
