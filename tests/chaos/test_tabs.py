"""However many tabs want a call at once, one of them has it, and there is one upstream (promises P2 and P3)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kit.tabs import TABS, fight

SECONDS = 6.0
TAKEN_OVER = 4001


@pytest.mark.asyncio
async def test_tabs_that_fight_for_a_call_share_one_upstream(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    fought = await fight(tmp_path, SECONDS, seed=3)
    times = sorted(round(seconds * 1000) for seconds in fought.takeovers)
    record_property(
        f"{TABS} tabs", f"{len(times)} takeovers, median {times[len(times) // 2]} ms, at most {times[-1]} ms"
    )
    assert fought.at_once == 1
    assert set(fought.closes) == {TAKEN_OVER}
    assert len(fought.takeovers) > 2 * TABS
    assert fought.upstreams > 1
