"""The demo: a shop for tea ware with its team, its channel and a week behind it (Q-1).

Everything is looked up before it is made, so seeding again changes nothing but the password.
"""

from __future__ import annotations

import io
import os
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.templatetags.static import static
from django.utils import timezone
from PIL import Image, ImageDraw

from apps.chatbot import presets, releases
from apps.chatbot.models import Release
from apps.routing.models import OfferOutcome
from apps.sessions import files, starter_replies
from apps.sessions.authors import customer_key
from apps.sessions.models import Attachment, Channel, ChannelKind, ChatSession, ClosedBy, Customer
from apps.team.models import Member, Membership, Role, SkillGroup
from csdesk import clock, demo_customers, demo_summaries
from csdesk.demo_past import PastSession, Rows
from csdesk.demo_words import AFTER, ALONE, COMMENTS, CUSTOMERS, EN, GOODS, PRE, ZH, talks
from csdesk.ids import uuid7

CHANNEL, SHOP = "demo", "山禾器物"
APP_CHANNEL, APP_ACCOUNT = "app", "@default_customer_service_account"
GROUPS = {PRE: "售前咨询 Pre-sales", AFTER: "售后服务 After-sales"}
# name before @example.com, nickname, role, staff number, groups
ACCOUNTS = [
    ("super", "顾言", Role.SUPER, "00001", ()),
    ("admin", "周宁", Role.ADMINISTRATOR, "00002", ()),
    ("lead", "何静姝", Role.SUPERVISOR, "00311", (PRE, AFTER)),
    ("agent1", "林晓雯", Role.AGENT, "00790", (PRE, AFTER)),
    ("agent2", "陈启航", Role.AGENT, "00812", (AFTER,)),
    ("agent3", "Marcus Feldmann", Role.AGENT, "01107", (PRE,)),
]
SESSIONS = 72
# The same weekday a week ago is one of them: the overview compares today with it.
DAYS = 8
LEVELS = (5, 4, 5, 2, 5, 3, 1)
_LOCK = (0xDE30, 1)


class NotADemo(Exception):
    """This deployment is no demo; it gets no accounts with a known password (X-6)."""


@dataclass(frozen=True)
class Made:
    """What seeding did; `password` is set when it was made up here and must be told."""

    members: int
    sessions: int
    password: str = ""

    def told(self) -> str:
        words = f"demo: {self.members} accounts and {self.sessions} past sessions made"
        return f"{words}; password of all accounts: {self.password}" if self.password else words


@transaction.atomic
def seed(password: str = "") -> Made:
    """Make what is missing of the demo. Raises NotADemo outside a demo deployment."""
    if not settings.DEMO:
        raise NotADemo("Demo data is made only with CSDESK_DEMO=1.")
    with connection.cursor() as cursor:
        # Two first starts at once make one demo.
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", _LOCK)
    groups = {key: SkillGroup.objects.present().get_or_create(name=name)[0] for key, name in GROUPS.items()}
    members, made_up = _members(groups, password or os.environ.get("CSDESK_DEMO_PASSWORD", ""))
    channel = _channel()
    _app_channel()
    starter_replies.install()
    sessions = 0
    if not ChatSession.objects.filter(channel=channel).exists():
        sessions = _Week(channel, groups).make()
    demo_summaries.make()
    return Made(members, sessions, made_up)


def teach() -> None:
    """What the demo's bot knows: csdesk itself, published once; the worker learns it when it runs (B-8).

    Nothing happens once anybody has edited its library.
    """
    if presets.install_demo() and not Release.objects.exists():
        releases.publish(None, "csdesk")


def _members(groups: dict[str, SkillGroup], password: str) -> tuple[int, str]:
    """Make the missing accounts; returns how many, and the password if it had to be made up."""
    accounts = {f"{name}@example.com": rest for name, *rest in ACCOUNTS}
    known = {member.account: member for member in Member.objects.present().filter(account__in=accounts)}
    missing = [account for account in accounts if account not in known]
    made_up = "" if password or not missing else secrets.token_urlsafe(9)
    password = password or made_up
    if password:
        # One hash for all of them: hashing is slow by design, and they share the password anyway.
        hashes = {member.password for member in known.values()}
        kept = next((one for one in hashes if len(hashes) == 1 and check_password(password, one)), "")
        encoded = kept or make_password(password)
        Member.objects.filter(pk__in=[member.pk for member in known.values()]).exclude(
            password=encoded
        ).update(password=encoded, must_change_password=False)
    for account in missing:
        nickname, role, staff_no, places = accounts[account]
        is_free = not Member.objects.filter(staff_no=staff_no).exists()
        member = Member.objects.create(
            account=account,
            email=account,
            nickname=nickname,
            role=role,
            staff_no=staff_no if is_free else f"9{staff_no}",
            serves=role in (Role.SUPERVISOR, Role.AGENT),
            password=encoded,
            is_demo=True,
        )
        for place in places:
            Membership.objects.create(member=member, group=groups[place], supervises=role == Role.SUPERVISOR)
    return len(missing), made_up


def _channel() -> Channel:
    return Channel.objects.get_or_create(key=CHANNEL, defaults={"name": SHOP})[0]


def _app_channel() -> None:
    """The channel that user interfaces of one's own find without naming one; its users are signed (V-8)."""
    named = Channel.objects.filter(account_id=APP_ACCOUNT)
    if not named.exists():
        Channel.objects.get_or_create(
            key=APP_CHANNEL, defaults={"name": SHOP, "kind": ChannelKind.APP, "account_id": APP_ACCOUNT}
        )


class _Week:
    """The past week of the shop: the same every time but for its dates."""

    def __init__(self, channel: Channel, groups: dict[str, SkillGroup]) -> None:
        self.channel, self.groups = channel, groups
        self.chance = Random(20260715)
        self.now = clock.now()
        self.rows = Rows()
        self.talks = talks()
        self.photos: list[Attachment] = []
        serving = Member.objects.present().filter(role=Role.AGENT, serves=True).order_by("pk")
        self.agents = {key: list(serving.filter(memberships__group=group)) for key, group in groups.items()}
        self.customers = self._customers()

    def make(self) -> int:
        if not all(self.agents.values()):
            return 0
        for n, at in enumerate(self._moments()):
            self._one(n, at)
        self.rows.insert()
        demo_customers.note(self.customers)
        for photo in self.photos:
            photo.save(update_fields=["session", "seq", "attached_at", "uploaded_at"])
        return len(self.rows.sessions)

    def _customers(self) -> dict[str, list[Customer]]:
        named = [(name, language, user_id) for name, language, user_id in CUSTOMERS]
        visitors = [("", ZH, "")] * 16 + [("", EN, "")] * 6
        found: dict[str, list[Customer]] = {ZH: [], EN: []}
        since = self.now - timedelta(days=DAYS)
        for name, language, user_id in named + visitors:
            customer = Customer(
                id=uuid7(int(since.timestamp() * 1000)),
                name=name,
                user_id=user_id,
                visitor_no=self.chance.randrange(10_000),
                source=self.channel,
                language=language,
                page="https://shop.example.com/goods/3",
                first_seen_at=since,
                last_seen_at=since,
            )
            found[language].append(customer)
            self.rows.customers.append(customer)
        return found

    def _moments(self) -> list[datetime]:
        """When the sessions began: in the shop's hours, the last of them an hour ago, oldest first."""
        zone: ZoneInfo = timezone.get_default_timezone()
        latest = self.now - timedelta(minutes=50)
        today = self.now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
        found = [latest, latest - timedelta(minutes=75)]
        while len(found) < SESSIONS:
            # Today and the day it is compared with have the most.
            back = self.chance.choice((0, 0, DAYS - 1, DAYS - 1, *range(1, DAYS - 1)))
            day = today - timedelta(days=back)
            moment = day + timedelta(minutes=self.chance.triangular(9 * 60, 22 * 60, 15 * 60))
            if self.now - timedelta(days=DAYS) < moment < latest:
                found.append(moment)
        return sorted(found)

    def _one(self, n: int, at: datetime) -> None:
        if n % 11 in (3, 8):
            self._unserved(n, at)
            return
        talk = self.talks[n % len(self.talks)]
        group = talk.group
        past, gaps = self._begin(talk.language, at, talk.about)
        said = False
        for line in talk.lines:
            if line.startswith("<") and not said:
                self._reach(past, group, n)
                said = True
            past.wait(5, 55)
            group = self._line(past, line, group, gaps)
        self._end(past, n)

    def _begin(
        self, language: str, at: datetime, about: int | None = None
    ) -> tuple[PastSession, dict[str, str]]:
        customer = self.chance.choice(self.customers[language])
        customer.last_seen_at = max(at, customer.last_seen_at)
        zh, en, price, picture = self.chance.choice(GOODS) if about is None else GOODS[about]
        order = f"{at:%Y%m%d}{self.chance.randrange(10_000, 99_999)}"
        past = PastSession(self.rows, customer, self.channel, at, language, self.chance)
        goods = zh if language == ZH else en
        return past, {"goods": goods, "price": price, "order": order, "picture": picture}

    def _reach(self, past: PastSession, group: str, n: int) -> None:
        """From the flow to an agent; now and then an offer is missed first."""
        past.wait(1, 3)
        past.ask_for_agent(self.groups[group])
        past.wait(1, 90 if n % 4 == 0 else 12)
        agents = self.agents[group]
        agent = agents[n % len(agents)]
        if n % 15 == 7 and len(agents) > 1:
            past.offer(agents[(n + 1) % len(agents)])
            past.wait(20, 21)
            past.end_offer(OfferOutcome.MISSED)
            past.next_record("timeout_transferred")
            past.offer(agent)
            past.wait(3, 9)
            past.end_offer(OfferOutcome.ACCEPTED)
        past.serve(agent)

    def _line(self, past: PastSession, line: str, group: str, gaps: dict[str, str]) -> str:
        """One line of a talk; returns the group that goes on with it."""
        kind, _blank, text = line.partition(" ")
        text = text.format(**gaps)
        if kind == ">":
            past.customer_says(text)
        elif kind == "<":
            past.agent_says(text)
        elif kind == "#":
            past.note(text)
        elif kind == "@product":
            past.customer_shows(_product(past.language, gaps))
        elif kind == "@order":
            past.customer_shows(_order(past.language, gaps))
        elif kind == "@picture":
            self._photo(past)
        elif kind == "@pass":
            other = AFTER if group == PRE else PRE
            agents = [agent for agent in self.agents[other] if agent != past.session.agent]
            past.pass_on(self.groups[other], agents[0], text)
            return other
        return group

    def _photo(self, past: PastSession) -> None:
        customer = past.session.customer
        attachment = files.store_upload(customer_key(customer.id), "kettle-lid.png", ContentFile(_picture()))
        attachment.uploaded_at = past.at
        past.customer_sends(attachment, files.described(attachment))
        self.photos.append(attachment)

    def _end(self, past: PastSession, n: int) -> None:
        past.wait(20, 120)
        if n % 6 == 5:
            past.at += timedelta(seconds=600)
            invitation = past.close("customer_timeout", ClosedBy.TIMER, invite=True)
        elif n % 6 == 2:
            invitation = past.close("customer_ended", ClosedBy.CLIENT, invite=True)
        else:
            invitation = past.close("normal", ClosedBy.SEAT, invite=True)
        # Most of those who are still there rate, and most of them well.
        if invitation and n % 6 != 5 and n % 5 != 4:
            past.wait(5, 60)
            level = LEVELS[n % len(LEVELS)]
            comment = COMMENTS.get(level, {}).get(past.language, "") if n % 2 else ""
            past.rate(invitation, level, comment)

    def _unserved(self, n: int, at: datetime) -> None:
        """Customers who reached nobody: gone from the flow or the queue, or nobody was there."""
        language = EN if n % 3 == 0 else ZH
        past, gaps = self._begin(language, at)
        past.wait(4, 30)
        past.customer_says(self.chance.choice(ALONE[language]).format(**gaps))
        past.wait(1, 2)
        if n % 4 == 0:
            past.at += timedelta(seconds=1800)
            past.close("abandoned_in_flow", ClosedBy.TIMER, invite=False)
        elif n % 4 == 1:
            past.fail("no_agent_online")
            past.at += timedelta(seconds=1800)
            past.close("no_agent_online", ClosedBy.TIMER, invite=False)
        else:
            past.ask_for_agent(self.groups[self.chance.choice([PRE, AFTER])])
            past.wait(60, 300)
            past.close("abandoned_in_queue", ClosedBy.CLIENT, invite=False)


def _product(language: str, gaps: dict[str, str]) -> dict:
    price = f"¥{gaps['price']}"
    content = {
        "header": gaps["goods"],
        "desc": price,
        "pic": _picture_of(gaps),
        "url": "https://shop.example.com/goods/3",
    }
    return {"src": "22", "content": content}


def _picture_of(gaps: dict[str, str]) -> str:
    """The shop is ours, and so are its pictures: they are shown without being fetched (X-11)."""
    path = f"visitor/goods/{gaps['picture']}.svg"
    return f"{settings.CSDESK_BASE_URL}{static(path)}"


def _order(language: str, gaps: dict[str, str]) -> dict:
    names = ("订单号", "金额", "状态") if language == ZH else ("Order", "Total", "State")
    state = "已发货" if language == ZH else "Shipped"
    values = (gaps["order"], f"¥{gaps['price']}", state)
    fields = [{"name": name, "value": value} for name, value in zip(names, values, strict=True)]
    content = {
        "guide": "我想咨询这笔订单" if language == ZH else "About this order",
        "name": gaps["goods"],
        "desc": f"× 1 · ¥{gaps['price']}",
        "pic": _picture_of(gaps),
        "url": f"https://shop.example.com/orders/{gaps['order']}",
        "customField": fields,
    }
    return {"src": "28", "content": content}


def _picture() -> bytes:
    """A photo, in a manner of speaking: a kettle whose lid is chipped."""
    picture = Image.new("RGB", (480, 360), "#d9cbb8")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 250, 480, 360), fill="#b08a63")
    draw.ellipse((110, 268, 390, 320), fill="#96724f")
    draw.arc((150, 40, 330, 260), 180, 360, fill="#3a3f42", width=12)
    draw.polygon([(330, 190), (420, 130), (432, 142), (352, 240)], fill="#4d5457")
    draw.ellipse((120, 130, 360, 300), fill="#4d5457")
    draw.ellipse((142, 150, 240, 270), fill="#596165")
    draw.ellipse((170, 118, 310, 162), fill="#3a3f42")
    draw.ellipse((226, 96, 254, 124), fill="#3a3f42")
    draw.polygon([(288, 124), (312, 128), (302, 148), (294, 138)], fill="#d9cbb8")
    target = io.BytesIO()
    picture.save(target, "PNG")
    return target.getvalue()
