"""Summing a session up (D-7, S-15): what it was about, whether it is resolved, a remark.

Each service record has one summary. Where the setting asks for it, the end of a session leaves one
that is owed, and whoever owes one is given no new sessions (`apps.routing.wrapping_up`).
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.sessions import permissions, summaries
from apps.sessions.models import ServiceRecord, SummaryCategory, WrapUp
from apps.sessions.models.summaries import REMARK_LIMIT
from apps.sessions.settings import SummarySettings
from apps.team import business, trail
from apps.team.abilities import Ability, may
from apps.team.models import Member
from csdesk import clock
from csdesk.errors import Invalid, NotFound, NotYours, TooLarge
from csdesk.texts import in_lines


@dataclass(frozen=True)
class Summary:
    """What somebody fills in; None: not said."""

    category: int | None = None
    is_resolved: bool | None = None
    remark: str = ""


def is_required() -> bool:
    return business.read(SummarySettings).is_required


def owe(record: ServiceRecord) -> bool:
    """The session has ended with this record's agent: they owe its summary, if the setting says so.

    In the transaction that ends it. Whether they do.
    """
    if record.agent_id is None or not is_required():
        return False
    given, made = WrapUp.objects.get_or_create(
        record=record, defaults={"member_id": record.agent_id, "at": None}
    )
    return made or given.at is None


def owed_by(member_id: int) -> QuerySet[WrapUp]:
    """The summaries that a member owes, oldest first; none while the setting asks for none."""
    found = WrapUp.objects.filter(member=member_id, at__isnull=True).order_by("pk")
    return found if is_required() else found.none()


def sessions_owed_by(member_id: int) -> list[UUID]:
    """The sessions whose summaries the member owes, oldest first."""
    return list(owed_by(member_id).values_list("record__session_id", flat=True))


def record_of(member: Member, session_id: UUID) -> ServiceRecord:
    """Which record of the session a member sums up: their newest, else the newest that they supervise.

    NotFound for a session they may not see, NotYours where they have had no part and supervise none.
    """
    visible = permissions.visible_to(member).filter(id=session_id)
    if not visible.exists():
        raise NotFound(_("There is no such session."))
    parts = ServiceRecord.objects.filter(session_id=session_id, agent__isnull=False).order_by("-number")
    found = parts.filter(agent=member).first()
    if found is None and may(member, Ability.SEE_GROUP_RECORDS):
        mine = permissions.records_visible_to(member).filter(session_id=session_id, agent__isnull=False)
        found = mine.order_by("-number").first()
    if found is None:
        raise NotYours(_("This session is somebody else's."))
    return found


def fill(member: Member, record: ServiceRecord, summary: Summary, *, address: str = "") -> WrapUp:
    """Fill the record's summary in, or change it; the caller's transaction, `record_of` said who may.

    Raises Invalid for what is missing or not offered, TooLarge for a remark.
    """
    given = WrapUp.objects.select_for_update().filter(record=record).first()
    before = given.category_id if given and given.at else None
    values = _checked(summary, before) | {"member": member, "at": clock.now()}
    was = _told(given) if given and given.at else None
    found, _made = WrapUp.objects.update_or_create(record=record, defaults=values)
    now = _told(found)
    # The agent's own first words are part of serving; what is changed later, or by others, is told.
    if was != now and (was is not None or member.pk != record.agent_id):
        trail.append(
            "wrap_up.changed",
            member=member,
            address=address,
            object_type="record",
            object_id=record.pk,
            values={"before": was or {}, "after": now},
        )
    return found


def _checked(summary: Summary, before: int | None) -> dict[str, object]:
    """The columns' values. A category that is out of use stays where it stood."""
    remark = in_lines(summary.remark)
    if len(remark) > REMARK_LIMIT:
        raise TooLarge(
            _("The remark is longer than %(limit)s characters.") % {"limit": REMARK_LIMIT}, field="remark"
        )
    known = summaries.tree()
    if summary.category is not None:
        node = known.nodes.get(summary.category)
        if not _is_kept(summary.category) or node is None or not (node.is_on or node.id == before):
            raise Invalid(_("This category is not offered any more. Choose another."), field="category")
    if is_required():
        if summary.category is None and known.offered():
            raise Invalid(_("Choose what the session was about."), field="category")
        if summary.is_resolved is None:
            raise Invalid(_("Say whether it is resolved."), field="resolved")
    return {"category_id": summary.category, "is_resolved": summary.is_resolved, "remark": remark}


def _is_kept(category_id: int) -> bool:
    """Whether it is there, and stays until this is committed (`summaries.delete` waits)."""
    rows = SummaryCategory.objects.select_for_update(no_key=True).filter(pk=category_id)
    return rows.values_list("pk", flat=True).first() is not None


def _told(found: WrapUp) -> dict[str, object]:
    """What the trail says of it: the remark's length, for its words may be about a customer."""
    known = summaries.tree().nodes.get(found.category_id) if found.category_id else None
    return {
        "category": known.path if known else "",
        "resolved": found.is_resolved,
        "remark": _("%(count)s characters") % {"count": len(found.remark)} if found.remark else "",
    }
