"""A server that is stopped or killed while learners talk, and started again."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from kit.callers import Caller, compare, have_all_ended, until
from kit.server import Server

BY_TEXT = {"VIVAVOCE_MODELS": os.devnull}
"""The embedded engine in the server's own process, without speech."""
CALLERS = 8
AWAKE_S = 1.0
"""A server lives for up to so long after the first persona has answered."""
WELL_UNDER_WAY = 5
"""Events: the opening line, and two answers."""
ON_AND_ON = 10_000
"""Turns of callers who do not end their calls by themselves."""


@dataclass(frozen=True, slots=True)
class Outcome:
    faults: list[str]
    calls: int
    events: int
    grades: int
    came_back: int


@dataclass(frozen=True, slots=True)
class Drained:
    outcome: Outcome
    code: int
    """The exit code; minus the signal's number if it was killed."""
    seconds: float
    told: int
    """Callers that heard `vivavoce.going_away`."""
    closes: list[int]
    """How each connection ended."""


async def kill_again_and_again(home: Path, kills: int, seed: int) -> Outcome:
    """kill -9 at random instants; the callers come back each time, and end their calls at last."""
    chance = random.Random(seed)
    server = Server(home, **BY_TEXT)
    callers = _callers(server, CALLERS, chance)
    await _start(server)
    async with _calling(callers):
        for _ in range(kills):
            await until(lambda: any(caller.live.is_set() for caller in callers))
            await asyncio.sleep(chance.uniform(0.0, AWAKE_S))
            await asyncio.to_thread(server.stop, signal.SIGKILL)
            for caller in callers:
                caller.live.clear()
            await _start(server)
    return await _end(server, callers)


async def drain(home: Path, calls: int, seed: int, *, killed: bool) -> Drained:
    """SIGTERM while everybody talks, and kill -9 as soon as the first was told, if it is `killed`; then start again."""
    chance = random.Random(seed)
    server = Server(home, **BY_TEXT)
    callers = _callers(server, calls, chance, ON_AND_ON)
    await _start(server)
    async with _calling(callers):
        await until(lambda: all(caller.ledger.events >= WELL_UNDER_WAY for caller in callers))
        start = time.monotonic()
        server.process.terminate()
        if killed:
            await until(lambda: any(caller.going_away for caller in callers))
            server.process.kill()
        code = await asyncio.to_thread(server.process.wait)
        seconds = time.monotonic() - start
        await until(lambda: all(caller.closes for caller in callers))
        told, closes = sum(bool(caller.going_away) for caller in callers), [caller.closes[0] for caller in callers]
        await _start(server)
    return Drained(await _end(server, callers), code, seconds, told, closes)


def _callers(server: Server, number: int, chance: random.Random, turns: int | None = None) -> list[Caller]:
    more = {} if turns is None else {"turns": turns}
    return [Caller(server.port, f"caller-{place}", random.Random(chance.random()), **more) for place in range(number)]


@asynccontextmanager
async def _calling(callers: list[Caller]) -> AsyncIterator[None]:
    """They call meanwhile; leaving waits for the end of their last calls."""
    enough = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for caller in callers:
            group.create_task(caller.keep_calling(enough))
        yield
        enough.set()


async def _start(server: Server) -> None:
    await asyncio.to_thread(server.__enter__)


async def _end(server: Server, callers: list[Caller]) -> Outcome:
    await until(lambda: have_all_ended(server.database))
    await asyncio.to_thread(server.__exit__, None, None, None)
    ledgers = [caller.ledger for caller in callers]
    return Outcome(
        faults=compare(ledgers, server.database),
        calls=sum(len(ledger.calls) for ledger in ledgers),
        events=sum(ledger.events for ledger in ledgers),
        grades=sum(ledger.grades for ledger in ledgers),
        came_back=sum(ledger.came_back for ledger in ledgers),
    )
