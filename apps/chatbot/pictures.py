"""Pictures in answers (B-1): uploaded by managers, made anew (X-10), shown to whoever gets the answer.

An answer names its picture by a path of ours, so it stays right when the address of the deployment changes.
What an answer shows is for everybody, so the path needs no right; it cannot be guessed all the same.
"""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from uuid import UUID

from django.core.files import File
from django.utils.translation import gettext as _

from apps.chatbot.models import AnswerPicture
from apps.team.models import Member
from csdesk.errors import Invalid, NotFound, TooLarge
from csdesk.reencoding import reencode

MEGABYTE = 1024 * 1024
MOST = 10 * MEGABYTE
SIDE = 1_600


def keep(file: File, *, member: Member | None = None) -> AnswerPicture:
    """A picture for answers, made anew; the same one again is the one that is there.

    Raises TooLarge, and Invalid for what is no picture.
    """
    if file.size > MOST:
        raise TooLarge(_("The picture is larger than %(limit)s MB.") % {"limit": MOST // MEGABYTE})
    if not file.size:
        raise Invalid(_("The picture is empty."))
    content = hashlib.sha256()
    with tempfile.TemporaryDirectory() as folder:
        source, target, small = (Path(folder) / part for part in ("source", "target", "small"))
        with source.open("wb") as copy:
            for chunk in file.chunks():
                content.update(chunk)
                copy.write(chunk)
        digest = content.hexdigest()
        if there := AnswerPicture.objects.filter(digest=digest).first():
            return there
        facts = reencode(source, target, small, side=SIDE)
        with target.open("rb") as clean:
            return _kept(digest, facts, File(clean), member)


def _kept(digest: str, facts: dict, file: File, member: Member | None) -> AnswerPicture:
    made = AnswerPicture(digest=digest, uploaded_by=member, **facts)
    made.stored.save(f"answers/{made.id.hex[-4:]}/{made.id.hex}", file, save=False)
    picture, is_new = AnswerPicture.objects.get_or_create(
        digest=digest,
        defaults={"id": made.id, "stored": made.stored.name, "uploaded_by": member, **facts},
    )
    if not is_new:
        # Uploaded twice at once: the first one counts.
        made.stored.delete(save=False)
    return picture


def read(picture_id: UUID) -> tuple[bytes, str]:
    """Content and media type; NotFound."""
    picture = AnswerPicture.objects.filter(pk=picture_id).first()
    if picture is None:
        raise NotFound(_("There is no such picture."))
    try:
        with picture.stored.storage.open(picture.stored.name) as file:
            return file.read(), picture.mime
    except FileNotFoundError:
        raise NotFound(_("There is no such picture.")) from None
