"""Taking a message back (S-8): both sides see that it happened, the original stays in the table."""

from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from apps.sessions import posting
from apps.sessions.authors import Author
from apps.sessions.content import identifier
from apps.sessions.models import AuthorKind, ChatSession, Message
from apps.sessions.settings import MessageSettings
from apps.team import business
from csdesk import clock
from csdesk.errors import Invalid, NotAllowed, NotFound, WrongState


@transaction.atomic
def recall(address: object, author: Author) -> Message:
    """Recall the author's own message `SESSION.SEQ` within the set time.

    NotFound for what is not theirs, NotAllowed where customers may not, WrongState when it is
    too late. Recalling twice changes nothing.
    """
    session_id, seq = parse_address(address)
    rules = business.read(MessageSettings)
    if author.kind == AuthorKind.CUSTOMER and not rules.customer_recalls:
        raise NotAllowed(_("Messages cannot be recalled here."))
    session = ChatSession.objects.select_for_update().filter(id=session_id).first()
    message = Message.objects.filter(
        session_id=session_id, seq=seq, author_kind=author.kind, author_id=author.id
    ).first()
    if session is None or message is None:
        raise NotFound(_("There is no such message."))
    if message.recalled_at:
        return message
    if clock.now() > message.created_at + timedelta(seconds=rules.recall_seconds):
        raise WrongState(_("It is too late to recall this message."))
    message.recalled_at = clock.now()
    # What was taken back is not found by searching either.
    message.tokens = []
    posting.change(session, message)
    if session.seq == seq:
        ChatSession.objects.filter(id=session.id).update(last_text="", last_kind="recalled")
    return message


def parse_address(address: object) -> tuple:
    """`SESSION.SEQ` as (session id, seq), or Invalid."""
    session, dot, seq = address.partition(".") if isinstance(address, str) else ("", "", "")
    if not dot or not seq.isascii() or not seq.isdigit() or len(seq) > 9:
        raise Invalid(_("This is not a message's id."))
    return identifier(session, "message"), int(seq)
