"""SIGTERM is a restart that everybody is told of, and nobody loses a call by; also when it is cut short by kill -9."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kit.killing import drain

CALLS = 50
RESTART = 1012
CUT = 1006


@pytest.mark.asyncio
async def test_every_call_is_told_and_goes_on(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    drained = await drain(tmp_path, CALLS, seed=1, killed=False)
    record_property(f"SIGTERM with {CALLS} calls", f"exit after {drained.seconds:.1f} s")
    assert drained.code == 0
    assert drained.told == CALLS
    assert drained.closes == [RESTART] * CALLS
    assert drained.outcome.faults == []
    assert drained.outcome.came_back == drained.outcome.grades == CALLS


@pytest.mark.asyncio
async def test_a_drain_that_is_killed_loses_nothing(tmp_path: Path) -> None:
    drained = await drain(tmp_path, CALLS, seed=2, killed=True)
    assert drained.code == -9
    assert set(drained.closes) <= {RESTART, CUT}
    assert drained.outcome.faults == []
    assert drained.outcome.came_back == drained.outcome.grades == CALLS
