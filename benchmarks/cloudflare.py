"""What the Durable Object costs: the delay it adds to a frame beside the native host, memory, and a cold start.

Run it with `make bench-cloudflare`. It runs in plain workerd with Pyodide, as the tests do: without the snapshot that
Cloudflare takes when a Worker is deployed, and on this machine's processors. An upstream answers each 40 ms of
microphone with 100 ms of voice; ten callers send in real time through both hosts in turn, and to the upstream itself.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import signal
import sys
import tempfile
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar, cast

import aiofastnet
import picows
import uvloop
from picows import WSCloseCode, WSFrame, WSMsgType, WSTransport

from benchmarks import paced_callers
from benchmarks.report import machine, progress, show, table
from cloudflare.harness.layout import of_project
from cloudflare.harness.process import Workerd
from kit.server import Server

T = TypeVar("T")

CALLERS = 10
WARM = 40
SESSIONS = 200
AT_ONCE = 10
FRAMES = 10
LEAVING_SECONDS = 25
"""An object that nobody asks for anything leaves memory after ten seconds, but its alarm may bring it back once."""
COLLECTIONS, BETWEEN_SECONDS = 8, 5
"""JavaScript's engine keeps the pages that a collection has freed for eight seconds, and gives them back when its
isolate is next at work."""
MEBIBYTE = 1024 * 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    port = paced_callers.free_port()
    upstream = paced_callers.start([sys.executable, paced_callers.__file__, str(port)])
    try:
        paced_callers.wait_for(port)
        with tempfile.TemporaryDirectory() as folder:
            compare(Path(folder), port, options)
    finally:
        upstream.send_signal(signal.SIGTERM)
        upstream.wait(30)


def compare(folder: Path, upstream: int, options: argparse.Namespace) -> None:
    variables = {
        "OPENAI_API_KEY": "none",
        "VIVAVOCE_UPSTREAM": "compatible",
        "VIVAVOCE_UPSTREAM_URL": f"ws://127.0.0.1:{upstream}/v1/realtime",
        "VIVAVOCE_SIGN_IN": "open",
    }
    (folder / "native").mkdir()
    show(f"{machine()}\n")
    with (
        Server(folder / "native", **variables) as native,
        Workerd(folder / "worker", of_project(), variables) as worker,
    ):
        show(f"cold start: {worker.cpu_seconds:.1f} s of processor, then {worker.memory / MEBIBYTE:.0f} MiB")
        hosts: dict[str, tuple[int, list[int], bool]] = {
            "no relay": (upstream, [], True),
            "native host": (native.port, [native.process.pid], False),
            "Durable Object": (worker.port, [worker.process.pid], False),
        }
        memory(worker)
        delays(hosts, options)


def delays(hosts: dict[str, tuple[int, list[int], bool]], options: argparse.Namespace) -> None:
    """Ten callers at a time through each, in random order, several rounds."""
    loads: dict[str, list[paced_callers.Load]] = {name: [] for name in hosts}
    for number in range(options.rounds):
        for name in random.sample(list(hosts), len(hosts)):
            progress(f"round {number + 1} of {options.rounds}: {name}")
            port, pids, configure = hosts[name]
            loads[name].append(run(paced_callers.call(port, pids, CALLERS, options.seconds, configure)))
    rows = []
    for name, found in loads.items():
        all_delays = sorted(delay for load in found for delay in load.delays)
        p50, p99 = (f"{all_delays[int(len(all_delays) * share)] * 1000:.1f} ms" for share in (0.5, 0.99))
        cost = sum(load.cpu_s for load in found) / sum(load.frames for load in found) * 1e6
        rows.append((name, p50, p99, f"{cost:.0f} µs" if hosts[name][1] else "-"))
    table((f"{CALLERS} calls of 25 frames/s", "round trip p50", "p99", "processor a frame"), rows)


def memory(worker: Workerd) -> None:
    """One visitor after another, as `WARM` have been before; then so many at a time that all objects overlap."""
    rows = []
    before = worker.memory
    for what, count, at_once in (
        (f"{WARM} sessions, one after another", WARM, 1),
        (f"{SESSIONS} more, one after another", SESSIONS, 1),
        (f"{SESSIONS} more, {AT_ONCE} at a time", SESSIONS, AT_ONCE),
        (f"{SESSIONS} more, {AT_ONCE} at a time", SESSIONS, AT_ONCE),
    ):
        progress(what)
        run(visits(worker.port, count, at_once))
        at_end, objects = worker.memory, worker.count("RealtimeSession")
        after, left = settled(worker)
        sizes = (f"{size / MEBIBYTE:.0f} MiB" for size in (at_end, after))
        rows.append((what, objects, *sizes, f"{(after - before) / MEBIBYTE:+.0f} MiB", left))
        before = after
    table(("memory of workerd", "objects at their end", "then", "settled", "growth", "calls and objects left"), rows)


def settled(worker: Workerd) -> tuple[int, int]:
    """Bytes, when the objects and the garbage are out, and how many calls and objects are still there. Python lets go
    of what JavaScript held, and the other way round.
    """
    time.sleep(LEAVING_SECONDS)
    for _ in range(COLLECTIONS):
        left = worker.count("LiveCall") + worker.count("RealtimeSession")
        time.sleep(BETWEEN_SECONDS)
    return worker.memory, left


class Visitor(paced_callers.Caller):
    """Knows when all its frames were answered, and when its call is over."""

    def __init__(self) -> None:
        super().__init__()
        self.answered = asyncio.Event()
        self.ended = asyncio.Event()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        super().on_ws_frame(transport, frame)
        if self.deltas == FRAMES:
            self.answered.set()
        if b'"vivavoce.ended"' in frame.get_payload_as_bytes():
            self.ended.set()


async def visits(port: int, count: int, at_once: int) -> None:
    for first in range(0, count, at_once):
        await asyncio.gather(*(visit(port) for _ in range(min(at_once, count - first))))


async def visit(port: int) -> None:
    """A short call that its learner ends."""
    url = f"ws://127.0.0.1:{port}/ws?scenario={paced_callers.SCENARIO}&user=visitor-{random.randrange(10**9)}"
    _, listener = await picows.ws_connect(Visitor, url, use_aiofastnet=True)
    caller = cast(Visitor, listener)
    await asyncio.wait_for(caller.live, 30)
    for _ in range(FRAMES):
        caller.send()
        await asyncio.sleep(paced_callers.CHUNK_S)
    await asyncio.wait_for(caller.answered.wait(), 30)
    caller.transport.send(WSMsgType.TEXT, b'{"type":"vivavoce.end"}')
    await asyncio.wait_for(caller.ended.wait(), 60)
    caller.transport.send_close(WSCloseCode.OK, "left")
    await caller.transport.wait_disconnected()


def run(work: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=aiofastnet.loop_factory(uvloop.new_event_loop)) as runner:
        return runner.run(work)


if __name__ == "__main__":
    main()
