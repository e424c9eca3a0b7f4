"""What every command of a workbench is, and how its refusal finds the way back (D-16)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from csdesk.errors import DomainError


class UnknownOp(DomainError):
    code = "unknown_op"


@dataclass(frozen=True)
class Reply:
    """What a refusal carries so that the sender knows which frame it means."""

    op: str = ""
    id: str = ""
    client_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Command:
    """A frame that has been understood. `id` is empty where the sender wants no result."""

    op: ClassVar[str] = ""
    # Commands proper are answered by `result`, so they must say to what.
    needs_id: ClassVar[bool] = True
    id: str = ""

    @property
    def reply(self) -> Reply:
        return Reply(self.op, self.id)


@dataclass(frozen=True, kw_only=True)
class OfSession(Command):
    """A command that names nothing but its session."""

    session: UUID
