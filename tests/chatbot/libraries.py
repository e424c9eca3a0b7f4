"""A small knowledge base, and publishing without a worker."""

from apps.chatbot import building, knowledge, live, releases, snapshots
from apps.chatbot.knowledge import Values
from apps.chatbot.models import Entry, Library, Release

QA, CHITCHAT = Library.QA, Library.CHITCHAT

REFUND = "How long does a refund take?"
INVOICE = "How do I change the title of an invoice?"
HELLO = "Hello"


def add(question: str, answer: str = "So.", similar: tuple[str, ...] = (), library=QA, **fields) -> Entry:
    return knowledge.add_entry(library, Values(question=question, answer=answer, similar=similar, **fields))


def small_library() -> dict[str, Entry]:
    """Two answers and a greeting."""
    return {
        REFUND: add(REFUND, "Three days.", ("when do I get my money back", "refund still not here")),
        INVOICE: add(INVOICE, "In your **orders**.", ("wrong name on the invoice",), format="markdown"),
        HELLO: add(HELLO, "Hi there!", ("good morning", "hey"), library=CHITCHAT),
    }


def would_know(library=QA) -> list[list[str]]:
    """The questions of each entry that would be published now."""
    return [questions for _, questions in snapshots.lessons_of_draft(library).rows]


def publish(description: str = "", member=None) -> Release:
    """A release of the draft, live at once for this process."""
    release = releases.publish(member, description)
    assert building.build(release.pk), Release.objects.get(pk=release.pk).reason
    return live_now(release)


def live_now(release: Release) -> Release:
    """As if the moment of the switch had come."""
    release.refresh_from_db()
    Release.objects.filter(pk=release.pk).update(live_from=release.made_at)
    live.forget()
    release.refresh_from_db()
    return release
