"""Errors of the domain. Doors turn their `code` into frames, pages and answers."""


class DomainError(Exception):
    """Something a caller asked for does not fit; nothing has changed.

    `code` is stable and part of the protocols; `detail` is for people; `extra` goes into
    the frame beside both (R-19: who was first, and when).
    """

    code = "invalid"

    def __init__(self, detail: str = "", **extra: object) -> None:
        super().__init__(detail or self.code)
        self._detail = detail
        self.extra = extra

    @property
    def detail(self) -> str:
        """For people; a lazy text is rendered in the language of whoever reads it."""
        return str(self._detail)


class Invalid(DomainError):
    code = "invalid"


class NotFound(DomainError):
    code = "not_found"


class NotAllowed(DomainError):
    code = "not_allowed"


class NotYours(DomainError):
    code = "not_yours"


class WrongState(DomainError):
    code = "wrong_state"


class AtCapacity(DomainError):
    code = "at_capacity"


class RateLimited(DomainError):
    code = "rate_limited"


class TooLarge(DomainError):
    code = "too_large"


class Unauthorized(DomainError):
    code = "unauthorized"


class TokenExpired(DomainError):
    code = "token_expired"


class UploadGone(DomainError):
    code = "upload_gone"


class Unavailable(DomainError):
    code = "unavailable"
