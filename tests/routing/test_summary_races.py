"""Two at once (D-7, S-15): a category deleted while it is chosen, the last two summaries filled in."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import pytest
from django.db import connections

from apps.routing import availability, closing, wrapping_up
from apps.sessions import summaries
from apps.sessions.models import SummaryCategory, WrapUp
from apps.sessions.settings import SummarySettings
from apps.sessions.wrap_ups import Summary
from apps.team.models import Role
from csdesk.errors import DomainError
from tests import factories as make
from tests.routing import scene
from tests.routing.scene import agent_at_desk, customer_asks

pytestmark = pytest.mark.usefixtures("time")


def at_once(*works: Callable[[], object]) -> list[object]:
    """What each came to, its refusal included; all begin together."""
    barrier = Barrier(len(works))

    def run(work: Callable[[], object]) -> object:
        try:
            barrier.wait(10)
            return work()
        except DomainError as error:
            return error.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def test_a_category_is_deleted_or_stands_in_the_summary_never_both():
    admin, agent = make.make_member(Role.ADMINISTRATOR), agent_at_desk()
    session = customer_asks()
    for number in range(6):
        category = SummaryCategory.objects.create(name=f"c{number}")
        fill = Summary(category.pk, True)
        results = at_once(
            lambda fill=fill: wrapping_up.fill(agent, session.id, fill),
            lambda category=category: summaries.delete(admin, category.pk),
        )
        is_there = SummaryCategory.objects.filter(pk=category.pk).exists()
        is_chosen = WrapUp.objects.filter(category=category.pk).exists()
        assert is_there == is_chosen
        assert results in ([WrapUp.objects.first(), "wrong_state"], ["invalid", None])


def test_the_last_two_filled_in_together_make_the_agent_free(monkeypatch):
    scene.set_rules(SummarySettings, is_required=True)
    agent = agent_at_desk()
    sessions = [customer_asks(), customer_asks()]
    for session in sessions:
        closing.by_agent(agent, session.id)
    assert scene.status(agent) == "arrange"
    look, together = availability.owes, Barrier(2)

    def owes(member_id: int) -> bool:
        # Whoever looks alone, for the other waits for the row, goes on.
        with suppress(BrokenBarrierError):
            together.wait(1)
        return look(member_id)

    monkeypatch.setattr(availability, "owes", owes)
    filled = Summary(is_resolved=True)
    at_once(*(lambda one=session: wrapping_up.fill(agent, one.id, filled) for session in sessions))
    assert scene.status(agent) == "free"
