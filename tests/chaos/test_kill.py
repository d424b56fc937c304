"""kill -9 at any instant is only a slower way to stop: nothing that anybody was shown is lost, or happens twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kit.killing import CALLERS, kill_again_and_again

KILLS = 50


@pytest.mark.asyncio
async def test_kill_9_loses_nothing_that_was_shown(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    outcome = await kill_again_and_again(tmp_path, KILLS, seed=5)
    figures = f"{outcome.calls} calls, {outcome.events} events, {outcome.grades} grades, back {outcome.came_back} times"
    record_property(f"{KILLS} kills, {CALLERS} callers", figures)
    assert outcome.faults == []
    assert outcome.came_back > KILLS  # most of them were in a call
    assert outcome.grades > CALLERS
