"""Finding customers by phone number and e-mail (X-7).

Who may not see them in full finds them by the exact value only, so often an hour, and each try is
in the trail: else one could guess a number digit by digit, or try a list of them.
"""

from __future__ import annotations

import re
from datetime import timedelta

from django.core.cache import cache
from django.db.models import Q
from django.utils.translation import gettext as _

from apps.sessions.masking import masked_text
from apps.sessions.permissions import may_see_unmasked
from apps.sessions.settings import PermissionSettings
from apps.team import business, trail
from apps.team.models import Member
from csdesk.errors import RateLimited

SEARCHED = "customer.contact_searched"
_HOUR = timedelta(hours=1)
_PHONE = re.compile(r"\+?[\d\s().-]{5,32}")


def customers_with(member: Member, text: str, *, address: str = "", prefix: str = "") -> Q:
    """The condition for customers whose phone number or e-mail this is; matches nobody where it is neither.

    `prefix` leads to the customer, such as `customer__`. For who may see both in full a part of them
    is enough. For anybody else only the whole value counts: such a search is counted, RateLimited
    above the limit of an hour, and has left its entry in the trail when this returns.
    """
    wanted = text.strip()
    if not looks_like_contact(wanted):
        return Q(pk__in=[])
    if may_see_unmasked(member):
        return Q(**{f"{prefix}phone__contains": wanted}) | Q(**{f"{prefix}email__icontains": wanted})
    _count(member)
    trail.append(
        SEARCHED,
        member=member,
        address=address,
        object_type="customers",
        values={"q": masked_text(wanted)},
    )
    return Q(**{f"{prefix}phone__in": _spellings(wanted)}) | Q(**{f"{prefix}email__iexact": wanted})


def looks_like_contact(text: str) -> bool:
    """Whether somebody could mean a phone number or an e-mail, so that names cost nothing of the limit."""
    return "@" in text or bool(_PHONE.fullmatch(text))


def _spellings(phone: str) -> list[str]:
    """A number as it was typed, and without what people put between its digits."""
    return [phone, re.sub(r"[\s().-]", "", phone)]


def _count(member: Member) -> None:
    limit = business.read(PermissionSettings).contact_searches
    key = f"contact-search:{member.pk}"
    seconds = int(_HOUR.total_seconds())
    cache.add(key, 0, seconds)
    try:
        count = cache.incr(key)
    except ValueError:  # it ran out between the two calls
        cache.set(key, 1, seconds)
        count = 1
    if count > limit:
        raise RateLimited(
            _("That was the last of %(limit)s searches for phone numbers and e-mails within an hour.")
            % {"limit": limit}
        )
