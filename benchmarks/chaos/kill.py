"""kill -9 at random instants while learners talk: what of what they were shown is lost, or comes twice."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.report import show, table
from kit.killing import CALLERS, kill_again_and_again

KILLS = 50
LONG = 200


def run(long: bool) -> bool:
    """Print what happened; whether nothing was lost."""
    kills = LONG if long else KILLS
    start = time.perf_counter()
    with TemporaryDirectory(prefix="kill-") as folder:
        outcome = asyncio.run(kill_again_and_again(Path(folder), kills, seed=9))
    seconds = round(time.perf_counter() - start)
    headings = ("kills", "callers", "calls", "events shown", "grades shown", "came back", "lost or twice", "seconds")
    counts = (outcome.calls, outcome.events, outcome.grades, outcome.came_back, len(outcome.faults), seconds)
    table(headings, [(kills, CALLERS, *counts)])
    for fault in outcome.faults:
        show(fault)
    return not outcome.faults
