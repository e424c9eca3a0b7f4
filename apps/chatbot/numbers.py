"""The bot in numbers (B-6): what was asked on each day of the business, what it got, what came of it.

Every number counts questions that customers asked, by their day in the deployment's time zone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import connection
from django.db.models import Count, Q
from django.utils import timezone

from apps.chatbot import releases
from apps.chatbot.models import AskedQuestion, Decision, Entry, EntryVersion
from csdesk import clock

# Decisions that gave an answer of the Q&A library.
ANSWERED = (Decision.DIRECT, Decision.MENU)
TOP = 10

_BY_DAY = """
SELECT (asked_at AT TIME ZONE %s)::date,
    count(*),
    count(*) FILTER (WHERE decision IN ('direct', 'menu')),
    count(*) FILTER (WHERE decision = 'chitchat'),
    count(*) FILTER (WHERE decision = 'guide'),
    count(*) FILTER (WHERE decision = 'guide' AND clicked_at IS NOT NULL),
    count(*) FILTER (WHERE decision = 'fallback'),
    count(*) FILTER (WHERE to_human_at IS NOT NULL),
    count(*) FILTER (WHERE is_helpful),
    count(*) FILTER (WHERE NOT is_helpful)
FROM chatbot_askedquestion WHERE asked_at >= %s AND asked_at < %s GROUP BY 1"""


@dataclass(frozen=True)
class Numbers:
    """Questions asked, and how many of them …"""

    asked: int = 0
    answered: int = 0
    chitchat: int = 0
    guided: int = 0
    clicked: int = 0
    fallen_back: int = 0
    to_human: int = 0
    helpful: int = 0
    not_helpful: int = 0

    def share(self, count: int) -> float | None:
        """A part of all questions; None where nothing was asked."""
        return count / self.asked if self.asked else None

    @property
    def helpful_share(self) -> float | None:
        votes = self.helpful + self.not_helpful
        return self.helpful / votes if votes else None

    @property
    def clicked_share(self) -> float | None:
        return self.clicked / self.guided if self.guided else None


@dataclass(frozen=True)
class Top:
    """An entry by how often it answered; `is_there` when the draft has it, `is_live` when customers do."""

    entry: int
    question: str
    library: str
    answered: int
    helpful: int
    not_helpful: int
    is_there: bool
    is_live: bool


def last_days(count: int) -> list[date]:
    """Today and the days before it, the oldest first, as the business counts them."""
    today = timezone.localdate(clock.now(), timezone.get_default_timezone())
    return [today - timedelta(days=back) for back in range(count - 1, -1, -1)]


def by_day(days: list[date]) -> dict[date, Numbers]:
    """The numbers of each of these days, which follow one another."""
    zone = timezone.get_default_timezone()
    with connection.cursor() as cursor:
        cursor.execute(_BY_DAY, [str(zone), *_span(days)])
        found = {day: Numbers(*counts) for day, *counts in cursor.fetchall()}
    return {day: found.get(day, Numbers()) for day in days}


def total(numbers: Iterable[Numbers]) -> Numbers:
    """All of them together."""
    rows = [vars(row).values() for row in numbers]
    return Numbers(*(sum(column) for column in zip(*rows, strict=True))) if rows else Numbers()


def top(days: list[date], limit: int = TOP) -> list[Top]:
    """The entries that answered most often, in the words of the draft, else of their last release."""
    first, end = _span(days)
    rows = (
        AskedQuestion.objects.filter(asked_at__gte=first, asked_at__lt=end, decision__in=ANSWERED)
        .exclude(entry_id=None)
        .values("entry_id")
        .annotate(
            answered=Count("pk"),
            helpful=Count("pk", filter=Q(is_helpful=True)),
            not_helpful=Count("pk", filter=Q(is_helpful=False)),
        )
        .order_by("-answered", "entry_id")[:limit]
    )
    rows = list(rows)
    names = _names([row["entry_id"] for row in rows])
    live = releases.live_questions(row["entry_id"] for row in rows)
    return [
        Top(
            row["entry_id"],
            *names.get(row["entry_id"], ("", "", False))[:2],
            row["answered"],
            row["helpful"],
            row["not_helpful"],
            names.get(row["entry_id"], ("", "", False))[2],
            row["entry_id"] in live,
        )
        for row in rows
    ]


def hits(entries: Iterable[int], days: int = 7) -> dict[int, int]:
    """How often each of these entries answered in the last days, small talk included."""
    since = clock.now() - timedelta(days=days)
    rows = AskedQuestion.objects.filter(entry_id__in=list(entries), asked_at__gte=since)
    return dict(rows.values_list("entry_id").annotate(Count("pk")))


def _names(entries: list[int]) -> dict[int, tuple[str, str, bool]]:
    versions = EntryVersion.objects.filter(entry_id__in=entries).order_by("pk")
    names = {row.entry_id: (row.question, row.library, False) for row in versions.defer("answers", "similar")}
    there = Entry.objects.filter(pk__in=entries).values_list("pk", "question", "library")
    return names | {pk: (question, library, True) for pk, question, library in there}


def _span(days: list[date]) -> tuple[datetime, datetime]:
    """The moments at which the first day begins and the last one ends."""
    zone = timezone.get_default_timezone()
    begin = datetime.combine(days[0], time(), zone)
    end = datetime.combine(days[-1] + timedelta(days=1), time(), zone)
    return begin, end
