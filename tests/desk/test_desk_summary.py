"""Summing up at the workbench (D-7): the dialog's facts, the command, what `ready` says is owed."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from django.urls import reverse

from apps.desk import commands, reads
from apps.desk.protocol import parse
from apps.routing import closing
from apps.sessions.models import SessionTag, SummaryCategory, Tag, WrapUp
from apps.sessions.settings import SummarySettings
from apps.team import business
from apps.team.models import Member
from csdesk.errors import DomainError
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent() -> Member:
    return make.make_member()


@pytest.fixture
def required():
    business.save(SummarySettings, {"is_required": True}, None)
    business.forget()
    yield
    business.forget()


def asked(member: Member, session) -> tuple[int, dict]:
    client = Client(headers={"accept-language": "en"})
    assert client.post("/login/", {"login": member.account, "password": make.PASSWORD}).status_code == 302
    answer = client.get(reverse("desk-summary", args=[session.id]))
    return answer.status_code, json.loads(answer.content)


def sum_up(member: Member, session, **fields) -> dict:
    frame = {"op": "wrap_up", "id": "c1", "session": str(session.id)} | fields
    return commands.run(member, parse(json.dumps(frame)))


def test_the_dialog_offers_what_is_in_use_and_what_stands_there(agent: Member) -> None:
    goods = SummaryCategory.objects.create(name="Goods")
    kettle = SummaryCategory.objects.create(name="Kettle", parent=goods)
    old = SummaryCategory.objects.create(name="Old", is_active=False, position=9)
    vip = Tag.objects.create(name="VIP")
    session = make.make_served_session(agent)
    status, facts = asked(agent, session)
    assert (status, facts["customer"]) == (200, session.customer.display_name)
    shown = [(one["path"], one["depth"]) for one in facts["categories"]]
    assert shown == [("Goods", 1), ("Goods / Kettle", 2)]
    assert [tag["name"] for tag in facts["tags"]] == ["VIP"]
    filled = [facts[name] for name in ("required", "category", "resolved", "remark")]
    assert filled == [False, None, None, ""]

    sum_up(agent, session, category=kettle.pk, resolved=False, remark=" Lid ", tags=[vip.pk])
    WrapUp.objects.update(category=old)
    facts = asked(agent, session)[1]
    assert [one["id"] for one in facts["categories"]] == [goods.pk, kettle.pk, old.pk]
    assert (facts["category"], facts["resolved"], facts["remark"]) == (old.pk, False, "Lid")
    assert facts["chosen_tags"] == [vip.pk]


def test_the_dialog_of_somebody_elses_session_is_refused(agent: Member) -> None:
    status, answer = asked(agent, make.make_served_session())
    assert (status, answer["code"]) == (404, "not_found")


def test_the_command_fills_in_and_tags_may_stay(agent: Member) -> None:
    vip = Tag.objects.create(name="VIP")
    session = make.make_served_session(agent)
    sum_up(agent, session, tags=[vip.pk])
    assert sum_up(agent, session, resolved=True, remark="done") == {"owed": []}
    filled = WrapUp.objects.get(record__session=session)
    assert (filled.is_resolved, filled.remark, filled.member) == (True, "done", agent)
    assert SessionTag.objects.get(session=session).tag == vip
    sum_up(agent, session, tags=[])
    assert not SessionTag.objects.filter(session=session).exists()


@pytest.mark.usefixtures("required")
def test_ready_and_the_answer_say_what_is_owed(agent: Member) -> None:
    first, second = make.make_served_session(agent), make.make_served_session(agent)
    for session in (first, second):
        closing.by_agent(agent, session.id)
    assert reads.ready(agent, {})[0]["owed"] == [str(first.id), str(second.id)]
    assert sum_up(agent, first, resolved=True) == {"owed": [str(second.id)]}
    assert reads.ready(agent, {})[0]["owed"] == [str(second.id)]


@pytest.mark.parametrize(
    "fields",
    [
        {"category": "1"},
        {"category": -1},
        {"category": True},
        {"category": 2**40},
        {"resolved": "yes"},
        {"resolved": 1},
        {"remark": ["x"]},
        {"remark": "x" * 1_001},
        {"remark": "\ud800"},
        {"tags": "1"},
        {"tags": [1, "2"]},
        {"tags": [None]},
        {"tags": list(range(51))},
        {"tags": [10**9]},
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(agent: Member, fields: dict) -> None:
    session = make.make_served_session(agent)
    with pytest.raises(DomainError) as refused:
        sum_up(agent, session, **({"resolved": True} | fields))
    assert refused.value.code in ("invalid", "too_large")
    assert not WrapUp.objects.exists()
