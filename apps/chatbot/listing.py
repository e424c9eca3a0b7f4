"""Pages of a library as the console lists it: the same number of queries however much there is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Count, Q, QuerySet

from apps.chatbot.knowledge import Wanted, found
from apps.chatbot.knowledge.categories import Tree
from apps.chatbot.models import AskedQuestion, Entry, Release, ReleaseEntry, ReleaseState, SimilarQuestion
from csdesk import clock

PAGE = 50
# Beyond as many, what was found is not counted to the end.
COUNTED = 1_000
HITS_DAYS = 7

NEWEST, CHANGED = "", "changed"


@dataclass
class Line:
    """An entry as the list shows it. `news`: "new" or "edited" since the live release."""

    entry: Entry
    # Where it stands: the last name, and all of them from the top.
    category: str
    path: str
    similar: int
    hits: int
    news: str
    is_over: bool
    is_ahead: bool


@dataclass
class Page:
    lines: list[Line]
    # Places of the pages before and after this one; "" where there is none.
    before: str
    after: str
    count: int
    # Whether there are more than `count`.
    is_more: bool


def page(wanted: Wanted, known: Tree, *, sort: str = NEWEST, before: str = "", after: str = "") -> Page:
    """The page that begins `after` or ends `before` a place, else the first one."""
    entries = found(wanted, known)
    places = _place(before), _place(after)
    if any(places):
        shown, has_before, has_after = _cut(entries, sort, *places)
        count = entries.order_by().values("pk")[: COUNTED + 1].count()
    else:
        # What is searched through once to count it needs no second search for the first page.
        ids = list(entries.order_by(*_order(sort)).values_list("pk", flat=True)[: COUNTED + 1])
        there = Entry.objects.in_bulk(ids[:PAGE])
        shown, has_before, has_after = [there[one] for one in ids[:PAGE] if one in there], False, ids[PAGE:]
        count = len(ids)
    return Page(
        _lines(wanted.library, shown, known),
        _name_of(shown[0], sort) if shown and has_before else "",
        _name_of(shown[-1], sort) if shown and has_after else "",
        min(count, COUNTED),
        count > COUNTED,
    )


def counts(library: str, known: Tree) -> tuple[int, dict[int, int], int]:
    """All entries, those of each category with what is within it, and those in none."""
    rows = (
        Entry.objects.filter(library=library).values_list("category").annotate(count=Count("pk")).order_by()
    )
    own: dict[int | None, int] = dict(rows)
    below = {node.id: sum(own.get(one.id, 0) for one in node.walk()) for node in known.walk()}
    return sum(own.values()), below, own.get(None, 0)


def _cut(
    entries: QuerySet[Entry],
    sort: str,
    before: tuple[datetime, int] | None,
    after: tuple[datetime, int] | None,
) -> tuple[list[Entry], bool, bool]:
    """A page of them, and whether there are others before and after it."""
    if before:
        upwards = [field.removeprefix("-") for field in _order(sort)]
        rows = list(entries.filter(_beyond(before, sort, "gt")).order_by(*upwards)[: PAGE + 1])
        return rows[PAGE - 1 :: -1] if len(rows) > PAGE else rows[::-1], len(rows) > PAGE, True
    if after:
        entries = entries.filter(_beyond(after, sort, "lt"))
    rows = list(entries.order_by(*_order(sort))[: PAGE + 1])
    return rows[:PAGE], after is not None, len(rows) > PAGE


def _order(sort: str) -> tuple[str, ...]:
    return ("-changed_at", "-pk") if sort == CHANGED else ("-pk",)


def _beyond(place: tuple[datetime, int], sort: str, way: str) -> Q:
    moment, number = place
    if sort != CHANGED:
        return Q(**{f"pk__{way}": number})
    return Q(**{f"changed_at__{way}": moment}) | Q(changed_at=moment, **{f"pk__{way}": number})


def _name_of(entry: Entry, sort: str) -> str:
    if sort != CHANGED:
        return f"0.{entry.pk}"
    seconds = int(entry.changed_at.replace(microsecond=0).timestamp())
    return f"{seconds * 1_000_000 + entry.changed_at.microsecond}.{entry.pk}"


def _place(name: str) -> tuple[datetime, int] | None:
    """The place an address names; None for none, or for what is no place."""
    micros, _dot, number = name.partition(".")
    if not (micros.isascii() and micros.isdigit() and number.isascii() and number.isdigit()):
        return None
    if len(micros) > 16 or len(number) > 18:
        return None
    moment = datetime.fromtimestamp(int(micros) // 1_000_000, UTC)
    return moment + timedelta(microseconds=int(micros) % 1_000_000), int(number)


def _lines(library: str, entries: list[Entry], known: Tree) -> list[Line]:
    now, ids = clock.now(), [entry.pk for entry in entries]
    similar = _counted(SimilarQuestion.objects.filter(entry__in=ids), "entry")
    since = now - timedelta(days=HITS_DAYS)
    hits = _counted(AskedQuestion.objects.filter(entry_id__in=ids, asked_at__gte=since), "entry_id")
    published = _published(ids)
    return [
        Line(
            entry,
            known.nodes[entry.category_id].name if entry.category_id in known.nodes else "",
            known.shown_path(entry.category_id),
            similar.get(entry.pk, 0),
            hits.get(entry.pk, 0),
            _news(entry, published),
            bool(entry.valid_to and entry.valid_to <= now),
            bool(entry.valid_from and entry.valid_from > now),
        )
        for entry in entries
    ]


def _counted(rows: QuerySet, field: str) -> dict[int, int]:
    return dict(rows.order_by().values_list(field).annotate(count=Count("pk")))


def _published(ids: list[int]) -> tuple[datetime, set[int]] | None:
    """When the live release was begun, and which of these entries it holds; None before the first."""
    live = Release.objects.filter(state=ReleaseState.PUBLISHED, live_from__lte=clock.now())
    newest = live.order_by("-live_from").values_list("pk", "made_at").first()
    if newest is None:
        return None
    contents = ReleaseEntry.objects.filter(release=newest[0], version__entry_id__in=ids)
    return newest[1], set(contents.values_list("version__entry_id", flat=True))


def _news(entry: Entry, published: tuple[datetime, set[int]] | None) -> str:
    if published is None or entry.changed_at <= published[0]:
        return ""
    return "edited" if entry.pk in published[1] else "new"
