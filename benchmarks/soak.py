"""Calls in a loop, for as long as wanted: does the engine's memory grow, and does its event loop ever stall?

`make soak` runs it, `make soak MINUTES=3` for a shorter look. Four learners call without end: whole spoken calls with
interruptions and function calls, calls that break off in the middle of a sentence or of an answer, and the next call at
once. The engine runs in a process of its own with a heartbeat in its loop (`watched_engine.py`).

It fails when memory grows by more than 20 MB after the warm-up, when a call does not go as it should, or when the loop
was held up for more than 50 ms; unless others left the engine less than 0.8 of one processor in that time: then it was
the machine that stalled.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.caller import Caller, calling, new_loop
from benchmarks.clips import INTERRUPTION, THREE_SECONDS, clip
from benchmarks.engine_process import EngineProcess, running_engine
from benchmarks.report import machine, progress, show, table
from benchmarks.watched_engine import PROCESSORS

CALLS = 4
MOST_GROWTH_MB = 20.0
MOST_STALL_MS = 50.0
LEFT = 0.8
"""Of one processor: who leaves the engine less than this during a stall has caused it."""
WARM_UP_S = 180.0
SAMPLE_S = 5.0
TELL_S = 30.0
SHOWN = 10
"""Of the worst stalls."""

ROOM_TOOL = {
    "type": "function",
    "name": "find_room",
    "description": "Find a free room.",
    "parameters": {"type": "object", "properties": {"wish": {"type": "string"}}, "required": ["wish"]},
}


@dataclass
class Tally:
    """What happened in all calls."""

    counts: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    memory: list[tuple[float, float]] = field(default_factory=list)
    """Seconds since the beginning, megabytes."""


# What the learners do


async def whole_call(caller: Caller, tally: Tally) -> None:
    """Greeted, two exchanges, an interruption, a function call, and a last exchange."""
    caller.configure(tools=[ROOM_TOOL])
    await greeting(caller)
    for _ in range(2):
        await exchange(caller, tally)
    await caller.say(clip(random.choice(THREE_SECONDS)))
    await caller.until("response.output_audio.delta")
    await asyncio.sleep(random.uniform(0.0, 0.5))
    await caller.say(clip(INTERRUPTION))
    await caller.until("response.done")
    await caller.until("response.done")
    tally.counts["interruptions"] += 1
    await function_call(caller, tally)
    await exchange(caller, tally)
    tally.counts["whole calls"] += 1


async def broken_sentence(caller: Caller, tally: Tally) -> None:
    """The learner is gone in mid-word, while the recogniser may be at work on what was said before."""
    caller.configure()
    await greeting(caller)
    await exchange(caller, tally)
    await caller.say(clip(random.choice(THREE_SECONDS)).first(random.uniform(0.5, 2.5)))
    await asyncio.sleep(random.uniform(0.0, 0.6))
    caller.hang_up()
    tally.counts["hung up in a sentence"] += 1


async def broken_answer(caller: Caller, tally: Tally) -> None:
    """The learner is gone while the persona speaks."""
    caller.configure()
    await caller.say(clip(random.choice(THREE_SECONDS)))
    await caller.until("response.output_audio.delta")
    await asyncio.sleep(random.uniform(0.0, 0.5))
    caller.hang_up()
    tally.counts["hung up in an answer"] += 1


async def greeting(caller: Caller) -> None:
    order = {"type": "input_text", "text": "Begin by saying exactly: Good evening. I would like to speak to you."}
    caller.send("conversation.item.create", item={"type": "message", "role": "system", "content": [order]})
    caller.send("response.create")
    await caller.until("response.done")


async def exchange(caller: Caller, tally: Tally) -> None:
    await caller.say(clip(random.choice(THREE_SECONDS)))
    await caller.until("response.output_audio.delta")
    done = await caller.until("response.done")
    if done.body["response"]["status"] != "completed":
        raise RuntimeError(f"an answer ended as {done.body['response']['status']}")
    tally.counts["exchanges"] += 1
    await asyncio.sleep(random.uniform(0.2, 1.2))


async def function_call(caller: Caller, tally: Tally) -> None:
    caller.send("response.create", response={"tool_choice": "required"})
    called = await caller.until("response.function_call_arguments.done")
    await caller.until("response.done")
    output = {"type": "function_call_output", "call_id": called.body["call_id"], "output": '{"room": 412}'}
    caller.send("conversation.item.create", item=output)
    caller.send("response.create")
    await caller.until("response.done")
    tally.counts["function calls"] += 1


async def learner(engine: EngineProcess, number: int, until: float, tally: Tally) -> None:
    await asyncio.sleep(2.0 * number)
    while time.monotonic() < until:
        story = random.choice((whole_call, whole_call, broken_sentence, broken_answer))
        try:
            async with calling(engine.url) as caller:
                await story(caller, tally)
        except (RuntimeError, TimeoutError, OSError) as error:
            tally.failures.append(f"{story.__name__}: {error!r}"[:300])
            progress(tally.failures[-1])


# What is looked at


async def watch(engine: EngineProcess, until: float, tally: Tally) -> None:
    began = time.monotonic()
    told = began
    while (now := time.monotonic()) < until:
        tally.memory.append((now - began, engine.megabytes))
        if now - told >= TELL_S:
            told = now
            done = ", ".join(f"{count} {what}" for what, count in sorted(tally.counts.items()))
            progress(f"{(now - began) / 60:4.1f} min  {tally.memory[-1][1]:6.1f} MB  {done}")
        await asyncio.sleep(SAMPLE_S)


async def soak(engine: EngineProcess, seconds: float, tally: Tally) -> None:
    until = time.monotonic() + seconds
    learners = [learner(engine, number, until, tally) for number in range(CALLS)]
    await asyncio.gather(watch(engine, until, tally), *learners)


def cause(stall: dict[str, Any]) -> str:
    if stall["others"] > PROCESSORS - LEFT:
        return "the machine"
    return "the loop itself" if stall["worked"] > stall["late"] / 2 else "speech work"


def report_memory(memory: Sequence[tuple[float, float]], seconds: float) -> bool:
    warm = [(at, size) for at, size in memory if at >= min(WARM_UP_S, seconds / 3)]
    times, sizes = [at for at, _ in warm], [size for _, size in warm]
    trend: float = statistics.linear_regression(times, sizes).slope * (times[-1] - times[0])
    table(
        ["memory after the warm-up", "at the end", "trend over the time after", "most less least", "allowed"],
        [
            [
                f"{sizes[0]:.0f} MB",
                f"{sizes[-1]:.0f} MB",
                f"{trend:+.1f} MB in {(times[-1] - times[0]) / 60:.1f} min",
                f"{max(sizes) - min(sizes):.1f} MB",
                f"{MOST_GROWTH_MB:.0f} MB",
            ]
        ],
    )
    return trend <= MOST_GROWTH_MB and max(sizes) - min(sizes) <= MOST_GROWTH_MB


def report_stalls(log: Path) -> bool:
    *stalls, summary = (json.loads(line) for line in log.read_text().splitlines())
    lateness: list[int] = summary["lateness"]
    late = [stall for stall in stalls if stall["late"] > MOST_STALL_MS]
    causes = Counter(map(cause, late))
    quantiles = [f"{quantile(lateness, share)} ms" for share in (0.5, 0.99, 0.999)]
    table(
        [
            "heartbeats",
            "late: median",
            "99 %",
            "99.9 %",
            "most",
            "above 50 ms, by speech work",
            "by the loop itself",
            "by the machine",
        ],
        [
            [
                sum(lateness),
                *quantiles,
                f"{max((stall['late'] for stall in stalls), default=quantile(lateness, 1.0)):.0f} ms",
                causes["speech work"],
                causes["the loop itself"],
                causes["the machine"],
            ]
        ],
    )
    worst = sorted(stalls, key=lambda stall: -stall["late"])[:SHOWN]
    table(
        ["late", "loop worked", "had no processor", "had no lock", "processors that others had", "cause", "meanwhile"],
        [
            [
                *(f"{stall[name]:.0f} ms" for name in ("late", "worked", "starved", "locked_out")),
                f"{stall['others']:.1f} of {PROCESSORS}",
                cause(stall) if stall["late"] > MOST_STALL_MS else "-",
                ", ".join(stall["during"]) or "-",
            ]
            for stall in worst
        ],
    )
    return not causes["speech work"] and not causes["the loop itself"]


def quantile(lateness: Sequence[int], share: float) -> int:
    """Milliseconds."""
    left = share * sum(lateness)
    for ms, beats in enumerate(lateness):
        left -= beats
        if left <= 0:
            return ms
    return len(lateness)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30.0)
    options = parser.parse_args()
    random.seed(1)
    show(machine())
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "late-beats.jsonl"
        with running_engine([sys.executable, "-m", "benchmarks.watched_engine", str(log)]) as engine:
            busy = engine.cpu_seconds
            with asyncio.Runner(loop_factory=new_loop) as runner:
                runner.run(soak(engine, 60 * options.minutes, tally))
            busy = (engine.cpu_seconds - busy) / tally.memory[-1][0]
        show(f"{options.minutes:g} minutes of {CALLS} calls at once, {busy:.2f} processors in use by the engine")
        table(sorted(tally.counts), [[tally.counts[what] for what in sorted(tally.counts)]])
        steady = report_memory(tally.memory, 60 * options.minutes)
        punctual = report_stalls(log)
    for failure in tally.failures[:SHOWN]:
        show(f"A call failed: {failure}")
    if not (steady and punctual) or tally.failures:
        raise SystemExit("The soak FAILED.")
    show("The soak passed.")


if __name__ == "__main__":
    main()
