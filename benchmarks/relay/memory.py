"""What a call takes of the relay's memory: one that is only held, and one that has had a turn."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.relay.bench import Bench, complain
from benchmarks.relay.relays import AIOHTTP, NGINX, NO_PUMP, NODE, VIVAVOCE, Stable, ours
from benchmarks.relay.rounds import TURN
from benchmarks.report import progress, show, table

FIRST, MORE = 100, 900
SETTLE = 2.0
"""Seconds."""


def memory(bench: Bench) -> None:
    """A process of its own for each figure."""
    rows = []
    figures: dict[str, dict[str, float]] = {}
    for name in bench.wanted([*ours(), NGINX, AIOHTTP, NODE]):
        plain, tls = _grow(bench, name, tls=False), _grow(bench, name, tls=True)
        figures[name] = {**plain, **{f"{key}, TLS": size for key, size in tls.items()}}
        sizes = (plain["idle"], plain["touched"], tls["idle"], tls["touched"])
        rows.append([name, f"{plain['base'] / 1000:.0f} MB", *(f"{size:.1f} KB" for size in sizes)])
    show(f"\n## Memory of a call: growth of the relay's PSS from {FIRST} calls to {FIRST + MORE}, for each\n")
    headings = ["idle", "had a turn", "idle, TLS to the upstream", "had a turn, TLS to the upstream"]
    table(["relay", f"with {FIRST} calls", *headings], rows)
    if VIVAVOCE in figures or NO_PUMP in figures:
        figures["session"] = _session()
        idle, touched = figures["session"]["idle"], figures["session"]["touched"]
        show(f"Of vivavoce's, the session itself (what was said, goals, limits): {idle:.1f} KB idle, {touched:.1f} KB")
        show("after a turn; measured in a process that has sessions and no connections.")
    bench.figures["memory"] = figures


def _grow(bench: Bench, name: str, *, tls: bool) -> dict[str, float]:
    """KB for each call, and of the first hundred with the process."""
    progress(f"memory of {name}{', TLS' if tls else ''}")
    with bench.load() as load, Stable(load, bench.folder, frozenset({bench.relay_core}), tls=tls) as stable:
        run = stable.start(name).play(load, "memory", FIRST, more=MORE, warm=SETTLE, deltas=TURN, cut=1)
    complain(name, run)
    idle = (run["after_kb"] - run["before_kb"]) / MORE
    touched = idle + (run["touched_kb"] - run["after_kb"]) / (FIRST + MORE)
    return {"base": run["before_kb"], "idle": idle, "touched": touched}


def _session() -> dict[str, float]:
    """KB of a session, from a process that builds a thousand."""
    found = {}
    for mode in ("idle", "touched"):
        command = [sys.executable, "-m", "benchmarks.relay.sessions", mode, str(FIRST), str(MORE)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found[mode] = float(done.stdout)
    return found
