"""The monitor's page (D-11): for whom, and what it is told afterwards."""

from __future__ import annotations

import json
import re

import pytest

from apps.desk.monitor import changes
from apps.sessions.models import ChatSession
from apps.team.models import Member, Membership
from tests import factories as make
from tests.desk.test_desk_pages import signed_in

pytestmark = pytest.mark.django_db

MONITOR = "/desk/monitor/"


def supervisor_of(group, **fields) -> Member:
    lead = make.make_member("supervisor", **fields)
    Membership.objects.create(member=lead, group=group, supervises=True)
    return lead


def data_of(answer) -> dict:
    text = re.search(r'id="page" type="application/json">(.*?)</script>', answer.content.decode(), re.S)[1]
    return json.loads(text)


def test_agents_and_strangers_have_no_monitor(client) -> None:
    assert client.get(MONITOR)["Location"].startswith("/login/")
    agent = signed_in(make.make_member())
    assert agent.get(MONITOR).status_code == 403
    assert MONITOR not in agent.get("/desk/").content.decode()


def test_a_supervisor_gets_the_own_groups_and_nothing_else() -> None:
    mine, other = make.make_group(), make.make_group()
    agent, stranger = make.make_member(groups=[mine]), make.make_member(groups=[other])
    lead = supervisor_of(mine, serves=False)
    answer = signed_in(lead).get(MONITOR)
    assert "no-store" in answer["Cache-Control"]
    data = data_of(answer)
    assert [one["id"] for one in data["overview"]["agents"]] == [agent.pk]
    assert data["groups"] == [{"id": mine.pk, "name": mine.name}]
    assert (data["may_end"], data["on_duty"]) == (False, False)
    assert stranger.nickname not in answer.content.decode()


def test_an_administrator_gets_everything() -> None:
    agent = make.make_member(groups=[make.make_group()])
    data = data_of(signed_in(make.make_member("administrator")).get(MONITOR))
    assert agent.pk in [one["id"] for one in data["overview"]["agents"]]
    assert data["may_end"] is True


def test_who_does_not_serve_finds_at_the_desk_what_they_took_over() -> None:
    group = make.make_group()
    lead = supervisor_of(group, serves=False)
    page = signed_in(lead).get("/desk/").content.decode()
    assert "does not serve" in page
    assert MONITOR in page
    session = make.make_session()
    ChatSession.objects.filter(id=session.id).update(
        state="serving", agent=lead, deadline_at=None, deadline_kind=""
    )
    assert 'id="composer"' in signed_in(lead).get("/desk/").content.decode()


def test_only_what_is_different_is_told() -> None:
    before = {
        "agents": [{"id": 1, "status": "free"}, {"id": 2, "status": "rest"}],
        "sessions": [{"session": "a"}, {"session": "b", "agent": 1}],
        "counts": {"serving": 2},
    }
    now = {
        "agents": [{"id": 1, "status": "free"}, {"id": 2, "status": "free"}, {"id": 3, "status": "free"}],
        "sessions": [{"session": "b", "agent": 2}],
        "counts": {"serving": 1},
    }
    assert changes(before, now) == {
        "agents": [{"id": 2, "status": "free"}, {"id": 3, "status": "free"}],
        "sessions": [{"session": "b", "agent": 2}],
        "counts": {"serving": 1},
        "gone": {"agents": [], "sessions": ["a"]},
    }
    assert changes(now, now) == {
        "agents": [], "sessions": [], "counts": {"serving": 1}, "gone": {"agents": [], "sessions": []},
    }  # fmt: skip
