"""The upstream of many calls at once fails in every way that upstreams fail: how soon they go on, and what they kept.

Five seconds count from the loss, or from when the provider takes calls again; for a failure that nobody is told of,
from when the call has noticed it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from benchmarks.report import progress, spread, table
from kit.chaos_proxy import ChaosProxy
from kit.server import SCENARIO, Server, TextEngine

AT_ONCE = 40
ROUNDS, LONG = 1, 5
GOAL_SECONDS = 5.0
GOAL_SHARE = 0.99
SILENT_SECONDS = 15.0
PROVIDER_DOWN_SECONDS = 1.0
PATIENCE_SECONDS = 60.0
SCENARIOS = Path(__file__).parents[2] / "scenarios"
BEFORE = ("Good evening, I am sorry to hear that.", "What is your room number?")
DURING = "Are you still there?"
AFTER = "I can offer you a quiet room."
SIGNS = ("vivavoce.notice", "response.output_text.delta", "vivavoce.ended")

Event = dict[str, Any]


@dataclass
class Kind:
    """One way to fail. `noticed` ones have no other beginning than when the call notices them."""

    strike: Callable[[ChaosProxy], None]
    down: tuple[int, str | None] | None = None
    """What handshakes are answered for a second."""
    noticed: bool = False


def expire(proxy: ChaosProxy) -> None:
    proxy.say(type="error", error={"type": "invalid_request_error", "code": "session_expired", "message": "60 minutes"})
    proxy.close(1001, "maximum duration of 60 minutes")


def run_dry(proxy: ChaosProxy) -> None:
    proxy.say(type="error", error={"type": "insufficient_quota", "code": "insufficient_quota", "message": "No money."})


RETRYABLE = {
    "1001": Kind(expire),
    "1006": Kind(ChaosProxy.reset),
    "429": Kind(lambda proxy: proxy.close(1013), down=(429, "1")),
    "5xx": Kind(lambda proxy: proxy.close(1011), down=(503, None)),
    "stall": Kind(ChaosProxy.stall, noticed=True),
    "half-open": Kind(ChaosProxy.cut_the_wire, noticed=True),
}
QUOTA = Kind(run_dry)


@dataclass
class Caller:
    """One learner, who types, and when they saw what."""

    connection: ClientConnection
    seen: list[tuple[float, Event]] = field(default_factory=list)
    said: list[float] = field(default_factory=list)

    async def say(self, text: str) -> None:
        self.said.append(time.monotonic())
        content = [{"type": "input_text", "text": text}]
        item = {"type": "message", "role": "user", "content": content}
        await self.connection.send(json.dumps({"type": "conversation.item.create", "item": item}))

    async def until(self, kind: str, code: str | None = None) -> float:
        """Read on up to such an event; when it came."""
        while True:
            async with asyncio.timeout(PATIENCE_SECONDS):
                event = json.loads(await self.connection.recv())
            self.seen.append((time.monotonic(), event))
            if event["type"] == kind and code in (None, event.get("code")):
                return self.seen[-1][0]

    def when(self, code: str) -> float:
        return next(at for at, event in self.seen if event.get("code") == code)

    def longest_silence(self) -> float:
        """While an answer was due."""
        silences = []
        for begin, end in zip(self.said, [*self.said[1:], time.monotonic()], strict=True):
            last = begin
            for at, event in self.seen:
                if begin <= at < end and event["type"] in (*SIGNS, "response.done"):
                    silences.append(at - last)
                    last = at
                    if event["type"] == "response.done":
                        break
        return max(silences)

    def learners_lines(self) -> list[str]:
        events = (event["line"] for _, event in self.seen if event["type"] == "vivavoce.transcript")
        lines = {line["item_id"]: line for line in events}
        return [
            line["text"] for line in sorted(lines.values(), key=lambda line: line["order"]) if line["role"] == "user"
        ]

    def intact(self) -> bool:
        numbers = [event["seq"] for _, event in self.seen if "seq" in event and event["type"] != "vivavoce.hello"]
        return self.learners_lines() == [*BEFORE, DURING, AFTER] and numbers == list(range(1, len(numbers) + 1))


def run(long: bool) -> bool:
    """Print how each kind went; whether it went as promised."""
    return asyncio.run(_run(LONG if long else ROUNDS))


async def _run(rounds: int) -> bool:
    rows, good = [], True
    for name, kind in RETRYABLE.items():
        seconds, silences, intact = [], [], 0
        for number in range(rounds):
            progress(f"{name}: {number * AT_ONCE} of {rounds * AT_ONCE} calls")
            for taken, caller in await _recover(kind, seed=number):
                seconds.append(taken)
                silences.append(caller.longest_silence())
                intact += caller.intact()
        soon = sum(taken <= GOAL_SECONDS for taken in seconds)
        calls = rounds * AT_ONCE
        good = good and soon >= GOAL_SHARE * calls and intact == calls and max(silences) <= SILENT_SECONDS
        rows.append((name, calls, soon, intact, spread(seconds, " s", 2), f"{max(silences):.1f} s"))
    table(("failure", "calls", "back within 5 s", "nothing lost", "back after", "longest silence"), rows)
    attempts, refused = 0, 0
    for number in range(rounds):
        more, ended = await _be_refused(seed=number)
        attempts, refused = attempts + more, refused + ended
    table(("failure", "calls", "ended in words", "further attempts"), [("quota", rounds * AT_ONCE, refused, attempts)])
    return good and attempts == 0 and refused == rounds * AT_ONCE


async def _recover(kind: Kind, seed: int) -> Sequence[tuple[float, Caller]]:
    """Strike many calls at one moment; how long each took to go on."""
    with _server() as (proxy, server):
        chance = random.Random(seed)
        async with contextlib.AsyncExitStack() as stack:
            callers = [await _call(stack, server, f"learner-{number}") for number in range(AT_ONCE)]
            await asyncio.gather(*(_talk(caller, chance.uniform(0, 1)) for caller in callers))
            if kind.down:
                proxy.go_down(*kind.down)
            kind.strike(proxy)
            struck = time.monotonic()
            await asyncio.gather(*(caller.say(DURING) for caller in callers))
            if kind.down:
                await asyncio.sleep(PROVIDER_DOWN_SECONDS)
                proxy.come_up()
                struck = time.monotonic()
            await asyncio.gather(*(_go_on(caller) for caller in callers))
        return [(_taken(caller, None if kind.noticed else struck), caller) for caller in callers]


def _taken(caller: Caller, struck: float | None) -> float:
    return max(0.0, caller.when("upstream_back") - (caller.when("upstream_lost") if struck is None else struck))


async def _be_refused(seed: int) -> tuple[int, int]:
    """How many more attempts were made, and how many calls ended as they should."""
    with _server() as (proxy, server):
        chance = random.Random(seed)
        async with contextlib.AsyncExitStack() as stack:
            callers = [await _call(stack, server, f"learner-{number}") for number in range(AT_ONCE)]
            await asyncio.gather(*(_talk(caller, chance.uniform(0, 1)) for caller in callers))
            before = len(proxy.handshakes)
            QUOTA.strike(proxy)
            await asyncio.gather(*(caller.until("vivavoce.ended") for caller in callers))
            ended = sum(caller.seen[-1][1]["reason"] == "provider_refused" for caller in callers)
        return len(proxy.handshakes) - before, ended


@contextlib.contextmanager
def _server() -> Iterator[tuple[ChaosProxy, Server]]:
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory(prefix="upstream-"))
        proxy = ChaosProxy(stack.enter_context(TextEngine(SCENARIOS)))
        settings = {
            "VIVAVOCE_UPSTREAM": "compatible",
            "VIVAVOCE_UPSTREAM_URL": stack.enter_context(proxy.listening()),
            "VIVAVOCE_MODEL": f"vivavoce/{SCENARIO}",
            "VIVAVOCE_SCENARIOS": str(SCENARIOS),
        }
        yield proxy, stack.enter_context(Server(Path(folder), **settings))


async def _call(stack: contextlib.AsyncExitStack, server: Server, user: str) -> Caller:
    url = f"ws://127.0.0.1:{server.port}/ws?scenario={SCENARIO}&user={user}"
    opening = connect(url, subprotocols=[Subprotocol("vivavoce")], compression=None, max_size=None)
    return Caller(await stack.enter_async_context(opening))


async def _talk(caller: Caller, pause: float) -> None:
    await caller.until("response.done")
    for text in BEFORE:
        await caller.say(text)
        await caller.until("response.done")
        await asyncio.sleep(pause)


async def _go_on(caller: Caller) -> None:
    await caller.until("vivavoce.notice", "upstream_back")
    await caller.until("response.done")
    await caller.say(AFTER)
    await caller.until("response.done")
