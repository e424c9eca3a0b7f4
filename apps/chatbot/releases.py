"""Publishing and going back (B-8): numbered releases that never change, one built at a time.

publish → a row `building` and a job → the draft is copied at one moment → both libraries are learnt, unless
that was done before → `live_from` is a moment ahead, so that every process has loaded it by then. What fails
leaves the live release as it is.
"""

import logging
from collections.abc import Iterable
from datetime import timedelta

from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.chatbot import snapshots
from apps.chatbot.models import EntryVersion, Failure, Library, Release, ReleaseEntry, ReleaseState
from apps.team import trail
from apps.team.models import Member
from csdesk import clock
from csdesk.errors import Invalid, WrongState

log = logging.getLogger(__name__)

# From the end of a build to the switch: a look at the list (0.5 s) and the loading fit in.
AHEAD = timedelta(seconds=1.2)
# A build that was not heard of for this long is taken for dead; one in the queue may wait longer.
LOST_AFTER = timedelta(seconds=30)
QUEUED_FOR = timedelta(minutes=3)
DESCRIPTION_LIMIT = 200


def publish(member: Member | None, description: str = "", *, address: str = "") -> Release:
    """Begin a release of the draft; a job builds it.

    Raises WrongState while another one is built, Invalid when there is nothing to publish.
    """
    if not snapshots.has_entries(Library.QA):
        raise Invalid(_("The Q&A library has no enabled entry yet. Add one, then publish."))
    with transaction.atomic():
        release = _begin(member, description)
        _hand_out(release)
        trail.append(
            "release.published",
            member=member,
            address=address,
            object_type="release",
            object_id=release.pk,
            values={"after": {"number": release.number, "description": release.description}},
        )
    return release


def roll_back(member: Member | None, to: Release, *, address: str = "") -> Release:
    """A new release with the content of an older one, live at once where nothing must be learnt anew.

    Raises WrongState while a release is built, and when `to` was never published or is what is live.
    """
    if to.state != ReleaseState.PUBLISHED:
        raise WrongState(_("Only a release that was published can come back."))
    with transaction.atomic():
        current = newest()
        if current and to.pk in (current.pk, current.same_as_id):
            raise WrongState(_("This release is live already."))
        origin = to.same_as or to
        release = _begin(member, "", same_as=origin)
        snapshots.take_over(release, origin)
        release.qa, release.chitchat = origin.qa, origin.chitchat
        release.save()
        if origin.qa_id:
            go_live(release)
        else:
            _hand_out(release)
        trail.append(
            "release.rolled_back",
            member=member,
            address=address,
            object_type="release",
            object_id=release.pk,
            values={
                "before": {"number": current.number if current else ""},
                "after": {"number": origin.number},
            },
        )
    return release


def newest() -> Release | None:
    """The release published last: what is live, or will be within two seconds."""
    return Release.objects.filter(state=ReleaseState.PUBLISHED).order_by("-live_from", "-pk").first()


def live_questions(entries: Iterable[int]) -> dict[int, str]:
    """Standard questions of these entries as customers have them, be they in the draft or not."""
    wanted, release = list(entries), newest()
    if not wanted or release is None:
        return {}
    contents = ReleaseEntry.objects.filter(release=release).values("version_id")
    versions = EntryVersion.objects.filter(pk__in=contents, entry_id__in=wanted)
    return dict(versions.values_list("entry_id", "question"))


def being_built() -> Release | None:
    """The release that is built now; one whose builder has died is marked as failed first."""
    notice_lost()
    return Release.objects.filter(state=ReleaseState.BUILDING).first()


def notice_lost() -> None:
    """Mark a build as failed whose process was not heard of any more."""
    now = clock.now()
    lost = Q(seen_at__lt=now - LOST_AFTER) | Q(seen_at=None, made_at__lt=now - QUEUED_FOR)
    building = Release.objects.filter(lost, state=ReleaseState.BUILDING)
    for release in building:
        log.error("bot: building %s was broken off", release.number)
        fail(release, Failure.LOST)


def fail(release: Release, why: Failure, detail: str = "") -> None:
    """End a build without a release; what is live stays."""
    rows = Release.objects.filter(pk=release.pk, state=ReleaseState.BUILDING)
    if rows.update(state=ReleaseState.FAILED, error=why, error_detail=detail[:100]):
        release.contents.all().delete()


def claim(release_id: int) -> Release | None:
    """The release, for the one process that builds it from now on; None when it is not to be built."""
    now = clock.now()
    free = Q(seen_at=None) | Q(seen_at__lt=now - LOST_AFTER)
    rows = Release.objects.filter(free, pk=release_id, state=ReleaseState.BUILDING)
    return Release.objects.get(pk=release_id) if rows.update(seen_at=now) else None


def go_live(release: Release) -> bool:
    """Publish what is built: every process goes over at the same moment. False when it was given up."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE chatbot_release SET state = 'published', progress = 1, qa_id = %s, chitchat_id = %s, "
            "live_from = greatest(clock_timestamp() + %s, (SELECT max(live_from) FROM chatbot_release)) "
            "WHERE id = %s AND state = 'building'",
            [release.qa_id, release.chitchat_id, AHEAD, release.pk],
        )
        is_done = cursor.rowcount == 1
    release.refresh_from_db()
    return is_done


def _begin(member: Member | None, description: str, same_as: Release | None = None) -> Release:
    notice_lost()
    try:
        with transaction.atomic():
            release = Release.objects.create(
                number=_number(),
                description=description.strip()[:DESCRIPTION_LIMIT],
                made_by=member,
                made_at=clock.now(),
                same_as=same_as,
            )
    except IntegrityError:
        raise WrongState(_("Another release is being built. Wait until it is done.")) from None
    return release


def _number() -> str:
    """V, date and time of the deployment, and which one it is of all."""
    now = timezone.localtime(clock.now(), timezone.get_default_timezone())
    last = Release.objects.order_by("-pk").values_list("number", flat=True).first()
    serial = int(last.rsplit("-", 1)[1]) + 1 if last else 1
    return f"V{now:%Y%m%d}-{now:%H%M%S}-{serial}"


def _hand_out(release: Release) -> None:
    """Give the job to the worker once the row is there for it."""
    from apps.chatbot import tasks

    def send() -> None:
        try:
            tasks.build.delay(release.pk)
        except Exception:
            log.exception("bot: the job that builds %s can't be handed out", release.number)
            fail(release, Failure.UNREACHABLE)

    transaction.on_commit(send)


def progressed(release: Release, share: float) -> None:
    """Note how far the build is, and that it is alive."""
    rows = Release.objects.filter(pk=release.pk, state=ReleaseState.BUILDING)
    rows.update(seen_at=clock.now(), progress=F("progress") if share < 0 else round(share, 3))
