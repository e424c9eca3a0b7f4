"""What happens before a human (R-1, R-3), and what the customer does to their session.

The visitor door calls these. With the bot on it answers each message until the customer asks for a human;
without, the first message does, and nothing is left in the flow when that fails. Where customers choose
their group (R-5b) who asks for a human gets the menu first; the bot goes on answering beside it.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from uuid import UUID

from django.db import OperationalError, transaction
from django.db.models import Exists, F, OuterRef
from django.utils.translation import gettext as _

from apps.routing import assignment, barring, bot, closing, group_menu, prompts, queueing
from apps.routing.settings import FlowSettings
from apps.sessions import invitations, queries, transitions, writer
from apps.sessions.authors import Author
from apps.sessions.models import (
    AuthorKind,
    Channel,
    ChatSession,
    Customer,
    Message,
    MessageKind,
    PostKey,
    ServiceStatus,
    State,
)
from apps.sessions.posting import Post, Posted
from apps.sessions.settings import ClosingSettings
from apps.team import business
from apps.team.models import SkillGroup
from csdesk import bridge, clock, realtime
from csdesk.errors import NotFound, WrongState

log = logging.getLogger(__name__)

ATTEMPTS = 3
WELCOME_LASTS = timedelta(minutes=10)
# Seconds after which, and then every so often, an answer that is being found is told as "typing".
NOTICEABLE = 0.5


def trigger(customer: Customer, channel: Channel, *, language: str = "", page: str = "") -> ChatSession:
    """src 7: the customer's open session, or a new one in the flow with its welcome words.

    Never queues anybody (S-17) and never welcomes twice, nor again a moment after a welcome that led to
    nobody. Call through `bridge.run`. The door answers the asking socket with `signals(session)`.
    """
    with transaction.atomic():
        session, is_new = transitions.open_session(
            customer,
            channel,
            seconds=business.read(ClosingSettings).flow_seconds,
            language=language,
            page=page,
        )
        # Made in this transaction, the row is ours.
        if is_new and not barring.opened(session):
            _welcome(session)
    return session


def _welcome(session: ChatSession) -> None:
    if bot.answers(session.channel):
        prompts.say(session, "welcome")
        bot.welcome(session)
    elif not _is_welcomed(session):
        prompts.say(session, "welcome")


def _is_welcomed(session: ChatSession) -> bool:
    """Whether the customer was welcomed within `WELCOME_LASTS` and has been served by nobody since.

    With nobody at work each message opens and ends a session of its own (R-6): one welcome is enough.
    """
    welcome = Message.objects.filter(session=OuterRef("pk"), seq=1, body__code="welcome")
    lately = (
        ChatSession.objects.filter(
            customer=session.customer_id,
            channel=session.channel_id,
            started_at__gt=session.started_at - WELCOME_LASTS,
        )
        .exclude(pk=session.pk)
        .annotate(is_welcomed=Exists(welcome))
        .order_by("-started_at")
        .values_list("assigned_at", "is_welcomed")
    )
    for assigned_at, is_welcomed in lately:
        if assigned_at:
            return False
        if is_welcomed:
            return True
    return False


def signals(session: ChatSession | None) -> list[dict]:
    """src 23 and 26 as `signal` frames: what a trigger is answered with (V-7)."""
    seat = "inSeat" if session and session.state == State.SERVING else "outSeat"
    contents = {
        "23": {"menuSendRuleFlag": invitations.rules_bits()},
        "26": {"command": "updateSeatStatus", "content": seat},
    }
    return [
        {"op": "signal", "data": {"customerServicePlugin": 0, "src": src, "content": content}}
        for src, content in contents.items()
    ]


async def on_customer_message(
    customer: Customer,
    channel: Channel,
    kind: str,
    body: dict,
    *,
    client_id: UUID | None = None,
    session_id: UUID | None = None,
    language: str = "",
    page: str = "",
) -> Posted:
    """Store what the customer says and let the flow go on; the visitor door's only way in.

    `kind`, `body` as `content.parse_message` makes them. `session_id` is the session the door believes
    open: it saves a query and need not be right. Without an open session one opens as by `trigger`.
    Returns when committed, before the flow's answer. Raises what posting refuses.
    """
    author = Author.customer(customer)
    wanted = session_id
    for attempt in range(ATTEMPTS):
        if wanted is None:
            wanted = await bridge.run(
                _session_for, author, client_id, customer, channel, language=language, page=page
            )
        try:
            posted = await writer.shared().post(Post(wanted, author, kind, body, client_id))
            break
        except (WrongState, NotFound):
            # It has ended meanwhile: the next one is opened.
            if attempt == ATTEMPTS - 1:
                raise
            wanted = None
    if posted.state == State.FLOW and not posted.duplicate:
        _later(posted.session_id, realtime.customer(customer.pk, channel.pk))
    return posted


def _session_for(
    author: Author, client_id: UUID | None, customer: Customer, channel: Channel, *, language: str, page: str
) -> UUID:
    """Where a customer's words go: where they went before (S-7), the open session, or a new one."""
    if client_id:
        known = PostKey.objects.filter(author=author.key, client_id=client_id).first()
        if known:
            return known.session_id
    found = queries.open_session_of(customer.pk, channel.pk)
    return (found or trigger(customer, channel, language=language, page=page)).id


# Tasks that let the flow go on; and by session, whether there is more to do when its task is done.
_advancing: set[asyncio.Task] = set()
_more: dict[UUID, bool] = {}


def _later(session_id: UUID, recipient: str) -> None:
    """Go on after the acknowledgement; should this process die first, the sweep does it (flow_seq)."""
    if session_id in _more:
        # What comes while an answer is being found is answered after it.
        _more[session_id] = True
        return
    task = asyncio.get_running_loop().create_task(_go_on(session_id, recipient))
    _advancing.add(task)
    task.add_done_callback(_advancing.discard)


async def _go_on(session_id: UUID, recipient: str) -> None:
    _more[session_id] = True
    thinking = asyncio.create_task(_tell_thinking(session_id, recipient))
    try:
        while _more[session_id]:
            _more[session_id] = False
            await bridge.run(advance, session_id)
    except Exception:
        log.exception("the flow of session %s did not go on; the sweep tries again", session_id)
    finally:
        thinking.cancel()
        del _more[session_id]


async def _tell_thinking(session_id: UUID, recipient: str) -> None:
    while True:
        await asyncio.sleep(NOTICEABLE)
        bot.tell_thinking(session_id, recipient)


def advance(session_id: UUID) -> bool:
    """Let the flow handle what the customer has said, one message after the other; True when it did any.

    Idempotent by `flow_seq`: whoever comes second, in whichever process, leaves it alone.
    """
    has_gone_on = False
    while said := _unanswered(session_id):
        has_gone_on |= _handle(said)
    return has_gone_on


def _unanswered(session_id: UUID) -> Message | None:
    """The first of the customer's messages that the flow has not handled."""
    waiting = Message.objects.filter(
        session_id=session_id,
        author_kind=AuthorKind.CUSTOMER,
        session__state=State.FLOW,
        seq__gt=F("session__flow_seq"),
    )
    return waiting.select_related("session__channel").order_by("seq").first()


def _handle(said: Message) -> bool:
    """Decide outside the transaction, then lock, look whether it still fits, and append; False when not."""
    if barring.carries(said.session) and barring.turn_away(said):
        return True
    if group_menu.is_open(said.session):
        asked_by, answer = "", _sure_answer(said)
    else:
        asked_by = _asked_by(said)
        answer = None if asked_by or said.recalled_at else bot.answer_to(said)
    try:
        return _take(said, asked_by, answer)
    except OperationalError:
        # The database is away: the sweep tries again.
        raise
    except Exception:
        if answer is None:
            raise
        log.exception("an answer could not be given", extra={"session_id": said.session_id})
        return _take(said, "", bot.helpless(said.session))


def _take(said: Message, asked_by: str, answer: bot.Answer | None) -> bool:
    waits = False
    with transaction.atomic():
        session = transitions.lock(said.session_id)
        if session.state != State.FLOW or session.flow_seq >= said.seq:
            return False
        if session.flow_place != said.session.flow_place:
            # Asked to choose, or chosen for, meanwhile: these words are looked at anew.
            return True
        session.flow_seq = said.seq
        if group_menu.is_open(session):
            waits = _answer_menu(session, said, answer)
        else:
            waits = _answer(session, said, asked_by, answer)
    _after(said.session_id, waits)
    return True


def _answer(session: ChatSession, said: Message, asked_by: str, answer: bot.Answer | None) -> bool:
    """What these words get where nothing was asked; whether the customer waits for an agent then."""
    if answer:
        bot.say(session, said, answer)
        asked_by = "bot" if answer.reply.hands_over else ""
    elif asked_by == "button":
        bot.press_button(session, said.body["text"])
    if asked_by:
        return _to_human(session, asked_by)
    session.save(update_fields=["flow_seq"])
    return False


def _answer_menu(session: ChatSession, said: Message, answer: bot.Answer | None) -> bool:
    """What these words get while a group is to be chosen; whether the customer waits for an agent then."""
    session.save(update_fields=["flow_seq"])
    if said.recalled_at:
        return False
    group_id = _chosen(said)
    if group_id is not None:
        asked_by = group_menu.close(session, group_id)
        return _enter(session, SkillGroup(pk=group_id), {"asked_by": asked_by, "chosen": True})
    if answer:
        # The question stands: its items can still be pressed.
        bot.say(session, said, answer)
        return False
    return _not_chosen(session)


def _chosen(said: Message) -> int | None:
    """The group that these words choose from the menu they answer."""
    is_text = said.kind == MessageKind.TEXT and not said.recalled_at
    return group_menu.group_named(said.session.flow_place, said.body["text"]) if is_text else None


def _not_chosen(session: ChatSession) -> bool:
    """The customer names no group: asked again, at last they wait for the default one (R-2)."""
    if group_menu.repeat(session):
        return False
    asked_by = group_menu.close(session)
    default = group_menu.default_group()
    return _enter(session, SkillGroup(pk=default) if default else None, {"asked_by": asked_by})


def _sure_answer(said: Message) -> bot.Answer | None:
    """The bot's answer to words that choose no group: only one it is sure of is worth more than the menu."""
    if said.kind != MessageKind.TEXT or said.recalled_at or _chosen(said) is not None:
        return None
    text = said.body["text"]
    if asks_for_human(text) or bot.is_button(text) or not bot.answers(said.session.channel):
        return None
    answer = bot.answer_to(said)
    return answer if bot.is_sure(answer) else None


def _asked_by(said: Message) -> str:
    """What makes these words ask for a human (R-1, R-3); empty where the bot answers them."""
    # Asked first, also where it does not matter: a release is then loaded here, and not under a lock.
    answers = bot.answers(said.session.channel)
    if said.kind == MessageKind.TEXT and not said.recalled_at:
        if asks_for_human(said.body["text"]):
            return "keyword"
        if bot.is_button(said.body["text"]):
            return "button"
    return "" if answers else "message"


def asks_for_human(text: str) -> bool:
    """Whether these words ask for a human by keyword: exactly, or containing it (setting; R-3)."""
    rules = business.read(FlowSettings)
    said = text.strip().casefold()
    wanted = [word.casefold() for word in rules.keywords]
    return any(word in said for word in wanted) if rules.match == "contained" else said in wanted


def request_agent(customer: Customer, channel: Channel, *, language: str = "", page: str = "") -> ChatSession:
    """To human by button (R-3); opens a session if there is none. WrongState when not in the flow."""
    session_id = trigger(customer, channel, language=language, page=page).id
    with transaction.atomic():
        session = transitions.lock(session_id)
        transitions.expect_state(session, State.FLOW)
        # Who asks once more instead of choosing has not chosen.
        is_asked = group_menu.is_open(session)
        waits = _not_chosen(session) if is_asked else _to_human(session, "button")
    _after(session_id, waits)
    session.refresh_from_db()
    return session


def _to_human(session: ChatSession, asked_by: str) -> bool:
    """Ask for a human: queued, asked for a group, or failed with its words. The caller holds the row."""
    # Pressing the button is an input too (S-17), and an answer is waited for.
    session.engaged_at = session.engaged_at or clock.now()
    session.waiting_since = session.waiting_since or clock.now()
    if barring.carries(session) and barring.turned_away(session):
        return False
    if asked_by != "message":
        bot.handed_over(session)
    groups = group_menu.listed()
    if len(groups) > 1 and group_menu.may_be_shown():
        session.save(update_fields=["engaged_at", "flow_seq"])
        group_menu.show(session, asked_by)
        return False
    if len(groups) > 1:
        is_closed = group_menu.are_closed(groups)
        queueing.fail(session, ServiceStatus.OFF_HOURS if is_closed else ServiceStatus.NO_AGENT_ONLINE)
        return False
    return _enter(session, groups[0] if groups else None, {"asked_by": asked_by})


def _enter(session: ChatSession, group: SkillGroup | None, detail: dict) -> bool:
    session.waiting_since = session.waiting_since or clock.now()
    return queueing.enter(session, group, detail=detail)


def _after(session_id: UUID, waits: bool) -> None:
    """After the commit: somebody may be free at once; if nobody is, the customer hears their place."""
    if waits:
        assignment.soon()
        transaction.on_commit(lambda: queueing.tell_place(session_id), robust=True)


def leave_queue(customer: Customer, channel: Channel) -> ChatSession:
    """The customer backs out of the queue; an offer is withdrawn (S-1). WrongState when not waiting."""
    return closing.left_queue(_open(customer, channel).id)


def customer_end(customer: Customer, channel: Channel) -> ChatSession:
    """src 27: the customer ends their open session, in any state. NotFound when there is none."""
    return closing.by_customer(_open(customer, channel).id)


def _open(customer: Customer, channel: Channel) -> ChatSession:
    found = queries.open_session_of(customer.pk, channel.pk)
    if found is None:
        raise NotFound(_("There is no open session."))
    return found
