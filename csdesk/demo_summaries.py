"""How the demo shop's past sessions were summed up (D-7, S-15)."""

from __future__ import annotations

from random import Random

from apps.sessions.models import ServiceRecord, ServiceStatus, SummaryCategory, WrapUp

# What is asked before buying, and after.
BEFORE = {"选购咨询 Choosing": ["规格与材质 Size and material", "价格与优惠 Prices"]}
AFTER = {
    "订单与物流 Orders": ["催发货 Not sent yet", "物流查询 Where is it", "改地址 Another address"],
    "售后服务 After sales": ["退款 Refund", "换货 Exchange", "质量问题 Something is broken"],
    "投诉与建议 Complaints": [],
}
REMARKS = ["", "", "", "客户下周再来确认", "Wants a call back on Monday", "已补发，下次优先处理"]
# Nothing is to be summed up by who handed the session on.
_HANDED_ON = [ServiceStatus.TRANSFERRED, ServiceStatus.TIMEOUT_TRANSFERRED, ServiceStatus.TAKEN_OVER]


def make() -> None:
    """A tree of categories, and summaries of most sessions; nothing where there are categories already."""
    if SummaryCategory.objects.exists():
        return
    before, after = _grown(BEFORE, 0), _grown(AFTER, len(BEFORE))
    random = Random(4)  # noqa: S311
    records = ServiceRecord.objects.filter(agent__isnull=False, ended_at__isnull=False)
    WrapUp.objects.bulk_create(
        WrapUp(
            record=record,
            member_id=record.agent_id,
            category=random.choice(before if record.group and "Pre-sales" in record.group.name else after),
            is_resolved=random.random() < 0.85,
            remark=random.choice(REMARKS),
            at=record.ended_at,
        )
        for record in records.exclude(status__in=_HANDED_ON).select_related("group").order_by("started_at")
        if random.random() < 0.8
    )


def _grown(tree: dict[str, list[str]], first: int) -> list[SummaryCategory]:
    """The leaves of the tree, once it is made."""
    leaves = []
    for position, (name, inner) in enumerate(tree.items(), start=first):
        top = SummaryCategory.objects.create(name=name, position=position)
        within = [
            SummaryCategory.objects.create(name=one, parent=top, position=place)
            for place, one in enumerate(inner)
        ]
        leaves += within or [top]
    return leaves
