"""Files that people send (S-10, X-10): sniffed, re-encoded, bound to who sent them, addressed per reader."""

from __future__ import annotations

import tempfile
import unicodedata
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import puremagic
from django.core import signing
from django.core.files import File
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from apps.sessions import media, permissions, posting
from apps.sessions.authors import customer_key, member_key
from apps.sessions.models import Attachment, MessageKind
from apps.sessions.settings import MessageSettings
from apps.team import business
from csdesk import clock
from csdesk.errors import Invalid, NotFound, RateLimited, TooLarge, UploadGone
from csdesk.reencoding import reencode

MEGABYTE = 1024 * 1024
NAME_LIMIT = 120
UNATTACHED_LIFE = timedelta(hours=1)
ADDRESS_LIFE = timedelta(hours=1)
SNIFFED_BYTES = 8192
PLAIN = "application/octet-stream"
_SALT = "csdesk.files"

PICTURE_TYPES = {"image/jpeg", "image/png", "image/gif", "image/webp"}
MEDIA_TYPES = ("audio/", "video/")
DOCUMENT_TYPES = {
    "application/pdf",
    "application/zip",
    "application/gzip",
    "application/x-7z-compressed",
    "application/vnd.rar",
    "application/x-rar-compressed",
    "application/rtf",
    "application/msword",
    "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
    "application/x-ole-storage",
    "application/epub+zip",
}
DOCUMENT_FAMILIES = ("application/vnd.openxmlformats-officedocument.", "application/vnd.oasis.opendocument.")
# The beginnings of programs; what runs is not taken, whatever it is called.
PROGRAMS = (b"MZ", b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"#!")


def store_upload(uploader: str, name: str, file: File) -> Attachment:
    """Keep an uploaded file for its uploader (`Author.key`) to attach within an hour.

    TooLarge over the set size, RateLimited over the day's amount, Invalid for an empty file
    or one of a type that is not taken. The type is read from the content, never from the name.
    """
    rules = business.read(MessageSettings)
    if file.size > rules.file_megabytes * MEGABYTE:
        raise TooLarge(_("The file is larger than %(limit)s MB.") % {"limit": rules.file_megabytes})
    if not file.size:
        raise Invalid(_("The file is empty."))
    if _uploaded_today(uploader) + file.size > rules.daily_megabytes * MEGABYTE:
        raise RateLimited(_("That is enough for today; please send the file tomorrow."))
    mime = sniff(file)
    attachment = Attachment(uploader=uploader, name=safe_name(name), mime=mime, size=file.size)
    if mime in PICTURE_TYPES:
        return _store_picture(attachment, file)
    return _store(attachment, file)


def sniff(file: File) -> str:
    """The media type by content; text of any kind (SVG, HTML, CSV …) is text/plain. Raises Invalid."""
    file.seek(0)
    head = file.read(SNIFFED_BYTES)
    file.seek(0)
    if head.startswith(PROGRAMS):
        raise Invalid(_("Programs cannot be sent."))
    if _is_text(head):
        return "text/plain"
    if recorded := media.media_type(file):
        return recorded
    try:
        found = puremagic.from_string(head, mime=True)
    except (puremagic.PureError, ValueError):
        found = ""
    if found in PICTURE_TYPES or found in DOCUMENT_TYPES:
        return found
    if found.startswith(MEDIA_TYPES) or found.startswith(DOCUMENT_FAMILIES):
        return found
    raise Invalid(_("This type of file is not accepted."))


def _is_text(head: bytes) -> bool:
    if b"\0" in head:
        return False
    try:
        head.decode()
    except UnicodeDecodeError as error:
        # A character may be cut at the end of what was read.
        return error.start >= len(head) - 3 and len(head) == SNIFFED_BYTES
    return True


def safe_name(name: str) -> str:
    """A file name to show and to save under: no folders, no control or direction marks, not endless."""
    name = unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2])
    name = "".join(c for c in name if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co"))
    name = name.strip(" .") or _("file")
    if len(name) > NAME_LIMIT:
        stem, dot, suffix = name.rpartition(".")
        keep = NAME_LIMIT - len(suffix) - 1
        name = f"{stem[:keep]}{dot}{suffix}" if dot and len(suffix) <= 10 else name[:NAME_LIMIT]
    return name


def _uploaded_today(uploader: str) -> int:
    since = clock.now() - timedelta(days=1)
    uploads = Attachment.objects.filter(uploader=uploader, uploaded_at__gte=since)
    return uploads.aggregate(total=Sum("size"))["total"] or 0


def _store(attachment: Attachment, file: File) -> Attachment:
    file.seek(0)
    attachment.stored.save(_place(attachment, "stored"), file, save=False)
    attachment.save()
    return attachment


def _store_picture(attachment: Attachment, file: File) -> Attachment:
    with tempfile.TemporaryDirectory() as folder:
        source, target, thumbnail = (Path(folder) / part for part in ("source", "target", "thumbnail"))
        with source.open("wb") as copy:
            for chunk in file.chunks():
                copy.write(chunk)
        facts = reencode(source, target, thumbnail)
        attachment.mime, attachment.size = facts["mime"], target.stat().st_size
        attachment.width, attachment.height = facts["width"], facts["height"]
        with thumbnail.open("rb") as small:
            attachment.thumbnail.save(_place(attachment, "thumbnail"), File(small), save=False)
        with target.open("rb") as clean:
            return _store(attachment, File(clean))


def _place(attachment: Attachment, part: str) -> str:
    return f"attachments/{attachment.id.hex[:4]}/{attachment.id.hex}.{part}"


@transaction.atomic
def post_file(one: posting.Post) -> posting.Posted:
    """Post a message that carries an uploaded file; the file is attached once, in the same transaction.

    UploadGone for a file that is not there any more, was sent already or is somebody else's;
    Invalid when it is not what the message says (a picture, a voice …).
    """
    # Sent again: the first acknowledgement comes again, whatever became of the upload.
    if answered := posting.answered(one):
        return answered
    attachment = (
        Attachment.objects.select_for_update()
        .filter(
            id=one.body["upload"],
            uploader=one.author.key,
            attached_at__isnull=True,
            uploaded_at__gt=clock.now() - UNATTACHED_LIFE,
        )
        .first()
    )
    if attachment is None:
        raise UploadGone(_("The file is not there any more; please send it again."))
    _expect_kind(one.kind, attachment)
    body = {"file": described(attachment) | _played(one)}
    posted = posting.post(posting.Post(one.session_id, one.author, one.kind, body, one.client_id))
    attachment.session_id, attachment.seq, attachment.attached_at = posted.session_id, posted.seq, posted.at
    attachment.save(update_fields=["session", "seq", "attached_at"])
    return posted


def _played(one: posting.Post) -> dict:
    """How long a recording lasts (s) and how large it is shown, as its sender has measured it."""
    if one.kind not in (MessageKind.VOICE, MessageKind.VIDEO):
        return {}
    return {fact: one.body[fact] for fact in ("duration", "width", "height") if one.body.get(fact)}


def _expect_kind(kind: str, attachment: Attachment) -> None:
    families = {MessageKind.IMAGE: "image/", MessageKind.VOICE: "audio/", MessageKind.VIDEO: "video/"}
    family = families.get(kind, "")
    if not attachment.mime.startswith(family):
        raise Invalid(_("The file is not what the message says it is."))


def described(attachment: Attachment) -> dict:
    """The `file` object of a message as it is stored: without addresses, which each reader gets (X-10)."""
    return {
        "id": str(attachment.id),
        "name": attachment.name,
        "size": attachment.size,
        "mime": attachment.mime,
        "width": attachment.width,
        "height": attachment.height,
        "preview": bool(attachment.thumbnail),
    }


def address(attachment_id: UUID | str, reader: str, *, thumbnail: bool = False) -> str:
    """An address of the file for one reader (`c:…` or `m:…`), good for an hour."""
    signed = signing.dumps({"f": str(attachment_id), "r": reader, "t": thumbnail}, salt=_SALT)
    return f"/files/{signed}/"


def for_reader(frame: dict, reader: str) -> dict:
    """A message frame with the addresses of its file made for this reader."""
    file = dict(frame["message"]["file"])
    has_preview = file.pop("preview", False)
    file["url"] = address(file["id"], reader)
    file["thumbnail"] = address(file["id"], reader, thumbnail=True) if has_preview else ""
    return frame | {"message": frame["message"] | {"file": file}}


def open_address(signed: str) -> tuple[Attachment, bool, str]:
    """The file behind an address, whether its thumbnail is meant, and the reader it was made for.

    The reader's right is checked again at each fetch; NotFound for everything that does not
    fit, so that a forged, an old and a foreign address look the same.
    """
    try:
        claim = signing.loads(signed, salt=_SALT, max_age=ADDRESS_LIFE)
    except signing.BadSignature:
        raise NotFound(_("There is no such file.")) from None
    attachment = Attachment.objects.filter(id=claim["f"]).first()
    if attachment is None or not _may_read(claim["r"], attachment):
        raise NotFound(_("There is no such file."))
    return attachment, claim["t"] and bool(attachment.thumbnail), claim["r"]


def _may_read(reader: str, attachment: Attachment) -> bool:
    if attachment.session_id is None:
        return attachment.uploader == reader
    return permissions.may_read(reader, attachment.session_id)


def shown_inline(attachment: Attachment) -> bool:
    """Only our own re-encoded pictures, and sound and video, are shown in place; the rest is downloaded."""
    return bool(attachment.thumbnail) or attachment.mime.startswith(MEDIA_TYPES)


def purge_unattached() -> int:
    """Delete uploads that nobody attached within an hour, with their files; returns how many."""
    gone = Attachment.objects.filter(attached_at__isnull=True, uploaded_at__lt=clock.now() - UNATTACHED_LIFE)
    return _delete(list(gone[:1000]))


def _delete(attachments: Iterable[Attachment]) -> int:
    count = 0
    for attachment in attachments:
        for part in (attachment.stored, attachment.thumbnail):
            if part:
                part.storage.delete(part.name)
        attachment.delete()
        count += 1
    return count


__all__ = [
    "address",
    "customer_key",
    "described",
    "for_reader",
    "member_key",
    "open_address",
    "post_file",
    "purge_unattached",
    "safe_name",
    "shown_inline",
    "sniff",
    "store_upload",
]
