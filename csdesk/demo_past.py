"""Past sessions of the demo, built as `transitions` and `posting` would have left them, inserted in bulk."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from django.db.models import Model
from django.utils import translation

from apps.routing.models import Offer, OfferOutcome
from apps.routing.settings import PromptSettings
from apps.sessions.authors import Author
from apps.sessions.content import preview, text_of
from apps.sessions.models import (
    Attachment,
    AuthorKind,
    Channel,
    ChatSession,
    ClosedBy,
    Customer,
    Message,
    MessageKind,
    Note,
    Rating,
    ServiceRecord,
    SessionEvent,
    State,
)
from apps.sessions.ratings import FIRST_ID
from apps.sessions.settings import RatingSettings
from apps.team import business
from apps.team.models import Member, SkillGroup
from csdesk.ids import uuid7
from csdesk.tokens import tokens

ACCEPT_SECONDS = 20


@dataclass
class Rows:
    """What is inserted, in the order in which it refers to each other."""

    customers: list[Customer] = field(default_factory=list)
    sessions: list[ChatSession] = field(default_factory=list)
    records: list[ServiceRecord] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    events: list[SessionEvent] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    ratings: list[Rating] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)

    def insert(self) -> None:
        for rows in vars(self).values():
            if rows:
                model: type[Model] = type(rows[0])
                model.objects.bulk_create(rows, batch_size=500)


class PastSession:
    """One session that is over, told step by step; `at` is the time of the next step."""

    def __init__(
        self, rows: Rows, customer: Customer, channel: Channel, at: datetime, language: str, chance: Random
    ):
        self.rows, self.chance, self.language, self.at = rows, chance, language, at
        self.prompts = business.read(PromptSettings)
        self.session = ChatSession(
            id=uuid7(_ms(at)),
            customer=customer,
            channel=channel,
            language=language,
            source_page="https://shop.example.com/goods/3",
            started_at=at,
            rev=1,
        )
        self.record: ServiceRecord = None  # type: ignore[assignment]
        rows.sessions.append(self.session)
        self._open_record()
        self._event("opened", "")
        self._system("welcome", self.prompts.welcome.fill(language))

    def wait(self, least: float, most: float) -> None:
        self.at += timedelta(seconds=self.chance.uniform(least, most))

    # --- what is said ---------------------------------------------------------------------

    def customer_says(self, text: str) -> None:
        self._customer(MessageKind.TEXT, {"text": text})

    def customer_shows(self, data: dict) -> None:
        self._customer(MessageKind.CUSTOM, {"data": {"customerServicePlugin": 0, **data}})

    def customer_sends(self, attachment: Attachment, described: dict) -> None:
        self._customer(MessageKind.IMAGE, {"file": described})
        attachment.session, attachment.seq, attachment.attached_at = self.session, self.session.seq, self.at

    def agent_says(self, text: str) -> None:
        session = self.session
        self._message(Author.agent(session.agent), MessageKind.TEXT, {"text": text})
        self.record.first_reply_at = self.record.first_reply_at or self.at
        session.waiting_since = None
        session.agent_read_seq = session.seq

    def note(self, text: str, author: Member | None = None) -> None:
        session = self.session
        session.note_no += 1
        self.rows.notes.append(
            Note(
                session=session,
                number=session.note_no,
                after_seq=session.seq,
                author=author or session.agent,
                text=text,
                created_at=self.at,
            )
        )

    def _customer(self, kind: str, body: dict) -> None:
        session = self.session
        with translation.override(self.language):
            author = Author.customer(session.customer)
        self._message(author, kind, body)
        session.customer_seq = session.flow_seq = session.customer_read_seq = session.seq
        session.engaged_at = session.engaged_at or self.at
        session.waiting_since = session.waiting_since or self.at

    def _system(self, code: str, text: str, **params: object) -> None:
        self._message(Author.system(), MessageKind.TEXT, {"text": text, "code": code, "params": params})

    def _message(self, author: Author, kind: str, body: dict) -> Message:
        session = self.session
        session.seq += 1
        session.rev += 1
        with translation.override(self.language):
            text, last = text_of(kind, body), preview(kind, body)
        message = Message(
            session=session,
            seq=session.seq,
            rev=session.rev,
            kind=kind,
            author_kind=author.kind,
            author_id=author.id,
            author_name=author.name,
            author_avatar=author.avatar,
            body=body,
            tokens=tokens(text),
            created_at=self.at,
        )
        self.rows.messages.append(message)
        if author.kind != AuthorKind.SYSTEM:
            session.last_text, session.last_kind, session.last_author = last, kind, author.kind
            session.last_author_id = author.id
            session.last_at = self.at
        return message

    # --- where it goes --------------------------------------------------------------------

    def ask_for_agent(self, group: SkillGroup | None) -> None:
        self._system("connecting", self.prompts.connecting.fill(self.language))
        self._queued(group, "queued")

    def _queued(self, group: SkillGroup | None, event: str, **detail: object) -> None:
        session, before = self.session, self.session.state
        session.state, session.group, session.agent = State.QUEUED, group, None
        session.queued_at = self.at
        session.queue_order_at = session.queue_order_at or self.at
        record = self.record
        record.group, record.agent, record.queued_at = group, None, self.at
        record.assigned_at = record.accepted_at = None
        self._changed(event, before, detail=detail)

    def serve(self, agent: Member) -> None:
        session, before = self.session, self.session.state
        if before != State.OFFERED or session.agent != agent:
            session.assigned_at = self.at
        session.state, session.agent = State.SERVING, agent
        record = self.record
        record.group, record.agent = session.group, agent
        record.assigned_at, record.accepted_at = session.assigned_at, self.at
        self._changed("serving", before)
        words = self.prompts.connected
        names = {"StaffName": agent.nickname, "StaffNo": agent.staff_no}
        self._system("connected", words.fill(self.language, **names), **names)

    def offer(self, agent: Member) -> None:
        session, before = self.session, self.session.state
        session.state, session.agent, session.assigned_at = State.OFFERED, agent, self.at
        self.record.group, self.record.agent, self.record.assigned_at = session.group, agent, self.at
        self._changed("offered", before)
        self.rows.offers.append(
            Offer(
                session=session,
                member=agent,
                group=session.group,
                offered_at=self.at,
                expires_at=self.at + timedelta(seconds=ACCEPT_SECONDS),
            )
        )

    def end_offer(self, outcome: OfferOutcome) -> None:
        self.rows.offers[-1].outcome, self.rows.offers[-1].ended_at = outcome, self.at

    def next_record(self, status: str) -> None:
        """The open record ends with a status, and the next one begins."""
        self._end_record(status, "")
        self._open_record()

    def pass_on(self, group: SkillGroup, agent: Member, note: str) -> None:
        """A transfer to the other group, where somebody is free."""
        sender = self.session.agent
        self.note(note, sender)
        self.next_record("transferred")
        self._queued(group, "queued", note=note)
        self.wait(3, 40)
        self.serve(agent)

    def fail(self, status: str) -> None:
        """Nobody can be reached: back in the flow, with words."""
        before = self.session.state
        self.session.state, self.session.failed_status = State.FLOW, status
        self.session.queued_at = self.session.queue_order_at = None
        self.record.queued_at = self.record.assigned_at = None
        self._changed("back_in_flow", before, detail={"failed": status})
        self._system("handover_failed", self.prompts.handover_failed.fill(self.language))

    def close(self, status: str, closed_by: str, *, invite: bool) -> Message | None:
        """The last words, the invitation, the end mark, closed (S-18); returns the invitation."""
        session, timed_out = self.session, closed_by == ClosedBy.TIMER
        words = self.prompts.timeout_close if timed_out else self.prompts.active_close
        self._system("timeout_close" if timed_out else "active_close", words.fill(self.language))
        invitation = self._invite() if invite else None
        mark = {"customerServicePlugin": 0, "src": "20" if timed_out else "19"}
        self._message(Author.system(), MessageKind.CUSTOM, {"data": mark})
        before, session.state = session.state, State.CLOSED
        session.ended_at, session.status, session.closed_by = self.at, status, closed_by
        session.waiting_since = None
        self._end_record(status, closed_by)
        self._changed("closed", before, detail={"status": status, "closed_by": closed_by})
        return invitation

    def _invite(self) -> Message:
        rules = business.read(RatingSettings)
        rating = Rating(
            session=self.session,
            record=self.record,
            invited_at=self.at,
            expires_at=self.at + timedelta(hours=rules.valid_hours),
        )
        menu = [
            {"id": str(FIRST_ID + n), "content": text} for n, text in enumerate(rules.levels(self.language))
        ]
        content = {
            "head": rules.invitation.text(self.language),
            "tail": "",
            "menu": menu,
            "type": 1,
            "sessionId": str(rating.id),
            "effectiveHour": rules.valid_hours,
            "expireTime": int(rating.expires_at.timestamp()),
        }
        data = {"customerServicePlugin": 0, "src": "9", "menuContent": content}
        message = self._message(Author.system(), MessageKind.CUSTOM, {"data": data})
        rating.seq = message.seq
        self.rows.ratings.append(rating)
        return message

    def rate(self, invitation: Message, level: int, comment: str) -> None:
        rating = self.rows.ratings[-1]
        rating.level, rating.comment, rating.rated_at = level, comment, self.at
        rating.record.rating_level = level
        menu = invitation.body["data"]["menuContent"]
        menu["selected"] = dict(menu["menu"][level - 1]) | ({"comment": comment} if comment else {})
        menu["thanks"] = business.read(RatingSettings).thanks.text(self.language)
        self.session.rev += 1
        invitation.rev = self.session.rev

    # --- book-keeping ---------------------------------------------------------------------

    def _open_record(self) -> None:
        number = self.record.number + 1 if self.record else 1
        self.record = ServiceRecord(
            id=uuid7(_ms(self.at)),
            session=self.session,
            number=number,
            customer=self.session.customer,
            channel=self.session.channel,
            first_seq=self.session.seq,
            started_at=self.at,
        )
        self.rows.records.append(self.record)

    def _end_record(self, status: str, closed_by: str) -> None:
        self.record.status, self.record.closed_by = status, closed_by
        self.record.ended_at, self.record.last_seq = self.at, self.session.seq

    def _changed(self, event: str, before: str, detail: dict | None = None) -> None:
        self.session.rev += 1
        self._event(event, before, detail)

    def _event(self, event: str, before: str, detail: dict | None = None) -> None:
        session = self.session
        self.rows.events.append(
            SessionEvent(
                session=session,
                at=self.at,
                event=event,
                before=before,
                after=session.state,
                agent=session.agent,
                group=session.group,
                detail=detail or {},
            )
        )


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
