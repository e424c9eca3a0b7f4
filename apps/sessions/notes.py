"""Internal notes beside a session: for members only, with a number of their own (D-16)."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.sessions import frames, permissions
from apps.sessions.content import spoken
from apps.sessions.models import ChatSession, Note
from apps.team.models import Member
from csdesk import realtime
from csdesk.errors import NotFound


@transaction.atomic
def add(session_id: UUID, member: Member, text: object) -> Note:
    """Leave a note; NotFound for a session the member may not see, Invalid or TooLarge for the text."""
    words = spoken(text)
    visible = permissions.visible_to(member).filter(id=session_id).values("id")
    session = ChatSession.objects.select_for_update().filter(id__in=visible).first()
    if session is None:
        raise NotFound(_("There is no such session."))
    session.note_no += 1
    session.save(update_fields=["note_no"])
    note = Note.objects.create(
        session=session, number=session.note_no, after_seq=session.seq, author=member, text=words
    )
    frame = frames.note_frame(note)
    for reader in {session.agent_id, member.pk} - {None}:
        realtime.publish(realtime.member(reader), frame)
    realtime.publish(realtime.watch(session.id), frame)
    return note
