"""Named reads of the records' pages: the list with its keyset paging, one record, what can be chosen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from apps.records import stars, summed_up
from apps.records.filters import RATINGS, Choices, Filters
from apps.records.keywords import Keyword, Piece
from apps.records.paging import Place
from apps.sessions import permissions, summaries
from apps.sessions.content import text_of
from apps.sessions.models import AuthorKind, Channel, Message, Note, Rating, ServiceRecord, Tag
from apps.team import queries as team
from apps.team.abilities import Ability, may
from apps.team.models import Member, TrailEntry

PAGE = 50
COUNTED = 1_000
# Records looked through at once for a keyword, and at most for one page.
BATCH = 200
MOST_BATCHES = 25
# What a row shows besides the record itself.
SHOWN = ("session", "customer", "channel", "group", "agent")
# The subtype of the card that greets, before anybody has asked anything.
WELCOME = "welcome_msg"


@dataclass(frozen=True)
class Row:
    """A record in the list, with the first hit of the keyword and what stands around it."""

    record: ServiceRecord
    hit: list[Piece] = field(default_factory=list)


class Candidate(NamedTuple):
    """A record that may hold the keyword; only what looking for it needs."""

    id: UUID
    session_id: UUID
    started_at: datetime


@dataclass(frozen=True)
class Page:
    rows: list[Row]
    # Where the neighbouring pages begin; None where the list ends.
    older: Place | None = None
    newer: Place | None = None
    # The search looked through this many records and stopped at `older`; more may be found there.
    stopped: bool = False
    # How many there are in all, COUNTED + 1 for more; None when nobody counted.
    count: int | None = None


def page(member: Member, filters: Filters, zone: ZoneInfo, place: Place | None = None) -> Page:
    """One page of the records a member may see, newest first, the same speed at any depth (C-1)."""
    records = narrowed(member, filters, zone)
    keyword = filters.keyword
    is_newer = bool(place and place.is_newer)
    rows, stopped_at = _rows(records, keyword, place)
    more = len(rows) > PAGE
    rows = rows[:PAGE]
    if is_newer:
        if not more and not stopped_at:
            # Nothing newer is left out, so this is the first page; show it full.
            return page(member, filters, zone)
        rows.reverse()
    last = _beside(rows[-1].record) if rows else None
    first = _beside(rows[0].record, is_newer=True) if rows else None
    older = last if (more or is_newer) else stopped_at
    newer = first if place else None
    count = len(rows) if not older and not newer else None
    if count is None and not place and not keyword.tokens:
        count = records.order_by()[: COUNTED + 1].values("id").count()
    return Page(rows, older, newer, stopped=bool(stopped_at), count=count)


def narrowed(member: Member, filters: Filters, zone: ZoneInfo) -> QuerySet[ServiceRecord]:
    """The records a member may see that fit the filters, the keyword aside; engaged sessions only (S-17)."""
    records = permissions.records_visible_to(member).filter(session__engaged_at__isnull=False)
    since, until = filters.bounds(zone)
    if since:
        records = records.filter(started_at__gte=since)
    if until:
        records = records.filter(started_at__lt=until)
    for name in ("group", "agent", "channel"):
        chosen = getattr(filters, name)
        if chosen:
            records = records.filter(**{name: chosen})
    if filters.status:
        records = records.filter(status=filters.status)
    if filters.state:
        records = records.filter(ended_at__isnull=filters.state == "open")
    if filters.rating:
        levels = RATINGS[filters.rating]
        records = records.filter(**({"rating_level__range": levels} if levels else {"rating_level": None}))
    for chosen, narrowing in (
        (filters.summary, summed_up.with_category),
        (filters.resolved, summed_up.with_resolved),
        (filters.tag, summed_up.with_tag),
    ):
        if chosen:
            records = records.filter(narrowing(chosen))
    if filters.is_starred:
        records = records.filter(stars.starred_by(member))
    return records


def _beside(record: ServiceRecord | Candidate, *, is_newer: bool = False) -> Place:
    return Place(record.started_at, record.id, is_newer)


def _rows(
    records: QuerySet[ServiceRecord], keyword: Keyword, place: Place | None
) -> tuple[list[Row], Place | None]:
    """Up to one row more than a page holds, and where a search gave up that found too little."""
    if not keyword.tokens:
        found = _near(records, place)[: PAGE + 1].select_related(*SHOWN)
        return [Row(record) for record in found], None
    hits: dict[UUID, list[Piece]] = {}
    for batches, batch in enumerate(_batches(records, keyword, place), start=1):
        hits |= _hits(batch, keyword)
        if len(hits) > PAGE:
            break
        if batches == MOST_BATCHES and len(batch) == BATCH:
            return _hydrated(hits), _beside(batch[-1], is_newer=bool(place and place.is_newer))
    return _hydrated(hits), None


def _batches(
    records: QuerySet[ServiceRecord], keyword: Keyword, place: Place | None
) -> Iterator[list[Candidate]]:
    """Candidates in the order of the list.

    The first batch is simply the nearest records: words that are in use are found there, without
    reading the long lists that the index holds for them. Whatever is rarer comes from the index.
    """
    is_newer = bool(place and place.is_newer)
    batch = _candidates(records, place)
    found = Message.objects.filter(tokens__contains=keyword.tokens, recalled_at__isnull=True)
    records = records.filter(session_id__in=found.values("session_id"))
    while batch:
        yield batch
        if len(batch) < BATCH:
            return
        batch = _candidates(records, _beside(batch[-1], is_newer=is_newer))


def _candidates(records: QuerySet[ServiceRecord], place: Place | None) -> list[Candidate]:
    found = _near(records, place).values_list("id", "session_id", "started_at")
    return [Candidate(*row) for row in found[:BATCH]]


def _near(records: QuerySet[ServiceRecord], place: Place | None) -> QuerySet[ServiceRecord]:
    """The records beside a place, nearest first."""
    is_newer = bool(place and place.is_newer)
    if place:
        # Compared as a pair, the way the index is ordered.
        side = "gt" if is_newer else "lt"
        same = Q(started_at=place.moment, **{f"id__{side}": place.id})
        records = records.filter(**{f"started_at__{side}e": place.moment})
        records = records.filter(Q(**{f"started_at__{side}": place.moment}) | same)
    return records.order_by(*(("started_at", "id") if is_newer else ("-started_at", "-id")))


def _hits(batch: list[Candidate], keyword: Keyword) -> dict[UUID, list[Piece]]:
    """The records of a batch whose session holds the keyword, in order, with the first hit of it."""
    messages = (
        Message.objects.filter(
            session_id__in={candidate.session_id for candidate in batch},
            tokens__contains=keyword.tokens,
            recalled_at__isnull=True,
        )
        .order_by("session_id", "seq")
        .values_list("session_id", "kind", "body")
    )
    if not keyword.phrases:
        messages = messages.distinct("session_id")
    first: dict[UUID, str] = {}
    for session_id, kind, body in messages:
        if session_id not in first and keyword.is_in(text := text_of(kind, body)):
            first[session_id] = text
    return {one.id: keyword.surroundings(first[one.session_id]) for one in batch if one.session_id in first}


def _hydrated(hits: dict[UUID, list[Piece]]) -> list[Row]:
    """Rows of the first hits, one more than a page holds, in the order they were found in."""
    wanted = list(hits)[: PAGE + 1]
    records = ServiceRecord.objects.select_related(*SHOWN).in_bulk(wanted)
    return [Row(records[record_id], hits[record_id]) for record_id in wanted if record_id in records]


def bots_of(records: Iterable[ServiceRecord]) -> dict[UUID, str]:
    """Who answered where no agent did: record → the bot's name, as it stood on its last answer then.

    A welcome card is no answer. One query for all of them, none where agents served every one.
    """
    unserved = [record.id for record in records if record.agent_id is None]
    if not unserved:
        return {}
    answers = Message.objects.filter(
        session_id=OuterRef("session_id"),
        seq__gt=OuterRef("first_seq"),
        seq__lte=Coalesce(OuterRef("last_seq"), F("seq")),
        author_kind=AuthorKind.BOT,
    ).exclude(body__contains={"data": {"subtype": WELCOME}})
    named = ServiceRecord.objects.filter(pk__in=unserved).annotate(
        bot=Subquery(answers.order_by("-seq").values("author_name")[:1])
    )
    return {record_id: name for record_id, name in named.values_list("pk", "bot") if name}


def choices(member: Member) -> Choices:
    """What this member can filter by: groups and agents whose records they may see; what there is."""
    channels = list(Channel.objects.order_by("name", "pk"))
    labels = {"summaries": list(summaries.tree().walk()), "tags": list(Tag.objects.order_by("name", "pk"))}
    if may(member, Ability.SEE_ALL_RECORDS):
        agents = Member.objects.order_by("nickname", "pk")
        return Choices(list(team.groups_of_records(member)), list(agents), channels, **labels)
    groups = list(team.groups_of_records(member))
    if not may(member, Ability.SEE_GROUP_RECORDS):
        return Choices(groups, [], channels, **labels)
    supervised = team.supervised_groups(member).values("pk")
    agents = Member.objects.filter(Q(memberships__group__in=supervised) | Q(pk=member.pk))
    return Choices(groups, list(agents.distinct().order_by("nickname", "pk")), channels, **labels)


def record_for(member: Member, record_id: UUID) -> ServiceRecord | None:
    """The record if the member may see its session; None alike for what is not there (C-8)."""
    return (
        ServiceRecord.objects.select_related(*SHOWN)
        .filter(
            id=record_id,
            session__engaged_at__isnull=False,
            session__in=permissions.visible_to(member),
        )
        .first()
    )


def parts_of(session_id: UUID) -> list[ServiceRecord]:
    """All records of a session in order (C-3)."""
    found = ServiceRecord.objects.filter(session_id=session_id)
    return list(found.select_related("group", "agent").order_by("number"))


def messages_of(session_id: UUID, after: int = 0, most: int | None = None) -> list[Message]:
    """The session's messages after `seq`, in order."""
    return list(Message.objects.filter(session_id=session_id, seq__gt=after).order_by("seq")[:most])


def notes_of(session_id: UUID) -> list[Note]:
    return list(Note.objects.filter(session_id=session_id).select_related("author").order_by("number"))


def rating_of(record: ServiceRecord) -> Rating | None:
    """What the customer has said about this record's part of the session."""
    return record.ratings.filter(level__isnull=False).order_by("-rated_at").first()


def accesses_of(parts: list[ServiceRecord], most: int = 200) -> list[TrailEntry]:
    """Who has looked at or downloaded the session of these records, newest first (C-3).

    The page of each record shows the whole session, so they share their accesses.
    """
    found = TrailEntry.objects.filter(object_type="record", object_id__in=[str(part.id) for part in parts])
    return list(found.select_related("detail").order_by("-number")[:most])
