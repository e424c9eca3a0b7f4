"""What a list that can be narrowed down offers to press: menus of filters, and the pages beside this one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlencode

from apps.records.paging import Place


@dataclass(frozen=True)
class Choice:
    label: str
    address: str
    is_chosen: bool


@dataclass(frozen=True)
class Menu:
    """One filter: what it is called, what is chosen, and all one can choose."""

    name: str
    label: str
    chosen: str
    clear: str
    choices: list[Choice]


class Narrowing(ABC):
    """Filters that stand in the address of their list."""

    @abstractmethod
    def values(self) -> dict[str, str]:
        """The filters as they stand in an address; what is not set is left out."""

    def address(self, **changes: str) -> str:
        """The query string of these filters with some changed, such as `?q=tea&tag=3`; never empty."""
        values = {name: value for name, value in (self.values() | changes).items() if value}
        return f"?{urlencode(values)}"


class Neighbours(Protocol):
    """Where the neighbouring pages begin; None where the list ends."""

    @property
    def older(self) -> Place | None: ...

    @property
    def newer(self) -> Place | None: ...


class NarrowedList:
    """A page of a list and the filters that it is narrowed down by."""

    filters: Narrowing
    page: Neighbours

    def menu(self, name: str, label: str, values: Iterable[tuple[str, str]]) -> Menu:
        """The menu of the filter `name`: the values one can choose, each with its words."""
        chosen = self.filters.values().get(name, "")
        choices = [
            Choice(words, self.filters.address(**{name: value}), value == chosen) for value, words in values
        ]
        words = next((choice.label.strip() for choice in choices if choice.is_chosen), "")
        return Menu(name, label, words, self.filters.address(**{name: ""}), choices)

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What the search field's form sends along."""
        return [(name, value) for name, value in self.filters.values().items() if name != "q"]

    @property
    def older(self) -> str:
        return self.filters.address(before=str(self.page.older)) if self.page.older else ""

    @property
    def newer(self) -> str:
        return self.filters.address(after=str(self.page.newer)) if self.page.newer else ""
