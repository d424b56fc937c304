"""SIGTERM with many calls going on, alone and cut short by kill -9."""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.report import show, table
from kit.killing import Drained, drain

CALLS = 50
ROUNDS = 3
LONG = 20
MOST_SECONDS = 25.0


def run(long: bool) -> bool:
    """Print how the server ended; whether everybody was told, in time, and nothing was lost."""
    rounds = LONG if long else ROUNDS
    alone = [_drain(seed, killed=False) for seed in range(rounds)]
    cut = [_drain(seed, killed=True) for seed in range(rounds)]
    headings = ("stop", "rounds", "calls each", "told", "slowest exit", "came back", "lost or twice")
    table(headings, [_row("SIGTERM", alone), _row("SIGTERM, then kill -9", cut)])
    for drained in alone + cut:
        for fault in drained.outcome.faults:
            show(fault)
    everybody_told = all(drained.told == CALLS and drained.code == 0 for drained in alone)
    in_time = all(drained.seconds <= MOST_SECONDS for drained in alone)
    nothing_lost = all(not drained.outcome.faults and drained.outcome.came_back == CALLS for drained in alone + cut)
    return everybody_told and in_time and nothing_lost


def _drain(seed: int, *, killed: bool) -> Drained:
    with TemporaryDirectory(prefix="drain-") as folder:
        return asyncio.run(drain(Path(folder), CALLS, seed, killed=killed))


def _row(name: str, drains: list[Drained]) -> tuple[object, ...]:
    return (
        name,
        len(drains),
        CALLS,
        f"{sum(drained.told for drained in drains)} of {CALLS * len(drains)}",
        f"{max(drained.seconds for drained in drains):.1f} s",
        f"{sum(drained.outcome.came_back for drained in drains)} of {CALLS * len(drains)}",
        sum(len(drained.outcome.faults) for drained in drains),
    )
