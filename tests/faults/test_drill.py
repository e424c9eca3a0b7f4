"""The drill in short (Q-5): whatever is killed, cut or filled in the middle of chats, the history holds."""

from __future__ import annotations

import pytest

from drill import acts, programme, report
from drill.stage import Size, ready

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures("live_db")]

SIZE = Size(customers=14, agents=3)
TEMPO = programme.Tempo(before=1.5, after=0.5, patience=4)


async def test_the_history_holds_whatever_is_killed_cut_or_filled(stack):
    async with ready(stack, SIZE) as stage:
        results = [await programme.play(stage, act, TEMPO) for act in acts.SHORT]
    assert all(result.survived for result in results), "\n" + report.table(results)
