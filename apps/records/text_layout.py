"""A transcript as plain text that reads well (C-6) and that no message can fake a line of (X-13).

Every line that csdesk writes starts in the first column: the head, the lines of the parts, and
one line per message with the sender's kind in brackets, then the name, then the time. Whatever
somebody has written is indented, line by line, whatever it breaks its lines with. Names lose
line breaks, control and direction characters.

The file is UTF-8 with a byte order mark and CRLF: without them the editors and spreadsheets of
older Windows, which are what a Chinese office opens a .txt with, take it for GBK or show one line.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from apps.records import durations
from apps.records.sources import source_label
from apps.records.summed_up import NOTHING, SummedUp
from apps.sessions.content import FILE_KINDS, text_of
from apps.sessions.models import AuthorKind, Message, Rating, ServiceRecord
from apps.team.models import Member

ENCODING = "utf-8"
BYTE_ORDER_MARK = "\ufeff"
NEWLINE = "\r\n"
INDENT = "    "
RULE = "-" * 60
# Would turn the reading direction of what follows on the line.
_DIRECTION = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C])


def head(
    record: ServiceRecord,
    parts: list[ServiceRecord],
    *,
    zone: ZoneInfo,
    rating: Rating | None = None,
    bot: str = "",
    summary: SummedUp = NOTHING,
) -> Iterator[str]:
    """What the record is about, then a rule; `bot` answered where no agent did."""
    session, customer = record.session, record.customer
    yield _line(_("Service record"), str(record.id))
    yield _line(_("Session"), str(record.session_id))
    yield _line(_("Customer"), _named(customer.display_name, customer.user_id))
    yield _line(_("Source"), f"{one_line(record.channel.name)} ({source_label(record.channel)})")
    yield _line(_("Group"), record.group.name if record.group else "–")
    yield _line(_("Agent"), _agent(record.agent) if record.agent else one_line(bot) or "–")
    yield _line(_("Started"), moment(session.started_at, zone))
    yield _line(pgettext("time", "Ended"), moment(session.ended_at, zone))
    yield _line(_("Service status"), record.get_status_display() or session.get_state_display())
    yield _line(_("Wait"), durations.clock_label(durations.wait(record)))
    yield _line(_("Service time"), durations.clock_label(durations.service(record)))
    if len(parts) > 1:
        yield _line(_("Of that this record"), durations.clock_label(durations.own_part(record)))
    if rating:
        yield _line(_("Rating"), f"{rating.level} / 5")
        if rating.comment:
            yield _line(_("Comment"), rating.comment)
    if summary.category:
        yield _line(pgettext("of a session", "Summary"), summary.category)
    if summary.resolved:
        yield _line(_("Outcome"), summary.resolved)
    if summary.remark:
        yield _line(_("Remark"), summary.remark)
    if summary.tags:
        yield _line(_("Tags"), ", ".join(summary.tags))
    yield _line(_("Times in"), zone.key)
    yield RULE


def lines_of_messages(
    record: ServiceRecord, parts: list[ServiceRecord], messages: Iterable[Message], *, zone: ZoneInfo
) -> Iterator[str]:
    """A line `[kind] name time` per message, what was written indented below, and a blank line.

    A line of its own stands where one of `parts` begins, with `record` marked among them.
    """
    waiting = list(parts)
    for message in messages:
        while waiting and waiting[0].first_seq < message.seq:
            yield from _part(waiting.pop(0), record, zone)
        kind = f"[{AuthorKind(message.author_kind).label}]"
        facts = [kind, _author(message, record), moment(message.created_at, zone), _thumb(message)]
        yield " ".join(filter(None, facts))
        for line in written_lines(words_of(message)):
            yield f"{INDENT}{line}"
        yield ""
    for part in waiting:
        yield from _part(part, record, zone)


def _part(part: ServiceRecord, record: ServiceRecord, zone: ZoneInfo) -> Iterator[str]:
    who = _named(part.group.name if part.group else _("No group"), part.agent.nickname if part.agent else "")
    own = " · " + _("this record") if part.id == record.id else ""
    name = _("Part %(number)s") % {"number": part.number}
    yield f"== {name} · {who} · {moment(part.started_at, zone)}{own} =="
    yield ""


def words_of(message: Message) -> str:
    """What a message says in words; files by their names."""
    if message.recalled_at:
        return _("(taken back)")
    if message.kind in FILE_KINDS:
        names = {
            "image": pgettext("kind of message", "Picture"),
            "file": pgettext("kind of message", "File"),
            "voice": pgettext("kind of message", "Voice"),
            "video": pgettext("kind of message", "Video"),
        }
        return f"[{names[message.kind]}] {one_line(text_of(message.kind, message.body))}"
    return text_of(message.kind, message.body)


def written_lines(text: str) -> list[str]:
    """What somebody has written, cut at everything that any program takes for a line's end."""
    lines = [_plain(line).rstrip() for line in text.splitlines()]
    while lines and not lines[-1]:
        lines.pop()
    return lines or [""]


def one_line(text: str) -> str:
    """A name or title on one line, without anything that could break out of it."""
    return " ".join(_plain(" ".join(text.splitlines())).split())


def moment(at: datetime | None, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S") if at else "–"


def _plain(line: str) -> str:
    """Without control characters (a terminal would obey them) and marks that turn the direction."""
    line = line.translate(_DIRECTION)
    return "".join(c if c == "\t" or unicodedata.category(c) not in ("Cc", "Cs") else "\ufffd" for c in line)


def _line(label: str, value: str) -> str:
    return _("%(label)s: %(value)s") % {"label": label, "value": one_line(value)}


def _named(name: str, more: str) -> str:
    return f"{one_line(name)} ({one_line(more)})" if more else one_line(name)


def _author(message: Message, record: ServiceRecord) -> str:
    if message.author_kind == AuthorKind.CUSTOMER and not message.author_name:
        return one_line(record.customer.display_name)
    return one_line(message.author_name)


def _thumb(message: Message) -> str:
    """What the customer said of the bot's answer (B-7); empty where nothing was said or asked."""
    names = {True: _("Helpful"), False: _("Not helpful")}
    said = names.get(message.body.get("helpful"))
    return f"({said})" if said else ""


def _agent(agent: Member) -> str:
    return _named(agent.nickname, agent.staff_no)
