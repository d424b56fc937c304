"""How long the embedded engine makes a learner wait, over real sockets and in real time. `make latency` runs it.

The engine is the real `vivavoce engine` in a process of its own; here, in another, learners call it with a microphone
that sends a frame every 40 ms, silence too. They say utterances of 3.1 s, recorded from a voice that is not the
engine's. What counts:

* answer: from the frame with the last voiced sample being sent to the first `response.output_audio.delta`, less the
  silence that the session asks for (`silence_duration_ms`);
* barge-in: from the frame with the first voiced sample of an interruption being sent to the last
  `response.output_audio.delta` of the answer that it interrupts, which must end as `cancelled`.

Several callers are staggered: each begins at a random moment of the first eight seconds, which is about one exchange,
and pauses for 0.5 to 1.5 s before speaking again; so some of their turns end together and most do not. Beside that
stands the worst case, in which the last words of all of them are sent in the same instant.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial

from benchmarks.caller import Caller, calling, new_loop
from benchmarks.clips import INTERRUPTION, THREE_SECONDS, clip
from benchmarks.engine_process import EngineProcess, installed_whispers, running_engine
from benchmarks.report import machine, progress, show, spread, table

EXCHANGE_S = 8.0
TURNS = 2
"""What each caller says in a run."""
INTERRUPTED_AFTER_S = 1.0
LONG_ANSWER = "Let me tell you everything that happened tonight, from the beginning. " * 4
"""About fifteen seconds, so that there is something to interrupt."""
ENDS_AFTER_BARGE_IN = ("response.output_audio.delta", "response.done")
MOST_CALLS = 16
SETTLED_S = 1.0
"""Until memory that was given back is counted as such."""


@dataclass
class Figures:
    """One row: a list of milliseconds for each run."""

    runs: list[list[float]] = field(default_factory=list)

    def cells(self) -> list[str]:
        everything = [value for run in self.runs for value in run]
        if not everything:
            return ["-"] * 4
        medians = [statistics.median(run) for run in self.runs]
        return [
            f"{statistics.median(medians):.0f}",
            f"{min(medians):.0f} to {max(medians):.0f}",
            f"{min(everything):.0f}",
            f"{max(everything):.0f}",
        ]


Conversation = Callable[[Caller, int], Awaitable[list[float]]]
"""What one caller does in a run, and the milliseconds it measured. The number is the caller's own."""


async def run_calls(url: str, calls: int, silence_ms: int, conversation: Conversation) -> list[float]:
    """All calls are open before the first word."""
    async with AsyncExitStack() as open_calls:
        callers = [await open_calls.enter_async_context(calling(url)) for _ in range(calls)]
        for caller in callers:
            caller.configure(silence_ms=silence_ms)
            await caller.until("session.updated")
        results = await asyncio.gather(*(conversation(caller, number) for number, caller in enumerate(callers)))
    return [value for values in results for value in values]


async def answers(caller: Caller, number: int, *, silence_ms: int, together: bool) -> list[float]:
    if not together:
        await asyncio.sleep(random.uniform(0, EXCHANGE_S) if number else 0)
    waits = []
    for turn in range(TURNS):
        # Together, all say the same: they end in the same instant.
        said = await caller.say(clip(THREE_SECONDS[(turn if together else turn + number) % len(THREE_SECONDS)]))
        first = await caller.until("response.output_audio.delta")
        waits.append(1000 * (first.at - said.end) - silence_ms)
        await caller.until("response.done")
        if together:
            break  # answers are not of one length, so the next turn would not end together
        await asyncio.sleep(random.uniform(0.5, 1.5))
    return waits


async def barge_ins(caller: Caller, number: int) -> list[float]:
    await asyncio.sleep(random.uniform(0, EXCHANGE_S) if number else 0)
    waits = []
    for _ in range(TURNS):
        order = {"type": "input_text", "text": f"Begin by saying exactly: {LONG_ANSWER}"}
        caller.send("conversation.item.create", item={"type": "message", "role": "system", "content": [order]})
        caller.send("response.create")
        await caller.until("response.output_audio.delta")
        await asyncio.sleep(INTERRUPTED_AFTER_S)
        saying = caller.begin_saying(clip(INTERRUPTION))
        last = 0.0
        while (event := await caller.until(*ENDS_AFTER_BARGE_IN)).type != "response.done":
            last = event.at
        status = event.body["response"]["status"]
        if status != "cancelled":
            raise RuntimeError(f"an interrupted answer ended as {status}")
        waits.append(1000 * (last - (await saying).onset))
        await caller.until("response.done")  # the answer to the interruption
    return waits


def latency(engine: EngineProcess, whisper: str, options: argparse.Namespace) -> list[list[str]]:
    plans: list[tuple[int, int, bool]] = []
    for silence_ms in (500, 200) if whisper == "tiny.en" else (500,):
        plans += [(silence_ms, calls, False) for calls in options.calls]
        plans += [(silence_ms, calls, True) for calls in options.calls if calls > 1]
    rows = []
    for silence_ms, calls, together in plans:
        conversation = partial(answers, silence_ms=silence_ms, together=together)
        how = "-" if calls == 1 else "ending together" if together else "staggered"
        what = f"{whisper}, {silence_ms} ms, {calls} calls {how}"
        figures = repeat(what, engine, calls, silence_ms, conversation, options)
        rows.append([whisper, f"{silence_ms} ms", str(calls), how, *figures.cells()])
    return rows


def repeat(
    what: str,
    engine: EngineProcess,
    calls: int,
    silence_ms: int,
    conversation: Conversation,
    options: argparse.Namespace,
) -> Figures:
    figures = Figures()
    for run in range(options.runs):
        random.seed(run)
        with asyncio.Runner(loop_factory=new_loop) as runner:
            figures.runs.append(runner.run(run_calls(engine.url, calls, silence_ms, conversation)))
        progress(f"{what}, run {run + 1}: {spread(figures.runs[-1], ' ms')}")
    return figures


async def first_word(engine: EngineProcess) -> float:
    """Seconds from the process's start to the first spoken word that it can give."""
    async with calling(engine.url) as caller:
        caller.configure()
        caller.send("response.create", response={"instructions": "Say exactly: Good morning."})
        return (await caller.until("response.output_audio.delta")).at - engine.began


async def memory_of_idle_calls(engine: EngineProcess) -> float:
    """Megabytes per call: the slope of resident memory over 1 to 16 open calls."""
    sizes = []
    async with AsyncExitStack() as open_calls:
        for _ in range(MOST_CALLS):
            caller = await open_calls.enter_async_context(calling(engine.url))
            caller.configure()
            await caller.until("session.updated")
            await asyncio.sleep(SETTLED_S)
            sizes.append(engine.megabytes)
    progress(f"memory with 1 to {MOST_CALLS} idle calls: {sizes[0]:.1f} to {sizes[-1]:.1f} MB")
    return statistics.linear_regression(range(len(sizes)), sizes).slope


async def memory_of_spoken_calls(engine: EngineProcess) -> float:
    """Megabytes per call: the slope of the most memory over 1 to 16 calls that speak at once."""
    counts, sizes = [], []
    calls = 1
    while calls <= MOST_CALLS:
        await run_calls(engine.url, calls, 500, partial(answers, silence_ms=500, together=False))
        counts.append(calls)
        sizes.append(engine.most_megabytes)
        progress(f"memory after {calls} spoken calls at once: {sizes[-1]:.1f} MB at most")
        calls *= 2
    return statistics.linear_regression(counts, sizes).slope


def costs(engine: EngineProcess) -> None:
    """Start and memory of an engine that has just been started."""
    listens = time.perf_counter() - engine.began
    with asyncio.Runner(loop_factory=new_loop) as runner:
        ready = runner.run(first_word(engine))
        runner.run(run_calls(engine.url, 1, 500, partial(answers, silence_ms=500, together=True)))
        loaded = engine.megabytes
        idle = runner.run(memory_of_idle_calls(engine))
        spoken = runner.run(memory_of_spoken_calls(engine))
    table(
        ["start to listening", "start to first spoken word", "memory loaded", "per idle call", "per spoken call"],
        [[f"{listens:.1f} s", f"{ready:.1f} s", f"{loaded:.0f} MB", f"{idle:.2f} MB", f"{spoken:.2f} MB"]],
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--calls", type=int, nargs="*", default=[1, 4, 8], help="calls at once")
    parser.add_argument("--whisper", nargs="*", default=installed_whispers(), help="default: what is installed")
    options = parser.parse_args()
    show(machine())
    rows = []
    barged = []
    for whisper in options.whisper:
        with running_engine(VIVAVOCE_WHISPER=whisper) as engine:
            progress(f"Whisper {whisper}: start and memory")
            costs(engine)
            rows += latency(engine, whisper, options)
            for calls in options.calls if whisper == "tiny.en" else ():
                figures = repeat(f"barge-in, {calls} calls", engine, calls, 500, barge_ins, options)
                barged.append([str(calls), *figures.cells()])
    spreads = ["median of runs (ms)", "medians of runs", "least", "most"]
    table(["Whisper", "silence", "calls", "turns", *spreads], rows)
    table(["calls", "barge-in: median of runs (ms)", *spreads[1:]], barged)
    show(f"{options.runs} runs each; load average afterwards {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
