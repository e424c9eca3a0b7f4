"""Who writes a message: what is stored with it, so that showing it later costs no query."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from apps.sessions.models import AuthorKind, Customer
from apps.team.models import Member


@dataclass(frozen=True)
class Author:
    kind: str
    id: str = ""
    name: str = ""
    avatar: str = ""

    @classmethod
    def customer(cls, customer: Customer) -> Author:
        # A visitor's Visitor_#### is rendered where it is read, in the reader's language.
        return cls(AuthorKind.CUSTOMER, str(customer.id), customer.name, customer.avatar)

    @classmethod
    def agent(cls, member: Member) -> Author:
        return cls(AuthorKind.AGENT, str(member.pk), member.nickname, member.avatar)

    @classmethod
    def system(cls) -> Author:
        return cls(AuthorKind.SYSTEM)

    @classmethod
    def bot(cls, name: str, avatar: str = "") -> Author:
        return cls(AuthorKind.BOT, "", name, avatar)

    @property
    def key(self) -> str:
        """The owner of `client_id`s and uploads: `c:<customer id>` or `m:<member id>`."""
        return f"{'c' if self.kind == AuthorKind.CUSTOMER else 'm'}:{self.id}"


def customer_key(customer_id: UUID) -> str:
    """`Author.key` of a customer of whom only the id is known."""
    return f"c:{customer_id}"


def member_key(member_id: int) -> str:
    """`Author.key` of a member of whom only the id is known."""
    return f"m:{member_id}"
