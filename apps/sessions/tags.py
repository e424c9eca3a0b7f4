"""Tags on customers and sessions (S-15): which there are, and who put which one where."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.sessions.models import ChatSession, Customer, CustomerTag, SessionTag, Tag
from apps.team import trail
from apps.team.models import Member
from csdesk.errors import Invalid

MOST = 20


def offered(beside: Iterable[Tag] = ()) -> list[Tag]:
    """The tags that can be put somewhere, by name; `beside` are there already, offered or not."""
    kept = {tag.pk for tag in beside}
    return [tag for tag in Tag.objects.order_by("name", "id") if tag.is_active or tag.pk in kept]


def of_customers(ids: Iterable[UUID]) -> dict[UUID, list[Tag]]:
    """The tags of each of these customers, by name."""
    labels = CustomerTag.objects.filter(customer_id__in=list(ids)).select_related("tag")
    found: dict[UUID, list[Tag]] = {}
    for label in labels.order_by("tag__name", "tag_id"):
        found.setdefault(label.customer_id, []).append(label.tag)
    return found


def of_sessions(ids: Iterable[UUID]) -> dict[UUID, list[Tag]]:
    """The tags of each of these sessions, by name."""
    labels = SessionTag.objects.filter(session_id__in=list(ids)).select_related("tag")
    found: dict[UUID, list[Tag]] = {}
    for label in labels.order_by("tag__name", "tag_id"):
        found.setdefault(label.session_id, []).append(label.tag)
    return found


def tag_customer(member: Member | None, customer: Customer, tag_ids: Iterable[int]) -> tuple[list, list]:
    """Let the customer have exactly these tags; (names before, names after).

    The caller has asked for the right, holds the customer's row and writes the trail. Invalid for a tag
    that is not there, or newly chosen and not offered any more.
    """
    return _set(CustomerTag.objects.filter(customer=customer), {"customer": customer}, member, tag_ids)


def tag_session(
    member: Member | None, session: ChatSession, tag_ids: Iterable[int], *, address: str = ""
) -> list[str]:
    """Let the session have exactly these tags, written into the trail when any changes; their names.

    The caller has asked for the right and holds the session's row. Invalid as above.
    """
    before, after = _set(SessionTag.objects.filter(session=session), {"session": session}, member, tag_ids)
    if before != after:
        trail.append(
            "session.tagged",
            member=member,
            address=address,
            object_type="session",
            object_id=session.id,
            values={"before": {"tags": before}, "after": {"tags": after}},
        )
    return after


def move(former: Customer, present: Customer) -> None:
    """A visitor's tags are those of the known user they turn out to be (S-12)."""
    there = CustomerTag.objects.filter(customer=present).values("tag_id")
    CustomerTag.objects.filter(customer=former).exclude(tag_id__in=there).update(customer=present)


def _set(
    labels: QuerySet, place: dict, member: Member | None, tag_ids: Iterable[int]
) -> tuple[list[str], list[str]]:
    before = {label.tag_id: label.tag for label in labels.select_related("tag")}
    after = {tag.pk: tag for tag in _chosen(set(tag_ids), before)}
    labels.filter(tag_id__in=before.keys() - after.keys()).delete()
    labels.model.objects.bulk_create(
        [labels.model(**place, tag=tag, member=member) for pk, tag in after.items() if pk not in before],
        # Two who add the same one want the same.
        ignore_conflicts=True,
    )
    return _names(before.values()), _names(after.values())


def _chosen(tag_ids: set[int], before: dict[int, Tag]) -> list[Tag]:
    if len(tag_ids) > MOST:
        raise Invalid(_("At most %(most)s tags.") % {"most": MOST})
    # Its row is held, so that one deleted at this moment is told as gone.
    found = list(
        Tag.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=tag_ids).order_by("pk")
    )
    if len(found) < len(tag_ids) or any(not tag.is_active and tag.pk not in before for tag in found):
        raise Invalid(_("One of these tags is not offered any more. Please choose again."))
    return found


def _names(tags: Iterable[Tag]) -> list[str]:
    return sorted(tag.name for tag in tags)
