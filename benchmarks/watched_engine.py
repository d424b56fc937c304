"""The engine with a heartbeat in its event loop: how late each beat is, and what kept it. `soak.py` starts it.

A beat is due every 5 ms. When one is late, the loop's thread was doing something, or was ready and had no processor, or
waited for the interpreter lock; Linux counts the first two for each thread, and the rest is the third.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import ParamSpec, TypeVar

from vivavoce.hosts.native.engine_server import start_engine
from vivavoce.hosts.native.lessons import load_catalogue
from vivavoce.hosts.native.models import ModelStore, models_folder
from vivavoce.hosts.native.server import loop_factory
from vivavoce.hosts.native.speech.shared import Speech, open_speech

BEAT_S = 0.005
PROCESSORS = os.cpu_count() or 1
NOTED_MS = 20.0
"""Beats as late as this are written down, each on a line of its own."""
SCENARIOS = Path(__file__).parents[1] / "scenarios"

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Stall:
    """A late beat. Times in milliseconds, of the stretch since the beat before."""

    at: float
    """`time.monotonic()`."""
    late: float
    worked: float
    """The loop's thread had the processor."""
    starved: float
    """It was ready, and had none."""
    locked_out: float
    """Another thread of this process held the interpreter lock."""
    others: float
    """Processors that neither this process used nor nobody: other programs, other machines."""
    during: list[str] = field(default_factory=list)
    """What speech work and garbage collection ran, and how long of it in this stretch."""


class Steps:
    """What ran lately besides the loop."""

    def __init__(self) -> None:
        self._done: deque[tuple[str, float, float]] = deque(maxlen=200)
        self._running: dict[object, tuple[str, float]] = {}

    def begin(self, key: object, name: str) -> None:
        self._running[key] = (name, time.monotonic())

    def end(self, key: object) -> None:
        name, began = self._running.pop(key)
        self._done.append((name, began, time.monotonic()))

    def within(self, begin: float, end: float) -> list[str]:
        spans = [*self._done, *((name, began, end) for name, began in list(self._running.values()))]
        overlaps = [(name, 1000 * (min(until, end) - max(began, begin))) for name, began, until in spans]
        return [f"{name} {ms:.0f} ms" for name, ms in overlaps if ms > 1]


class WatchedThreads(Executor):
    """Speech threads whose steps are noted."""

    def __init__(self, kind: str, threads: Executor, steps: Steps) -> None:
        self._kind, self._pool, self._steps = kind, threads, steps

    def submit(self, step: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        return self._pool.submit(partial(self._watched, step), *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._pool.shutdown(wait=wait, cancel_futures=cancel_futures)

    def _watched(self, step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        key = object()
        self._steps.begin(key, self._kind)
        try:
            return step(*args, **kwargs)
        finally:
            self._steps.end(key)


class Heartbeat:
    def __init__(self, steps: Steps, log: Path) -> None:
        self._steps = steps
        self._log = log.open("w", buffering=1)
        self._delays = os.open(f"/proc/self/task/{threading.get_native_id()}/schedstat", os.O_RDONLY)
        self._machine = os.open("/proc/stat", os.O_RDONLY)
        self.lateness = [0] * 2000
        """How many beats were late by this many milliseconds."""

    async def beat(self) -> None:
        before = self._clocks()
        while True:
            due = before["now"] + BEAT_S
            await asyncio.sleep(BEAT_S)
            after = self._clocks()
            late = 1000 * (after["now"] - due)
            self.lateness[min(max(0, int(late)), len(self.lateness) - 1)] += 1
            if late >= NOTED_MS:
                self._note(late, before, after)
                after = self._clocks()
            before = after

    def _clocks(self) -> dict[str, float]:
        ran, waited, _ = os.pread(self._delays, 100, 0).split()
        idle = sum(map(int, os.pread(self._machine, 200, 0).split()[4:6])) / os.sysconf("SC_CLK_TCK")
        return {
            "now": time.monotonic(),
            "worked": int(ran) / 1e9,
            "starved": int(waited) / 1e9,
            "own": time.process_time(),
            "idle": idle,
        }

    def _note(self, late: float, before: dict[str, float], after: dict[str, float]) -> None:
        spent = {name: after[name] - before[name] for name in before}
        waited = 1000 * (spent["now"] - spent["worked"] - spent["starved"] - BEAT_S)
        stall = Stall(
            at=after["now"],
            late=late,
            worked=1000 * spent["worked"],
            starved=1000 * spent["starved"],
            locked_out=max(0.0, waited),
            others=max(0.0, PROCESSORS - (spent["own"] + spent["idle"]) / spent["now"]),
            during=self._steps.within(before["now"], after["now"]),
        )
        self._log.write(json.dumps(asdict(stall)) + "\n")

    def close(self) -> None:
        self._log.write(json.dumps({"lateness": self.lateness}) + "\n")


async def serve(speech: Speech, port: int, log: Path) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    steps = Steps()
    watch_collections(steps)
    speech.listening = WatchedThreads("listening", speech.listening, steps)
    for kind, hands in (("recognising", speech.recognising), ("speaking", speech.speaking)):
        hands.threads = WatchedThreads(kind, hands.threads, steps)
    heartbeat = Heartbeat(steps, log)
    beating = asyncio.create_task(heartbeat.beat())
    server = await start_engine(load_catalogue(SCENARIOS), speech, port=port)
    await stop.wait()
    await server.close()
    beating.cancel()
    heartbeat.close()
    speech.close()


def watch_collections(steps: Steps) -> None:
    def collected(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            steps.begin(collected, f"collection of generation {info['generation']}")
        else:
            steps.end(collected)

    gc.callbacks.append(collected)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("log", type=Path, help="where late beats are written, as JSON lines")
    parser.add_argument("port", type=int)
    options = parser.parse_args()
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(
            serve(
                open_speech(ModelStore(models_folder()), whisper=os.environ.get("VIVAVOCE_WHISPER", "")),
                options.port,
                options.log,
            )
        )


if __name__ == "__main__":
    main()
