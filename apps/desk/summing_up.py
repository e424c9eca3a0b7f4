"""What the workbench's wrap-up dialog asks before it is shown (D-7)."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_GET

from apps.desk.answers import guarded, serving_member
from apps.sessions import summaries, tags, wrap_ups
from apps.sessions.models import ServiceRecord, WrapUp


@guarded
@require_GET
def form(request: HttpRequest, session_id: UUID) -> JsonResponse:
    """`{customer, required, categories, tags, chosen_tags, category, resolved, remark}` of a session."""
    member = serving_member(request)
    record = wrap_ups.record_of(member, session_id)
    given = WrapUp.objects.filter(record=record, at__isnull=False).first()
    return JsonResponse(
        {
            "customer": record.customer.display_name,
            "required": wrap_ups.is_required(),
            "categories": _categories(given),
            **_tags(record),
            "category": given and given.category_id,
            "resolved": given and given.is_resolved,
            "remark": given.remark if given else "",
        }
    )


def _categories(given: WrapUp | None) -> list[dict]:
    """Those offered, in the order of the tree, and the one that stands there though it is out of use."""
    tree = summaries.tree()
    kept = given.category_id if given else None
    return [
        {"id": node.id, "name": node.category.name, "path": node.path, "depth": node.depth}
        for node in tree.walk()
        if node.is_on or node.id == kept
    ]


def _tags(record: ServiceRecord) -> dict:
    chosen = tags.of_sessions([record.session_id]).get(record.session_id, [])
    offered = tags.offered(chosen)
    return {
        "tags": [{"id": tag.pk, "name": tag.name, "colour": tag.colour} for tag in offered],
        "chosen_tags": [tag.pk for tag in chosen],
    }
