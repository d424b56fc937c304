"""Tabs of one learner that fight for the same call: none of them obeys when it is told that another has it now."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from kit.server import SCENARIO, Server, TextEngine
from kit.tap import Tap

SCENARIOS = Path(__file__).parents[2] / "scenarios"
MODEL = f"vivavoce/{SCENARIO}"
TABS = 50
AGAIN_S = 2.0
"""A tab that lost the call wants it again within this time."""


@dataclass
class Fight:
    takeovers: list[float] = field(default_factory=list)
    """Seconds from a tab's wish to its `hello`."""
    closes: Counter[int] = field(default_factory=Counter)
    at_once: int = 0
    """The most upstreams that were open at the same time."""
    upstreams: int = 0


async def fight(home: Path, seconds: float, seed: int) -> Fight:
    chance = random.Random(seed)
    outcome = Fight()
    with TextEngine(SCENARIOS) as engine:
        tap = Tap(engine)
        async with tap.listening() as url:
            server = Server(home, VIVAVOCE_UPSTREAM="compatible", VIVAVOCE_UPSTREAM_URL=url, VIVAVOCE_MODEL=MODEL)
            await asyncio.to_thread(server.__enter__)
            end = time.monotonic() + seconds
            async with asyncio.TaskGroup() as tabs:
                for _ in range(TABS):
                    tabs.create_task(_tab(server.port, random.Random(chance.random()), end, outcome))
            await asyncio.to_thread(server.__exit__, None, None, None)
    outcome.at_once, outcome.upstreams = tap.most_at_once, tap.connections
    return outcome


async def _tab(port: int, chance: random.Random, end: float, outcome: Fight) -> None:
    url = f"ws://127.0.0.1:{port}/ws?scenario={SCENARIO}&user=fought-over"
    await asyncio.sleep(chance.uniform(0.0, AGAIN_S))
    while (start := time.monotonic()) < end:
        async with connect(url, subprotocols=[Subprotocol("vivavoce")], compression=None) as connection:
            try:
                await connection.recv()
                outcome.takeovers.append(time.monotonic() - start)
                async with asyncio.timeout(max(0.0, end - time.monotonic())):
                    while True:
                        await connection.recv()
            except ConnectionClosed as closed:
                outcome.closes[closed.rcvd.code if closed.rcvd else 1006] += 1
            except TimeoutError:
                return
        await asyncio.sleep(chance.uniform(0.0, AGAIN_S))
