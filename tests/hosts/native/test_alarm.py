"""The alarm of a call, on the loops that the server may run on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from vivavoce.hosts.native.alarm import Alarm
from vivavoce.hosts.native.server import loop_factory

LOOPS = {"the server's": loop_factory(), "asyncio's": asyncio.new_event_loop}


@pytest.fixture(params=LOOPS)
def runner(request: pytest.FixtureRequest) -> asyncio.Runner:
    return asyncio.Runner(loop_factory=LOOPS[request.param])


def rung(runner: asyncio.Runner, play: Callable[[Alarm, float], None], wait: float) -> list[float]:
    """When it rang, in seconds from the beginning."""

    async def scene() -> list[float]:
        loop, at = asyncio.get_running_loop(), list[float]()
        alarm = Alarm(at.append)
        began = loop.time()
        play(alarm, began)
        await asyncio.sleep(wait)
        return [round(when - began, 6) for when in at]

    with runner:
        return runner.run(scene())


@pytest.mark.parametrize("first", [0.0, -1.0, 0.0001, 0.02])
def test_a_deadline_may_be_put_off_also_in_the_moment_in_which_it_comes(runner: asyncio.Runner, first: float) -> None:
    def play(alarm: Alarm, now: float) -> None:
        alarm.set(now + first)
        alarm.set(now + 0.05)
        alarm.set(now + 0.06)

    (at,) = rung(runner, play, 0.2)
    assert at >= 0.06


@pytest.mark.parametrize("first", [0.0, 0.01])
def test_an_earlier_deadline_counts_and_none_is_none(runner: asyncio.Runner, first: float) -> None:
    def play(alarm: Alarm, now: float) -> None:
        alarm.set(now + 30)
        alarm.set(now + first)

    (at,) = rung(runner, play, 0.1)
    assert at >= first


@pytest.mark.parametrize("how", [lambda alarm: alarm.set(None), Alarm.take_down], ids=["set", "taken down"])
def test_what_was_called_off_does_not_ring(runner: asyncio.Runner, how: Callable[[Alarm], None]) -> None:
    def play(alarm: Alarm, now: float) -> None:
        alarm.set(now)
        how(alarm)

    assert rung(runner, play, 0.05) == []
