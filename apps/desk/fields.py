"""The fields of a workbench's frame, read with clear complaints."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from apps.sessions import content
from csdesk import texts
from csdesk.errors import Invalid, TooLarge

NUMBER_LIMIT = 2**31 - 1


class Fields:
    """The fields of a frame, read with clear complaints."""

    def __init__(self, raw: dict) -> None:
        self.raw = raw

    def session(self, field: str = "session") -> UUID:
        return content.identifier(self.raw.get(field), field)

    def optional_id(self, field: str) -> UUID | None:
        return None if self.raw.get(field) is None else content.identifier(self.raw[field], field)

    def number(self, field: str) -> int:
        value = self.raw.get(field)
        # bool is an int in Python, not in the protocol.
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= NUMBER_LIMIT:
            raise Invalid(_("%(field)s must be a whole number from 0 on.") % {"field": field})
        return value

    def numbers(self, field: str, most: int) -> tuple[int, ...]:
        value = self.raw.get(field)
        if not isinstance(value, list) or len(value) > most:
            raise Invalid(_("%(field)s must be a list of up to %(most)s.") % {"field": field, "most": most})
        return tuple(Fields({field: one}).number(field) for one in value)

    def optional_number(self, field: str) -> int | None:
        return None if self.raw.get(field) is None else self.number(field)

    def text(self, field: str, limit: int) -> str:
        value = self.raw.get(field)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise Invalid(_("%(field)s must be text.") % {"field": field})
        if len(value) > limit:
            raise TooLarge(
                _("%(field)s is longer than %(limit)s characters.") % {"field": field, "limit": limit}
            )
        return texts.storable(value.strip())

    def flag(self, field: str) -> bool:
        value = self.raw.get(field, False)
        if value is None:
            return False
        if not isinstance(value, bool):
            raise Invalid(_("%(field)s must be true or false.") % {"field": field})
        return value
