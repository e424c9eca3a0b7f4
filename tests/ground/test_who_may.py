"""Every address and every socket command, called as every role (T-1, T-9, X-6).

What stands in no line of `who_may.py` fails here, and so does whoever is let in, or kept out,
against their line.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, get_resolver

from apps.sessions.models import AccessRequest, BlacklistEntry, QuickReply, SummaryCategory, Tag
from apps.team import business, credentials, sign_in, trail
from apps.team.credential_models import ApiCredential
from apps.team.grant_models import Grant
from apps.team.models import Member, Membership, SkillGroup
from tests import factories as make
from tests.ground.who_may import ADDRESSES, AGENT, LEAD, OUTSIDER, ROLES
from tests.records.scene import make_record

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh(tmp_path, settings):
    settings.DATA = tmp_path
    cache.clear()
    business.forget()
    yield
    business.forget()


# --- The addresses there are -------------------------------------------------------------------------


def addresses(patterns: list | None = None, before: str = "") -> Iterator[str]:
    """Every address of the resolver, as it is written there."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield route
        else:
            yield from addresses(pattern.url_patterns, route)


def test_every_address_has_a_rule_and_every_rule_an_address():
    there = set(addresses())
    unstated, gone = sorted(there - set(ADDRESSES)), sorted(set(ADDRESSES) - there)
    assert not unstated, "\n".join(["Add a line to tests/ground/who_may.py for", *unstated])
    assert not gone, "\n".join(["These addresses are gone:", *gone])


# --- The scene ---------------------------------------------------------------------------------------


def team_of(group: SkillGroup) -> dict[str, Member]:
    """One member of each role."""
    members = {role: make.make_member(role) for role in ("administrator", "super")}
    members |= {AGENT: make.make_member(groups=[group])}
    for role, led in ((LEAD, group), (OUTSIDER, make.make_group())):
        members[role] = make.make_member("supervisor")
        Membership.objects.create(member=members[role], group=led, supervises=True)
    return members


def session_of(member: Member) -> SessionStore:
    """A sign-in of the member that counts."""
    session = SessionStore()
    session[SESSION_KEY] = str(member.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = member.get_session_auth_hash()
    sign_in.begin(member, session, "127.0.0.1")
    session.save()
    return session


@pytest.fixture
def scene() -> dict:
    """Somebody of a group has served a record; what the addresses name is theirs, or everybody's."""
    group = make.make_group()
    colleague = make.make_member(groups=[group])
    record = make_record("hello", "how can I help?", agent=colleague, group=group)
    members = team_of(group)
    trail.append("member.added", member=colleague, object_type="member", object_id=colleague.pk)
    request = AccessRequest.objects.create(member=colleague, session=record.session, reason="a complaint")
    credential = ApiCredential(name="Shop", actions=["DescribeStaffInfoList"])
    credentials.add(credential, members["administrator"])
    entry = BlacklistEntry.objects.create(
        customer=record.customer, state="proposed", reason="spam", added_by=colleague
    )
    shared = QuickReply.objects.create(title="Hello", text="Hello!", category="Greetings")
    own = QuickReply.objects.create(title="Mine", text="Mine", owner=colleague)
    return {
        "members": members,
        "record": record,
        "rows": {
            "team/member": colleague.pk,
            "team/skillgroup": group.pk,
            "team/grant": Grant.objects.create(member=colleague, channels=[record.channel_id]).pk,
            "service_sessions/channel": record.channel_id,
            "service_sessions/quickreply": shared.pk,
            "service_sessions/accessrequest": request.pk,
            "service_sessions/summarycategory": SummaryCategory.objects.create(name="Orders").pk,
            "service_sessions/tag": Tag.objects.create(name="VIP").pk,
            "team/apicredential": credential.pk,
        },
        "values": {
            "record_id": record.id,
            "session_id": record.session_id,
            "customer_id": record.customer_id,
            "channel_id": record.channel_id,
            "member_id": colleague.pk,
            "group_id": group.pk,
            "name": "permissions",
            "reply_id": own.pk,
            "entry_id": entry.pk,
            "key": record.channel.key,
            "content_type_id": "1",
            "app_label": "team",
            "url": "nowhere/",
            "form": "csv",
            "picture_id": uuid.uuid4(),
            "path": "none.html",
        },
    }


def filled(route: str, scene: dict) -> str:
    """The address with something that is there in each of its places, else with what is not."""
    model = re.match(r"console/(\w+/\w+)/", route)
    row = scene["rows"].get(model[1], 999_999) if model else 999_999

    def value(found: re.Match) -> str:
        kind, _colon, name = found[1].rpartition(":")
        if name in ("object_id", "pk"):
            return str(row)
        missing = {"int": 999_999, "uuid": uuid.uuid4()}.get(kind, "none")
        return str(scene["values"].get(name, missing))

    plain = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<str:\1>", route).replace("^", "").replace("$", "")
    return "/" + re.sub(r"<([\w:]+)>", value, plain)


def became(answer, address: str, *, is_absent: bool) -> str:
    """`refused`: not signed in, not allowed, or as if there were nothing; never any of the page itself."""
    if answer.status_code == 500:
        return "broken"
    refused = answer.status_code in ((401, 403) if is_absent else (401, 403, 404))
    if answer.status_code in (301, 302):
        to = answer["Location"]
        # Pages of the console lead back to its first one.
        refused = to.startswith(("/login/", "/console/login/")) or (to == "/console/" and address != to)
    return "refused" if refused else "let in"


# After these the browser's sign-in may be another one, or none.
SIGNS_IN_OR_OUT = re.compile(r"log(in|out)/|account/|console/log")


def answers(role: str, scene: dict) -> Iterator[tuple[str, str, str]]:
    """(method, route, what became of it) for every address, called by this role."""
    member = scene["members"].get(role)
    browser = Client(headers={"accept-language": "en"}, raise_request_exception=False)
    for route in ADDRESSES:
        for method in ("get", "post"):
            if member and browser.cookies.get(settings.SESSION_COOKIE_NAME) is None:
                browser.cookies[settings.SESSION_COOKIE_NAME] = session_of(member).session_key
            address = filled(route, scene)
            answer = getattr(browser, method)(address)
            if SIGNS_IN_OR_OUT.match(route):
                browser.cookies.clear()
            # Another method than the one it is made for is an answer for itself.
            if answer.status_code != 405:
                yield method, route, became(answer, address, is_absent=ADDRESSES[route].is_absent)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_is_answered_and_refused_as_the_rules_say(role, scene):
    wrong = []
    for method, route, outcome in answers(role, scene):
        rule = ADDRESSES[route]
        allowed = role in (rule.look if method == "get" else rule.changers)
        if outcome != ("let in" if allowed else "refused"):
            wrong.append(f"{method} {route}: {outcome}")
    assert not wrong, "\n".join([role, *wrong])
