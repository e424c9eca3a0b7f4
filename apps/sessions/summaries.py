"""The tree of what sessions are about (S-15): what is where, and every way to change it.

One change at a time; each leaves an entry in the trail (T-11).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from apps.sessions.models import SummaryCategory, WrapUp
from apps.team import trail
from apps.team.abilities import Ability, may
from apps.team.models import Member
from csdesk import trees
from csdesk.errors import Invalid, NotAllowed, TooLarge, WrongState
from csdesk.texts import in_one_line, says_something

NAME_LIMIT = 60
# Categories one within the other, and in all.
DEPTH = 3
MOST = 500
SEPARATOR = " / "
_LOCK = 0x5EEC


class Node(trees.Node):
    """A category where it stands; agents can choose it while it `is_on`."""

    category: SummaryCategory

    @property
    def pk(self) -> int:
        return self.id

    @property
    def path(self) -> str:
        return SEPARATOR.join(self.steps)


class Tree(trees.Tree[Node]):
    """All categories, read with one query."""

    def placed(self, category: SummaryCategory, parent: Node | None) -> Node:
        return Node.within(parent, category, category.name, is_on=category.is_active)

    def offered(self) -> list[Node]:
        """Those that an agent can choose, in the order of the tree."""
        return [node for node in self.walk() if node.is_on]


def tree() -> Tree:
    return Tree(SummaryCategory.objects.order_by("position", "id"))


def uses() -> dict[int, int]:
    """How many summaries name each category itself."""
    counted = SummaryCategory.objects.annotate(count=Count("wrap_ups")).values_list("pk", "count")
    return dict(counted)


def add(member: Member, name: object, *, parent: int | None = None, address: str = "") -> SummaryCategory:
    """A new one, last where it stands. Invalid for such a name, NotFound for a parent that is gone."""
    with _changing(member) as known:
        target = known.node(parent) if parent else None
        if len(known.nodes) >= MOST:
            raise TooLarge(_("There are %(most)s categories already.") % {"most": MOST})
        _expect_room(1, target)
        beside = target.children if target else known.roots
        words = _checked(name, beside)
        position = max((node.category.position for node in beside), default=-1) + 1
        made = SummaryCategory.objects.create(name=words, parent_id=parent, position=position)
        _note("added", made.pk, member, address, after={"name": words, "within": target and target.path})
    return made


def rename(member: Member, category_id: int, name: object, *, address: str = "") -> None:
    """Another name; the summaries that have it follow."""
    with _changing(member) as known:
        node = known.node(category_id)
        before = node.category.name
        words = _checked(name, [one for one in known.siblings(node) if one is not node])
        if words == before:
            return
        SummaryCategory.objects.filter(pk=category_id).update(name=words)
        _note("changed", category_id, member, address, before={"name": before}, after={"name": words})


def move(
    member: Member, category_id: int, *, parent: int | None, place: int | None = None, address: str = ""
) -> None:
    """Put it within another (None: at the top), at this place among its neighbours (None: last)."""
    with _changing(member) as known:
        node, target = known.node(category_id), known.node(parent) if parent else None
        beside = [one for one in (target.children if target else known.roots) if one is not node]
        if node.category.parent_id != parent:
            if target and target in node.walk():
                raise Invalid(_("A category can't stand within itself."))
            _expect_room(node.height, target)
            _checked(node.category.name, beside)
        before = (node.category.parent_id, known.siblings(node).index(node))
        place = len(beside) if place is None else max(0, min(place, len(beside)))
        if before == (parent, place):
            return
        SummaryCategory.objects.filter(pk=category_id).update(parent=parent)
        order = [one.id for one in beside]
        order.insert(place, category_id)
        for position, one in enumerate(order):
            SummaryCategory.objects.filter(pk=one).exclude(position=position).update(position=position)
        after = {"within": target.path if target else "", "place": place + 1}
        within = known.nodes.get(before[0])
        was = {"within": within.path if within else "", "place": before[1] + 1}
        _note("moved", category_id, member, address, before=was, after=after)


def switch(member: Member, category_id: int, *, is_active: bool, address: str = "") -> None:
    """Offer it to agents with all that is within it, or no more; summaries keep it."""
    with _changing(member) as known:
        node = known.node(category_id)
        changed = SummaryCategory.objects.filter(pk=category_id, is_active=not is_active)
        if changed.update(is_active=is_active):
            verb = "enabled" if is_active else "disabled"
            _note(verb, category_id, member, address, after={"name": node.category.name})


def delete(member: Member, category_id: int, *, address: str = "") -> None:
    """Delete it and the categories within it. WrongState where a summary names one of them: switch it off."""
    with _changing(member) as known:
        node = known.node(category_id)
        gone = [one.id for one in node.walk()]
        # Locked before one looks: a summary that is just being filled in names one of them, or waits.
        list(SummaryCategory.objects.select_for_update().filter(pk__in=gone).order_by("pk"))
        if WrapUp.objects.filter(category__in=gone).exists():
            raise WrongState(
                _("“%(name)s” stands in summaries. Switch it off instead; they keep it.")
                % {"name": node.category.name}
            )
        # From the leaves: a category protects the one that it is within.
        for one in reversed(gone):
            SummaryCategory.objects.filter(pk=one).delete()
        before = {"name": node.path, "categories": len(gone)}
        _note("deleted", category_id, member, address, before=before)


@contextmanager
def _changing(member: Member) -> Iterator[Tree]:
    """The transaction of one change, alone. NotAllowed for who may not."""
    if not may(member, Ability.MANAGE_SUMMARIES):
        raise NotAllowed(_("Only administrators may do this."))
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        yield tree()


def _checked(name: object, beside: Iterable[Node]) -> str:
    words = in_one_line(name) if isinstance(name, str) else ""
    if not says_something(words):
        raise Invalid(_("A category needs a name."))
    if len(words) > NAME_LIMIT:
        raise TooLarge(_("The name is longer than %(limit)s characters.") % {"limit": NAME_LIMIT})
    if any(one.category.name.lower() == words.lower() for one in beside):
        raise Invalid(_("There is a category “%(name)s” here already.") % {"name": words})
    return words


def _expect_room(height: int, target: Node | None) -> None:
    if (target.depth if target else 0) + height > DEPTH:
        raise Invalid(_("Categories stand at most %(depth)s deep.") % {"depth": DEPTH})


def _note(verb: str, category_id: int, member: Member, address: str, **values: object) -> None:
    trail.append(
        f"summary_category.{verb}",
        member=member,
        address=address,
        object_type="summary_category",
        object_id=category_id,
        values=values,
    )
