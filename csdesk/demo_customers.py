"""What the demo's team has noted of its customers: contacts, remarks, tags, somebody on the blacklist."""

from __future__ import annotations

from datetime import timedelta

from apps.sessions.models import (
    BlacklistEntry,
    BlacklistState,
    Customer,
    CustomerTag,
    ServiceRecord,
    SessionTag,
    Tag,
)
from apps.team.models import Member, Role
from csdesk import clock

TAGS = [
    ("高意向客户", "tone-1"),
    ("投诉处理", "tone-3"),
    ("老客户", "tone-4"),
    ("Wholesale", "tone-2"),
    ("Gift", "tone-5"),
]
# By name: phone, e-mail, remark, attributes, which tags.
NOTED = {
    "李蕾": (
        "13800001234",
        "lilei@example.com",
        "喜欢素色的杯子，下午两点以后再打电话。",
        {"会员等级": "金卡"},
        (0, 2),
    ),
    "陈建国": ("13900005678", "", "上次收到的壶盖有裂，已换货，请多关照。", {"会员等级": "银卡"}, (1, 2)),
    "乌鲁木齐好邻居便利店（24 小时）王店长": (
        "13700002468",
        "",
        "按箱订货，需要发票。",
        {"发票": "电子普票"},
        (2, 3),
    ),
    "林小满": ("", "xiaoman@example.com", "", {}, (0,)),
    "何雨桐": ("13600001357", "", "送礼，要包装。", {}, (4,)),
    "Tom Whitaker": (
        "+44 7700 900123",
        "tom@example.com",
        "Buys for a café in Leeds; ships to the warehouse only.",
        {"Level": "Gold"},
        (0, 3),
    ),
    "Maria Eugênia Sant'Anna": ("", "maria@example.com", "Wants it wrapped as a present.", {}, (4,)),
    "Jonas": ("+44 7700 900456", "", "Chipped lid, replaced in spring.", {}, (1,)),
}
BARRED_ID = "u_spam_77"


def note(customers: dict[str, list[Customer]]) -> None:
    """Note these of the demo's customers, who are in the database by now."""
    tags = Tag.objects.bulk_create([Tag(name=name, colour=colour) for name, colour in TAGS])
    agent = Member.objects.present().filter(role=Role.AGENT).order_by("pk").first()
    for customer in (one for every in customers.values() for one in every):
        if customer.name not in NOTED:
            continue
        customer.phone, customer.email, customer.remark, customer.attributes, numbers = NOTED[customer.name]
        customer.save(update_fields=["phone", "email", "remark", "attributes"])
        CustomerTag.objects.bulk_create(
            [CustomerTag(customer=customer, tag=tags[n], member=agent) for n in numbers]
        )
    _tag_sessions(tags[1], agent)
    _bar()


def _tag_sessions(tag: Tag, agent: Member | None) -> None:
    """What was rated badly was looked into."""
    bad = ServiceRecord.objects.filter(rating_level__lte=2).values_list("session_id", flat=True).distinct()
    SessionTag.objects.bulk_create([SessionTag(session_id=one, tag=tag, member=agent) for one in bad])


def _bar() -> None:
    chief = Member.objects.present().filter(role__in=[Role.SUPER, Role.ADMINISTRATOR]).order_by("pk").first()
    if chief is None:
        return
    now = clock.now()
    BlacklistEntry.objects.create(
        user_id=BARRED_ID,
        state=BlacklistState.ACTIVE,
        reason="反复发送广告链接 / Sends advertisements again and again",
        until=now + timedelta(days=30),
        added_by=chief,
        added_at=now - timedelta(days=2),
        decided_by=chief,
        decided_at=now - timedelta(days=2),
    )
