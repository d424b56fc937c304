"""Simulated histories of crashes, cuts, tabs and two processes: whether one of them breaks a promise."""

from __future__ import annotations

import os
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

from benchmarks.report import progress, show, table
from simulation.disk import Disk
from simulation.history import History
from simulation.promises import Violation

SEEDS = 4_000
LONG = 50_000
FIRST = 100_000
"""The suite has those from 0 on."""
EACH = 250


def run(long: bool) -> bool:
    """Print what happened in the histories; whether no promise was broken."""
    seeds = LONG if long else SEEDS
    start = time.perf_counter()
    happened: Counter[str] = Counter()
    broken: list[str] = []
    with ProcessPoolExecutor(os.cpu_count()) as processes:
        for number, (counts, faults) in enumerate(processes.map(_block, range(FIRST, FIRST + seeds, EACH)), start=1):
            happened.update(counts)
            broken += faults
            if number % 8 == 0:
                progress(f"simulation: {number * EACH} of {seeds} histories")
    names = ("crashes", "deploys", "browsers", "dials", "restored", "slept", "answers", "vivavoce.grade")
    headings = ("histories", "crashes", "deploys", "connects", "dials", "restored", "slept", "tools", "grades")
    seconds = round(time.perf_counter() - start)
    table((*headings, "broken promises", "seconds"), [(seeds, *(happened[n] for n in names), len(broken), seconds)])
    for fault in broken[:5]:
        show(fault)
    return not broken


def _block(first: int) -> tuple[Counter[str], list[str]]:
    disk, happened, broken = Disk(), Counter[str](), []
    for seed in range(first, first + EACH):
        history = History(seed, disk)
        try:
            happened.update(history.play().counts)
        except Violation as violation:
            broken.append(str(violation))
    return happened, broken
