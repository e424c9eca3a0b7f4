"""Trees of categories, read at once: what stands where, what is within what, and what is switched off."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, Self, TypeVar

from django.utils.translation import gettext as _

from csdesk.errors import NotFound


@dataclass(eq=False)
class Node:
    """A category where it stands. `is_on`: neither it nor one that it is within is switched off."""

    category: Any
    depth: int
    is_on: bool
    # The names from the top, as they are kept.
    steps: tuple[str, ...]
    children: list[Self] = field(default_factory=list)

    @classmethod
    def within(cls, parent: Self | None, category: Any, name: str, *, is_on: bool) -> Self:
        """The category below `parent` (None: at the top), not yet among its children."""
        if parent is None:
            return cls(category, 1, is_on, (name,))
        return cls(category, parent.depth + 1, is_on and parent.is_on, (*parent.steps, name))

    @property
    def id(self) -> int:
        return self.category.pk

    def walk(self) -> Iterator[Self]:
        """It and all within it, from the top."""
        yield self
        for child in self.children:
            yield from child.walk()

    @property
    def height(self) -> int:
        return 1 + max((child.height for child in self.children), default=0)


AnyNode = TypeVar("AnyNode", bound=Node)


class Tree(ABC, Generic[AnyNode]):
    """All categories of one kind, in their order; each has a `parent_id`."""

    def __init__(self, categories: Iterable[Any]) -> None:
        within: dict[int | None, list[Any]] = {}
        for category in categories:
            within.setdefault(category.parent_id, []).append(category)
        self.nodes: dict[int, AnyNode] = {}
        self.roots = self._grow(within, None)

    @abstractmethod
    def placed(self, category: Any, parent: AnyNode | None) -> AnyNode:
        """The node of a category below this one."""

    def _grow(self, within: dict[int | None, list[Any]], parent: AnyNode | None) -> list[AnyNode]:
        found = []
        for category in within.get(parent.id if parent else None, ()):
            node = self.placed(category, parent)
            self.nodes[node.id] = node
            node.children = self._grow(within, node)
            found.append(node)
        return found

    def walk(self) -> Iterator[AnyNode]:
        for root in self.roots:
            yield from root.walk()

    def node(self, category_id: int) -> AnyNode:
        """NotFound for one that is gone."""
        try:
            return self.nodes[category_id]
        except KeyError:
            raise NotFound(_("This category is gone.")) from None

    def below(self, category_id: int) -> list[int]:
        """The category and all within it."""
        return [node.id for node in self.node(category_id).walk()]

    def siblings(self, node: AnyNode) -> list[AnyNode]:
        """Those that stand beside it, itself among them."""
        parent = self.nodes.get(node.category.parent_id)
        return parent.children if parent else self.roots
