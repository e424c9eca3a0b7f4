"""The tree of a library's categories (B-1, B-2): what is where, and every way to change it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps.chatbot.models import Category, Entry
from apps.team.models import Member
from csdesk import trees
from csdesk.errors import Invalid, NotFound, TooLarge, WrongState
from csdesk.texts import in_one_line, says_something

from .draft import changing
from .entries import delete_rows
from .naming import code_of, name_of

NAME_LIMIT = 60
# Categories one within the other, and in a library.
DEPTH = 4
MOST = 1_000
SEPARATOR = "/"


class Node(trees.Node):
    """A category where it stands; a preset one is among the `steps` by its code."""

    category: Category

    @property
    def name(self) -> str:
        return name_of(self.category)

    @property
    def path(self) -> str:
        return SEPARATOR.join(self.steps)


class Tree(trees.Tree[Node]):
    """All categories of a library, read with one query."""

    def placed(self, category: Category, parent: Node | None) -> Node:
        return Node.within(parent, category, category.name or category.preset, is_on=category.is_enabled)

    def off(self) -> list[int]:
        """The categories whose entries the bot leaves out."""
        return [node.id for node in self.nodes.values() if not node.is_on]

    def shown_path(self, category_id: int | None) -> str:
        """The names from the top in the reader's language; "" for no category."""
        names = []
        node = self.nodes.get(category_id) if category_id else None
        while node:
            names.append(node.name)
            node = self.nodes.get(node.category.parent_id)
        return f" {SEPARATOR} ".join(reversed(names))


def tree(library: str) -> Tree:
    return Tree(Category.objects.filter(library=library).order_by("position", "id"))


def add_category(
    library: str, name: str, *, parent: int | None = None, member: Member | None = None, address: str = ""
) -> Category:
    """A new one, last where it stands. Invalid for such a name, NotFound for a parent that is gone."""
    with changing(library, member=member, address=address) as act:
        known = tree(library)
        made = _added(known, library, _checked_name(name), known.node(parent) if parent else None)
        act.note("category.added", "category", made.pk, after={"name": made.name, "within": parent})
    return made


def rename_category(category_id: int, name: str, *, member: Member | None = None, address: str = "") -> None:
    library = _library_of(category_id)
    with changing(library, member=member, address=address) as act:
        known = tree(library)
        category = known.node(category_id).category
        if category.preset:
            raise WrongState(_("What came with csdesk keeps its name; it can be switched off."))
        name, before = _checked_name(name), category.name
        if name == before:
            return
        _expect_free(known, category.parent_id, name, besides=category_id)
        Category.objects.filter(pk=category_id).update(name=name)
        act.note("category.changed", "category", category_id, before={"name": before}, after={"name": name})


def move_category(
    category_id: int,
    *,
    parent: int | None,
    place: int | None = None,
    member: Member | None = None,
    address: str = "",
) -> None:
    """Put it within another (None: at the top), at this place among its neighbours (None: last)."""
    library = _library_of(category_id)
    with changing(library, member=member, address=address) as act:
        known = tree(library)
        node, target = known.node(category_id), known.node(parent) if parent else None
        if node.category.parent_id != parent:
            _expect_room(node, target)
            if node.category.name:
                _expect_free(known, parent, node.category.name, besides=category_id)
        neighbours = [one for one in (target.children if target else known.roots) if one.id != category_id]
        place = len(neighbours) if place is None else max(0, min(place, len(neighbours)))
        order = [one.id for one in neighbours]
        order.insert(place, category_id)
        before = {"within": node.category.parent_id, "place": known.siblings(node).index(node)}
        after = {"within": parent, "place": place}
        if before == after:
            return
        Category.objects.filter(pk=category_id).update(parent=parent)
        for position, one in enumerate(order):
            Category.objects.filter(pk=one).exclude(position=position).update(position=position)
        act.note("category.moved", "category", category_id, before=before, after=after)


def switch_category(
    category_id: int, *, is_enabled: bool, member: Member | None = None, address: str = ""
) -> None:
    """On or off with all that is within it (B-2)."""
    library = _library_of(category_id)
    with changing(library, member=member, address=address) as act:
        changed = Category.objects.filter(pk=category_id, is_enabled=not is_enabled)
        if changed.update(is_enabled=is_enabled):
            verb = "category.enabled" if is_enabled else "category.disabled"
            act.note(verb, "category", category_id)


def delete_category(
    category_id: int, *, with_entries: bool = False, member: Member | None = None, address: str = ""
) -> None:
    """Delete it and the categories within it; their entries go one level up, or with them.

    WrongState where a category or, `with_entries`, an entry came with csdesk: those are switched off.
    """
    library = _library_of(category_id)
    with changing(library, member=member, address=address) as act:
        node = tree(library).node(category_id)
        gone = [one.id for one in node.walk()]
        entries = Entry.objects.filter(library=library, category__in=gone)
        has_presets = any(one.category.preset for one in node.walk())
        if has_presets or (with_entries and entries.exclude(preset="").exists()):
            raise WrongState(_("What came with csdesk can't be deleted; switch it off instead."))
        if with_entries:
            touched = delete_rows(entries)
        else:
            touched = entries.update(category=node.category.parent_id)
        Category.objects.filter(pk__in=gone).delete()
        what = {"path": node.path, "categories": len(gone), "entries": touched, "with_entries": with_entries}
        act.note("category.deleted", "category", category_id, before=what)


def find_or_add(known: Tree, library: str, steps: tuple[str, ...]) -> int:
    """The category with this path, made where it is missing; inside an act. Raises DomainError."""
    parent: Node | None = None
    for step in steps:
        there = parent.children if parent else known.roots
        preset = "" if parent else code_of(step)
        found = next((one for one in there if _is_called(one, step, preset)), None)
        if found is None:
            made = _added(known, library, _checked_name(step), parent)
            found = known.placed(made, parent)
            there.append(found)
            known.nodes[made.pk] = found
        parent = found
    if parent is None:
        raise Invalid(_("A category needs a name."))
    return parent.id


def steps_of(path: str) -> tuple[str, ...]:
    """`After sales / Returns` as its names."""
    return tuple(step for part in path.split(SEPARATOR) if (step := in_one_line(part)))


def _is_called(node: Node, name: str, preset: str) -> bool:
    category = node.category
    return category.preset == preset if preset and category.preset else category.name == in_one_line(name)


def _added(known: Tree, library: str, name: str, parent: Node | None) -> Category:
    if len(known.nodes) >= MOST:
        raise TooLarge(_("A library has at most %(most)s categories.") % {"most": MOST})
    if parent and parent.depth >= DEPTH:
        raise Invalid(_("At most %(most)s categories one within the other.") % {"most": DEPTH})
    _expect_free(known, parent.id if parent else None, name)
    there = parent.children if parent else known.roots
    position = 1 + max((one.category.position for one in there), default=-1)
    return Category.objects.create(
        library=library, parent_id=parent.id if parent else None, name=name, position=position
    )


def _expect_room(node: Node, target: Node | None) -> None:
    if target and any(one is target for one in node.walk()):
        raise Invalid(_("A category can't be within itself."))
    if (target.depth if target else 0) + node.height > DEPTH:
        raise Invalid(_("At most %(most)s categories one within the other.") % {"most": DEPTH})


def _expect_free(known: Tree, parent: int | None, name: str, *, besides: int | None = None) -> None:
    there = known.node(parent).children if parent else known.roots
    for one in there:
        if one.id != besides and one.name.casefold() == name.casefold():
            raise Invalid(_("There is a category “%(name)s” here already.") % {"name": name})


def _checked_name(name: object) -> str:
    if not isinstance(name, str) or len(name) > 10 * NAME_LIMIT:
        raise Invalid(_("At most %(most)s characters.") % {"most": NAME_LIMIT})
    plain = in_one_line(name)
    if not says_something(plain):
        raise Invalid(_("A category needs a name."))
    if len(plain) > NAME_LIMIT:
        raise Invalid(_("At most %(most)s characters.") % {"most": NAME_LIMIT})
    if SEPARATOR in plain:
        raise Invalid(_("A name can't hold /, which stands between categories in files."))
    return plain


def _library_of(category_id: int) -> str:
    found = Category.objects.filter(pk=category_id).values_list("library", flat=True).first()
    if found is None:
        raise NotFound(_("This category is gone."))
    return found
