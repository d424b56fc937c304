"""Slow attacks on the door: what they cost the calls of others, and the server's memory."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from tempfile import TemporaryDirectory

import aiofastnet
import uvloop

from benchmarks import paced_callers
from benchmarks.chaos.attackers import FLOODERS, HALF_HEADS, SLOW_READERS
from benchmarks.report import machine, progress, show, table
from kit.server import Server, free_port

CALLERS = 10
BASELINE_S = 20.0
SECONDS = 60.0
LONG = 600.0
MOST_ADDED_MS = 20.0
MOST_MB = 150.0
MOST_HELD_S = 11.0
"""A head may take ten seconds; the attackers' own clock is not sharper than one."""


def run(long: bool) -> bool:
    """Print what the attackers cost; whether it is bearable."""
    seconds = LONG if long else SECONDS
    port = free_port()
    upstream = subprocess.Popen([sys.executable, paced_callers.__file__, str(port)])
    settings = {
        "VIVAVOCE_UPSTREAM": "compatible",
        "VIVAVOCE_UPSTREAM_URL": f"ws://127.0.0.1:{port}/v1/realtime",
    }
    try:
        with TemporaryDirectory(prefix="slow-") as folder, Server(Path(folder), **settings) as server:
            return _attacked(server, seconds)
    finally:
        upstream.terminate()
        upstream.wait(10)


def _attacked(server: Server, seconds: float) -> bool:
    alone = _delays(server, BASELINE_S)
    watch = _Memory(server.process.pid)
    progress(f"{HALF_HEADS} half heads, {SLOW_READERS} slow readers, {FLOODERS} flooders for {seconds:.0f} s")
    command = [sys.executable, "-m", "benchmarks.chaos.attackers", str(server.port), str(seconds)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(["tests", os.environ.get("PYTHONPATH", "")])}
    attackers = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
    beside = _delays(server, seconds - 5)
    told, _ = attackers.communicate(timeout=120)
    grown, seen = watch.stop(), json.loads(told)
    added = _p99(beside) - _p99(alone)
    held = max(seen["held"], default=0.0)
    show(machine())
    headings = ("calls of others", "p50", "p99", "added p99", "memory", "half a head is held", "cut off")
    cut_off = ", ".join(f"{many} {who}" for who, many in sorted(seen["cut_off"].items()))
    rows = [
        (f"{CALLERS}, alone", f"{_p50(alone):.1f} ms", f"{_p99(alone):.1f} ms", "-", "-", "-", "-"),
        (
            f"{CALLERS}, beside {seconds:.0f} s of attack",
            f"{_p50(beside):.1f} ms",
            f"{_p99(beside):.1f} ms",
            f"{added:.1f} ms",
            f"+{grown:.0f} MB",
            f"at most {held:.1f} s",
            cut_off,
        ),
    ]
    table(headings, rows)
    return added <= MOST_ADDED_MS and grown <= MOST_MB and 0 < held <= MOST_HELD_S and len(seen["cut_off"]) == 2


def _delays(server: Server, seconds: float) -> list[float]:
    """Milliseconds from what a caller sends to what the upstream says to it, in order of size."""
    with asyncio.Runner(loop_factory=aiofastnet.loop_factory(uvloop.new_event_loop)) as runner:
        load = runner.run(paced_callers.call(server.port, [server.process.pid], CALLERS, seconds, configure=False))
    return sorted(delay * 1000 for delay in load.delays)


def _p50(delays: list[float]) -> float:
    return delays[len(delays) // 2]


def _p99(delays: list[float]) -> float:
    return delays[int(len(delays) * 0.99)]


class _Memory:
    """How much a process grows, looked at four times a second."""

    def __init__(self, pid: int) -> None:
        self._status = Path(f"/proc/{pid}/status")
        self._before = self._most = self._resident()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def stop(self) -> float:
        """Megabytes."""
        self._over.set()
        self._thread.join()
        return self._most - self._before

    def _look(self) -> None:
        while not self._over.wait(0.25):
            self._most = max(self._most, self._resident())

    def _resident(self) -> float:
        lines = self._status.read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


if __name__ == "__main__":
    sys.exit(not run("--long" in sys.argv))
